"""What of a declared thing may be set from outside: its figures, texts and choices, each by its path.

A path is the names of the fields from the thing to the value ("scaling.target_value"), with the numbers of
places in a sequence, from 0 on. What others know a thing by, and its code, cannot be set.
"""

import difflib
import math
import types
import typing
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from harness.endpoint.distributions import Distribution
from harness.errors import ScenarioError
from harness.values import parse, span

IDENTITY = frozenset(
    {"name", "id", "vpc", "runtime", "handler", "code", "image", "variant_name", "fifo", "uri"}
)
SHORT = {
    "target": "target_value",
    "min": "min_capacity",
    "max": "max_capacity",
    "instances": "initial_instance_count",
}
"""Short words for fields that everybody sets."""
NOTHING = "none"
_PLAIN = (bool, int, float, str)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that may be set: where it is, the type it is declared with, and what it is now."""

    path: tuple[str, ...]
    hint: Any
    value: Any

    @property
    def name(self) -> str:
        """Its path as it is written."""
        return ".".join(self.path)

    def read(self, who: str, text: str) -> Any:
        """Return *text* as a value of the leaf; raise ScenarioError beginning with *who* where it is none."""
        kinds = _kinds(self.hint)
        if text.lower() == NOTHING and types.NoneType in kinds:
            return None
        if text.lower() == "inf" and self.value == math.inf:
            return math.inf
        choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
        if choices:
            if text not in choices:
                raise ScenarioError(f"{who}: {text!r} is none of {', '.join(map(str, choices))}")
            return text
        if Distribution in kinds and ":" in text:
            return span(who, text)
        return parse(who, text, next(kind for kind in kinds if _is_plain(kind)))


def leaves(thing: Any, before: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield what may be set of *thing*, a dataclass, in the order of its fields; other things have theirs."""
    kind: Any = type(thing)
    hints = _hints(kind)
    for one in fields(thing):
        if one.init and one.name not in IDENTITY:
            yield from _of_value(getattr(thing, one.name), hints[one.name], (*before, one.name))


def _of_value(value: Any, hint: Any, path: tuple[str, ...]) -> Iterator[Leaf]:
    if any(map(_is_plain, _kinds(hint))) and not is_dataclass(value):
        yield Leaf(path, hint, value)
    elif _has_own_name(value):
        return
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, each in enumerate(value):
            if is_dataclass(each) and not _has_own_name(each):
                yield from leaves(each, (*path, str(number)))
    elif is_dataclass(value):
        yield from leaves(value, path)


def _has_own_name(value: Any) -> bool:
    """Return whether *value* is a thing that is set under its own name, and not under another's."""
    return is_dataclass(value) and bool({"name", "id", "statements"} & {one.name for one in fields(value)})


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """Return the type of each field; what a class names only for the type checker is anything."""
    unknown: dict[str, Any] = {}
    while True:
        try:
            return typing.get_type_hints(kind, localns=unknown)
        except NameError as error:
            unknown[str(error.name)] = Any


@cache
def _kinds(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _is_plain(kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return True
    return kind in _PLAIN or (isinstance(kind, type) and issubclass(kind, StrEnum))


def find(who: str, thing: Any, said: Sequence[str]) -> Leaf:
    """Return the leaf of *thing* that *said*, its path or enough of its end, names.

    Raises ScenarioError, beginning with *who*, for none and for more than one, with the nearest or with both.
    """
    found = list(leaves(thing))
    wanted = tuple(SHORT.get(part, part) for part in said)
    exact = [leaf for leaf in found if leaf.path in (wanted, tuple(said))]
    ending = [leaf for leaf in found if _ends(leaf.path, wanted)]
    for chosen in (exact, ending):
        if len(chosen) == 1:
            return chosen[0]
    if ending:
        ways = ", ".join(leaf.name for leaf in ending)
        raise ScenarioError(f"{who}: {'.'.join(said)!r} may be any of {ways}; say more of the path")
    if set(said) & IDENTITY:
        raise ScenarioError(
            f"{who}: {'.'.join(said)!r} is what others know it by, or its code; change the file"
        )
    names = [leaf.name for leaf in found]
    words = {leaf.path[-1]: leaf.name for leaf in found} | {name: name for name in names}
    near = difflib.get_close_matches(".".join(wanted), words, n=1, cutoff=0.5)
    way = f"did you mean {words[near[0]]!r}?" if near else f"there are {', '.join(names) or 'none'}"
    raise ScenarioError(f"{who}: there is no {'.'.join(said)!r} to set; {way}")


def _ends(path: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Return whether *wanted* are parts of *path* in its order, the last one its last."""
    rest = iter(path)
    return path[-1] == wanted[-1] and all(part in rest for part in wanted)


def changed(who: str, thing: Any, values: Mapping[tuple[str, ...], Any]) -> Any:
    """Return *thing* with the *values* at their paths, built anew all at once.

    Raises ScenarioError, beginning with *who*, where the thing refuses them.
    """
    by_first: dict[str, dict[tuple[str, ...], Any]] = {}
    for path, value in values.items():
        by_first.setdefault(path[0], {})[path[1:]] = value
    new = {first: _within(who, _held(thing, first), rest) for first, rest in by_first.items()}
    if isinstance(thing, tuple | list):
        return type(thing)(new.get(str(place), each) for place, each in enumerate(thing))
    try:
        return replace(thing, **new)
    except ScenarioError as error:
        raise ScenarioError(f"{who}: {error}") from error


def _held(thing: Any, first: str) -> Any:
    return thing[int(first)] if isinstance(thing, tuple | list) else getattr(thing, first)


def _within(who: str, held: Any, rest: Mapping[tuple[str, ...], Any]) -> Any:
    return rest[()] if () in rest else changed(who, held, rest)
