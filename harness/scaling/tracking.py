"""The arithmetic of target tracking: the capacity a metric asks for, and what keeps a scale-in small.

Sources: Application Auto Scaling user guide, "How target tracking scaling works"; EC2 Auto Scaling guide,
"Considerations" (rounding). Where they are silent: `ScalingSettings`.
"""

import math

from harness.scaling.observation import Observation, PolicySignal
from harness.scaling.policies import windows
from harness.scaling.settings import CapacityBasis, Datapoint, ScaleInMode, ScalingSettings
from harness.scaling.words import Words

ROUNDING = 1e-9
"""A want of 5.0000000001 is five: floating-point noise must not cost an instance."""


def wanted_capacity(
    signal: PolicySignal, observation: Observation, settings: ScalingSettings, periods: int
) -> int:
    """Return ceil(capacity x metric / target) for *signal*: where the metric would meet the target.

    Proportional: AAS guide, "adds capacity proportional to the metric value as fast as it can"; the ceiling
    gives EC2 Auto Scaling's rounding in both directions (+1.5 adds 2, -1.5 removes 1: case D4). *periods* is
    the window of the alarm that speaks.
    """
    return math.ceil(_load(signal, observation, settings, periods) / signal.policy.target_value - ROUNDING)


def wanted_out(signal: PolicySignal, observation: Observation, settings: ScalingSettings) -> int:
    """Return the capacity that *signal* asks for with the datapoints of its high alarm."""
    return wanted_capacity(signal, observation, settings, windows(signal.policy, settings)[0])


def wanted_in(signal: PolicySignal, observation: Observation, settings: ScalingSettings) -> int:
    """Return the lowest capacity that one scale-in may go to for *signal*."""
    wanted = wanted_capacity(signal, observation, settings, windows(signal.policy, settings)[1])
    if settings.scale_in_mode is ScaleInMode.PROPORTIONAL:
        return wanted
    step = 1
    if settings.scale_in_mode is ScaleInMode.PERCENT:
        step = max(1, math.floor(observation.desired * settings.scale_in_percent / 100.0 + ROUNDING))
    return max(wanted, observation.desired - step)


def would_flap(
    allowed: list[PolicySignal], observation: Observation, settings: ScalingSettings, words: Words
) -> str:
    """Return why one instance less would scale out again, or "".

    AAS guide: no scale-in if removing "the minimum capacity unit" would likely push the metric back above
    the target.
    """
    remaining = observation.desired - 1
    for each in allowed:
        load = _load(each, observation, settings, windows(each.policy, settings)[1])
        if load > each.policy.target_value * remaining:
            seen = f"{load / remaining:.1f} each" if remaining else f"{load:.1f} with nobody to take them"
            goal = f"above the target of {each.policy.target_value:g}"
            return f"{words.counted(remaining)} would see {seen}, {goal}, and scale out again"
    return ""


def _load(signal: PolicySignal, observation: Observation, settings: ScalingSettings, periods: int) -> float:
    """Return capacity x metric, the total that is shared, by the settings' choice of datapoints."""
    chosen = slice(-1, None) if settings.datapoint is Datapoint.LAST else slice(-periods, None)
    values = signal.recent[chosen]
    if settings.capacity_basis is CapacityBasis.CURRENT:
        loads = [value * observation.current for value in values]
    else:
        loads = [value * capacity for value, capacity in zip(values, signal.capacities[chosen], strict=True)]
    return max(loads) if settings.datapoint is Datapoint.MAXIMUM else math.fsum(loads) / len(loads)
