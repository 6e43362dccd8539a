"""What one condition operator asks of one value: strings, numbers, dates, booleans, bytes, addresses, ARNs.

IAM user guide, "IAM JSON policy elements: Condition operators". A value of a request that its operator
cannot read matches nothing.
"""

import base64
import binascii
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from harness.iam.patterns import pattern
from harness.iam.request import Context

Matches = Callable[[str, Context], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compile(values, variables)` returns the test of one value: does it match any of *values*?

    `negated` turns the answer round; `words` stand before the values when the condition is told.
    """

    compile: Callable[[Sequence[str], bool], Matches]
    negated: bool = False
    words: str = ""


def _texts(values: Sequence[str], variables: bool, **options: bool) -> Matches:
    patterns = [pattern(value, variables=variables, **options) for value in values]
    return lambda value, context: any(each.matches(value, context) for each in patterns)


def _ordered(read: Callable[[str], Any], holds: Callable[[Any, Any], bool], values: Sequence[str]) -> Matches:
    """Return the test of numbers or dates. Raises ValueError for a value of the policy that is none."""
    limits = [read(value) for value in values]

    def matches(value: str, _context: Context) -> bool:
        try:
            found = read(value)
        except ValueError:
            return False
        return any(holds(found, limit) for limit in limits)

    return matches


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not found.is_finite():
        raise ValueError(f"{text!r} is no number")
    return found


_EPOCH = re.compile(r"\d{1,12}(\.\d+)?")
_YEAR_MONTH = re.compile(r"\d{4}(-\d{2})?")


def _moment(text: str) -> datetime:
    """Return the moment that *text* names: W3C's ISO 8601, UTC unless it says, or seconds since 1970."""
    given = text.strip()
    if _YEAR_MONTH.fullmatch(given):
        given += "-01-01" if len(given) == len("2026") else "-01"
    elif _EPOCH.fullmatch(given):
        return datetime.fromtimestamp(float(given), UTC)
    found = datetime.fromisoformat(given)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _booleans(values: Sequence[str], variables: bool) -> Matches:
    return _texts([value.lower() for value in values], variables, wildcards=False, ignore_case=True)


def _bytes(values: Sequence[str], _variables: bool) -> Matches:
    wanted = {_decoded(value) for value in values}

    def matches(value: str, _context: Context) -> bool:
        try:
            return _decoded(value) in wanted
        except ValueError:
            return False

    return matches


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{text!r} is no base64") from error


def _addresses(values: Sequence[str], _variables: bool) -> Matches:
    networks: list[IPv4Network | IPv6Network] = [ip_network(value, strict=False) for value in values]

    def matches(value: str, _context: Context) -> bool:
        try:
            found = ip_address(value)
        except ValueError:
            return False
        return any(found in network for network in networks)

    return matches


_exactly = partial(_texts, wildcards=False)
_ignoring_case = partial(_texts, wildcards=False, ignore_case=True)
_arns = partial(_texts, arn=True)

COMPARISONS: dict[str, Comparison] = {
    "StringEquals": Comparison(_exactly),
    "StringNotEquals": Comparison(_exactly, negated=True, words="other than "),
    "StringEqualsIgnoreCase": Comparison(_ignoring_case),
    "StringNotEqualsIgnoreCase": Comparison(_ignoring_case, negated=True, words="other than "),
    "StringLike": Comparison(_texts),
    "StringNotLike": Comparison(_texts, negated=True, words="other than "),
    "Bool": Comparison(_booleans),
    "BinaryEquals": Comparison(_bytes),
    "IpAddress": Comparison(_addresses),
    "NotIpAddress": Comparison(_addresses, negated=True, words="outside of "),
    # "The ArnEquals and ArnLike condition operators behave identically."
    "ArnEquals": Comparison(_arns),
    "ArnLike": Comparison(_arns),
    "ArnNotEquals": Comparison(_arns, negated=True, words="other than "),
    "ArnNotLike": Comparison(_arns, negated=True, words="other than "),
}
_ORDERS = (
    ("Equals", operator.eq, False, ""),
    ("NotEquals", operator.eq, True, "other than "),
    ("LessThan", operator.lt, False, "below "),
    ("LessThanEquals", operator.le, False, "at most "),
    ("GreaterThan", operator.gt, False, "above "),
    ("GreaterThanEquals", operator.ge, False, "at least "),
)


def _comparison(
    read: Callable[[str], Any], holds: Callable[[Any, Any], bool], negated: bool, words: str
) -> Comparison:
    return Comparison(lambda values, _variables: _ordered(read, holds, values), negated, words)


COMPARISONS |= {
    kind + name: _comparison(read, holds, negated, words)
    for kind, read in (("Numeric", _number), ("Date", _moment))
    for name, holds, negated, words in _ORDERS
}
