"""What a target tracking policy decides: one pure function from what was seen to a capacity and a reason.

Sources: Application Auto Scaling user guide, "Target tracking scaling policies", "How target tracking
scaling works" and its cooldown section; SageMaker guide, "Define a scaling policy"; PutScalingPolicy (several
policies); EC2 Auto Scaling guide, "Considerations" (rounding). Where they are silent: `ScalingSettings`.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from harness.scaling.activities import NotScaledReason
from harness.scaling.policies import (
    DEFAULT_COOLDOWN_S,
    INVOCATIONS_PER_INSTANCE,
    Cooldowns,
    ScalableTarget,
    TargetTracking,
)
from harness.scaling.settings import CapacityBasis, Datapoint, ScaleInMode, ScalingSettings

__all__ = [
    "DEFAULT_COOLDOWN_S",
    "INVOCATIONS_PER_INSTANCE",
    "Cooldowns",
    "Observation",
    "PolicySignal",
    "Reason",
    "ScalableTarget",
    "ScalingDecision",
    "TargetTracking",
    "decide",
    "wanted_capacity",
]

ROUNDING = 1e-9
"""A want of 5.0000000001 is five: floating-point noise must not cost an instance."""


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
    WITHIN_TARGET = "WithinTarget"

    @property
    def is_aws_code(self) -> bool:
        """True for the five codes of `NotScaledReasons`."""
        return self in _AWS_CODES

    @property
    def acts(self) -> bool:
        """True when the capacity is to be changed."""
        return self in (Reason.SCALE_OUT, Reason.SCALE_IN)


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
    """One policy with what its alarms and its metric say.

    `high` and `low`: that alarm is in ALARM and has invoked the policy. `recent` are the newest visible
    datapoints, oldest first; `capacities` the instances each was shared by.
    """

    policy: TargetTracking
    high: bool
    low: bool
    recent: tuple[float, ...]
    capacities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What the scaler sees of one target: capacity, whether SageMaker lets it be changed, the signals."""

    desired: int
    current: int
    scalable: bool
    signals: tuple[PolicySignal, ...]


@dataclass(frozen=True, slots=True)
class ScalingDecision:
    """The capacity to have, why, and the sentence that tells it to a person.

    `policy_name` and `alarm` ("high" or "low") name the policy that decided, empty where none did;
    `wanted` is the capacity before bounds and cooldowns.
    """

    desired: int
    previous: int
    reason: Reason
    sentence: str
    policy_name: str = ""
    alarm: str = ""
    wanted: int = 0

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


def wanted_capacity(
    signal: PolicySignal, observation: Observation, settings: ScalingSettings, periods: int
) -> int:
    """Return ceil(capacity x metric / target) for *signal*: where the metric would meet the target.

    Proportional: AAS guide, "adds capacity proportional to the metric value as fast as it can"; the ceiling
    gives EC2 Auto Scaling's rounding in both directions (+1.5 adds 2, -1.5 removes 1: case D4). *periods* is
    the window of the alarm that speaks.
    """
    return math.ceil(_load(signal, observation, settings, periods) / signal.policy.target_value - ROUNDING)


def decide(
    target: ScalableTarget,
    observation: Observation,
    cooldowns: Cooldowns,
    settings: ScalingSettings,
    now: float,
) -> ScalingDecision:
    """Return the capacity that the policies of *target* ask for at *now*, and why.

    Scale-out when ANY policy's high alarm is in ALARM, scale-in only when ALL policies that may scale in
    agree, and the largest capacity wins both ways (AAS guide, "Multiple scaling policies").
    """
    outs = [each for each in observation.signals if each.high and each.recent]
    lows = [each for each in observation.signals if each.low and each.recent]
    if not outs and not lows:
        return _stay(observation, Reason.WITHIN_TARGET, "No alarm asks for a change")
    if not observation.scalable:
        # SageMaker guide: "automatic scaling is blocked while the update operation is in progress".
        signal, alarm = (outs[0], "high") if outs else (lows[0], "low")
        text = f"{_told(signal, alarm, settings)}, but the endpoint is being updated and cannot scale"
        return _stay(observation, Reason.UNSCALABLE, text, signal, alarm)
    if outs:
        return _scale_out(outs, target, observation, cooldowns, settings, now)
    return _scale_in(lows, target, observation, cooldowns, settings, now)


