"""What the control loop reports, as frozen values with the model moment `at` it happened."""

from dataclasses import dataclass

from harness.scaling.activities import ScalingActivity
from harness.scaling.alarms import AlarmState
from harness.scaling.observation import ScalingDecision


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """An alarm went to another state; `reason` is worded as CloudWatch words it.

    `policy_name` is the policy it was made for or invokes first, "" where there is none.
    """

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


@dataclass(frozen=True, slots=True)
class ScheduledActionRan:
    """A scheduled action came due at the moment `due_at` of its schedule and set the target's bounds.

    `why_not` says why it did not: scheduled scaling is suspended, or the bounds would be reversed.
    """

    at: float
    resource_id: str
    action_name: str
    due_at: float
    min_capacity: int
    max_capacity: int
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ResourceChanged:
    """A resource that is no endpoint has another capacity; the first one says how it began."""

    at: float
    resource_id: str
    desired: int
    current: int


ScalingEvent = AlarmChanged | ScalingEvaluated | ActivityChanged | ScheduledActionRan
"""What a `ControlLoop` reports."""
