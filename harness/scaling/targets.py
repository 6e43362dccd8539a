"""What Application Auto Scaling keeps of one variant: bounds, policies with their alarms, cooldowns."""

from dataclasses import dataclass, field
from random import Random

from harness.errors import ScenarioError
from harness.scaling.activities import ScalingActivity
from harness.scaling.alarms import INITIAL_REASON, Alarm, AlarmState
from harness.scaling.decision import Reason
from harness.scaling.policies import Cooldowns, ScalableTarget, TargetTracking, high_alarm, low_alarm
from harness.scaling.settings import ScalingSettings

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def resource_id_of(endpoint: str, variant: str) -> str:
    """Return the resource id under which AWS registers a variant."""
    return f"endpoint/{endpoint}/variant/{variant}"


def split_resource_id(resource_id: str) -> tuple[str, str]:
    """Return endpoint and variant of *resource_id*; ScenarioError when it is none."""
    parts = resource_id.split("/")
    if len(parts) != 4 or parts[0] != "endpoint" or parts[2] != "variant" or not parts[1] or not parts[3]:
        raise ScenarioError(f"ResourceId {resource_id!r} is not of the form endpoint/NAME/variant/NAME")
    return parts[1], parts[3]


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm as DescribeAlarms shows it; `changed_at` in model seconds."""

    alarm: Alarm
    resource_id: str
    policy_name: str
    state: AlarmState
    reason: str
    changed_at: float


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy as DescribeScalingPolicies shows it, with its alarms; `low` is None where none was made."""

    policy: TargetTracking
    resource_id: str
    high: AlarmView
    low: AlarmView | None


@dataclass(slots=True)
class WatchedAlarm:
    """An alarm with its state; brand-new ones are INSUFFICIENT_DATA (CloudWatch user guide)."""

    alarm: Alarm
    changed_at: float
    state: AlarmState = AlarmState.INSUFFICIENT_DATA
    reason: str = INITIAL_REASON

    def view(self, resource_id: str, policy_name: str) -> AlarmView:
        """Return the alarm as a client sees it."""
        return AlarmView(self.alarm, resource_id, policy_name, self.state, self.reason, self.changed_at)


@dataclass(slots=True)
class WatchedPolicy:
    """A policy and its two alarms."""

    policy: TargetTracking
    high: WatchedAlarm
    low: WatchedAlarm | None

    def alarms(self) -> tuple[WatchedAlarm, ...]:
        """Return the alarms there are, high first."""
        return (self.high,) if self.low is None else (self.high, self.low)

    def view(self, resource_id: str) -> PolicyView:
        """Return the policy as a client sees it."""
        name = self.policy.policy_name
        low = None if self.low is None else self.low.view(resource_id, name)
        return PolicyView(self.policy, resource_id, self.high.view(resource_id, name), low)


@dataclass(slots=True)
class Registration:
    """A registered target. `running` is the activity under way, `stuck` one that will never end."""

    target: ScalableTarget
    endpoint: str
    variant: str
    policies: dict[str, WatchedPolicy] = field(default_factory=dict)
    cooldowns: Cooldowns = field(default_factory=Cooldowns)
    running: ScalingActivity | None = None
    running_policy: TargetTracking | None = None
    stuck: ScalingActivity | None = None
    last_not_scaled: Reason | None = None


def watch(
    policy: TargetTracking,
    target: ScalableTarget,
    old: WatchedPolicy | None,
    settings: ScalingSettings,
    random: Random,
    now: float,
    policy_arn: str,
) -> WatchedPolicy:
    """Return *policy* with its alarms; a policy that is put again keeps the names and states it had.

    Names and description as AWS gives them: `TargetTracking-<ResourceId>-AlarmHigh-<uuid>`, "DO NOT EDIT OR
    DELETE. For TargetTrackingScaling policy <policyArn>" (seen in several public repositories).
    """
    description = (
        f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn or policy.policy_name}."
    )
    prefix = f"TargetTracking-{target.resource_id}"
    high_name = old.high.alarm.name if old else f"{prefix}-AlarmHigh-{make_uuid(random)}"
    high = WatchedAlarm(high_alarm(policy, high_name, settings, description), now)
    low = None
    if settings.create_low_alarm_when_disabled or not policy.disable_scale_in:
        kept = old.low if old else None
        low_name = kept.alarm.name if kept else f"{prefix}-AlarmLow-{make_uuid(random)}"
        low = WatchedAlarm(low_alarm(policy, low_name, settings, description), now)
    if old:
        _keep_state(high, old.high)
        if low and old.low:
            _keep_state(low, old.low)
    return WatchedPolicy(policy, high, low)


def make_uuid(random: Random) -> str:
    """Return a version 4 UUID drawn from *random*, so that the same seed names the same things."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _keep_state(new: WatchedAlarm, old: WatchedAlarm) -> None:
    new.state, new.reason, new.changed_at = old.state, old.reason, old.changed_at
