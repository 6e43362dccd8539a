"""Texts in policies: with wildcards, with policy variables, as ARNs; compiled once, matched often.

IAM user guide: "IAM JSON policy elements: Resource" (wildcards), "IAM policy elements: Variables and tags"
(`${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves).
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from harness.iam.request import Context

_PIECE = re.compile(r"\$\{([^}]*)\}|([*?])")
_ESCAPES = frozenset("*?$")
ARN_PARTS = 6


class Wild(Enum):
    """A wildcard: any number of characters, or exactly one."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}`: stands for the value of *key* in the request, or for *default* where it has none."""

    key: str
    default: str | None = None


Piece = str | Wild | Variable


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text of a policy. `arn`: matched part by part; `ignore_case`: big and small letters are equal."""

    text: str
    pieces: tuple[Piece, ...]
    arn: bool = False
    ignore_case: bool = False

    def matches(self, value: str, context: Context) -> bool:
        """Return whether *value* is what the pattern says, its variables taken from *context*.

        A variable that has no value, or several, and no default matches nothing.
        """
        pieces = self._filled(context)
        return pieces is not None and _regex(pieces, self.arn, self.ignore_case).fullmatch(value) is not None

    def _filled(self, context: Context) -> tuple[str | Wild, ...] | None:
        filled: list[str | Wild] = []
        for piece in self.pieces:
            if isinstance(piece, Variable):
                values = context.get(piece.key, ())
                value = values[0] if len(values) == 1 else piece.default
                if value is None:
                    return None
                filled.append(value)
            else:
                filled.append(piece)
        return tuple(filled)


def pattern(
    text: str, *, wildcards: bool = True, variables: bool = True, arn: bool = False, ignore_case: bool = False
) -> Pattern:
    """Return *text* compiled. Without *wildcards* `*` means itself, as `${` does without *variables*.

    Variables came with version 2012-10-17 of the language ("IAM JSON policy elements: Version").
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
    return Pattern(text, tuple(piece for piece in pieces if piece != ""), arn and text != "*", ignore_case)


def _piece(variable: str | None, wildcard: str | None, *, wildcards: bool, variables: bool) -> Piece | None:
    if wildcard is not None:
        return Wild(wildcard) if wildcards else None
    if variable is None or not variables:
        return None
    if variable in _ESCAPES:
        return variable
    key, comma, default = variable.partition(",")
    return Variable(key.strip().lower(), default.strip().strip("'") if comma else None)


def resource_pattern(text: str, *, variables: bool) -> Pattern:
    """Return the pattern of a Resource; one with fewer than six parts gets `*` for the missing ones.

    IAM user guide, "IAM JSON policy elements: Resource": "If you specify an incomplete ARN … AWS
    automatically completes the ARN by adding wildcard characters (*) to all of the missing fields."
    """
    found = pattern(text, variables=variables, arn=True)
    colons = sum(piece.count(":") for piece in found.pieces if isinstance(piece, str))
    missing = ARN_PARTS - 1 - colons if found.arn else 0
    return pattern(text + ":*" * missing, variables=variables, arn=True) if missing > 0 else found


@lru_cache(maxsize=4096)
def _regex(pieces: tuple[str | Wild, ...], arn: bool, ignore_case: bool) -> re.Pattern[str]:
    """Return *pieces* as an expression. A wildcard in one of the first five parts of an ARN stays within it.

    "IAM JSON policy elements: Condition operators", ARN operators: "Each of the six colon-delimited
    components of the ARN is checked separately".
    """
    colons, written = 0, []
    for piece in pieces:
        if isinstance(piece, str):
            colons += piece.count(":")
            written.append(re.escape(piece))
        else:
            one = "[^:]" if arn and colons < ARN_PARTS - 1 else "."
            written.append(one + ("*" if piece is Wild.MANY else ""))
    return re.compile("".join(written), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
