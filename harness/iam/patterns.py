"""Texts in policies: with wildcards, with policy variables, as ARNs; compiled once, matched often.

IAM user guide: "IAM JSON policy elements: Resource" (wildcards), "IAM policy elements: Variables and tags"
(`${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from harness.iam.request import Context

_PIECE = re.compile(r"\$\{([^}]*)\}|([*?])")
_ESCAPES = frozenset("*?$")
ARN_PARTS = 6


class Parts(Enum):
    """How a text is matched: as a whole, or as an ARN part by part.

    WITHIN keeps wildcards inside their part: "Each of the six colon-delimited components of the ARN is
    checked separately" ("Condition operators", ARN operators). BEYOND is for resources: "If the * wildcard is
    the last character of a resource ARN segment, it can expand to match beyond the colon boundaries"
    ("Resource").
    """

    WHOLE = "whole"
    WITHIN = "within"
    BEYOND = "beyond"


class Wild(Enum):
    """A wildcard: any number of characters, or exactly one."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}`: stands for the value of *key* in the request, or for *default* where it has none."""

    key: str
    default: str | None = None

    def value(self, context: Context) -> str | None:
        """Return what it stands for, None for nothing.

        "Single-valued vs. multivalued context keys": a key with several values is no policy variable.
        """
        values = context.get(self.key, ())
        if not values:
            return self.default
        return values[0] if len(values) == 1 else None


