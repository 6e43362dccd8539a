"""What Application Auto Scaling keeps of a target: bounds, policies, alarms, schedules, cooldowns."""

from dataclasses import dataclass, field
from random import Random

from harness.errors import ScenarioError
from harness.scaling.activities import ScalingActivity
from harness.scaling.alarms import INITIAL_REASON, Alarm, AlarmState
from harness.scaling.cooldowns import Cooldowns
from harness.scaling.observation import Reason
from harness.scaling.policies import (
    VARIANT_DIMENSION,
    Policy,
    ScalableTarget,
    TargetTracking,
    high_alarm,
    low_alarm,
)
from harness.scaling.schedule import ScheduledAction
from harness.scaling.settings import ScalingSettings
from harness.scaling.steps import StepScaling

DIMENSION = VARIANT_DIMENSION


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
    """An alarm as DescribeAlarms shows it; `changed_at` in model seconds.

    Resource and policy are those that the alarm was made for, or that it invokes first; empty where it
    invokes none.
    """

    alarm: Alarm
    resource_id: str
    policy_name: str
    state: AlarmState
    reason: str
    changed_at: float


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy as DescribeScalingPolicies shows it. `high` and `low` are the alarms made for target tracking.

    `invokers` are the alarms that somebody made and that name the policy among their actions.
    """

    policy: Policy
    resource_id: str
    high: AlarmView | None = None
    low: AlarmView | None = None
    invokers: tuple[AlarmView, ...] = ()

    @property
    def alarms(self) -> tuple[AlarmView, ...]:
        """All of its alarms, high first."""
        return (*(each for each in (self.high, self.low) if each is not None), *self.invokers)


@dataclass(frozen=True, slots=True)
class ScheduledView:
    """A scheduled action as DescribeScheduledActions shows it; `next_at` is None when none is left."""

    action: ScheduledAction
    resource_id: str
    put_at: float
    next_at: float | None


@dataclass(slots=True)
class WatchedAlarm:
    """An alarm with its state; brand-new ones are INSUFFICIENT_DATA (CloudWatch user guide)."""

    alarm: Alarm
    changed_at: float
    resource_id: str = ""
    policy_name: str = ""
    state: AlarmState = AlarmState.INSUFFICIENT_DATA
    reason: str = INITIAL_REASON
    invoked_at: float = float("-inf")

    def view(self) -> AlarmView:
        """Return the alarm as a client sees it."""
        return AlarmView(
            self.alarm, self.resource_id, self.policy_name, self.state, self.reason, self.changed_at
        )

    def keep_state(self, old: "WatchedAlarm") -> None:
        """Take over the state of *old*: CloudWatch leaves it unchanged when an alarm is put again."""
        self.state, self.reason, self.changed_at = old.state, old.reason, old.changed_at


@dataclass(slots=True)
class TrackingPolicy:
    """A target tracking policy and its two alarms."""

    policy: TargetTracking
    high: WatchedAlarm
    low: WatchedAlarm | None

    def alarms(self) -> tuple[WatchedAlarm, ...]:
        """Return the alarms there are, high first."""
        return (self.high,) if self.low is None else (self.high, self.low)


@dataclass(slots=True)
class StepPolicy:
    """A step policy; the alarms that invoke it name it or its ARN."""

    policy: StepScaling
    policy_arn: str

    def alarms(self) -> tuple[WatchedAlarm, ...]:
        """Return none: nobody makes alarms for it."""
        return ()


@dataclass(slots=True)
class Planned:
    """A scheduled action and the moment of the schedule it waits for, None when none is left."""

    action: ScheduledAction
    put_at: float
    next_at: float | None


@dataclass(slots=True)
class Registration:
    """A registered target. `running` is the activity under way, `stuck` one that will never end."""

    target: ScalableTarget
    policies: dict[str, TrackingPolicy | StepPolicy] = field(default_factory=dict)
    scheduled: dict[str, Planned] = field(default_factory=dict)
    cooldowns: Cooldowns = field(default_factory=Cooldowns)
    running: ScalingActivity | None = None
    running_policy: Policy | None = None
    stuck: ScalingActivity | None = None
    last_not_scaled: Reason | None = None

    def tracking(self) -> list[TrackingPolicy]:
        """Return the target tracking policies, in the order they were put."""
        return [each for each in self.policies.values() if isinstance(each, TrackingPolicy)]

    def find_step(self, action: str) -> StepPolicy | None:
        """Return the step policy that an alarm's *action* means: its name or its ARN."""
        for each in self.policies.values():
            if isinstance(each, StepPolicy) and _means(action, each, self.target):
                return each
        return None


def _means(action: str, step: StepPolicy, target: ScalableTarget) -> bool:
    """Compare with name and ARN; an ARN of any account counts where it ends as AWS makes it."""
    name = step.policy.policy_name
    own = f":resource/{target.namespace}/{target.resource_id}:policyName/{name}"
    return action in (name, step.policy_arn) or action.endswith(own)


def watch(
    policy: TargetTracking,
    target: ScalableTarget,
    old: TrackingPolicy | None,
    settings: ScalingSettings,
    random: Random,
    now: float,
    policy_arn: str,
) -> TrackingPolicy:
    """Return *policy* with its alarms; a policy that is put again keeps the names and states it had.

    Names and description as AWS gives them: `TargetTracking-<ResourceId>-AlarmHigh-<uuid>`, "DO NOT EDIT OR
    DELETE. For TargetTrackingScaling policy <policyArn>" (seen in several public repositories).
    """
    description = (
        f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn or policy.policy_name}."
    )
    prefix = f"TargetTracking-{target.resource_id}"
    own = (target.resource_id, policy.policy_name)
    high_name = old.high.alarm.name if old else f"{prefix}-AlarmHigh-{make_uuid(random)}"
    high = WatchedAlarm(high_alarm(policy, high_name, settings, description), now, *own)
    low = None
    if settings.create_low_alarm_when_disabled or not policy.disable_scale_in:
        kept = old.low if old else None
        low_name = kept.alarm.name if kept else f"{prefix}-AlarmLow-{make_uuid(random)}"
        low = WatchedAlarm(low_alarm(policy, low_name, settings, description), now, *own)
    if old:
        high.keep_state(old.high)
        if low and old.low:
            low.keep_state(old.low)
    return TrackingPolicy(policy, high, low)


def make_uuid(random: Random) -> str:
    """Return a version 4 UUID drawn from *random*, so that the same seed names the same things."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
