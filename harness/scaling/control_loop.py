"""CloudWatch and Application Auto Scaling as one loop over the endpoints: publish, evaluate, decide, act.

Once a model minute the metrics of each variant become visible, the alarms of the policies are evaluated, and
an alarm in ALARM invokes its policy, again every minute while it stays there (CloudWatch user guide, "Using
Amazon CloudWatch alarms": Auto Scaling actions are invoked for every period that the alarm remains in the
state). What is decided is in `scaling.decide`; this part acts on it and keeps the scaling activities.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from harness.endpoint.events import EndpointEvent, EndpointStatus, MetricPublished, StatusChanged
from harness.endpoint.lifecycle import EndpointModel
from harness.endpoint.metrics import MINUTE_S, MinuteMetrics
from harness.endpoint.variant import EndpointConfig
from harness.errors import ScenarioError
from harness.refusal import Refusal
from harness.scaling.activities import ScalingActivity, alarm_cause, bounds_cause
from harness.scaling.actuator import Actuator
from harness.scaling.alarms import AlarmState, evaluate
from harness.scaling.decision import Observation, PolicySignal, Reason, decide
from harness.scaling.events import AlarmChanged, ScalingEvaluated, ScalingEvent
from harness.scaling.policies import INVOCATIONS_PER_INSTANCE, Cooldowns, ScalableTarget, TargetTracking
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import (
    DIMENSION,
    AlarmView,
    PolicyView,
    Registration,
    WatchedPolicy,
    split_resource_id,
    watch,
)


@dataclass(frozen=True, slots=True)
class _Invocation:
    """Alarms in ALARM have invoked Auto Scaling, which gets round to the target `at`."""

    at: float
    resource_id: str
    alarmed: frozenset[str]


class ControlLoop:
    """The scalable targets, policies, alarms and activities of the endpoints it is given.

    *endpoints* is read at every step, so endpoints may come and go. `notice` must be told what the endpoints
    report, at the moment they report it: a `World` does that.
    """

    def __init__(
        self, endpoints: Mapping[str, EndpointModel], *, seed: str, settings: ScalingSettings | None = None
    ) -> None:
        self._endpoints = endpoints
        self._settings = settings or ScalingSettings()
        self._alarm_random = Random(f"{seed}/alarms")
        self._registrations: dict[str, Registration] = {}
        self._outbox: list[ScalingEvent] = []
        self._actuator = Actuator(endpoints, self._settings, Random(f"{seed}/activities"), self._outbox)
        self._decisions: deque[_Invocation] = deque()
        self._next_minute = 0
        self._tick_at: float | None = None
        self._now = -math.inf

    def register_target(self, target: ScalableTarget, now: float) -> Refusal | None:
        """Register or update *target* and move its capacity inside the bounds if the endpoint is InService.

        AAS API reference, RegisterScalableTarget: on an update the current capacity is read and moved inside
        the bounds, "even if the request does not include" them. SageMaker guide: no burstable instances.
        """
        endpoint, name = split_resource_id(target.resource_id)
        model = self._endpoints.get(endpoint)
        variant = model.variant(name) if model else None
        if model is None or variant is None:
            return Refusal("ValidationException", f"No variant found for resource ID: {target.resource_id}")
        family = variant.instance_type.removeprefix("ml.").partition(".")[0]
        if family in self._settings.unscalable_families:
            return Refusal(
                "ValidationException",
                f"Variant {name} of endpoint {endpoint} runs on {variant.instance_type}: burstable instances "
                "such as T2 do not support automatic scaling; use a non-burstable instance type",
            )
        record = self._registrations.get(target.resource_id)
        if record is None:
            record = self._registrations[target.resource_id] = Registration(target, endpoint, name)
        record.target = target
        bounded = target.clamp(variant.desired_count)
        if bounded != variant.desired_count and model.status is EndpointStatus.IN_SERVICE:
            cause = bounds_cause(bounded, variant.desired_count)
            sentence = f"At registration the {cause}: from {variant.desired_count} to {bounded} instances."
            self._actuator.set_capacity(record, variant.desired_count, bounded, cause, sentence, None, now)
        return None

    def deregister_target(self, resource_id: str) -> Refusal | None:
        """Forget the target with its policies and alarms (AAS: deregistering deletes the policies)."""
        if self._registrations.pop(resource_id, None) is None:
            return _not_found("No scalable target found", resource_id)
        self._stop_idle_ticks()
        return None

    def put_policy(
        self, resource_id: str, policy: TargetTracking, now: float, *, policy_arn: str = ""
    ) -> PolicyView | Refusal:
        """Create or replace *policy* with its two alarms; return both, or ObjectNotFoundException."""
        record = self._registrations.get(resource_id)
        if record is None:
            return _not_found("No scalable target registered", resource_id)
        if policy.metric != INVOCATIONS_PER_INSTANCE:
            raise ScenarioError(
                f"Policy {policy.policy_name!r}: metric {policy.metric!r} is not modelled; use "
                f"{INVOCATIONS_PER_INSTANCE}"
            )
        old = record.policies.get(policy.policy_name)
        watched = watch(policy, record.target, old, self._settings, self._alarm_random, now, policy_arn)
        record.policies[policy.policy_name] = watched
        if self._tick_at is None:
            period_s, offset_s = self._settings.evaluation_period_s, self._settings.evaluation_offset_s
            self._tick_at = (math.floor((now - offset_s) / period_s) + 1) * period_s + offset_s
        return watched.view(resource_id)

    def delete_policy(self, resource_id: str, policy_name: str) -> Refusal | None:
        """Delete a policy and its alarms."""
        record = self._registrations.get(resource_id)
        if record is None or record.policies.pop(policy_name, None) is None:
            return _not_found(f"No scaling policy found with name {policy_name}", resource_id)
        self._stop_idle_ticks()
        return None

    def targets(self) -> tuple[ScalableTarget, ...]:
        """Return the registered targets, in the order they were registered."""
        return tuple(each.target for each in self._registrations.values())

    def policies(self, resource_id: str | None = None) -> tuple[PolicyView, ...]:
        """Return the policies with their alarms, of one target or of all."""
        return tuple(
            watched.view(record.target.resource_id)
            for record in self._registrations.values()
            if resource_id in (None, record.target.resource_id)
            for watched in record.policies.values()
        )

    def alarms(self) -> tuple[AlarmView, ...]:
        """Return every alarm of every policy with its state."""
        return tuple(
            alarm for view in self.policies() for alarm in (view.high, view.low) if alarm is not None
        )

    def cooldowns(self, resource_id: str) -> Cooldowns:
        """Return the cooldowns of a target as they stand; KeyError when it is not registered."""
        return self._registrations[resource_id].cooldowns

    def activities(
        self, resource_id: str | None = None, *, include_not_scaled: bool = False
    ) -> list[ScalingActivity]:
        """Return the scaling activities, newest first, as DescribeScalingActivities orders them."""
        return self._actuator.activities(resource_id, include_not_scaled)

    def refuse_update(self, endpoint: str, config: EndpointConfig) -> Refusal | None:
        """Return why UpdateEndpoint to *config* must fail because of registered variants, or None.

        SageMaker guide, "Update or delete endpoints that use automatic scaling": the instance type of a
        scaled variant cannot change, and removing it needs its deregistration first. The wording is ours.
        """
        specs = {each.name: each for each in config.variants}
        for record in self._registrations.values():
            variant = (
                self._endpoints[endpoint].variant(record.variant) if record.endpoint == endpoint else None
            )
            if variant is None:
                continue
            spec = specs.get(record.variant)
            if spec is None or spec.instance_type != variant.instance_type:
                what = "removed" if spec is None else f"changed to {spec.instance_type}"
                return Refusal(
                    "ValidationException",
                    f"Variant {record.variant} of endpoint {endpoint} is a registered scalable target and "
                    f"cannot be {what}; deregister {record.target.resource_id} first",
                )
        return None

    def notice(self, event: EndpointEvent) -> None:
        """Take note of what an endpoint reported: an update that ends ends the activity that began it."""
        if isinstance(event, StatusChanged) and event.status is EndpointStatus.IN_SERVICE:
            for record in self._registrations.values():
                if record.endpoint == event.endpoint and record.running:
                    self._actuator.finish(record, record.running, event.at)

    def next_deadline(self) -> float | None:
        """Return when the loop has something to do next; None without endpoints."""
        if self._outbox:
            return self._now
        due = self._due()
        return None if due is None else max(due, self._now)

    def advance(self, now: float) -> list[ScalingEvent]:
        """Publish, evaluate and decide what is due up to *now*; return what happened, in time order."""
        if now < self._now:
            raise ValueError(f"Control loop: time runs back from {self._now!r} to {now!r}")
        while (due := self._due()) is not None and due <= now:
            at = max(due, self._now)
            self._publish(at)
            self._tick(at)
            while self._decisions and self._decisions[0].at <= at:
                self._decide(self._decisions.popleft())
        self._now = now
        told = self._outbox.copy()
        self._outbox.clear()
        return told

    def _due(self) -> float | None:
        moments = [at for at in (self._publish_at(), self._tick_at) if at is not None]
        if self._decisions:
            moments.append(self._decisions[0].at)
        return min(moments, default=None)

    def _publish_at(self) -> float | None:
        if not self._endpoints:
            return None
        return (self._next_minute + 1) * MINUTE_S + self._settings.publish_delay_s

    def _publish(self, now: float) -> None:
        while (at := self._publish_at()) is not None and at <= now:
            for model in self._endpoints.values():
                for name, metrics in model.all_metrics().items():
                    minute = metrics.minute(self._next_minute)
                    if minute is not None:
                        self._outbox.append(MetricPublished(now, model.name, name, minute))
            self._next_minute += 1

    def _tick(self, now: float) -> None:
        if self._tick_at is None or self._tick_at > now:
            return
        self._tick_at += self._settings.evaluation_period_s
        for record in self._registrations.values():
            for policy in record.policies.values():
                self._evaluate(record, policy, now)
            alarmed = frozenset(
                watched.alarm.name
                for policy in record.policies.values()
                for watched in policy.alarms()
                if watched.state is AlarmState.ALARM
            )
            if alarmed:
                at = now + self._settings.reaction_delay_s
                self._decisions.append(_Invocation(at, record.target.resource_id, alarmed))
            else:
                record.last_not_scaled = None

    def _evaluate(self, record: Registration, policy: WatchedPolicy, now: float) -> None:
        for watched in policy.alarms():
            minutes = self._minutes(record, watched.alarm.points_wanted, now)
            points = [None if each is None else each.invocations_per_instance for each in minutes]
            verdict = evaluate(watched.alarm, points, watched.state)
            if verdict.state is watched.state:
                continue
            changed = AlarmChanged(
                now,
                watched.alarm.name,
                record.target.resource_id,
                policy.policy.policy_name,
                watched.state,
                verdict.state,
                verdict.reason,
            )
            watched.state, watched.reason, watched.changed_at = verdict.state, verdict.reason, now
            self._outbox.append(changed)

    def _minutes(self, record: Registration, count: int, now: float) -> tuple[MinuteMetrics | None, ...]:
        model = self._endpoints.get(record.endpoint)
        metrics = model.metrics(record.variant) if model else None
        return metrics.datapoints_visible(now, count) if metrics else ()

    def _decide(self, invocation: _Invocation) -> None:
        now, resource_id = invocation.at, invocation.resource_id
        record = self._registrations.get(resource_id)
        observation = self._observe(record, invocation) if record else None
        if record is None or observation is None:
            return
        decision = decide(record.target, observation, record.cooldowns, self._settings, now)
        if decision.reason is Reason.WITHIN_TARGET:
            return
        self._outbox.append(ScalingEvaluated(now, resource_id, decision))
        policy = record.policies[decision.policy_name]
        alarm = policy.high if decision.alarm == "high" or policy.low is None else policy.low
        cause = alarm_cause(alarm.alarm.name, decision.policy_name)
        if decision.reason.acts:
            record.last_not_scaled = None
            self._actuator.set_capacity(
                record, decision.previous, decision.desired, cause, decision.sentence, policy.policy, now
            )
        else:
            self._actuator.note_not_scaled(record, decision, cause, now)

    def _observe(self, record: Registration, invocation: _Invocation) -> Observation | None:
        model = self._endpoints.get(record.endpoint)
        variant = model.variant(record.variant) if model else None
        if model is None or variant is None:
            return None
        seen = self._minutes(record, self._settings.low_periods, invocation.at)
        minutes = [each for each in seen if each is not None]
        recent = tuple(each.invocations_per_instance for each in minutes)
        capacities = tuple(each.capacity for each in minutes)
        signals = tuple(
            PolicySignal(
                each.policy,
                high=each.high.alarm.name in invocation.alarmed,
                low=each.low is not None and each.low.alarm.name in invocation.alarmed,
                recent=recent,
                capacities=capacities,
            )
            for each in record.policies.values()
        )
        scalable = model.status is EndpointStatus.IN_SERVICE
        return Observation(variant.desired_count, variant.current_count, scalable, signals)

    def _stop_idle_ticks(self) -> None:
        if not any(each.policies for each in self._registrations.values()):
            self._tick_at = None


def _not_found(what: str, resource_id: str) -> Refusal:
    return Refusal(
        "ObjectNotFoundException",
        f"{what} for service namespace: sagemaker, resource ID: {resource_id}, "
        f"scalable dimension: {DIMENSION}",
    )
