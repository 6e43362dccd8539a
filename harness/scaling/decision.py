"""What the policies of a target decide together: from what was seen to a capacity and a reason.

Sources: Application Auto Scaling user guide, "Target tracking scaling policies", "Step scaling policies" and
their cooldown sections; SageMaker guide, "Define a scaling policy"; PutScalingPolicy (several policies).
Where they are silent: `ScalingSettings`.
"""

import math
from dataclasses import dataclass

from harness.scaling.alarms import Comparison
from harness.scaling.cooldowns import Cooldowns
from harness.scaling.observation import Observation, PolicySignal, Reason, ScalingDecision, StepSignal
from harness.scaling.policies import (
    DEFAULT_COOLDOWN_S,
    INVOCATIONS_PER_INSTANCE,
    VARIANT_DIMENSION,
    ScalableTarget,
    TargetTracking,
)
from harness.scaling.sentences import told_by_step, told_by_tracking
from harness.scaling.settings import ScaleInMode, ScalingSettings
from harness.scaling.tracking import wanted_capacity, wanted_in, wanted_out, would_flap
from harness.scaling.words import Words, words_of

__all__ = [
    "DEFAULT_COOLDOWN_S",
    "INVOCATIONS_PER_INSTANCE",
    "Cooldowns",
    "Observation",
    "PolicySignal",
    "Reason",
    "ScalableTarget",
    "ScalingDecision",
    "StepSignal",
    "TargetTracking",
    "decide",
    "wanted_capacity",
]

_ABOVE = (Comparison.GREATER, Comparison.GREATER_OR_EQUAL)


@dataclass(frozen=True, slots=True)
class _Voice:
    """A policy that speaks and the capacity it wants; `plain` is that of a step without cooldown credit."""

    signal: PolicySignal | StepSignal
    alarm: str
    wanted: int
    value: float | None = None
    plain: int | None = None

    def told(self, settings: ScalingSettings) -> str:
        if isinstance(self.signal, StepSignal):
            return told_by_step(self.signal, self.value)
        return told_by_tracking(self.signal, self.alarm, settings)

    def names(self) -> tuple[str, str, str]:
        """Return the policy, the alarm that invoked it, and the state it was in."""
        signal = self.signal
        if isinstance(signal, StepSignal):
            return signal.policy.policy_name, signal.alarm_name, signal.state
        name = signal.high_alarm if self.alarm == "high" else signal.low_alarm
        return signal.policy.policy_name, name, "ALARM"


@dataclass(frozen=True, slots=True)
class _Case:
    """All that a decision rests on."""

    target: ScalableTarget
    seen: Observation
    cooldowns: Cooldowns
    settings: ScalingSettings
    now: float

    @property
    def words(self) -> Words:
        return words_of(self.target.dimension, self.target.namespace)

    def stay(self, reason: Reason, text: str, voice: _Voice) -> ScalingDecision:
        here = self.seen.desired
        policy, alarm_name, state = voice.names()
        return ScalingDecision(
            here, here, reason, f"{text}.", policy, voice.alarm, voice.wanted, alarm_name, state
        )

    def go(self, desired: int, reason: Reason, text: str, voice: _Voice) -> ScalingDecision:
        policy, alarm_name, state = voice.names()
        return ScalingDecision(
            desired, self.seen.desired, reason, text, policy, voice.alarm, voice.wanted, alarm_name, state
        )


def decide(
    target: ScalableTarget,
    observation: Observation,
    cooldowns: Cooldowns,
    settings: ScalingSettings,
    now: float,
) -> ScalingDecision:
    """Return the capacity that the policies of *target* ask for at *now*, and why.

    Scale-out when any policy wants it; target tracking scales in only when all of its policies that may do
    so agree, which a step policy does not wait for; the largest capacity wins both ways (AAS guide,
    "Multiple scaling policies"; PutScalingPolicy).
    """
    outs = [each for each in observation.signals if each.high and each.recent]
    lows = [each for each in observation.signals if each.low and each.recent]
    here = observation.desired
    if not outs and not lows and not observation.steps:
        return ScalingDecision(here, here, Reason.WITHIN_TARGET, "No alarm asks for a change.", wanted=here)
    case = _Case(target, observation, cooldowns, settings, now)
    stepped = [_step(each, case) for each in observation.steps]
    if not observation.scalable:
        return _unscalable(case, outs, lows, stepped)
    step_outs = [each for each in stepped if each.plain is not None and each.plain > here]
    step_ins = [each for each in stepped if each.plain is not None and each.plain < here]
    if outs or step_outs:
        voices = [_Voice(each, "high", wanted_out(each, observation, settings)) for each in outs]
        return _scale_out(case, _largest([*voices, *step_outs]))
    if step_ins:
        return _step_in(case, lows, step_ins)
    if lows:
        return _tracking_in(case, lows)
    return _no_step(case, stepped)


