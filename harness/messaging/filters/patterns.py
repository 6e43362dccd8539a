"""One class for each thing that may stand in the list of a filter policy, and what it matches.

Sources: SNS guide, "String value matching", "Numeric value matching", "Key matching".
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from harness.messaging.filters.values import Scalar

# "Filter policy constraints": from -10^9 to 10^9, with five digits of accuracy after the decimal point.
NUMBER_LIMIT = Decimal(10) ** 9
_ACCURACY = Decimal("0.00001")


class Pattern(Protocol):
    """A test of one value that a property has."""

    def matches(self, value: Scalar) -> bool:
        """Return True when *value* passes."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A string, true, false or null: the same value, of the same type."""

    wanted: str | bool | None

    def matches(self, value: Scalar) -> bool:
        return type(value) is type(self.wanted) and value == self.wanted


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number, or a range of numbers; a bound is its operator and its value."""

    bounds: tuple[tuple[str, Decimal], ...]

    def matches(self, value: Scalar) -> bool:
        if not isinstance(value, Decimal) or not in_range(value):
            return False
        number = value.quantize(_ACCURACY)
        return all(_holds(number, operator, bound.quantize(_ACCURACY)) for operator, bound in self.bounds)


@dataclass(frozen=True, slots=True)
class Prefix:
    text: str

    def matches(self, value: Scalar) -> bool:
        return isinstance(value, str) and value.startswith(self.text)


@dataclass(frozen=True, slots=True)
class Suffix:
    text: str

    def matches(self, value: Scalar) -> bool:
        return isinstance(value, str) and value.endswith(self.text)


@dataclass(frozen=True, slots=True)
class IgnoreCase:
    text: str

    def matches(self, value: Scalar) -> bool:
        return isinstance(value, str) and value.lower() == self.text.lower()


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` stands for any characters, none among them; `stars` counts them."""

    expression: re.Pattern[str]
    stars: int

    def matches(self, value: Scalar) -> bool:
        return isinstance(value, str) and self.expression.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address in a block, or one address."""

    network: IPv4Network | IPv6Network

    def matches(self, value: Scalar) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return ip_address(value) in self.network
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class AnythingBut:
    """Any value that none of `these` matches.

    Of an array one such element is enough: the guide's example, `["rugby", "baseball"]` matches anything but
    rugby and tennis "because it contains a value that isn't". (A sentence above that example says the
    opposite; the examples, of both scopes, decide here.)
    """

    these: tuple[Pattern, ...]

    def matches(self, value: Scalar) -> bool:
        return not any(each.matches(value) for each in self.these)


@dataclass(frozen=True, slots=True)
class Exists:
    """A property that is there, or is not."""

    wanted: bool

    def matches(self, value: Scalar) -> bool:
        # "The key must have a non-null and non-empty value." One that is absent offers no value to ask about.
        return self.wanted and value is not None and value != ""


def in_range(number: Decimal) -> bool:
    """Return True when a filter policy can hold *number*."""
    return number.is_finite() and abs(number) <= NUMBER_LIMIT


def _holds(number: Decimal, operator: str, bound: Decimal) -> bool:
    if operator == "=":
        return number == bound
    if operator.startswith(">"):
        return number > bound or (operator == ">=" and number == bound)
    return number < bound or (operator == "<=" and number == bound)
