"""What one condition operator asks of one value: strings, numbers, dates, booleans, bytes, addresses, ARNs.

IAM user guide, "IAM JSON policy elements: Condition operators". A test answers None where it cannot tell: for
a value of the request that its operator cannot read, or a policy variable that the request has no value for.
"""

import base64
import binascii
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from harness.iam.patterns import Pattern, pattern
from harness.iam.request import Context

Matches = Callable[[str, Context], bool | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compile(values, variables)` returns the test of one value: does it match any of *values*?

    It raises ValueError for a value of the policy that the operator cannot read. `negated` turns the answer
    round; `words` stand before the values when the condition is told; `has_variables`: policy variables may
    stand in the values.
    """

    compile: Callable[[Sequence[str], bool], Matches]
    negated: bool = False
    words: str = ""
    has_variables: bool = False


def text_patterns(values: Sequence[str], variables: bool, **options: bool) -> list[Pattern]:
    """Return the patterns of *values*, those of a string or ARN operator."""
    return [pattern(value, variables=variables, **options) for value in values]


def _texts(values: Sequence[str], variables: bool, **options: bool) -> Matches:
    patterns = text_patterns(values, variables, **options)
    with_variables = [each for each in patterns if each.variables]

    def matches(value: str, context: Context) -> bool | None:
        for each in patterns:
            if each.matches(value, context):
                return True
        # "If AWS cannot resolve a variable, this might cause the entire statement to be invalid" ("Variables
        # and tags"): neither equal nor different.
        return False if all(each.resolved(context) for each in with_variables) else None

    return matches


def _readable(
    read: Callable[[str], Any], holds: Callable[[Any, Any], bool], values: Sequence[str]
) -> Matches:
    """Return the test of what must be read first; raise ValueError for a value of the policy that is none."""
    limits = [read(value) for value in values]

    def matches(value: str, _context: Context) -> bool | None:
        try:
            found = read(value)
        except ValueError:
            return None
        return any(holds(found, limit) for limit in limits)

    return matches


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no number")
    return Decimal(text.strip())


_EPOCH = re.compile(r"\d{1,12}(\.\d+)?", re.ASCII)
_YEAR_MONTH = re.compile(r"\d{4}(-\d{2})?", re.ASCII)


def _moment(text: str) -> datetime:
    """Return the moment that *text* names: W3C's ISO 8601, UTC unless it says, or seconds since 1970."""
    given = text.strip().upper()
    if _YEAR_MONTH.fullmatch(given):
        given += "-01-01" if len(given) == len("2026") else "-01"
    elif _EPOCH.fullmatch(given):
        return datetime.fromtimestamp(float(given), UTC)
    found = datetime.fromisoformat(given)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_TRUTHS = {"true": True, "false": False}


def _truth(text: str) -> bool:
    if text.strip().lower() not in _TRUTHS:
        raise ValueError(f"{text!r} is neither true nor false")
    return _TRUTHS[text.strip().lower()]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{text!r} is no base64") from error


def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text.strip(), strict=False)


def _addresses(values: Sequence[str], _variables: bool) -> Matches:
    networks = [_network(value) for value in values]

    def matches(value: str, _context: Context) -> bool | None:
        try:
            found = ip_address(value.strip())
        except ValueError:
            return None
        return any(found in network for network in networks)

    return matches


_exactly = partial(_texts, wildcards=False)
_ignoring_case = partial(_texts, wildcards=False, ignore_case=True)
_arns = partial(_texts, arn=True)


def _reading(read: Callable[[str], Any], holds: Callable[[Any, Any], bool]) -> Callable[..., Matches]:
    return lambda values, _variables: _readable(read, holds, values)


def _text(
    build: Callable[[Sequence[str], bool], Matches], negated: bool = False, words: str = ""
) -> Comparison:
    return Comparison(build, negated, words, has_variables=True)


# "You can use a policy variable for Condition values in any condition that involves the string operators or
# the ARN operators" ("Variables and tags"): elsewhere `${` means itself.
COMPARISONS: dict[str, Comparison] = {
    "StringEquals": _text(_exactly),
    "StringNotEquals": _text(_exactly, True, "other than "),
    "StringEqualsIgnoreCase": _text(_ignoring_case),
    "StringNotEqualsIgnoreCase": _text(_ignoring_case, True, "other than "),
    "StringLike": _text(_texts),
    "StringNotLike": _text(_texts, True, "other than "),
    "Bool": Comparison(_reading(_truth, operator.eq)),
    "BinaryEquals": Comparison(_reading(_decoded, operator.eq)),
    "IpAddress": Comparison(_addresses),
    "NotIpAddress": Comparison(_addresses, negated=True, words="outside of "),
    # "The ArnEquals and ArnLike condition operators behave identically."
    "ArnEquals": _text(_arns),
    "ArnLike": _text(_arns),
    "ArnNotEquals": _text(_arns, True, "other than "),
    "ArnNotLike": _text(_arns, True, "other than "),
}
_ORDERS = (
    ("Equals", operator.eq, False, ""),
    ("NotEquals", operator.eq, True, "other than "),
    ("LessThan", operator.lt, False, "below "),
    ("LessThanEquals", operator.le, False, "at most "),
    ("GreaterThan", operator.gt, False, "above "),
    ("GreaterThanEquals", operator.ge, False, "at least "),
)
COMPARISONS |= {
    kind + name: Comparison(_reading(read, holds), negated, words)
    for kind, read in (("Numeric", _number), ("Date", _moment))
    for name, holds, negated, words in _ORDERS
}
# Operators as they are found when big and small letters are not told apart.
OPERATORS = {name.lower(): name for name in (*COMPARISONS, "Null")}
