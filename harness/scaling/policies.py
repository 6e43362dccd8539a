"""What a scaling policy is: its target, the bounds of the variant, its two alarms, its cooldowns.

Sources: Application Auto Scaling API reference (PutScalingPolicy, RegisterScalableTarget) and user guide
("Target tracking scaling policies", "Define cooldown periods"); where they are silent: `ScalingSettings`.
"""

import math
from dataclasses import dataclass, replace

from harness.errors import ScenarioError
from harness.scaling.alarms import Alarm, Comparison
from harness.scaling.settings import ScalingSettings

INVOCATIONS_PER_INSTANCE = "SageMakerVariantInvocationsPerInstance"
"""The predefined metric: average number of invocations per minute of each instance of a variant."""

DEFAULT_COOLDOWN_S = 300.0
"""Scale-in and scale-out cooldown of SageMaker variants when the policy names none (AAS guide)."""


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """One TargetTrackingScaling policy of a variant; cooldowns in seconds."""

    policy_name: str
    target_value: float
    metric: str = INVOCATIONS_PER_INSTANCE
    scale_in_cooldown_s: float = DEFAULT_COOLDOWN_S
    scale_out_cooldown_s: float = DEFAULT_COOLDOWN_S
    disable_scale_in: bool = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.target_value) or self.target_value <= 0:
            raise ScenarioError(
                f"Policy {self.policy_name!r}: target_value is {self.target_value!r}; it must be above 0"
            )
        if self.scale_in_cooldown_s < 0 or self.scale_out_cooldown_s < 0:
            raise ScenarioError(f"Policy {self.policy_name!r}: a cooldown must not be negative")


@dataclass(frozen=True, slots=True)
class ScalableTarget:
    """A registered variant: `endpoint/<endpoint>/variant/<variant>` and its bounds."""

    resource_id: str
    min_capacity: int
    max_capacity: int
    suspended_in: bool = False
    suspended_out: bool = False
    suspended_scheduled: bool = False

    def __post_init__(self) -> None:
        if self.min_capacity < 0:
            raise ScenarioError(
                f"{self.resource_id}: min_capacity ({self.min_capacity}) must not be negative"
            )
        if self.max_capacity < self.min_capacity:
            # AWS refuses it with these words (ValidationException of RegisterScalableTarget).
            raise ScenarioError(
                f"{self.resource_id}: Maximum capacity cannot be less than minimum capacity "
                f"(max_capacity {self.max_capacity}, min_capacity {self.min_capacity})"
            )

    def clamp(self, capacity: int) -> int:
        """Return *capacity* moved inside the bounds."""
        return min(max(capacity, self.min_capacity), self.max_capacity)


@dataclass(frozen=True, slots=True)
class Cooldowns:
    """What earlier activities still hold back. `out_capacity` is what the last scale-out set.

    The two are kept apart: a scale-in must not overwrite the capacity that a later scale-out is
    measured against.
    """

    out_until: float = -math.inf
    out_capacity: int = 0
    in_until: float = -math.inf

    def after_scale_out(self, until: float, capacity: int) -> "Cooldowns":
        """Return the state after a scale-out: its own cooldown runs, that of scale-in ends unfinished.

        AAS guide: a scale-out during the scale-in cooldown happens at once "and the cooldown period for
        the scale-in activity stops and doesn't complete".
        """
        return Cooldowns(until, capacity, -math.inf)

    def after_scale_in(self, until: float) -> "Cooldowns":
        """Return the state after a scale-in."""
        return replace(self, in_until=until)

    def blocks_scale_out(self, desired: int, now: float) -> bool:
        """Return whether *desired* is no larger than what the running scale-out cooldown has credited.

        AAS guide: the policy "won't increase the desired capacity again unless either a larger scale out
        is triggered or the cooldown period ends"; what the initiating activity added counts.
        """
        return now < self.out_until and desired <= self.out_capacity

    def blocks_scale_in(self, now: float, *, also_scale_out: bool) -> bool:
        """Return whether a scale-in must wait at *now*."""
        return now < self.in_until or (also_scale_out and now < self.out_until)


def high_alarm(policy: TargetTracking, name: str, settings: ScalingSettings, description: str = "") -> Alarm:
    """Return the alarm that triggers scale-out: above the target for 3 of 3 one-minute periods.

    Sources: Lambda guide ("three data points / 3 minutes"), alarms published by users.
    """
    return _alarm(name, policy.target_value, Comparison.GREATER, settings.high_periods, settings, description)


def low_alarm(policy: TargetTracking, name: str, settings: ScalingSettings, description: str = "") -> Alarm:
    """Return the alarm that triggers scale-in: below 90 % of the target for 15 of 15 periods.

    Sources: Lambda guide (63 for a target of 70: case D9), SageMaker alarms published by users
    (1350 for 1500).
    """
    # Rounded to drop the noise of 0.9 x 70 = 63.00000000000001.
    threshold = round(policy.target_value * settings.low_threshold_ratio, 9)
    return _alarm(name, threshold, Comparison.LESS, settings.low_periods, settings, description)


def _alarm(
    name: str,
    threshold: float,
    comparison: Comparison,
    periods: int,
    settings: ScalingSettings,
    description: str,
) -> Alarm:
    return Alarm(
        name=name,
        threshold=threshold,
        comparison=comparison,
        period_s=60.0,
        evaluation_periods=periods,
        datapoints_to_alarm=periods,
        evaluation_range=periods + settings.evaluation_range_extra,
        description=description,
    )