def _unscalable(
    case: _Case, outs: list[PolicySignal], lows: list[PolicySignal], stepped: list[_Voice]
) -> ScalingDecision:
    """SageMaker guide: "automatic scaling is blocked while the update operation is in progress"."""
    here = case.seen.desired
    voices = [_Voice(each, "high", here) for each in outs] + [_Voice(each, "low", here) for each in lows]
    voice = (voices + stepped)[0]
    text = f"{voice.told(case.settings)}, but the endpoint is being updated and cannot scale"
    if case.target.dimension != VARIANT_DIMENSION:
        text = f"{voice.told(case.settings)}, but another change is in progress and it cannot scale"
    return case.stay(Reason.UNSCALABLE, text, voice)


def _largest(voices: list[_Voice]) -> _Voice:
    """Return the first of those that want most."""
    return max(voices, key=lambda each: each.wanted)


# -- out -----


def _scale_out(case: _Case, voice: _Voice) -> ScalingDecision:
    target, cooldowns, wanted = case.target, case.cooldowns, voice.wanted
    told = voice.told(case.settings)
    if target.suspended_out:
        text = f"{told}, but scale-out is suspended (DynamicScalingOutSuspended)"
        return case.stay(Reason.SCALE_OUT_SUSPENDED, text, voice)
    desired = min(max(wanted, target.min_capacity), target.max_capacity)
    previous = case.seen.desired
    credited = voice.plain is not None and voice.plain > wanted and previous < target.max_capacity
    if desired <= previous and not credited:
        at_max = wanted > previous or (voice.plain is not None and voice.plain > previous)
        reason = Reason.ALREADY_AT_MAX_CAPACITY if at_max else Reason.ALREADY_AT_DESIRED_CAPACITY
        why = f"the maximum of {target.max_capacity} is reached" if at_max else f"{previous} already suffice"
        return case.stay(reason, f"{told}: {wanted} wanted, but {why}", voice)
    if desired <= previous or cooldowns.blocks_scale_out(desired, case.now):
        text = (
            f"{told}: {wanted} wanted, but the scale-out cooldown runs for "
            f"{cooldowns.out_until - case.now:.0f} s more, and {desired} is no larger than the "
            f"{cooldowns.out_capacity} it already credits"
        )
        return case.stay(Reason.SCALE_OUT_COOLDOWN, text, voice)
    bounded = f" ({wanted} wanted, maximum {target.max_capacity})" if desired < wanted else ""
    text = f"{told}: from {previous} to {case.words.plural(desired)}{bounded}."
    return case.go(desired, Reason.SCALE_OUT, text, voice)


# -- in -----


def _tracking_in(case: _Case, lows: list[PolicySignal]) -> ScalingDecision:
    """Decide for target tracking alone."""
    seen, target, settings = case.seen, case.target, case.settings
    allowed = [each for each in lows if not each.policy.disable_scale_in]
    if not allowed:
        voice = _Voice(lows[0], "low", seen.desired)
        text = f"{voice.told(settings)}, but the policy may not scale in (DisableScaleIn)"
        return case.stay(Reason.SCALE_IN_DISABLED, text, voice)
    voice = _largest([_Voice(each, "low", wanted_in(each, seen, settings)) for each in allowed])
    told = voice.told(settings)
    unwilling = _unwilling(seen)
    if unwilling is not None:
        name = unwilling.policy.policy_name
        return case.stay(
            Reason.POLICIES_DISAGREE, f"{told}, but policy {name} does not agree to scale in", voice
        )
    held = _held_back(case, voice, told)
    if held is not None:
        return held
    flapping = settings.flapping_guard and would_flap(allowed, seen, settings, case.words)
    if flapping:
        return case.stay(Reason.ANTICIPATED_FLAPPING, f"{told}, but {flapping}", voice)
    desired, previous = target.clamp(voice.wanted), seen.desired
    if desired >= previous:
        text = f"{told}, but {previous} are needed to meet the target"
        return case.stay(Reason.ALREADY_AT_DESIRED_CAPACITY, text, voice)
    how = " (one at a time)" if settings.scale_in_mode is ScaleInMode.ONE_STEP else ""
    if desired < voice.wanted:
        how = f" ({voice.wanted} wanted, maximum {desired})"
    text = f"{told}: from {previous} to {case.words.plural(desired)}{how}."
    return case.go(desired, Reason.SCALE_IN, text, voice)


