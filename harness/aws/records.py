"""What the journal keeps of endpoints and policies, and an alarm as PutMetricAlarm takes it."""

from harness import journal
from harness.endpoint.events import (
    CapacityChanged,
    EndpointDeleted,
    Event,
    InstanceJoined,
    InstanceLeft,
    StatusChanged,
)
from harness.errors import ScenarioError
from harness.functions.provisioned import split_resource_id as split_alias_id
from harness.scaling.alarms import Comparison
from harness.scaling.policies import INVOCATIONS, StepScaling
from harness.scaling.resource import ScalingMetric
from harness.scaling.targets import AlarmView, PolicyView, split_resource_id

_RISING = (Comparison.GREATER, Comparison.GREATER_OR_EQUAL)


def alarm_arguments(view: AlarmView, arn: str) -> dict[str, object]:
    """Return the arguments of PutMetricAlarm for an alarm that invokes the policy *arn*."""
    alarm, metric = view.alarm, view.alarm.metric or INVOCATIONS
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [
            {"Name": name, "Value": value}
            for name, value in metric.dimensions or _own_dimensions(view.resource_id)
        ],
        "Statistic": metric.statistic,
        "Period": int(alarm.period_s),
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison.value,
        "TreatMissingData": alarm.treat_missing.value,
        "AlarmActions": [arn] if arn else [],
    } | ({"Unit": metric.unit} if metric.unit else {})


def _own_dimensions(resource_id: str) -> tuple[tuple[str, str], ...]:
    try:
        endpoint, variant = split_resource_id(resource_id)
    except ScenarioError:
        function, alias = split_alias_id(resource_id)
        return (("FunctionName", function), ("Resource", f"{function}:{alias}"))
    return (("EndpointName", endpoint), ("VariantName", variant))


def made_for(view: PolicyView) -> list[tuple[AlarmView, str]]:
    """Return the alarms that were made for a target tracking policy, each with its direction."""
    found = ((view.high, "high"), (view.low, "low"))
    return [(alarm, direction) for alarm, direction in found if alarm is not None]


def held_to(view: AlarmView) -> tuple[float, str]:
    """Return the threshold of an alarm and on which side of it the metric breaches: high or low."""
    return view.alarm.threshold, "high" if view.alarm.comparison in _RISING else "low"


def policy_record(view: PolicyView, at: float, *, removed: bool) -> journal.PolicyPut:
    """Return what the journal keeps of a policy; a step policy holds to the threshold of its first alarm."""
    policy = view.policy
    if isinstance(policy, StepScaling):
        alarm = view.invokers[0].alarm
        metric, held_to, cooldowns_s = alarm.metric, alarm.threshold, (policy.cooldown_s, policy.cooldown_s)
    else:
        metric, held_to = policy.metric, policy.target_value
        cooldowns_s = (policy.scale_out_cooldown_s, policy.scale_in_cooldown_s)
    return journal.PolicyPut(
        at=at,
        resource_id=view.resource_id,
        policy=policy.policy_name,
        kind="StepScaling" if isinstance(policy, StepScaling) else "TargetTrackingScaling",
        target_value=held_to,
        metric=_metric_name(metric) if metric else "",
        scale_out_cooldown_s=cooldowns_s[0],
        scale_in_cooldown_s=cooldowns_s[1],
        removed=removed,
    )


def _metric_name(metric: ScalingMetric) -> str:
    """Return the predefined type where it ends as the metric is called, so that readers can match the two."""
    return metric.predefined if metric.predefined.endswith(metric.name) else metric.name


def endpoint_record(event: Event) -> journal.Record:
    """Return the record of what an endpoint reported."""
    match event:
        case StatusChanged():
            return journal.EndpointChanged(event.at, event.endpoint, event.status.value, event.failure_reason)
        case EndpointDeleted():
            return journal.EndpointChanged(event.at, event.endpoint, "Deleted")
        case CapacityChanged():
            return journal.CapacityChanged(
                event.at, event.endpoint, event.variant, event.desired, event.in_service
            )
        case InstanceJoined():
            return journal.InstanceChanged(
                event.at,
                event.endpoint,
                event.variant,
                event.instance_id,
                event.zone,
                "joined",
                event.instance_type,
                event.launched_at,
            )
        case InstanceLeft():
            return journal.InstanceChanged(
                event.at, event.endpoint, event.variant, event.instance_id, event.zone, event.cause.value
            )
        case _:
            raise TypeError(f"{type(event).__name__} is no event of an endpoint")
