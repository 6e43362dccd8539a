"""StepScalingPolicyConfiguration of PutScalingPolicy as a `StepScaling`, with AWS's refusals word for word.

Rules: Application Auto Scaling API reference, StepAdjustment and StepScalingPolicyConfiguration. The
sentences were published by a project that deployed each mistake ("PutScalingPolicy fails with ...").
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness.errors import RequestRefused
from harness.scaling.steps import (
    DEFAULT_COOLDOWN_S,
    AdjustmentType,
    Aggregation,
    StepAdjustment,
    StepScaling,
)

WHERE = "StepScalingPolicyConfiguration"
MOST_STEPS = 20
# API reference, PutScalingPolicy, PolicyType: "StepScaling—Not supported for DynamoDB, Amazon Comprehend,
# Lambda, Amazon Keyspaces, Amazon MSK, Amazon ElastiCache, or Neptune."
WITHOUT_STEPS = ("cassandra", "comprehend", "dynamodb", "elasticache", "kafka", "lambda", "neptune")


def step_scaling_of(name: str, wanted: Mapping[str, Any], namespace: str) -> StepScaling:
    """Return the policy *wanted*, whose members have their shapes already; RequestRefused as AWS refuses."""
    if namespace in WITHOUT_STEPS:
        raise _refused(
            f"PolicyType StepScaling is not supported for the {namespace} namespace.", "", "PolicyType"
        )
    if not wanted.get("AdjustmentType"):
        raise _refused("Adjustment type must be specified", "AdjustmentType")
    adjustment_type = AdjustmentType(wanted["AdjustmentType"])
    cooldown = wanted.get("Cooldown")
    return StepScaling(
        policy_name=name,
        adjustment_type=adjustment_type,
        steps=_steps(wanted.get("StepAdjustments") or (), adjustment_type),
        min_adjustment_magnitude=_magnitude(wanted.get("MinAdjustmentMagnitude"), adjustment_type),
        cooldown_s=DEFAULT_COOLDOWN_S if cooldown is None else float(cooldown),
        aggregation=Aggregation(wanted.get("MetricAggregationType") or "Average"),
    )


def _magnitude(given: int | None, adjustment_type: AdjustmentType) -> int:
    if given is None:
        return 0
    if adjustment_type is not AdjustmentType.PERCENT_CHANGE_IN_CAPACITY:
        raise _refused(
            "Minimum adjustment magnitude is only allowed for adjustment type PercentChangeInCapacity",
            "MinAdjustmentMagnitude",
        )
    if given < 1:
        raise _refused("Minimum adjustment magnitude must be greater than 0", "MinAdjustmentMagnitude")
    return given


def _steps(given: Sequence[Mapping[str, Any]], adjustment_type: AdjustmentType) -> tuple[StepAdjustment, ...]:
    if not given:
        raise _refused("At least one step adjustment must be specified", "StepAdjustments")
    if len(given) > MOST_STEPS:
        raise _refused(
            f"There can be at most {MOST_STEPS} step adjustments per scaling policy", "StepAdjustments"
        )
    steps = tuple(_step(each, f"StepAdjustments[{i}]", adjustment_type) for i, each in enumerate(given))
    _check_ends(steps)
    _check_neighbours(steps)
    return steps


def _step(given: Mapping[str, Any], where: str, adjustment_type: AdjustmentType) -> StepAdjustment:
    lower, upper = given.get("MetricIntervalLowerBound"), given.get("MetricIntervalUpperBound")
    change = given["ScalingAdjustment"]
    if lower is None and upper is None:
        raise _refused("Both lower and upper bounds of a step adjustment cannot be left unspecified", where)
    if lower is not None and upper is not None and lower >= upper:
        message = "Lower bound must be less than upper bound for a step adjustment"
        raise _refused(message, f"{where}.MetricIntervalUpperBound")
    if adjustment_type is AdjustmentType.EXACT_CAPACITY and change < 0:
        message = "Scaling adjustment cannot be less than 0 when adjustment type is ExactCapacity"
        raise _refused(message, f"{where}.ScalingAdjustment")
    return StepAdjustment(
        None if lower is None else float(lower), None if upper is None else float(upper), change
    )


def _check_ends(steps: Sequence[StepAdjustment]) -> None:
    lowers, uppers = [step.lower for step in steps], [step.upper for step in steps]
    for side, bounds in (("lower", lowers), ("upper", uppers)):
        if bounds.count(None) > 1:
            message = f"At most one step adjustment may have an unspecified {side} bound"
            raise _refused(message, "StepAdjustments")
    if None not in lowers and any(lower is not None and lower < 0 for lower in lowers):
        raise _refused(_missing_end("lower", "negative"), "StepAdjustments")
    if None not in uppers and any(upper is not None and upper > 0 for upper in uppers):
        raise _refused(_missing_end("upper", "positive"), "StepAdjustments")


def _missing_end(side: str, sign: str) -> str:
    return (
        f"There must be a step adjustment with an unspecified {side} bound when one step adjustment has a "
        f"{sign} {side} bound"
    )


def _check_neighbours(steps: Sequence[StepAdjustment]) -> None:
    spans = sorted(
        (
            -math.inf if step.lower is None else step.lower,
            math.inf if step.upper is None else step.upper,
        )
        for step in steps
    )
    for (_, upper), (lower, _) in pairwise(spans):
        if upper > lower:
            raise _refused("Step adjustment intervals cannot overlap", "StepAdjustments")
        if upper < lower:
            raise _refused("Step adjustment intervals cannot have gaps between them", "StepAdjustments")


def _refused(message: str, field: str, whole: str = "") -> RequestRefused:
    return RequestRefused("ValidationException", message, whole or f"{WHERE}.{field}")