def _step_in(case: _Case, lows: list[PolicySignal], step_ins: list[_Voice]) -> ScalingDecision:
    """Decide for step policies that want less, together with target tracking where it agrees.

    PutScalingPolicy: target tracking scales in only if all its policies are ready to; the scale-in of a
    step policy is not held back by them (AAS guide, "Multiple scaling policies"). No policy leaves the
    capacity outside the bounds, which may have been set while the resource could not be changed.
    """
    seen, settings = case.seen, case.settings
    voices = list(step_ins)
    tracking = _agreed(case, lows)
    if tracking is not None:
        voices.append(tracking)
    voice = _largest(voices)
    told = voice.told(settings)
    held = _held_back(case, voice, told)
    if held is not None:
        return held
    desired = case.target.clamp(voice.wanted)
    bound = "minimum" if desired > voice.wanted else "maximum"
    bounded = f" ({voice.wanted} wanted, {bound} {desired})" if desired != voice.wanted else ""
    text = f"{told}: from {seen.desired} to {case.words.plural(desired)}{bounded}."
    return case.go(desired, Reason.SCALE_IN, text, voice)


def _agreed(case: _Case, lows: list[PolicySignal]) -> _Voice | None:
    """Return what target tracking would go down to, None where it would not."""
    seen, settings = case.seen, case.settings
    allowed = [each for each in lows if not each.policy.disable_scale_in]
    if not allowed or _unwilling(seen) is not None:
        return None
    if settings.flapping_guard and would_flap(allowed, seen, settings, case.words):
        return None
    voice = _largest([_Voice(each, "low", wanted_in(each, seen, settings)) for each in allowed])
    return voice if voice.wanted < seen.desired else None


def _unwilling(seen: Observation) -> PolicySignal | None:
    """Return a target tracking policy that may scale in and does not want to."""
    return next((each for each in seen.signals if not each.policy.disable_scale_in and not each.low), None)


def _held_back(case: _Case, voice: _Voice, told: str) -> ScalingDecision | None:
    """Return what forbids any scale-in at all (suspension, a cooldown, the minimum), or None."""
    target, cooldowns, settings = case.target, case.cooldowns, case.settings
    if target.suspended_in:
        text = f"{told}, but scale-in is suspended (DynamicScalingInSuspended)"
        return case.stay(Reason.SCALE_IN_SUSPENDED, text, voice)
    if case.seen.desired <= target.min_capacity:
        # Before the cooldown: at the minimum there is nothing to hold back.
        text = f"{told}, but the minimum of {target.min_capacity} is reached"
        return case.stay(Reason.ALREADY_AT_MIN_CAPACITY, text, voice)
    also_out = settings.scale_out_cooldown_blocks_scale_in
    if cooldowns.blocks_scale_in(case.now, also_scale_out=also_out):
        until = max(cooldowns.in_until, cooldowns.out_until if also_out else -math.inf)
        text = f"{told}, but the cooldown runs for {until - case.now:.0f} s more"
        return case.stay(Reason.SCALE_IN_COOLDOWN, text, voice)
    return None


# -- steps -----


def _step(signal: StepSignal, case: _Case) -> _Voice:
    """Return what a step policy wants; its `plain` is None where no step covers the breach."""
    here = case.seen.desired
    value = signal.policy.aggregation.of(signal.recent) if signal.recent else None
    if value is None:
        return _Voice(signal, "step", here)
    breach = value - signal.threshold
    above = breach > 0 or (breach == 0 and signal.comparison in _ABOVE)
    adjustment = signal.policy.adjustment_for(breach, above=above)
    if adjustment is None:
        return _Voice(signal, "step", here, value)
    plain = signal.policy.capacity_after(here, adjustment)
    wanted = plain
    if plain > here:
        wanted = signal.policy.capacity_after(case.cooldowns.base(here, case.now), adjustment)
    return _Voice(signal, "step", wanted, value, plain)


def _no_step(case: _Case, stepped: list[_Voice]) -> ScalingDecision:
    """No step covers the breach, or one does and its adjustment changes nothing."""
    voice = next((each for each in stepped if each.plain is not None), stepped[0])
    told = voice.told(case.settings)
    if voice.plain is None:
        return case.stay(Reason.NO_STEP, f"{told}, which no step adjustment covers", voice)
    text = f"{told}, and its step adjustment leaves {case.seen.desired} as they are"
    return case.stay(Reason.ALREADY_AT_DESIRED_CAPACITY, text, voice)
