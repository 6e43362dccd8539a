"""CloudWatch and Application Auto Scaling as one loop over resources: evaluate, decide, act, on schedule too.

Alarms are in `scaling.watching`, decisions in `scaling.decision`, what becomes of them in `scaling.actuator`,
scheduled actions in `scaling.planning`; this part keeps the targets and lets everything happen in its order.
What is scaled is a `ScalableResource`: the loop knows nothing of endpoints or functions.
"""

import math
from heapq import heappop, heappush
from itertools import count
from random import Random

from harness.errors import ScenarioError
from harness.refusal import Refusal
from harness.scaling.activities import ScalingActivity, alarm_cause, bounds_cause
from harness.scaling.actuator import Actuator
from harness.scaling.alarms import Alarm
from harness.scaling.cooldowns import Cooldowns
from harness.scaling.decision import decide
from harness.scaling.events import ScalingEvaluated, ScalingEvent
from harness.scaling.observation import Observation, PolicySignal, Reason, StepSignal
from harness.scaling.planning import Planner
from harness.scaling.policies import (
    SAGEMAKER,
    VARIANT_DIMENSION,
    Policy,
    ScalableTarget,
    TargetTracking,
    windows,
)
from harness.scaling.reading import Readings
from harness.scaling.resource import ScalableResource
from harness.scaling.schedule import ScheduledAction
from harness.scaling.settings import ScalingSettings, StepPoints
from harness.scaling.targets import (
    AlarmView,
    PolicyView,
    Registration,
    ScheduledView,
    StepPolicy,
    TrackingPolicy,
    watch,
)
from harness.scaling.watching import AlarmWatch, Find, Invocation, StepCall
from harness.scaling.words import words_of