Piece = str | Wild | Variable
Filled = tuple[str | Wild, ...]
Test = Callable[[str, Context], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A text of a policy. `matches(value, context)` says whether *value* is what it says.

    Variables are taken from the context; one that has no value, or several, and no default matches nothing.
    """

    text: str
    pieces: tuple[Piece, ...]
    matches: Test

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables in it, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Variable))

    def resolved(self, context: Context) -> bool:
        """Return whether *context* has a value for each variable."""
        return all(each.value(context) is not None for each in self.variables)


def pattern(
    text: str,
    *,
    wildcards: bool = True,
    variables: bool = True,
    arn: bool = False,
    resource: bool = False,
    ignore_case: bool = False,
) -> Pattern:
    """Return *text* compiled. Without *wildcards* `*` means itself, as `${` does without *variables*.

    With *arn* each of the six parts is matched for itself, with *resource* as a Resource is; with
    *ignore_case* big and small letters are equal. Variables came with version 2012-10-17 of the language
    ("IAM JSON policy elements: Version").
    """
    pieces: list[Piece] = []
    at = 0
    for found in _PIECE.finditer(text):
        variable, wildcard = found.groups()
        piece = _piece(variable, wildcard, wildcards=wildcards, variables=variables)
        if piece is not None:
            pieces += [text[at : found.start()], piece]
            at = found.end()
    pieces.append(text[at:])
    kept = tuple(piece for piece in pieces if piece != "")
    parts = Parts.WHOLE if text == "*" else Parts.BEYOND if resource else Parts.WITHIN if arn else Parts.WHOLE
    return Pattern(text, kept, _test(kept, parts, ignore_case))


def _piece(variable: str | None, wildcard: str | None, *, wildcards: bool, variables: bool) -> Piece | None:
    if wildcard is not None:
        return Wild(wildcard) if wildcards else None
    if variable is None or not variables:
        return None
    if variable in _ESCAPES:
        return variable
    key, comma, default = variable.partition(",")
    return Variable(key.strip().lower(), default.strip().strip("'") if comma else None)


def resource_pattern(text: str, *, variables: bool, generous: bool = False) -> Pattern:
    """Return the pattern of a Resource; one with fewer than six parts gets `*` for the missing ones.

    IAM user guide, "IAM JSON policy elements: Resource": "If you specify an incomplete ARN … AWS
    automatically completes the ARN by adding wildcard characters (*) to all of the missing fields."
    "Variables and tags": "You can't use a variable to replace parts of the ARN before the fifth colon", and
    "Resource": "You can't use a wildcard in the service segment that identifies the AWS product"; it means
    itself there, unless the pattern is *generous*, as it is where a match denies.
    """
    colons = _colons(pattern(text, variables=variables).pieces)
    missing = 0 if text == "*" else max(0, ARN_PARTS - 1 - colons)
    whole = text + ":*" * missing
    if variables and not generous and _early_variable(whole):
        variables = False
    wildcards = generous or not _wild_service(text)
    return pattern(whole, variables=variables, wildcards=wildcards, resource=True)


def _wild_service(text: str) -> bool:
    """Return whether the ARN *text* names its service with a wildcard; one that it lacks is AWS's to add."""
    service = [*text.split(":", 3), "", ""][2]
    return "*" in service or "?" in service


def _colons(pieces: Iterable[Piece]) -> int:
    return sum(piece.count(":") for piece in pieces if isinstance(piece, str))


def _early_variable(text: str) -> bool:
    """Return whether a variable stands before the fifth colon of the ARN *text*."""
    colons = 0
    for piece in pattern(text).pieces:
        if isinstance(piece, str):
            colons += piece.count(":")
        elif isinstance(piece, Variable) and colons < ARN_PARTS - 1:
            return True
    return False


def _test(pieces: tuple[Piece, ...], parts: Parts, ignore_case: bool) -> Test:
    """Return the quickest test of *pieces*."""
    fixed = tuple(piece for piece in pieces if not isinstance(piece, Variable))
    if len(fixed) < len(pieces):
        return _filling(pieces, parts, ignore_case)
    if fixed == (Wild.MANY,):
        return lambda _value, _context: True
    if ignore_case:
        match = _expression(_lowered(fixed), parts).fullmatch
        return lambda value, _context: match(value.lower()) is not None
    if all(isinstance(piece, str) for piece in fixed):
        text = "".join(piece for piece in fixed if isinstance(piece, str))
        return lambda value, _context: value == text
    start = _start(fixed, parts)
    if start is not None:
        return lambda value, _context: value.startswith(start)
    match = _expression(fixed, parts).fullmatch
    return lambda value, _context: match(value) is not None


def _start(pieces: Filled, parts: Parts) -> str | None:
    """Return the text with which everything that matches begins, where nothing else is asked."""
    if pieces[-1] is not Wild.MANY or not all(isinstance(piece, str) for piece in pieces[:-1]):
        return None
    text = "".join(piece for piece in pieces[:-1] if isinstance(piece, str))
    return text if parts is Parts.WHOLE or text.count(":") >= ARN_PARTS - 1 else None


def _filling(pieces: tuple[Piece, ...], parts: Parts, ignore_case: bool) -> Test:
    def matches(value: str, context: Context) -> bool:
        filled: list[str | Wild] = []
        for piece in pieces:
            text = piece.value(context) if isinstance(piece, Variable) else piece
            if text is None:
                return False
            filled.append(text)
        if ignore_case:
            return _expression(_lowered(tuple(filled)), parts).fullmatch(value.lower()) is not None
        return _expression(tuple(filled), parts).fullmatch(value) is not None

    return matches


def _lowered(pieces: Filled) -> Filled:
    return tuple(piece.lower() if isinstance(piece, str) else piece for piece in pieces)


@lru_cache(maxsize=4096)
def _expression(pieces: Filled, parts: Parts) -> re.Pattern[str]:
    """Return *pieces* as an expression."""
    if parts is Parts.WHOLE:
        return re.compile(_run(pieces, "."), re.DOTALL)
    *before, last = _parts(pieces)
    # What lacks parts has no sixth that colons may stand in.
    of_last = "." if len(before) == ARN_PARTS - 1 else "[^:]"
    runs = [""]
    for part in before:
        if parts is Parts.BEYOND and part[-1:] == (Wild.MANY,):
            runs[-1] += _run(part[:-1], "[^:]")
            runs.append(":")
        else:
            runs[-1] += _run(part, "[^:]") + ":"
    return re.compile(_joined([*runs[:-1], runs[-1] + _run(last, of_last)], "."), re.DOTALL)


def _parts(pieces: Filled) -> list[Filled]:
    """Return *pieces* cut at the colons of the ARN, into six parts at most."""
    parts: list[list[str | Wild]] = [[]]
    for piece in pieces:
        if isinstance(piece, str):
            first, *more = piece.split(":", ARN_PARTS - len(parts)) if len(parts) < ARN_PARTS else [piece]
            parts[-1].append(first)
            parts += [[each] for each in more]
        else:
            parts[-1].append(piece)
    return [tuple(piece for piece in part if piece != "") for part in parts]


def _run(pieces: Filled, one: str) -> str:
    """Return the expression of *pieces*, where `?` is *one*, and `*` any number of them."""
    chunks = [""]
    for piece in pieces:
        if piece is Wild.MANY:
            chunks.append("")
        else:
            chunks[-1] += one if piece is Wild.ONE else re.escape(str(piece))
    return _joined(chunks, one)


def _joined(chunks: list[str], one: str) -> str:
    """Return the expression of *chunks* with any number of *one* between them.

    What stands between two `*` is matched where it first fits, without a way back: nothing later can need it
    to end further on, and it keeps a text with many of them from taking for ever.
    """
    if len(chunks) == 1:
        return chunks[0]
    between = "".join(f"(?>{one}*?{chunk})" for chunk in chunks[1:-1] if chunk)
    return f"{chunks[0]}{between}{one}*{chunks[-1]}"