def _scale_out(
    outs: list[PolicySignal],
    target: ScalableTarget,
    observation: Observation,
    cooldowns: Cooldowns,
    settings: ScalingSettings,
    now: float,
) -> ScalingDecision:
    wants = [wanted_capacity(each, observation, settings, settings.high_periods) for each in outs]
    wanted = max(wants)
    signal = outs[wants.index(wanted)]
    told = _told(signal, "high", settings)
    if target.suspended_out:
        text = f"{told}, but scale-out is suspended (DynamicScalingOutSuspended)"
        return _stay(observation, Reason.SCALE_OUT_SUSPENDED, text, signal, "high", wanted)
    desired = min(max(wanted, target.min_capacity), target.max_capacity)
    previous = observation.desired
    if desired <= previous:
        at_max = wanted > previous
        reason = Reason.ALREADY_AT_MAX_CAPACITY if at_max else Reason.ALREADY_AT_DESIRED_CAPACITY
        why = f"the maximum of {target.max_capacity} is reached" if at_max else f"{previous} already suffice"
        return _stay(observation, reason, f"{told}: {wanted} wanted, but {why}", signal, "high", wanted)
    if cooldowns.blocks_scale_out(desired, now):
        text = (
            f"{told}: {wanted} wanted, but the scale-out cooldown runs for "
            f"{cooldowns.out_until - now:.0f} s more, and {desired} is no larger than the "
            f"{cooldowns.out_capacity} it already credits"
        )
        return _stay(observation, Reason.SCALE_OUT_COOLDOWN, text, signal, "high", wanted)
    bounded = f" ({wanted} wanted, maximum {target.max_capacity})" if desired < wanted else ""
    text = f"{told}: from {previous} to {desired} instances{bounded}."
    return ScalingDecision(
        desired, previous, Reason.SCALE_OUT, text, signal.policy.policy_name, "high", wanted
    )


def _scale_in(
    lows: list[PolicySignal],
    target: ScalableTarget,
    observation: Observation,
    cooldowns: Cooldowns,
    settings: ScalingSettings,
    now: float,
) -> ScalingDecision:
    allowed = [each for each in lows if not each.policy.disable_scale_in]
    if not allowed:
        text = f"{_told(lows[0], 'low', settings)}, but the policy may not scale in (DisableScaleIn)"
        return _stay(observation, Reason.SCALE_IN_DISABLED, text, lows[0], "low")
    wants = [_gradual(each, observation, settings) for each in allowed]
    wanted = max(wants)
    signal = allowed[wants.index(wanted)]
    told = _told(signal, "low", settings)
    held = _held_back(told, target, observation, cooldowns, settings, now)
    if held is not None:
        return _stay(observation, held[0], held[1], signal, "low", wanted)
    previous = observation.desired
    if previous <= target.min_capacity:
        text = f"{told}, but the minimum of {target.min_capacity} is reached"
        return _stay(observation, Reason.ALREADY_AT_MIN_CAPACITY, text, signal, "low", wanted)
    flapping = settings.flapping_guard and _would_flap(allowed, observation, settings)
    if flapping:
        return _stay(
            observation, Reason.ANTICIPATED_FLAPPING, f"{told}, but {flapping}", signal, "low", wanted
        )
    desired = max(wanted, target.min_capacity)
    if desired >= previous:
        text = f"{told}, but {previous} are needed to meet the target"
        return _stay(observation, Reason.ALREADY_AT_DESIRED_CAPACITY, text, signal, "low", wanted)
    text = f"{told}: from {previous} to {desired} instances{_step(settings)}."
    return ScalingDecision(desired, previous, Reason.SCALE_IN, text, signal.policy.policy_name, "low", wanted)


def _would_flap(allowed: list[PolicySignal], observation: Observation, settings: ScalingSettings) -> str:
    """Return why one instance less would scale out again, or "".

    AAS guide: no scale-in if removing "the minimum capacity unit" would likely push the metric back above
    the target.
    """
    remaining = observation.desired - 1
    for each in allowed:
        load = _load(each, observation, settings, settings.low_periods)
        if load > each.policy.target_value * remaining:
            seen = f"{load / remaining:.1f} each" if remaining else f"{load:.1f} with nobody to take them"
            count = "1 instance" if remaining == 1 else f"{remaining} instances"
            goal = f"above the target of {each.policy.target_value:g}"
            return f"{count} would see {seen}, {goal}, and scale out again"
    return ""


