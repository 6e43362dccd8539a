"""What is seen of a target before it is decided about, and what a decision says."""

from dataclasses import dataclass
from enum import StrEnum

from harness.scaling.activities import NotScaledReason
from harness.scaling.alarms import Comparison
from harness.scaling.policies import ScalableTarget, TargetTracking
from harness.scaling.steps import StepScaling


class Reason(StrEnum):
    """Why the capacity is what it is. The values AWS has a code for are AWS's (`NotScaledReason`)."""

    SCALE_OUT = "ScaleOut"
    SCALE_IN = "ScaleIn"
    ALREADY_AT_MAX_CAPACITY = "AlreadyAtMaxCapacity"
    ALREADY_AT_MIN_CAPACITY = "AlreadyAtMinCapacity"
    ALREADY_AT_DESIRED_CAPACITY = "AlreadyAtDesiredCapacity"
    ANTICIPATED_FLAPPING = "AutoScalingAnticipatedFlapping"
    UNSCALABLE = "TargetServicePutResourceAsUnscalable"
    SCALE_OUT_COOLDOWN = "ScaleOutCooldown"
    SCALE_IN_COOLDOWN = "ScaleInCooldown"
    SCALE_OUT_SUSPENDED = "DynamicScalingOutSuspended"
    SCALE_IN_SUSPENDED = "DynamicScalingInSuspended"
    SCALE_IN_DISABLED = "ScaleInDisabled"
    POLICIES_DISAGREE = "PoliciesDisagree"
    NO_STEP = "NoStepCoversBreach"
    WITHIN_TARGET = "WithinTarget"

    @property
    def is_aws_code(self) -> bool:
        """True for the five codes of `NotScaledReasons`."""
        return self in _AWS_CODES

    @property
    def acts(self) -> bool:
        """True when the capacity is to be changed."""
        return self is Reason.SCALE_OUT or self is Reason.SCALE_IN


_AWS_CODES = frozenset(
    {
        Reason.ALREADY_AT_MAX_CAPACITY,
        Reason.ALREADY_AT_MIN_CAPACITY,
        Reason.ALREADY_AT_DESIRED_CAPACITY,
        Reason.ANTICIPATED_FLAPPING,
        Reason.UNSCALABLE,
    }
)


@dataclass(frozen=True, slots=True)
class PolicySignal:
    """One target tracking policy with what its alarms and its metric say.

    `high` and `low`: that alarm is in ALARM. `recent` are the newest visible datapoints, oldest first;
    `capacities` the capacity each was shared by.
    """

    policy: TargetTracking
    high: bool
    low: bool
    recent: tuple[float, ...]
    capacities: tuple[float, ...]
    high_alarm: str = ""
    low_alarm: str = ""


@dataclass(frozen=True, slots=True)
class StepSignal:
    """One step policy that an alarm has invoked, and the datapoints of the alarm's window, oldest first."""

    policy: StepScaling
    alarm_name: str
    threshold: float
    comparison: Comparison
    recent: tuple[float, ...]
    metric_name: str = "The metric"
    state: str = "ALARM"


@dataclass(frozen=True, slots=True)
class Observation:
    """What the scaler sees of one target: capacity, whether the service lets it be changed, the signals."""

    desired: int
    current: int
    scalable: bool
    signals: tuple[PolicySignal, ...]
    steps: tuple[StepSignal, ...] = ()


@dataclass(frozen=True, slots=True)
class ScalingDecision:
    """The capacity to have, why, and the sentence that tells it to a person.

    `policy_name` and `alarm` ("high", "low", or "step" for an alarm that somebody made) name the policy that
    decided, empty where none did; `wanted` is the capacity before bounds and cooldowns. `alarm_name` is the
    alarm that invoked it, in `alarm_state`.
    """

    desired: int
    previous: int
    reason: Reason
    sentence: str
    policy_name: str = ""
    alarm: str = ""
    wanted: int = 0
    alarm_name: str = ""
    alarm_state: str = "ALARM"

    def not_scaled_reason(self, target: ScalableTarget) -> NotScaledReason | None:
        """Return AWS's entry for `NotScaledReasons`, or None where AWS has no code for the reason."""
        if not self.reason.is_aws_code:
            return None
        code = str(self.reason)
        if self.reason is Reason.ALREADY_AT_MAX_CAPACITY:
            return NotScaledReason(code, max_capacity=target.max_capacity)
        if self.reason is Reason.ALREADY_AT_MIN_CAPACITY:
            return NotScaledReason(code, min_capacity=target.min_capacity)
        return NotScaledReason(code, current_capacity=self.previous)
