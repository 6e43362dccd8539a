"""Carries what the modelled world says to the journal and, where a client would look, to CloudWatch."""

from collections.abc import Callable

from harness import journal
from harness.aws.mirror import NAMESPACE, AlarmGone, AlarmPut, AlarmState, Datapoint, Shown
from harness.clock import Clock
from harness.endpoint.events import (
    CapacityChanged,
    EndpointDeleted,
    Event,
    InstanceJoined,
    InstanceLeft,
    MetricPublished,
    StatusChanged,
)
from harness.endpoint.metrics import MINUTE_S, Metric, MinuteMetrics, Statistics
from harness.endpoint.outcomes import Completed
from harness.endpoint.world import World
from harness.scaling.activities import ActivityStatus
from harness.scaling.decision import Reason
from harness.scaling.events import ActivityChanged, AlarmChanged, ScalingEvaluated
from harness.scaling.policies import ScalableTarget
from harness.scaling.targets import AlarmView, PolicyView, resource_id_of, split_resource_id

MODEL_ERRORS = "InvocationModelErrors"


class Teller:
    """One `tell` per event. *show* takes what CloudWatch is to show; *scope* is ARNs' `region:account`."""

    def __init__(
        self,
        world: World,
        record: Callable[[journal.Record], None],
        show: Callable[[Shown], None],
        clock: Clock,
        scope: str,
    ) -> None:
        self._world = world
        self._record = record
        self._show = show
        self._clock = clock
        self._scope = scope
        self._thresholds: dict[str, tuple[float, str]] = {}
        self._codes: dict[str, str] = {}
        self._last_decision: dict[str, Reason] = {}

    def tell(self, event: Event) -> None:
        """Journal *event* and show it where a client would look."""
        match event:
            case MetricPublished():
                self._metric(event)
            case AlarmChanged():
                self._alarm(event)
            case ActivityChanged():
                self._activity(event)
            case ScalingEvaluated():
                self._evaluated(event)
            case Completed():
                pass
            case _:
                self._record(_endpoint_record(event))

    def _metric(self, event: MetricPublished) -> None:
        resource_id = resource_id_of(event.endpoint, event.variant)
        minute = event.minute
        value = minute.invocations_per_instance
        self._record(
            journal.MetricPublished(
                event.at, resource_id, Metric.INVOCATIONS_PER_INSTANCE.value, minute.start_at, MINUTE_S, value
            )
        )
        for name, found in _statistics(minute):
            self._show(
                Datapoint(
                    endpoint=event.endpoint,
                    variant=event.variant,
                    metric=name,
                    epoch_s=self._clock.epoch_s(minute.start_at),
                    sum=found.sum,
                    count=found.count,
                    minimum=found.minimum,
                    maximum=found.maximum,
                    unit="Microseconds" if name == Metric.MODEL_LATENCY else "None",
                )
            )

    def _alarm(self, event: AlarmChanged) -> None:
        threshold, direction = self._thresholds.get(event.name, (0.0, ""))
        self._record(
            journal.AlarmChanged(
                event.at,
                event.name,
                event.resource_id,
                direction,
                threshold,
                event.previous.value,
                event.state.value,
                event.reason,
            )
        )
        self._show(AlarmState(event.name, event.state.value, event.reason))

    def _evaluated(self, event: ScalingEvaluated) -> None:
        decision = event.decision
        self._last_decision[event.resource_id] = decision.reason
        self._record(
            journal.ScalingEvaluated(
                event.at,
                event.resource_id,
                decision.previous,
                decision.desired,
                decision.reason.value,
                decision.sentence,
            )
        )

    def _activity(self, event: ActivityChanged) -> None:
        activity = event.activity
        if not activity.is_scaled:
            code = activity.not_scaled_reasons[0].code
        else:
            code = self._codes.setdefault(
                activity.activity_id, self._code_of(activity.resource_id, activity.cause)
            )
        self._record(
            journal.ScalingActivity(
                at=event.at,
                activity_id=activity.activity_id,
                resource_id=activity.resource_id,
                status=activity.status.value,
                from_capacity=activity.from_capacity,
                to_capacity=activity.to_capacity,
                cause=activity.sentence or activity.cause,
                description=activity.description,
                code=code,
                started_at=activity.started_at,
                ended_at=activity.ended_at,
                status_message=activity.status_message,
            )
        )
        if activity.status is ActivityStatus.SUCCESSFUL:
            self._cooldown(event)

    def _code_of(self, resource_id: str, cause: str) -> str:
        """Return why the activity began: the decision of this moment, or the bounds."""
        if not cause.startswith("monitor alarm"):
            return "Bounds"
        reason = self._last_decision.get(resource_id)
        return reason.value if reason is not None else ""

    def _cooldown(self, event: ActivityChanged) -> None:
        activity = event.activity
        held = self._world.loop.cooldowns(activity.resource_id)
        out = activity.to_capacity > activity.from_capacity
        until = held.out_until if out else held.in_until
        if until > event.at:
            direction = "out" if out else "in"
            self._record(journal.CooldownStarted(event.at, activity.resource_id, direction, until))

    # -- what clients put -----

    def target_registered(self, target: ScalableTarget, at: float, *, removed: bool = False) -> None:
        """Journal the bounds of *target*."""
        self._record(
            journal.TargetRegistered(
                at, target.resource_id, target.min_capacity, target.max_capacity, removed
            )
        )

    def policy_put(self, view: PolicyView, arn: str, at: float) -> None:
        """Journal a policy and show its alarms."""
        self._record(_policy_record(view, at, removed=False))
        for alarm, direction in _alarms(view):
            self._thresholds[alarm.alarm.name] = (alarm.alarm.threshold, direction)
            self._show(AlarmPut(self._alarm_arguments(alarm, view, arn)))
            self._show(AlarmState(alarm.alarm.name, alarm.state.value, alarm.reason))

    def policy_gone(self, view: PolicyView, at: float) -> None:
        """Journal that a policy was deleted and take its alarms away."""
        self._record(_policy_record(view, at, removed=True))
        for alarm, _ in _alarms(view):
            self._show(AlarmGone(alarm.alarm.name))

    def alarm_arn(self, name: str) -> str:
        """Return the ARN of the alarm *name*."""
        return f"arn:aws:cloudwatch:{self._scope}:alarm:{name}"

    def _alarm_arguments(self, view: AlarmView, policy: PolicyView, arn: str) -> dict[str, object]:
        endpoint, variant = split_resource_id(policy.resource_id)
        alarm = view.alarm
        return {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "Namespace": NAMESPACE,
            "MetricName": Metric.INVOCATIONS_PER_INSTANCE.value,
            "Dimensions": [
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            "Statistic": "Sum",
            "Period": int(alarm.period_s),
            "EvaluationPeriods": alarm.evaluation_periods,
            "DatapointsToAlarm": alarm.datapoints_to_alarm,
            "Threshold": alarm.threshold,
            "ComparisonOperator": alarm.comparison.value,
            "TreatMissingData": alarm.treat_missing.value,
            "AlarmActions": [arn] if arn else [],
        }


def _statistics(minute: MinuteMetrics) -> list[tuple[str, Statistics]]:
    """Return the metrics of *minute* by CloudWatch's names, those without a sample left out.

    InvocationModelErrors: "the number of model invocation requests which did not result in 2XX HTTP response
    ... 4XX/5XX status codes, low-level socket errors, malformed HTTP responses, and request timeouts"
    (SageMaker guide, "SageMaker AI endpoint invocation metrics"): here all that became an error.
    """
    found = [(metric.value, minute.statistics(metric)) for metric in Metric]
    errors = float(minute.errors_4xx + minute.errors_5xx)
    count = float(minute.invocations)
    found.append((MODEL_ERRORS, Statistics(errors, count, float(errors >= count > 0), float(errors > 0))))
    return [(name, statistics) for name, statistics in found if statistics is not None]


def _alarms(view: PolicyView) -> list[tuple[AlarmView, str]]:
    found = [(view.high, "high")]
    return found if view.low is None else [*found, (view.low, "low")]


def _policy_record(view: PolicyView, at: float, *, removed: bool) -> journal.PolicyPut:
    policy = view.policy
    return journal.PolicyPut(
        at=at,
        resource_id=view.resource_id,
        policy=policy.policy_name,
        kind="TargetTrackingScaling",
        target_value=policy.target_value,
        metric=policy.metric,
        scale_out_cooldown_s=policy.scale_out_cooldown_s,
        scale_in_cooldown_s=policy.scale_in_cooldown_s,
        removed=removed,
    )


def _endpoint_record(event: Event) -> journal.Record:
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
                event.at, event.endpoint, event.variant, event.instance_id, event.zone, "joined"
            )
        case InstanceLeft():
            return journal.InstanceChanged(
                event.at, event.endpoint, event.variant, event.instance_id, event.zone, event.cause.value
            )
        case _:
            raise TypeError(f"{type(event).__name__} is no event of an endpoint")
