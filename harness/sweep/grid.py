"""The policies of a sweep: lists and ranges of numbers on the command line, and every combination of them."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from harness.errors import ScenarioError

MOST_POLICIES = 1_000_000

Value = TypeVar("Value")

# A path may hold "=", but then it has a slash before it.
_TYPE = re.compile(r"[^,=/]+=")
_NEXT_TYPE = re.compile(r",(?=[^,=/]+=)")


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """One policy to be tried: target in invocations a minute and instance, cooldowns in seconds."""

    instance_type: str
    target: float
    scale_out_cooldown_s: float
    scale_in_cooldown_s: float
    min_capacity: int
    max_capacity: int

    def words(self) -> str:
        """Return the policy as one line for people."""
        return (
            f"{self.instance_type}, target {self.target:g}, cooldowns out {self.scale_out_cooldown_s:g} s / "
            f"in {self.scale_in_cooldown_s:g} s, {self.min_capacity} to {self.max_capacity} instances"
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """The values of each dimension, ascending and without doubles (instance types in the order given)."""

    instance_types: tuple[str, ...]
    targets: tuple[float, ...]
    scale_out_cooldowns_s: tuple[float, ...]
    scale_in_cooldowns_s: tuple[float, ...]
    min_capacities: tuple[int, ...]
    max_capacities: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Combinations:
    """Every policy of a grid in a fixed order; `skipped` says which bounds were left out, and how often."""

    candidates: tuple[Candidate, ...]
    skipped: tuple[tuple[str, int], ...]

    @property
    def skipped_count(self) -> int:
        """How many combinations were left out."""
        return sum(count for _, count in self.skipped)


def combinations(grid: Grid) -> Combinations:
    """Return every combination of *grid* that AWS would accept.

    A minimum above the maximum is left out and counted. ScenarioError when nothing is left, or too much.
    """
    sizes = [
        len(grid.instance_types),
        len(grid.targets),
        len(grid.scale_out_cooldowns_s),
        len(grid.scale_in_cooldowns_s),
    ]
    others = math.prod(sizes)
    bounds = list(product(grid.min_capacities, grid.max_capacities))
    if others * len(bounds) > MOST_POLICIES:
        raise ScenarioError(
            f"The grid has {others * len(bounds):,} policies, more than {MOST_POLICIES:,}; give fewer values"
        )
    kept = [(low, high) for low, high in bounds if low <= high]
    skipped = tuple((f"--min {low} above --max {high}", others) for low, high in bounds if low > high)
    if not kept or not others:
        lowest, highest = min(grid.min_capacities), max(grid.max_capacities)
        raise ScenarioError(
            f"No policy is left to try: --min begins at {lowest} and --max ends at {highest}; "
            "give a --max that is no smaller"
        )
    candidates = tuple(
        Candidate(kind, target, out_s, in_s, low, high)
        for kind, target, out_s, in_s, (low, high) in product(
            grid.instance_types,
            grid.targets,
            grid.scale_out_cooldowns_s,
            grid.scale_in_cooldowns_s,
            kept,
        )
    )
    return Combinations(candidates, skipped)


def parse_numbers(text: str, option: str, *, above: float = -math.inf) -> tuple[float, ...]:
    """Return the numbers of `1000,2000` or `1000:8000:500` (its end included), ascending, no doubles.

    ScenarioError names *option* and what is wrong; each number must be greater than *above*.
    """
    found: set[float] = set()
    for part in text.split(","):
        found.update(_range(part, option) if ":" in part else [_number(part, option)])
        if len(found) > MOST_POLICIES:
            raise ScenarioError(f"{option} {text}: more than {MOST_POLICIES:,} values; give fewer")
    for number in found:
        if not number > above:
            raise ScenarioError(f"{option} {text}: {number:g} must be greater than {above:g}")
    return tuple(sorted(found))


def parse_whole(text: str, option: str, *, above: int) -> tuple[int, ...]:
    """Return the whole numbers of *text*, as `parse_numbers` does; ScenarioError for a fraction."""
    numbers = parse_numbers(text, option, above=above)
    for number in numbers:
        if not number.is_integer():
            raise ScenarioError(f"{option} {text}: {number:g} is no whole number of instances")
    return tuple(int(number) for number in numbers)


def parse_names(text: str, option: str) -> tuple[str, ...]:
    """Return the names of `a,b` in their order, each once."""
    names = [part.strip() for part in text.split(",")]
    if not all(names):
        raise ScenarioError(f"{option} {text!r}: a name is empty; give them like ml.m5.large,ml.m5.xlarge")
    return tuple(dict.fromkeys(names))


def parse_by_type(
    text: str, option: str, instance_types: Sequence[str], read: Callable[[str, str], Value]
) -> dict[str, Value]:
    """Return the value of each instance type from `VALUE` (one for all) or `TYPE=VALUE,TYPE=VALUE`.

    *read* turns the words "option and type" and the text of one value into the value, which may hold commas.
    ScenarioError for a type that is missing, doubled or not swept.
    """
    if not _TYPE.match(text):
        return dict.fromkeys(instance_types, read(option, text))
    found: dict[str, Value] = {}
    for part in _NEXT_TYPE.split(text):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name in found or name not in instance_types:
            what = "is given twice" if name in found else "is not swept"
            swept = ", ".join(instance_types)
            raise ScenarioError(f"{option}: {name} {what}; the instance types are {swept}")
        found[name] = read(f"{option} {name}", value)
    missing = [name for name in instance_types if name not in found]
    if missing:
        raise ScenarioError(f"{option} says nothing of {missing[0]}; add {missing[0]}=VALUE")
    return found


def parse_above_zero(text: str, option: str) -> float:
    """Return the number in *text*; ScenarioError names *option* unless it is finite and above 0."""
    number = _number(text, option)
    if not number > 0:
        raise ScenarioError(f"{option} {text}: must be above 0")
    return number


def _range(text: str, option: str) -> list[float]:
    parts = text.split(":")
    if len(parts) != 3:
        raise ScenarioError(f"{option} {text!r} is no range; write FIRST:LAST:STEP, as 1000:8000:500")
    first, last, step = (_number(part, option) for part in parts)
    if not step > 0 or last < first:
        raise ScenarioError(
            f"{option} {text!r} is empty; LAST must not be below FIRST, and STEP must be above 0"
        )
    # 0.1:0.3:0.1 must end at 0.3, which floating point puts a hair beyond the second step.
    count = math.floor((last - first) / step + 1e-9) + 1
    if count > MOST_POLICIES:
        raise ScenarioError(f"{option} {text!r} has {count:,} values; give a larger STEP")
    return [round(first + i * step, 9) for i in range(count)]


def _number(text: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ScenarioError(
            f"{option}: {text!r} is no number; write them like 1000,2000 or 1000:8000:500"
        ) from None
    return number