class ControlLoop:
    """The scalable targets, policies, alarms, scheduled actions and activities of one account.

    *find* returns the resource of a resource id, None while there is none; it is asked at every step, so
    resources may come and go. `settled` must be told when a resource has finished a change, at that moment: a
    `World` does that. *epoch_s* is the calendar moment of model second 0, for schedules.
    """

    def __init__(
        self, find: Find, *, seed: str, settings: ScalingSettings | None = None, epoch_s: float = 0.0
    ) -> None:
        self._find = find
        self._settings = settings or ScalingSettings()
        self._alarm_random = Random(f"{seed}/alarms")
        self._records: dict[str, Registration] = {}
        self._outbox: list[ScalingEvent] = []
        self._actuator = Actuator(self._settings, Random(f"{seed}/activities"), self._outbox)
        self._readings = Readings()
        self._alarms = AlarmWatch(find, self._records, self._readings, self._settings, self._outbox)
        self._planner = Planner(
            find, self._records, self._actuator, self._settings.schedule_delay_s, epoch_s, self._outbox
        )
        self._invocations: list[tuple[float, int, Invocation]] = []
        self._tickets = count()
        self._now = -math.inf

    # -- targets -----

    def register_target(self, target: ScalableTarget, now: float) -> Refusal | None:
        """Register or update *target* and move its capacity inside the bounds if it can be scaled now.

        AAS API reference, RegisterScalableTarget: on an update the current capacity is read and moved inside
        the bounds, "even if the request does not include" them. Guide, "Suspending and resuming scaling": on
        resuming, alarms that are in breach are evaluated. ValidationException where there is no resource.
        """
        resource = self._find(target.resource_id)
        if resource is None:
            return Refusal("ValidationException", f"No resource found for resource ID: {target.resource_id}")
        record = self._records.get(target.resource_id)
        if record is None:
            record = self._records[target.resource_id] = Registration(target)
            self._alarms.rebuild(now)
        old, record.target = record.target, target
        current = resource.desired_capacity
        bounded = target.clamp(current)
        if bounded != current and resource.is_scalable:
            cause = bounds_cause(bounded, current)
            counted = words_of(target.dimension, target.namespace).plural(bounded)
            sentence = f"At registration the {cause}: from {current} to {counted}."
            self._actuator.set_capacity(record, resource, bounded, cause, sentence, None, now)
        resumes_out = old.suspended_out and not target.suspended_out
        if resumes_out or (old.suspended_in and not target.suspended_in):
            self._invoke(self._alarms.resume(record, now))
        return None

    def deregister_target(self, resource_id: str, now: float) -> Refusal | None:
        """Forget the target with its policies, alarms and scheduled actions (AAS: they go with it)."""
        if self._records.pop(resource_id, None) is None:
            return _not_found("No scalable target found", resource_id)
        self._alarms.rebuild(now)
        self._planner.look()
        return None

    def targets(self) -> tuple[ScalableTarget, ...]:
        """Return the registered targets, in the order they were registered, with the bounds they have now."""
        return tuple(each.target for each in self._records.values())

    def cooldowns(self, resource_id: str) -> Cooldowns:
        """Return the cooldowns of a target as they stand; KeyError when it is not registered."""
        return self._records[resource_id].cooldowns

    # -- policies -----

    def put_policy(
        self, resource_id: str, policy: Policy, now: float, *, policy_arn: str = ""
    ) -> PolicyView | Refusal:
        """Create or replace *policy*; return it with its alarms, or ObjectNotFoundException.

        ScenarioError where the metric is not modelled for the resource, rather than never scaling.
        """
        record = self._records.get(resource_id)
        if record is None:
            return _not_found("No scalable target registered", resource_id)
        old = record.policies.get(policy.policy_name)
        if isinstance(policy, TargetTracking):
            self._check_metric(resource_id, policy)
            known = old if isinstance(old, TrackingPolicy) else None
            random = self._alarm_random
            record.policies[policy.policy_name] = watch(
                policy, record.target, known, self._settings, random, now, policy_arn
            )
        else:
            record.policies[policy.policy_name] = StepPolicy(policy, policy_arn)
        self._alarms.rebuild(now)
        return self._view(record, policy.policy_name)

    def delete_policy(self, resource_id: str, policy_name: str, now: float) -> Refusal | None:
        """Delete a policy, with the alarms that were made for it."""
        record = self._records.get(resource_id)
        if record is None or record.policies.pop(policy_name, None) is None:
            return _not_found(f"No scaling policy found with name {policy_name}", resource_id)
        self._alarms.rebuild(now)
        return None

    def policies(self, resource_id: str | None = None) -> tuple[PolicyView, ...]:
        """Return the policies with their alarms, of one target or of all."""
        return tuple(
            self._view(record, name)
            for record in self._records.values()
            if resource_id in (None, record.target.resource_id)
            for name in record.policies
        )

    # -- alarms -----

    def put_alarm(self, alarm: Alarm, now: float) -> Refusal | None:
        """Create or replace an alarm whose actions name step policies, by name or ARN."""
        return self._alarms.put(alarm, now)

    def delete_alarm(self, name: str, now: float) -> Refusal | None:
        """Delete an alarm that was put; ResourceNotFound where there is none."""
        return self._alarms.delete(name, now)

    def alarms(self) -> tuple[AlarmView, ...]:
        """Return every alarm with its state: those of target tracking policies, then those that were put."""
        made = [
            watched.view()
            for record in self._records.values()
            for policy in record.policies.values()
            for watched in policy.alarms()
        ]
        return (*made, *(each.view() for each in self._alarms.made_by_hand()))

    # -- scheduled actions -----

    def put_scheduled_action(self, resource_id: str, action: ScheduledAction, now: float) -> Refusal | None:
        """Create or replace a scheduled action of a registered target."""
        record = self._records.get(resource_id)
        if record is None:
            return _not_found("No scalable target registered", resource_id)
        self._planner.put(record, action, now)
        return None

    def delete_scheduled_action(self, resource_id: str, name: str) -> Refusal | None:
        """Delete a scheduled action; what it has set stays."""
        record = self._records.get(resource_id)
        if record is None or not self._planner.delete(record, name):
            return _not_found(f"No scheduled action found with name {name}", resource_id)
        return None

    def scheduled_actions(self, resource_id: str | None = None) -> tuple[ScheduledView, ...]:
        """Return the scheduled actions, of one target or of all."""
        return tuple(
            ScheduledView(each.action, record.target.resource_id, each.put_at, each.next_at)
            for record in self._records.values()
            if resource_id in (None, record.target.resource_id)
            for each in record.scheduled.values()
        )

    # -- activities -----

    def activities(
        self, resource_id: str | None = None, *, include_not_scaled: bool = False
    ) -> list[ScalingActivity]:
        """Return the scaling activities, newest first, as DescribeScalingActivities orders them."""
        return self._actuator.activities(resource_id, include_not_scaled)

    def settled(self, resource_id: str, now: float) -> None:
        """Take note that the resource has finished a change: the activity that began it ends."""
        record = self._records.get(resource_id)
        if record is not None and record.running is not None:
            self._actuator.finish(record, record.running, self._find(resource_id), now)

    # -- time -----

    def next_deadline(self) -> float | None:
        """Return when the loop has something to do next; None when nothing is planned."""
        if self._outbox:
            return self._now
        due = self._due()
        return None if due == math.inf else max(due, self._now)

    def advance(self, now: float) -> list[ScalingEvent]:
        """Evaluate, decide and run what is due up to *now*; return what happened, in time order."""
        if now < self._now:
            raise ValueError(f"Control loop: time runs back from {self._now!r} to {now!r}")
        while (due := self._due()) <= now:
            at = max(due, self._now)
            if self._alarms.next_at <= at:
                self._invoke(self._alarms.tick(at))
            if self._planner.next_at <= at:
                self._planner.run(at)
            while self._invocations and self._invocations[0][0] <= at:
                self._decide(heappop(self._invocations)[2])
        self._now = now
        return self.told()

    def told(self) -> list[ScalingEvent]:
        """Return what calls have caused and was not yet told, without letting time pass."""
        told = self._outbox.copy()
        if told:
            self._outbox.clear()
        return told

    def _due(self) -> float:
        due = self._alarms.next_at
        if self._planner.next_at < due:
            due = self._planner.next_at
        if self._invocations and self._invocations[0][0] < due:
            due = self._invocations[0][0]
        return due

    def _invoke(self, invocations: list[Invocation]) -> None:
        for each in invocations:
            heappush(self._invocations, (each.at, next(self._tickets), each))

    # -- deciding -----

    def _decide(self, invocation: Invocation) -> None:
        now, resource_id = invocation.at, invocation.resource_id
        record, resource = self._records.get(resource_id), self._find(resource_id)
        if record is None or resource is None:
            return
        observation = self._observe(record, resource, invocation)
        decision = decide(record.target, observation, record.cooldowns, self._settings, now)
        if decision.reason is Reason.WITHIN_TARGET:
            return
        self._outbox.append(ScalingEvaluated(now, resource_id, decision))
        cause = alarm_cause(decision.alarm_name, decision.policy_name, decision.alarm_state)
        if decision.reason.acts:
            record.last_not_scaled = None
            policy = record.policies[decision.policy_name].policy
            self._actuator.set_capacity(
                record, resource, decision.desired, cause, decision.sentence, policy, now
            )
        else:
            self._actuator.note_not_scaled(record, decision, cause, now)

    def _observe(
        self, record: Registration, resource: ScalableResource, invocation: Invocation
    ) -> Observation:
        signals = tuple(
            self._signal(each, resource, invocation)
            for each in record.policies.values()
            if isinstance(each, TrackingPolicy)
        )
        steps = tuple(
            signal
            for call in invocation.steps
            if (signal := self._step_signal(record, call, invocation.at)) is not None
        )
        return Observation(
            resource.desired_capacity, resource.current_capacity, resource.is_scalable, signals, steps
        )

    def _signal(
        self, each: TrackingPolicy, resource: ScalableResource, invocation: Invocation
    ) -> PolicySignal:
        """Return the policy with the datapoints that are visible when Auto Scaling gets round to it."""
        policy, high_name = each.policy, each.high.alarm.name
        low_name = each.low.alarm.name if each.low is not None else ""
        high, low = high_name in invocation.alarmed, low_name in invocation.alarmed
        real = []
        if high or low:
            widest = max(windows(policy, self._settings))
            resource_id = invocation.resource_id
            points = self._readings.read(resource_id, resource, policy.metric, invocation.at, widest)
            real = [point for point in points if point is not None]
        recent = tuple([point.value for point in real])
        return PolicySignal(
            policy, high, low, recent, tuple([point.capacity for point in real]), high_name, low_name
        )

    def _step_signal(self, record: Registration, call: StepCall, now: float) -> StepSignal | None:
        """Return the step policy with its alarm's window; None when either has gone in the meantime."""
        found, watched = record.policies.get(call.policy_name), self._alarms.find_alarm(call.alarm_name)
        if watched is None or watched.alarm.metric is None or not isinstance(found, StepPolicy):
            return None
        points = self._settings.step_points
        values = call.seen if points is StepPoints.ALARM else self._alarms.values(watched, now)
        return StepSignal(
            found.policy,
            call.alarm_name,
            watched.alarm.threshold,
            watched.alarm.comparison,
            values[-1:] if points is StepPoints.LAST else values,
            watched.alarm.metric.name,
            call.state,
        )

    # -- views -----

    def _view(self, record: Registration, name: str) -> PolicyView:
        found = record.policies[name]
        resource_id = record.target.resource_id
        if isinstance(found, TrackingPolicy):
            low = None if found.low is None else found.low.view()
            return PolicyView(found.policy, resource_id, found.high.view(), low)
        invokers = tuple(each.view() for each in self._alarms.invokers(record, name))
        return PolicyView(found.policy, resource_id, invokers=invokers)

    def _check_metric(self, resource_id: str, policy: TargetTracking) -> None:
        resource = self._find(resource_id)
        if resource is not None and not resource.covers(policy.metric):
            metric = policy.metric
            raise ScenarioError(
                f"Policy {policy.policy_name!r}: metric {metric.name!r} ({metric.statistic}, every "
                f"{metric.period_s:g} s) is not modelled for {resource_id}; choose another metric, "
                "statistic or period"
            )


def _not_found(what: str, resource_id: str) -> Refusal:
    if resource_id.startswith("function:"):
        namespace, dimension = "lambda", "lambda:function:ProvisionedConcurrency"
    else:
        namespace, dimension = SAGEMAKER, VARIANT_DIMENSION
    return Refusal(
        "ObjectNotFoundException",
        f"{what} for service namespace: {namespace}, resource ID: {resource_id}, "
        f"scalable dimension: {dimension}",
    )
