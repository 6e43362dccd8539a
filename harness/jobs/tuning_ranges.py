"""The ranges of hyperparameters that a tuning job searches, and how a range is scaled.

Developer guide, "Define Hyperparameter Ranges" and "Hyperparameter scaling". A point of the search is one
number of 0 to 1 for each range; only here it becomes a value and back.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.jobs.unacceptable import Unacceptable

Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]
# "Auto": the service chooses. Where it would is not documented; ours takes the logarithm for a range that is
# above zero and spans this factor.
AUTO_LOGARITHMIC_FROM = 1_000.0


@dataclass(frozen=True, slots=True)
class Continuous:
    """Decimal values from `low` to `high`."""

    name: str
    low: float
    high: float
    scaling: Scaling = "Auto"

    def at(self, point: float) -> str:
        """Return the value at *point* of 0 to 1, as the hyperparameter's text."""
        return repr(min(max(_unscaled(self, point), self.low), self.high))

    def point(self, text: str) -> float:
        """Return where *text* is in the range, 0 to 1."""
        return _scaled(self, float(text))


@dataclass(frozen=True, slots=True)
class Integer:
    """Whole numbers from `low` to `high`, both of them in it."""

    name: str
    low: float
    high: float
    scaling: Scaling = "Auto"

    def at(self, point: float) -> str:
        """Return the value at *point* of 0 to 1, as the hyperparameter's text."""
        if _scale_of(self) == "Linear":  # each number gets the same share
            return str(int(min(self.low + math.floor(point * (self.high - self.low + 1)), self.high)))
        return str(min(max(round(_unscaled(self, point)), int(self.low)), int(self.high)))

    def point(self, text: str) -> float:
        """Return where *text* is in the range, 0 to 1."""
        return _scaled(self, float(text))


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of `values`."""

    name: str
    values: tuple[str, ...]

    def at(self, point: float) -> str:
        """Return the value at *point* of 0 to 1."""
        return self.values[min(int(point * len(self.values)), len(self.values) - 1)]

    def point(self, text: str) -> float:
        """Return the middle of the share of *text*, 0 to 1; raise ValueError for another value."""
        return (self.values.index(text) + 0.5) / len(self.values)


Range = Continuous | Integer | Categorical


def ranges_in(given: Mapping[str, Any]) -> tuple[Range, ...]:
    """Return the ranges of a ParameterRanges structure, by name; raise Unacceptable for one that is none."""
    found: list[Range] = [
        *(_numeric(Continuous, one) for one in given.get("ContinuousParameterRanges") or ()),
        *(_numeric(Integer, one) for one in given.get("IntegerParameterRanges") or ()),
        *(_categorical(one) for one in given.get("CategoricalParameterRanges") or ()),
    ]
    if given.get("AutoParameters"):
        raise Unacceptable("AutoParameters (Autotune) are not covered here: give the ranges themselves.")
    names = [each.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unacceptable(f"Hyperparameter {twice[0]} has more than one range.")
    return tuple(sorted(found, key=lambda each: each.name))


def _numeric(kind: type[Continuous] | type[Integer], given: Mapping[str, Any]) -> Continuous | Integer:
    name, scaling = given["Name"], given.get("ScalingType", "Auto")
    read = float if kind is Continuous else int
    try:
        low, high = float(read(given["MinValue"])), float(read(given["MaxValue"]))
    except ValueError as error:
        raise Unacceptable(
            f"Hyperparameter {name}: MinValue {given['MinValue']!r} and MaxValue {given['MaxValue']!r} must "
            f"be {'decimal' if kind is Continuous else 'whole'} numbers."
        ) from error
    if not low < high:
        raise Unacceptable(f"Hyperparameter {name}: MaxValue must be greater than MinValue.")
    if scaling == "Logarithmic" and low <= 0.0:
        raise Unacceptable(f"Hyperparameter {name}: logarithmic scaling needs values above 0.")
    if scaling == "ReverseLogarithmic" and (kind is Integer or low < 0.0 or high >= 1.0):
        raise Unacceptable(
            f"Hyperparameter {name}: reverse logarithmic scaling needs a continuous range in 0 <= x < 1."
        )
    return kind(name, low, high, scaling)


def _categorical(given: Mapping[str, Any]) -> Categorical:
    values = tuple(given["Values"])
    if len(set(values)) < len(values):
        raise Unacceptable(f"Hyperparameter {given['Name']}: its values are not unique.")
    return Categorical(given["Name"], values)


def _scale_of(one: Continuous | Integer) -> Scaling:
    if one.scaling != "Auto":
        return one.scaling
    return "Logarithmic" if one.low > 0.0 and one.high / one.low >= AUTO_LOGARITHMIC_FROM else "Linear"


def _scaled(one: Continuous | Integer, value: float) -> float:
    low, high, here = (_through(one, each) for each in (one.low, one.high, value))
    return (here - low) / (high - low)


def _unscaled(one: Continuous | Integer, point: float) -> float:
    low, high = _through(one, one.low), _through(one, one.high)
    here = low + point * (high - low)
    match _scale_of(one):
        case "Logarithmic":
            return math.exp(here)
        case "ReverseLogarithmic":
            return 1.0 - math.exp(-here)
        case _:
            return here


def _through(one: Continuous | Integer, value: float) -> float:
    match _scale_of(one):
        case "Logarithmic":
            return math.log(value)
        case "ReverseLogarithmic":  # dense towards 1: a momentum of 0.9, 0.99, 0.999
            return -math.log(1.0 - value)
        case _:
            return value


def combinations(ranges: Sequence[Range]) -> int:
    """Return how many different points categorical *ranges* have; raise Unacceptable for another range."""
    count = 1
    for each in ranges:
        if not isinstance(each, Categorical):
            raise Unacceptable("Grid search only supports categorical parameter ranges.")
        count *= len(each.values)
    return count
