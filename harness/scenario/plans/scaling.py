"""The AWS calls that put a declared `Scaling` in force: target, policies, their alarms, scheduled actions."""

from collections.abc import Iterator
from typing import Any

from harness.scaling.resource import ScalingMetric
from harness.scenario.calls import Call, FromAnswer
from harness.scenario.resources import Endpoint
from harness.scenario.scaling import Alarm, ScheduledAction, StepScaling, Tracking, whole

SERVICE = "application-autoscaling"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
Arguments = dict[str, Any]


def scaling_of(endpoint: Endpoint) -> Iterator[Call]:
    """Yield the calls for *endpoint*; none where it is not scaled."""
    if endpoint.scaling is None:
        return
    wanted, target = whole(endpoint.scaling), target_of(endpoint)
    bounds = {"MinCapacity": wanted.min_capacity, "MaxCapacity": wanted.max_capacity}
    yield Call(SERVICE, "register_scalable_target", target | bounds, f"scalable target of {endpoint.name}")
    for policy in wanted.policies:
        yield Call(
            SERVICE, "put_scaling_policy", target | _policy(policy, endpoint), _named(policy, endpoint)
        )
        if isinstance(policy, StepScaling):
            alarm = _alarm(policy, endpoint)
            yield Call("cloudwatch", "put_metric_alarm", alarm, f"alarm {alarm['AlarmName']}")
    for action in wanted.scheduled:
        what = f"scheduled action {action.name} of {endpoint.name}"
        yield Call(SERVICE, "put_scheduled_action", target | _scheduled(action), what)


def unscaling_of(endpoint: Endpoint) -> Iterator[Call]:
    """Yield the calls that take it away again: policies and scheduled actions go with their target."""
    if endpoint.scaling is None:
        return
    what = f"scalable target of {endpoint.name}"
    yield Call(SERVICE, "deregister_scalable_target", target_of(endpoint), what)
    alarms = [alarm_name(each, endpoint) for each in whole(endpoint.scaling).step_policies]
    if alarms:
        yield Call("cloudwatch", "delete_alarms", {"AlarmNames": alarms}, f"alarms of {endpoint.name}")


def target_of(endpoint: Endpoint) -> Arguments:
    """Return what names the scalable target of *endpoint* in every call."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": endpoint.resource_id,
        "ScalableDimension": DIMENSION,
    }


def alarm_name(policy: StepScaling, endpoint: Endpoint) -> str:
    """Return the name of the alarm that invokes *policy*."""
    return policy.alarm.name or f"{endpoint.name}-{policy.policy_name}"


def _named(policy: Tracking | StepScaling, endpoint: Endpoint) -> str:
    return f"scaling policy {policy.policy_name} of {endpoint.name}"


def _policy(policy: Tracking | StepScaling, endpoint: Endpoint) -> Arguments:
    tracking = isinstance(policy, Tracking)
    kind = "TargetTrackingScaling" if tracking else "StepScaling"
    configuration = _tracking(policy, endpoint) if isinstance(policy, Tracking) else _steps(policy)
    return {
        "PolicyName": policy.policy_name,
        "PolicyType": kind,
        f"{kind}PolicyConfiguration": configuration,
    }


def _tracking(policy: Tracking, endpoint: Endpoint) -> Arguments:
    predefined = policy.metric.predefined
    metric = (
        {"PredefinedMetricSpecification": {"PredefinedMetricType": predefined}}
        if predefined
        else {"CustomizedMetricSpecification": _metric(policy.metric, endpoint)}
    )
    return metric | {
        "TargetValue": policy.target_value,
        "ScaleInCooldown": int(policy.scale_in_cooldown_s),
        "ScaleOutCooldown": int(policy.scale_out_cooldown_s),
        "DisableScaleIn": policy.disable_scale_in,
    }


def _metric(metric: ScalingMetric, endpoint: Endpoint) -> Arguments:
    own = (("EndpointName", endpoint.name), ("VariantName", endpoint.variant_name))
    named: Arguments = {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions or own],
        "Statistic": metric.statistic,
    }
    return named | ({"Unit": metric.unit} if metric.unit else {})


def _steps(policy: StepScaling) -> Arguments:
    given: Arguments = {
        "AdjustmentType": str(policy.adjustment_type),
        "StepAdjustments": [
            {"ScalingAdjustment": each.adjustment}
            | ({} if each.lower is None else {"MetricIntervalLowerBound": each.lower})
            | ({} if each.upper is None else {"MetricIntervalUpperBound": each.upper})
            for each in policy.steps
        ],
        "Cooldown": int(policy.cooldown_s),
        "MetricAggregationType": str(policy.aggregation),
    }
    least = policy.min_adjustment_magnitude
    return given | ({"MinAdjustmentMagnitude": least} if least else {})


def _alarm(policy: StepScaling, endpoint: Endpoint) -> Arguments:
    alarm: Alarm = policy.alarm
    return _metric(alarm.metric, endpoint) | {
        "AlarmName": alarm_name(policy, endpoint),
        "AlarmActions": [FromAnswer(_named(policy, endpoint), "PolicyARN")],
        "Period": int(alarm.metric.period_s),
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.needed,
        "Threshold": alarm.threshold,
        "ComparisonOperator": str(alarm.comparison),
        "TreatMissingData": str(alarm.treat_missing),
    }


def _scheduled(action: ScheduledAction) -> Arguments:
    bounds = {"MinCapacity": action.min_capacity, "MaxCapacity": action.max_capacity}
    return {
        "ScheduledActionName": action.name,
        "Schedule": action.schedule,
        "Timezone": action.timezone,
        "ScalableTargetAction": {name: value for name, value in bounds.items() if value is not None},
    }
