"""Is every text of one pattern a text of others, and do two patterns have a text in common?

Exact for `*` and `?`: the texts of the narrow pattern are walked through all the wide ones at once, symbol by
symbol. A policy variable is a symbol of its own: it stands for any text, so only `*` and the same variable
take it in. Whatever cannot be decided within a bound is answered as "not included".
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from harness.iam.patterns import ARN_PARTS, Variable, Wild, pattern, resource_pattern

MANY, ONE, MANY_IN_PART, ONE_IN_PART = "**", "??", "*:", "?:"  # two characters each: no symbol of a text
_OTHER = "\0"  # stands for every character that no pattern names
_MOST_STATES = 50_000
Tokens = tuple[str, ...]


@lru_cache(maxsize=8192)
def tokens(
    text: str,
    *,
    wildcards: bool = True,
    variables: bool = True,
    resource: bool = False,
    parted: bool = False,
    generous: bool = False,
) -> Tokens:
    """Return *text* as symbols. `resource`: completed as IAM does; `parted`: wildcards keep to an ARN's part.

    `generous`: a variable may stand where IAM allows none in an Allow.
    """
    found = (
        resource_pattern(text, variables=variables, generous=generous)
        if resource
        else pattern(text, wildcards=wildcards, variables=variables)
    )
    parted = parted and text != "*"
    given: list[str] = []
    for piece in found.pieces:
        if isinstance(piece, Wild):
            within = parted and given.count(":") < ARN_PARTS - 1
            many = piece is Wild.MANY
            given.append((MANY_IN_PART if many else ONE_IN_PART) if within else (MANY if many else ONE))
        elif isinstance(piece, Variable):
            given.append("${" + piece.key + "}" + ("" if piece.default is None else piece.default))
        else:
            given.extend(piece)
    return tuple(given)


def included(narrow: Tokens, wide: Iterable[Tokens]) -> bool:
    """Return whether every text of *narrow* is a text of one of *wide*."""
    near = tuple(dict.fromkeys(each for each in wide if _near(narrow, each)))
    return narrow in near or (MANY,) in near or (bool(near) and _walked(narrow, near))


def _near(one: Tokens, other: Tokens) -> bool:
    """Return whether both may begin alike: what they begin with, up to a symbol that is more than itself."""
    for first, second in zip(one, other, strict=False):
        if len(first) > 1 or len(second) > 1:
            return True
        if first != second:
            return False
    return True


@lru_cache(maxsize=65536)
def _walked(narrow: Tokens, wide: tuple[Tokens, ...]) -> bool:
    alphabet = {symbol for each in (narrow, *wide) for symbol in each if len(symbol) == 1} | {_OTHER, ":"}
    start = _closed(wide, {(number, 0) for number in range(len(wide))})
    waiting = [(0, start)]
    seen = set(waiting)
    while waiting:
        at, states = waiting.pop()
        if at == len(narrow) and not any(place == len(wide[number]) for number, place in states):
            return False
        for after, symbol in _moves(narrow, at, alphabet):
            reached = states if symbol is None else _step(wide, states, symbol)
            if (after, reached) not in seen:
                seen.add((after, reached))
                waiting.append((after, reached))
        if len(seen) > _MOST_STATES:
            return False
    return True


States = frozenset[tuple[int, int]]


def _moves(narrow: Tokens, at: int, alphabet: set[str]) -> Iterator[tuple[int, str | None]]:
    """Yield how *narrow* goes on from *at*: the place after, and the symbol that is read, None for none."""
    if at == len(narrow):
        return
    token = narrow[at]
    if token in (MANY, MANY_IN_PART):
        yield at + 1, None
        yield from ((at, symbol) for symbol in alphabet if token == MANY or symbol != ":")
    elif token in (ONE, ONE_IN_PART):
        yield from ((at + 1, symbol) for symbol in alphabet if token == ONE or symbol != ":")
    else:
        yield at + 1, token


def _step(wide: tuple[Tokens, ...], states: States, symbol: str) -> States:
    reached = set()
    for number, place in states:
        if place < len(wide[number]) and _takes(wide[number][place], symbol):
            stays = wide[number][place] in (MANY, MANY_IN_PART)
            reached.add((number, place if stays else place + 1))
    return _closed(wide, reached)


def _takes(token: str, symbol: str) -> bool:
    if token in (MANY, symbol):
        return True
    if len(symbol) > 1:  # a variable: any text, with colons too
        return False
    return token == ONE or (token in (MANY_IN_PART, ONE_IN_PART) and symbol != ":")


def _closed(wide: tuple[Tokens, ...], states: set[tuple[int, int]]) -> States:
    """Return *states* with those that a `*` reaches by standing for nothing."""
    found = set(states)
    for number, place in states:
        while place < len(wide[number]) and wide[number][place] in (MANY, MANY_IN_PART):
            place += 1
            found.add((number, place))
    return frozenset(found)


def overlap(one: Tokens, other: Tokens) -> bool:
    """Return whether some text may belong to both: a variable may be any text."""
    return _near(one, other) and _meet(one, other)


@lru_cache(maxsize=65536)
def _meet(one: Tokens, other: Tokens) -> bool:
    states = {(0, 0)}
    seen = set(states)
    while states:
        if (len(one), len(other)) in seen:
            return True
        reached = {after for first, second in states for after in _both(one, other, first, second)}
        states = reached - seen
        seen |= states
    return False


def _both(one: Tokens, other: Tokens, first: int, second: int) -> Iterator[tuple[int, int]]:
    here = one[first] if first < len(one) else ""
    there = other[second] if second < len(other) else ""
    if _any(here):
        yield first + 1, second
    if _any(there):
        yield first, second + 1
    if here and there:
        if _any(here) and not _any(there):
            yield first, second + 1
        elif _any(there) and not _any(here):
            yield first + 1, second
        elif here == there or ONE in (here, there) or ONE_IN_PART in (here, there):
            yield first + 1, second + 1


def _any(token: str) -> bool:
    """Return whether *token* may be any number of characters."""
    return len(token) > 1 and token not in (ONE, ONE_IN_PART)
