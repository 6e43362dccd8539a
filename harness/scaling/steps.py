"""Step scaling policies: which step a breach meets, and the capacity that its adjustment makes.

Sources: Application Auto Scaling user guide, "Step scaling policies" (step adjustments, adjustment types,
rounding, minimum magnitude), and API reference, StepAdjustment (which end of an interval belongs to it).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from harness.errors import ScenarioError

DEFAULT_COOLDOWN_S = 300.0
"""Cooldown of a step policy of most services, SageMaker variants among them, when it names none (guide)."""


class AdjustmentType(StrEnum):
    """What the number of a step means."""

    CHANGE_IN_CAPACITY = "ChangeInCapacity"
    PERCENT_CHANGE_IN_CAPACITY = "PercentChangeInCapacity"
    EXACT_CAPACITY = "ExactCapacity"


class Aggregation(StrEnum):
    """`MetricAggregationType`: how the most recent datapoints become one value; Average when not given."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"

    def of(self, values: Sequence[float]) -> float:
        """Return the one value that *values* (one at least) come to."""
        if self is Aggregation.MINIMUM:
            return min(values)
        if self is Aggregation.MAXIMUM:
            return max(values)
        return math.fsum(values) / len(values)


@dataclass(frozen=True, slots=True)
class StepAdjustment:
    """One step: from `lower` to `upper` around the alarm's threshold (None: no end), and its number."""

    lower: float | None
    upper: float | None
    adjustment: int

    def __post_init__(self) -> None:
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ScenarioError(
                f"Step adjustment: the lower bound {self.lower:g} must be below the upper bound "
                f"{self.upper:g}"
            )

    def covers(self, breach: float, *, above: bool) -> bool:
        """Return whether a metric that is *breach* away from the threshold meets this step.

        API reference, StepAdjustment: with the metric above the threshold the lower bound belongs to the
        step and the upper does not; below it is the other way round.
        """
        low = -math.inf if self.lower is None else self.lower
        high = math.inf if self.upper is None else self.upper
        return low <= breach < high if above else low < breach <= high


@dataclass(frozen=True, slots=True)
class StepScaling:
    """One StepScaling policy. Alarms that somebody makes invoke it; `cooldown_s` counts both ways."""

    policy_name: str
    adjustment_type: AdjustmentType
    steps: tuple[StepAdjustment, ...]
    min_adjustment_magnitude: int = 0
    cooldown_s: float = DEFAULT_COOLDOWN_S
    aggregation: Aggregation = Aggregation.AVERAGE

    def __post_init__(self) -> None:
        if self.cooldown_s < 0:
            raise ScenarioError(f"Policy {self.policy_name!r}: a cooldown must not be negative")
        if self.min_adjustment_magnitude < 0:
            raise ScenarioError(f"Policy {self.policy_name!r}: min_adjustment_magnitude must not be negative")
        if self.adjustment_type is AdjustmentType.EXACT_CAPACITY and any(
            each.adjustment < 0 for each in self.steps
        ):
            raise ScenarioError(f"Policy {self.policy_name!r}: an exact capacity must not be negative")
        _check_steps(self.policy_name, self.steps)

    def adjustment_for(self, breach: float, *, above: bool) -> int | None:
        """Return the number of the step that *breach* meets, None where no step covers it."""
        for each in self.steps:
            if each.covers(breach, above=above):
                return each.adjustment
        return None

    def capacity_after(self, capacity: int, adjustment: int) -> int:
        """Return what *adjustment* makes of *capacity*, before the bounds of the target."""
        if self.adjustment_type is AdjustmentType.EXACT_CAPACITY:
            return adjustment
        if self.adjustment_type is AdjustmentType.CHANGE_IN_CAPACITY:
            return max(0, capacity + adjustment)
        change = rounded_change(capacity * adjustment / 100)
        if 0 < abs(change) < self.min_adjustment_magnitude:
            change = int(math.copysign(self.min_adjustment_magnitude, change))
        return max(0, capacity + change)


def rounded_change(change: float) -> int:
    """Return *change* as AWS rounds a percentage of the capacity.

    Guide, "Scaling adjustment types": above 1 down (12.7 is 12), between 0 and 1 up to 1 (.67 is 1), between
    0 and -1 down to -1 (-.58 is -1), below -1 up (-6.67 is -6).
    """
    if 0.0 < abs(change) < 1.0:
        return 1 if change > 0 else -1
    return math.trunc(change)


def _check_steps(policy_name: str, steps: tuple[StepAdjustment, ...]) -> None:
    """Raise ScenarioError unless *steps* are some, without overlap and without a gap (guide)."""
    if not steps:
        raise ScenarioError(f"Policy {policy_name!r}: it needs one step adjustment at least")
    ordered = sorted(steps, key=lambda each: -math.inf if each.lower is None else each.lower)
    for before, after in pairwise(ordered):
        if before.upper is None or after.lower is None or before.upper > after.lower:
            raise ScenarioError(
                f"Policy {policy_name!r}: its step adjustments overlap; leave each value to one"
            )
        if before.upper < after.lower:
            raise ScenarioError(
                f"Policy {policy_name!r}: no step adjustment covers {before.upper:g} to {after.lower:g}"
            )
