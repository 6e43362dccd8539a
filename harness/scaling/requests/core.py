"""The arguments of AWS calls that define scaling, as values of the model; what AWS refuses is refused.

Where AWS's own sentence is on record it is used word for word: sentences about steps, metrics, policy types
and scheduled actions were published by a project that deployed each mistake ("PutScalingPolicy fails with
..."), others by users in issue trackers; the rest follows the pattern of service-side validation
("1 validation error detected: ..."). What AWS takes and the model does not is a NotModelled, never a
refusal. Moments stay what they are in the request; nothing here reads a clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import NotModelled, RequestRefused
from harness.scaling.metrics import predefined_metric
from harness.scaling.policies import (
    DEFAULT_COOLDOWN_S,
    VARIANT_DIMENSION,
    Policy,
    ScalableTarget,
    TargetTracking,
)
from harness.scaling.requests.alarms import dimensions_of
from harness.scaling.requests.call_shapes import (
    SCALABLE_TARGET,
    SCALING_POLICY,
    SCHEDULED_ACTION,
    UNITS,
)
from harness.scaling.requests.shapes import check, epoch_of
from harness.scaling.requests.steps import step_scaling_of
from harness.scaling.resource import ScalingMetric
from harness.scaling.schedule import ScheduledAction, parse_schedule

Arguments = Mapping[str, Any]

LAMBDA_DIMENSION = "lambda:function:ProvisionedConcurrency"

TRACKING, STEP, PREDICTIVE = "TargetTrackingScaling", "StepScaling", "PredictiveScaling"
CONFIGURATIONS = {
    TRACKING: "TargetTrackingScalingPolicyConfiguration",
    STEP: "StepScalingPolicyConfiguration",
    PREDICTIVE: "PredictiveScalingPolicyConfiguration",
}

# How the resource id of a dimension begins (RegisterScalableTarget, ResourceId), and the words of the
# refusal (an emulator of AWS took them over; seen in several issue trackers).
_RESOURCE_PREFIXES = {
    "ecs:service:": "service/",
    "ec2:spot-fleet-request:": "spot-fleet-request/",
    "elasticmapreduce:instancegroup:": "instancegroup/",
    "appstream:fleet:": "fleet/",
    "dynamodb:table:": "table/",
    "dynamodb:index:": "table/",
    "rds:cluster:": "cluster:",
    "sagemaker:variant:": "endpoint/",
    "sagemaker:inference-component:": "inference-component/",
    "lambda:function:": "function:",
}
_UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension"

# AWS names these when a type does not fit its dimension; for dimensions that are not here the model of the
# service only says the types there are.
_METRIC_TYPES = {
    VARIANT_DIMENSION: (
        "SageMakerVariantInvocationsPerInstance",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    ),
    "sagemaker:variant:DesiredProvisionedConcurrency": ("SageMakerVariantProvisionedConcurrencyUtilization",),
    "sagemaker:inference-component:DesiredCopyCount": (
        "SageMakerInferenceComponentInvocationsPerCopy",
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    ),
    LAMBDA_DIMENSION: ("LambdaProvisionedConcurrencyUtilization",),
}
# API reference, TargetTrackingScalingPolicyConfiguration, ScaleInCooldown: 0 for these, 300 for the others.
_NO_COOLDOWN = ("cassandra", "comprehend", "dynamodb", "kafka", "lambda")


def target_of(arguments: Arguments, known: ScalableTarget | None = None) -> ScalableTarget:
    """Return the target that RegisterScalableTarget makes; what it leaves out stays as in *known*.

    Raises RequestRefused where AWS refuses. Whether the resource exists is not looked at.
    """
    check(arguments, SCALABLE_TARGET)
    dimension = _dimension(arguments)
    least, most = arguments.get("MinCapacity"), arguments.get("MaxCapacity")
    if known is None and (least is None or most is None):
        missing = "MinCapacity" if least is None else "MaxCapacity"
        message = "MinCapacity and MaxCapacity are required to register a new scalable target."
        raise _refused(message, missing)
    if known is not None:
        least = known.min_capacity if least is None else least
        most = known.max_capacity if most is None else most
    assert least is not None  # both are known by now
    assert most is not None
    _check_bounds(least, most, dimension, "MinCapacity", "MaxCapacity")
    return ScalableTarget(
        arguments["ResourceId"],
        least,
        most,
        *_suspended(arguments, known),
        dimension=dimension,
        namespace=arguments["ServiceNamespace"],
    )


def policy_of(arguments: Arguments) -> Policy:
    """Return the policy that PutScalingPolicy makes.

    A request without PolicyType is of the type whose configuration it carries. Raises RequestRefused where
    AWS refuses, NotModelled for predictive scaling, metric math and metrics of other services.
    """
    check(arguments, SCALING_POLICY)
    dimension = _dimension(arguments)
    kind = _policy_type(arguments)
    configuration = arguments[CONFIGURATIONS[kind]]
    if kind == TRACKING:
        return _target_tracking(arguments["PolicyName"], configuration, dimension)
    if kind == STEP:
        return step_scaling_of(arguments["PolicyName"], configuration, arguments["ServiceNamespace"])
    raise NotModelled(
        "Predictive scaling is not modelled; use target tracking or step scaling.", "PolicyType"
    )


def check_together(policies: Sequence[Policy]) -> None:
    """Raise RequestRefused when two target tracking policies of one target track the same metric."""
    seen: set[ScalingMetric] = set()
    for policy in policies:
        if not isinstance(policy, TargetTracking):
            continue
        if policy.metric in seen:
            message = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            raise _refused(message, CONFIGURATIONS[TRACKING])
        seen.add(policy.metric)


def scheduled_action_of(arguments: Arguments) -> ScheduledAction:
    """Return the action that PutScheduledAction makes; start and end in seconds since 1970.

    Raises RequestRefused where AWS refuses, an expression that cannot be read included.
    """
    check(arguments, SCHEDULED_ACTION)
    dimension = _dimension(arguments)
    if not arguments.get("Schedule"):
        raise _refused("Schedule must be set", "Schedule")
    schedule = parse_schedule(arguments["Schedule"], arguments.get("Timezone") or "UTC")
    start, end = (_moment(arguments.get(name)) for name in ("StartTime", "EndTime"))
    if start is not None and end is not None and start >= end:
        raise _refused("StartTime must be before EndTime", "StartTime")
    bounds = arguments.get("ScalableTargetAction")
    if bounds is None:
        raise _refused("ScalableTargetAction must be set", "ScalableTargetAction")
    least, most = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
    where = "ScalableTargetAction"
    if least is None and most is None:
        message = "At least one of minimum capacity and maximum capacity should be provided"
        raise _refused(message, where)
    _check_bounds(least, most, dimension, f"{where}.MinCapacity", f"{where}.MaxCapacity")
    return ScheduledAction(arguments["ScheduledActionName"], schedule, least, most, start, end)


# -- what every call has -----


def _dimension(arguments: Arguments) -> str:
    dimension: str = arguments["ScalableDimension"]
    if not dimension.startswith(arguments["ServiceNamespace"] + ":"):
        raise _refused(_UNSUPPORTED, "ScalableDimension")
    resource_id = arguments["ResourceId"]
    prefix = next((p for start, p in _RESOURCE_PREFIXES.items() if dimension.startswith(start)), "")
    parts = resource_id.split("/")
    is_variant = dimension.startswith("sagemaker:variant:")
    if not resource_id.startswith(prefix) or (
        is_variant and (len(parts) != 4 or parts[2] != "variant" or not all(parts))
    ):
        raise _refused(_UNSUPPORTED, "ResourceId")
    if dimension == LAMBDA_DIMENSION and resource_id.endswith(":$LATEST"):
        raise _refused("$LATEST is not a supported qualifier for Auto Scaling", "ResourceId")
    return dimension


def _check_bounds(
    least: int | None, most: int | None, dimension: str, least_field: str, most_field: str
) -> None:
    if dimension == VARIANT_DIMENSION and least is not None and least < 1:
        # SageMaker guide, "Register a model": a variant's minimum is at least 1.
        member = least_field[0].lower() + least_field[1:]
        message = (
            f"1 validation error detected: Value '{least}' at '{member}' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        )
        raise _refused(message, least_field)
    if least is not None and most is not None and most < least:
        raise _refused("Maximum capacity cannot be less than minimum capacity", most_field)


def _suspended(arguments: Arguments, known: ScalableTarget | None) -> tuple[bool, bool, bool]:
    state = arguments.get("SuspendedState") or {}
    before = (
        (known.suspended_in, known.suspended_out, known.suspended_scheduled)
        if known
        else (False, False, False)
    )
    names = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    scale_in, scale_out, scheduled = (
        old if state.get(name) is None else bool(state[name]) for name, old in zip(names, before, strict=True)
    )
    return scale_in, scale_out, scheduled


def _moment(value: Any) -> float | None:
    return None if value is None else epoch_of(value)


# -- policies -----


def _policy_type(arguments: Arguments) -> str:
    given = [kind for kind, name in CONFIGURATIONS.items() if arguments.get(name)]
    kind: str | None = arguments.get("PolicyType") or (given[0] if len(given) == 1 else None)
    if kind is None:
        raise _refused("Policy type must be specified", "PolicyType")
    if kind not in given:
        raise _refused(f"{kind} policy configuration must be specified", CONFIGURATIONS[kind])
    if len(given) > 1:
        raise _refused(
            "You must only provide a single scaling policy configuration, which must match the scaling "
            "policy type specified.",
            "PolicyType",
        )
    return kind


def _target_tracking(name: str, wanted: Arguments, dimension: str) -> TargetTracking:
    where = CONFIGURATIONS[TRACKING]
    value = wanted["TargetValue"]
    if value <= 0:
        raise _refused(
            f"TargetValue is {value!r}; it must be a number greater than 0.", f"{where}.TargetValue"
        )
    default = 0.0 if dimension.startswith(_NO_COOLDOWN) else DEFAULT_COOLDOWN_S
    scale_in, scale_out = (
        default if wanted.get(each) is None else float(wanted[each])
        for each in ("ScaleInCooldown", "ScaleOutCooldown")
    )
    return TargetTracking(
        policy_name=name,
        target_value=float(value),
        metric=_tracked_metric(wanted, dimension, where),
        scale_in_cooldown_s=scale_in,
        scale_out_cooldown_s=scale_out,
        disable_scale_in=bool(wanted.get("DisableScaleIn")),
    )


def _tracked_metric(wanted: Arguments, dimension: str, where: str) -> ScalingMetric:
    one, other = "PredefinedMetricSpecification", "CustomizedMetricSpecification"
    predefined, customised = wanted.get(one), wanted.get(other)
    if predefined and customised:
        raise _refused(f"Only one of {one} or {other} can be set for target tracking scaling.", where)
    if predefined:
        return _predefined(predefined, dimension, f"{where}.{one}")
    if customised:
        return _customised(customised, dimension, f"{where}.{other}")
    raise _refused(f"{one} or {other} must be set for target tracking scaling.", where)


def _predefined(wanted: Arguments, dimension: str, where: str) -> ScalingMetric:
    kind = wanted["PredefinedMetricType"]
    allowed = _METRIC_TYPES.get(dimension)
    if allowed is not None and kind not in allowed:
        message = (
            f"Scalable dimension {dimension} only supports the following predefined metric types: "
            f"{', '.join(allowed)}"
        )
        raise _refused(message, f"{where}.PredefinedMetricType")
    if wanted.get("ResourceLabel") and kind != "ALBRequestCountPerTarget":
        message = "You can't specify a resource label unless the metric type is ALBRequestCountPerTarget."
        raise _refused(message, f"{where}.ResourceLabel")
    metric = predefined_metric(kind)
    if metric is None:
        raise NotModelled(f"The metric {kind} is not modelled.", f"{where}.PredefinedMetricType")
    return metric


def _customised(wanted: Arguments, dimension: str, where: str) -> ScalingMetric:
    if dimension.startswith("dynamodb:"):
        message = f"Scalable dimension {dimension} does not support CustomizedMetricSpecification."
        raise _refused(message, where)
    single = [
        name for name in ("MetricName", "Namespace", "Statistic", "Dimensions", "Unit") if wanted.get(name)
    ]
    if wanted.get("Metrics"):
        if single:
            raise _refused("The customized metric specification is not valid.", where)
        message = "Metric math is not modelled; give MetricName, Namespace and Statistic of one metric."
        raise NotModelled(message, f"{where}.Metrics")
    for name in ("MetricName", "Namespace", "Statistic"):
        if name not in single:
            message = f"The customized metric specification is not valid. {name} must be specified."
            raise _refused(message, f"{where}.{name}")
    unit = wanted.get("Unit") or ""
    if unit and unit not in UNITS:
        message = (
            f"The customized metric specification is not valid. {unit!r:.40} is not a unit of CloudWatch."
        )
        raise _refused(message, f"{where}.Unit")
    return ScalingMetric(
        wanted["Namespace"], wanted["MetricName"], wanted["Statistic"], dimensions_of(wanted), unit=unit
    )


def _refused(message: str, field: str) -> RequestRefused:
    return RequestRefused("ValidationException", message, field)
