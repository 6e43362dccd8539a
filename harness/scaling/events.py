"""What the control loop reports, as frozen values with the model moment `at` it happened."""

from dataclasses import dataclass

from harness.scaling.activities import ScalingActivity
from harness.scaling.alarms import AlarmState
from harness.scaling.decision import ScalingDecision


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """An alarm of a scaling policy went to another state; `reason` is worded as CloudWatch words it."""

    at: float
    name: str
    resource_id: str
    policy_name: str
    previous: AlarmState
    state: AlarmState
    reason: str


@dataclass(frozen=True, slots=True)
class ScalingEvaluated:
    """An alarm invoked Application Auto Scaling, and this is what it decided."""

    at: float
    resource_id: str
    decision: ScalingDecision


@dataclass(frozen=True, slots=True)
class ActivityChanged:
    """A scaling activity began or changed its status."""

    at: float
    activity: ScalingActivity


ScalingEvent = AlarmChanged | ScalingEvaluated | ActivityChanged
"""What a `ControlLoop` reports."""
