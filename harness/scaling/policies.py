"""What a scaling policy is: its target or steps, the bounds of what it scales, the alarms made for it.

Sources: Application Auto Scaling API reference (PutScalingPolicy, RegisterScalableTarget) and user guide
("Target tracking scaling policies", "Define cooldown periods"); where they are silent: `ScalingSettings`.
"""

import math
from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.scaling.alarms import Alarm, Comparison
from harness.scaling.cooldowns import Cooldowns
from harness.scaling.metrics import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    INVOCATIONS_PER_INSTANCE,
    LAMBDA_UTILIZATION,
    predefined_metric,
)
from harness.scaling.resource import ScalingMetric
from harness.scaling.settings import ScalingSettings
from harness.scaling.steps import (
    DEFAULT_COOLDOWN_S,
    AdjustmentType,
    Aggregation,
    StepAdjustment,
    StepScaling,
)

__all__ = [
    "CONCURRENT_PER_MODEL",
    "DEFAULT_COOLDOWN_S",
    "INVOCATIONS",
    "INVOCATIONS_PER_INSTANCE",
    "LAMBDA_UTILIZATION",
    "SAGEMAKER",
    "VARIANT_DIMENSION",
    "AdjustmentType",
    "Aggregation",
    "Cooldowns",
    "Policy",
    "ScalableTarget",
    "StepAdjustment",
    "StepScaling",
    "TargetTracking",
    "high_alarm",
    "low_alarm",
    "predefined_metric",
    "windows",
]

VARIANT_DIMENSION, SAGEMAKER = "sagemaker:variant:DesiredInstanceCount", "sagemaker"


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """One TargetTrackingScaling policy; cooldowns in seconds."""

    policy_name: str
    target_value: float
    metric: ScalingMetric = INVOCATIONS
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


Policy = TargetTracking | StepScaling
"""The kinds of scaling policies."""


@dataclass(frozen=True, slots=True)
class ScalableTarget:
    """What is scaled and between which bounds: `endpoint/<endpoint>/variant/<variant>` by default."""

    resource_id: str
    min_capacity: int
    max_capacity: int
    suspended_in: bool = False
    suspended_out: bool = False
    suspended_scheduled: bool = False
    dimension: str = VARIANT_DIMENSION
    namespace: str = SAGEMAKER

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


def windows(policy: TargetTracking, settings: ScalingSettings) -> tuple[int, int]:
    """Return how many periods the high and the low alarm of *policy* look at.

    High resolution (AWS's scale-to-zero notebooks, case D10): 3 datapoints in 30 s and 90 within 15 minutes;
    the SageMaker guide says that scale-in goes "at the same rate as standard metrics", so 15 minutes hold for
    other short periods too.
    """
    if not policy.metric.is_high_resolution:
        return settings.high_periods, settings.low_periods
    span_s = settings.high_resolution_low_periods * 10.0
    return settings.high_resolution_high_periods, max(1, round(span_s / policy.metric.period_s))


def high_alarm(policy: TargetTracking, name: str, settings: ScalingSettings, description: str = "") -> Alarm:
    """Return the alarm that triggers scale-out: above the target for 3 of 3 periods.

    Sources: Lambda guide ("three data points / 3 minutes"), alarms published by users.
    """
    periods, _ = windows(policy, settings)
    return _alarm(policy, name, policy.target_value, Comparison.GREATER, periods, settings, description)


def low_alarm(policy: TargetTracking, name: str, settings: ScalingSettings, description: str = "") -> Alarm:
    """Return the alarm that triggers scale-in: below 90 % of the target for 15 minutes.

    Sources: Lambda guide (63 for a target of 70: case D9), SageMaker alarms published by users
    (1350 for 1500).
    """
    # Rounded to drop the noise of 0.9 x 70 = 63.00000000000001.
    threshold = round(policy.target_value * settings.low_threshold_ratio, 9)
    _, periods = windows(policy, settings)
    return _alarm(policy, name, threshold, Comparison.LESS, periods, settings, description)


def _alarm(
    policy: TargetTracking,
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
        period_s=policy.metric.period_s,
        evaluation_periods=periods,
        datapoints_to_alarm=periods,
        evaluation_range=periods + settings.evaluation_range_extra,
        description=description,
        metric=policy.metric,
        alarm_actions=(policy.policy_name,),
    )
