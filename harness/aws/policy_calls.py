"""PutScalingPolicy's arguments as a policy of the model, or nothing for a kind that is not modelled."""

import math
from typing import Any

from harness.aws.aws_json import Arguments, Refused, whole_number
from harness.scaling.policies import DEFAULT_COOLDOWN_S, INVOCATIONS_PER_INSTANCE, TargetTracking

KIND, CONFIGURATION = "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration"
METRICS = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
MOST_COOLDOWN_S = 2**31 - 1


def policy_of(given: Arguments, name: str) -> TargetTracking | None:
    """Return the target tracking policy that *given* asks for, None for a kind that is only stored.

    Raises Refused (ValidationException) for a policy that AWS would not take.
    """
    if given.get("PolicyType", KIND) != KIND:
        return None
    wanted = given.get(CONFIGURATION)
    if not wanted:
        raise Refused("ValidationException", f"{CONFIGURATION} is required for the policy type {KIND}.")
    target_value = _target_value(wanted)
    metric = _metric(wanted)
    if metric != INVOCATIONS_PER_INSTANCE:
        return None
    return TargetTracking(
        policy_name=name,
        target_value=target_value,
        metric=metric,
        scale_in_cooldown_s=_cooldown(wanted, "ScaleInCooldown"),
        scale_out_cooldown_s=_cooldown(wanted, "ScaleOutCooldown"),
        disable_scale_in=bool(wanted.get("DisableScaleIn", False)),
    )


def _target_value(wanted: Arguments) -> float:
    value = wanted.get("TargetValue")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise Refused(
            "ValidationException", f"TargetValue is {value!r:.40}; it must be a number greater than 0."
        )
    return float(value)


def _metric(wanted: Arguments) -> Any:
    """Return the predefined metric type, "" for a customised metric; AWS wants one of the two."""
    if sum(bool(wanted.get(each)) for each in METRICS) != 1:
        raise Refused("ValidationException", f"{CONFIGURATION} must have one of {' and '.join(METRICS)}.")
    return (wanted.get(METRICS[0]) or {}).get("PredefinedMetricType", "")


def _cooldown(wanted: Arguments, name: str) -> float:
    default = int(DEFAULT_COOLDOWN_S)
    return float(whole_number(wanted, name, least=0, most=MOST_COOLDOWN_S, otherwise=default))
