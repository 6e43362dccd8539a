"""Carries what the modelled world says to the journal and, where a client would look, to CloudWatch."""

from collections.abc import Callable

from harness import journal
from harness.aws.minutes import published
from harness.aws.mirror import AlarmGone, AlarmPut, AlarmState, Datapoint, Shown
from harness.aws.records import alarm_arguments, endpoint_record, held_to, made_for, policy_record
from harness.clock import Calendar
from harness.endpoint.events import Event, MetricPublished
from harness.endpoint.metrics import MINUTE_S, Metric
from harness.endpoint.outcomes import Completed
from harness.endpoint.world import World
from harness.scaling.activities import ActivityStatus, scheduled_cause
from harness.scaling.events import ActivityChanged, AlarmChanged, ScalingEvaluated, ScheduledActionRan
from harness.scaling.observation import Reason
from harness.scaling.policies import INVOCATIONS, ScalableTarget
from harness.scaling.resource import ScalingMetric
from harness.scaling.targets import AlarmView, PolicyView, resource_id_of

_SCHEDULED = scheduled_cause("")[:21]
"""How the cause of an activity begins in which a scheduled action set bounds."""


class Teller:
    """One `tell` per event. *show* takes what CloudWatch is to show; *scope* is ARNs' `region:account`.

    Without *show* nobody looks at CloudWatch, and nothing is made for it.
    """

    def __init__(
        self,
        world: World,
        record: Callable[[journal.Record], None],
        show: Callable[[Shown], None] | None,
        clock: Calendar,
        scope: str,
    ) -> None:
        self._world = world
        self._record = record
        self._show = show
        self._clock = clock
        self._scope = scope
        self._alarms: dict[str, tuple[float, str]] = {}  # threshold and direction by name
        self._watched: dict[str, list[ScalingMetric]] = {}  # what alarms read, by resource id
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
            case ScheduledActionRan():
                self._scheduled(event)
            case Completed():
                pass
            case _:
                self._record(endpoint_record(event))

    # -- metrics -----

    def _metric(self, event: MetricPublished) -> None:
        resource_id, minute = resource_id_of(event.endpoint, event.variant), event.minute
        name, value = Metric.INVOCATIONS_PER_INSTANCE.value, minute.invocations_per_instance
        self._record(journal.MetricPublished(event.at, resource_id, name, minute.start_at, MINUTE_S, value))
        for metric in self._watched.get(resource_id, ()):
            self._watched_metric(event, resource_id, metric)
        if self._show is None:
            return
        model = self._world.endpoints.get(event.endpoint)
        for one in published(minute, model.metrics(event.variant) if model else None):
            self._show(
                Datapoint(
                    endpoint=event.endpoint,
                    variant=event.variant,
                    metric=one.name,
                    epoch_s=self._clock.epoch_s(one.start_at),
                    sum=one.statistics.sum,
                    count=one.statistics.count,
                    minimum=one.statistics.minimum,
                    maximum=one.statistics.maximum,
                    unit=one.unit,
                    namespace=one.namespace,
                    period_s=one.period_s,
                )
            )

    def _watched_metric(self, event: MetricPublished, resource_id: str, metric: ScalingMetric) -> None:
        """Journal what alarms read of *metric*: the period that ends with the minute, or all within it."""
        resource, at, count = self._world.resource(resource_id), event.at, 1
        if metric.is_high_resolution:
            delay_s = self._world.scaling_settings.high_resolution_publish_delay_s
            at, count = event.minute.end_at + delay_s, round(MINUTE_S / metric.period_s)
        for point in resource.datapoints(metric, at, count) if resource else ():
            if point is not None:
                self._record(
                    journal.MetricPublished(
                        event.at, resource_id, metric.name, point.start_at, metric.period_s, point.value
                    )
                )

    def _watch(self) -> None:
        """Note which metrics alarms read of which resource, beside the one that is always journalled."""
        always = (INVOCATIONS.namespace, INVOCATIONS.name, INVOCATIONS.statistic, INVOCATIONS.period_s)
        self._watched = {}
        for view in self._world.loop.alarms():
            metric = view.alarm.metric
            if metric is None or (metric.namespace, metric.name, metric.statistic, metric.period_s) == always:
                continue
            for target in self._world.loop.targets():
                named = bool(metric.dimensions) or view.resource_id == target.resource_id
                known = self._watched.setdefault(target.resource_id, [])
                if named and metric not in known and self._world.covers(target.resource_id, metric):
                    known.append(metric)

    # -- alarms, decisions, activities -----

    def _alarm(self, event: AlarmChanged) -> None:
        threshold, direction = self._alarms.get(event.name, (0.0, ""))
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
        self._shown(AlarmState(event.name, event.state.value, event.reason))

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

    def _scheduled(self, event: ScheduledActionRan) -> None:
        if event.why_not:
            message = (
                f"The scheduled action {event.action_name!r} came due and set no bounds: {event.why_not}."
            )
            self._record(
                journal.Finding(event.at, "scheduled-action-failed", "note", event.resource_id, message, "")
            )
            return
        self._record(
            journal.TargetRegistered(event.at, event.resource_id, event.min_capacity, event.max_capacity)
        )

    def _activity(self, event: ActivityChanged) -> None:
        activity = event.activity
        if activity.cause.startswith(_SCHEDULED):
            return  # The bounds it set are a record of their own; it changed no capacity.
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
        """Journal a policy and show the alarms that were made for it.

        A step policy is journalled once an alarm invokes it: what it holds to is in the alarm.
        """
        for alarm, direction in made_for(view):
            self._alarms[alarm.alarm.name] = (alarm.alarm.threshold, direction)
            self._shown(AlarmPut(alarm_arguments(alarm, arn)))
            self._shown(AlarmState(alarm.alarm.name, alarm.state.value, alarm.reason))
        for alarm in view.invokers:
            self._alarms[alarm.alarm.name] = held_to(alarm)
        if view.alarms:
            self._record(policy_record(view, at, removed=False))
        self._watch()

    def policy_gone(self, view: PolicyView, at: float) -> None:
        """Journal that a policy was deleted and take its alarms away; those that somebody made stay."""
        if view.alarms:
            self._record(policy_record(view, at, removed=True))
        for alarm, _ in made_for(view):
            self._shown(AlarmGone(alarm.alarm.name))

    def alarm_put(self, view: AlarmView, at: float) -> None:
        """Note an alarm that somebody made, which the backend has, and journal the policy it invokes."""
        self._alarms[view.alarm.name] = held_to(view)
        self._shown(AlarmState(view.alarm.name, view.state.value, view.reason))
        for policy in self._world.loop.policies():
            if view.alarm.name in {each.alarm.name for each in policy.invokers}:
                self._record(policy_record(policy, at, removed=False))
        self._watch()

    def alarm_arn(self, name: str) -> str:
        """Return the ARN of the alarm *name*."""
        return f"arn:aws:cloudwatch:{self._scope}:alarm:{name}"

    def _shown(self, value: Shown) -> None:
        if self._show is not None:
            self._show(value)