def _held_back(
    told: str,
    target: ScalableTarget,
    observation: Observation,
    cooldowns: Cooldowns,
    settings: ScalingSettings,
    now: float,
) -> tuple[Reason, str] | None:
    """Return what forbids any scale-in at all (another policy, suspension, a cooldown), or None."""
    unwilling = [each for each in observation.signals if not each.policy.disable_scale_in and not each.low]
    if unwilling:
        name = unwilling[0].policy.policy_name
        return Reason.POLICIES_DISAGREE, f"{told}, but policy {name} does not agree to scale in"
    if target.suspended_in:
        return Reason.SCALE_IN_SUSPENDED, f"{told}, but scale-in is suspended (DynamicScalingInSuspended)"
    also_out = settings.scale_out_cooldown_blocks_scale_in
    # At the minimum there is nothing to hold back: the cooldown is not the reason.
    if observation.desired > target.min_capacity and cooldowns.blocks_scale_in(now, also_scale_out=also_out):
        until = max(cooldowns.in_until, cooldowns.out_until if also_out else -math.inf)
        return Reason.SCALE_IN_COOLDOWN, f"{told}, but the cooldown runs for {until - now:.0f} s more"
    return None


def _gradual(signal: PolicySignal, observation: Observation, settings: ScalingSettings) -> int:
    """Return the lowest capacity that one scale-in may go to for *signal*."""
    wanted = wanted_capacity(signal, observation, settings, settings.low_periods)
    if settings.scale_in_mode is ScaleInMode.PROPORTIONAL:
        return wanted
    step = 1
    if settings.scale_in_mode is ScaleInMode.PERCENT:
        step = max(1, math.floor(observation.desired * settings.scale_in_percent / 100.0 + ROUNDING))
    return max(wanted, observation.desired - step)


def _load(signal: PolicySignal, observation: Observation, settings: ScalingSettings, periods: int) -> float:
    """Return capacity x metric, the total that the instances share, by the settings' choice of datapoints."""
    chosen = slice(-1, None) if settings.datapoint is Datapoint.LAST else slice(-periods, None)
    values = signal.recent[chosen]
    if settings.capacity_basis is CapacityBasis.CURRENT:
        loads = [value * observation.current for value in values]
    else:
        loads = [value * capacity for value, capacity in zip(values, signal.capacities[chosen], strict=True)]
    return max(loads) if settings.datapoint is Datapoint.MAXIMUM else math.fsum(loads) / len(loads)


def _stay(
    observation: Observation,
    reason: Reason,
    text: str,
    signal: PolicySignal | None = None,
    alarm: str = "",
    wanted: int | None = None,
) -> ScalingDecision:
    here = observation.desired
    name = signal.policy.policy_name if signal else ""
    return ScalingDecision(here, here, reason, f"{text}.", name, alarm, here if wanted is None else wanted)


def _told(signal: PolicySignal, alarm: str, settings: ScalingSettings) -> str:
    """Return the like of "Invocations per instance were 70.0 and 80.0 over the last 2 minutes, above ..."."""
    high = alarm == "high"
    periods = settings.high_periods if high else settings.low_periods
    target = signal.policy.target_value
    values = signal.recent[-periods:]
    name = (
        "Invocations per instance"
        if signal.policy.metric == INVOCATIONS_PER_INSTANCE
        else signal.policy.metric
    )
    if high:
        side = f"above the target of {target:g}"
    else:
        ratio = settings.low_threshold_ratio
        side = f"below {target * ratio:g} ({ratio:.0%} of the target of {target:g})"
    span = "minute" if len(values) == 1 else f"{len(values)} minutes"
    return f"{name} were {_listed(values)} over the last {span}, {side}"


def _listed(values: tuple[float, ...]) -> str:
    if len(values) > 5:
        low, high = f"{min(values):.1f}", f"{max(values):.1f}"
        return low if low == high else f"between {low} and {high}"
    texts = [f"{value:.1f}" for value in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _step(settings: ScalingSettings) -> str:
    if settings.scale_in_mode is ScaleInMode.ONE_STEP:
        return " (one at a time)"
    return ""
