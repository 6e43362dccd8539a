"""A world: endpoints, other things that scale, and the loop that scales them, under one clock from outside.

The shell (timers of an event loop) and a test (a loop over deadlines) drive it alike:
`advance(now)` at `next_deadline()` or later, and requests in between, in time order.
"""

import math
from collections.abc import Sequence

from harness.endpoint.calls import CapacityChange
from harness.endpoint.capacity import InstanceQuota
from harness.endpoint.events import EndpointDeleted, EndpointStatus, Event, MetricPublished, StatusChanged
from harness.endpoint.fleet import Fleet
from harness.endpoint.lifecycle import EndpointModel
from harness.endpoint.metrics import MINUTE_S, VariantMetrics
from harness.endpoint.outcomes import Accepted, Rejected, RejectReason
from harness.endpoint.protocols import MakeFleet, MakeMetrics
from harness.endpoint.resources import Resources
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import EndpointConfig
from harness.refusal import Refusal
from harness.scaling.alarms import Alarm
from harness.scaling.control_loop import ControlLoop
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.resource import ScalableResource, ScalingMetric, TimedResource
from harness.scaling.schedule import ScheduledAction
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import PolicyView


class World:
    """Endpoints by name, what else scales by resource id, their control loop, and one quota for all.

    Calls at *now* first let everything happen that was due before. What happened is told by the next
    `advance`, also when a call caused it. Moments never run back (ValueError). `endpoints` and `loop` are
    there to be read; changes go through the world, which keeps the next deadline. *epoch_s* is the calendar
    moment of model second 0, for scheduled actions; the makers are handed to every `EndpointModel`. Without
    *tells_minutes* there is no `MetricPublished`, which saves time and changes nothing else.
    """

    def __init__(
        self,
        *,
        seed: str | int,
        endpoint_settings: EndpointSettings | None = None,
        scaling_settings: ScalingSettings | None = None,
        epoch_s: float = 0.0,
        make_fleet: MakeFleet = Fleet,
        make_metrics: MakeMetrics = VariantMetrics,
        tells_minutes: bool = True,
    ) -> None:
        self.endpoint_settings = endpoint_settings or EndpointSettings()
        self.scaling_settings = scaling_settings or ScalingSettings()
        self.epoch_s = epoch_s
        self.endpoints: dict[str, EndpointModel] = {}
        self._resources = Resources(self.endpoints, self.scaling_settings)
        self.loop = ControlLoop(
            self._resources.find, seed=str(seed), settings=self.scaling_settings, epoch_s=epoch_s
        )
        self._makers = (make_fleet, make_metrics)
        self._tells_minutes = tells_minutes
        self._seed = str(seed)
        self._quota = InstanceQuota(dict(self.endpoint_settings.quotas))
        self._outbox: list[Event] = []
        self._withheld = False
        self._next_minute = 0
        self._due_at = math.inf
        self._now = -math.inf

    def create_endpoint(
        self, name: str, config: EndpointConfig, now: float, *, settings: EndpointSettings | None = None
    ) -> Refusal | None:
        """Begin to create an endpoint, with *settings* of its own if given; refused if the name is taken."""
        return self._add_endpoint(name, config, now, settings, adopted=False)

    def adopt_endpoint(
        self, name: str, config: EndpointConfig, now: float, *, settings: EndpointSettings | None = None
    ) -> Refusal | None:
        """Take an endpoint that is InService at *now* already, with all its instances."""
        return self._add_endpoint(name, config, now, settings, adopted=True)

    def _add_endpoint(
        self,
        name: str,
        config: EndpointConfig,
        now: float,
        settings: EndpointSettings | None,
        *,
        adopted: bool,
    ) -> Refusal | None:
        self._catch_up(now)
        if name in self.endpoints:
            return Refusal("ValidationException", f'Cannot create already existing endpoint "{name}".')
        make_fleet, make_metrics = self._makers
        model = EndpointModel(
            name,
            config,
            seed=self._seed,
            settings=settings or self.endpoint_settings,
            quota=self._quota,
            publish_delay_s=self.scaling_settings.publish_delay_s,
            emit_zeros=self.scaling_settings.emit_zeros,
            make_fleet=make_fleet,
            make_metrics=make_metrics,
        )
        model.withhold_capacity(self._withheld)
        refusal = model.adopt(now) if adopted else model.create(now)
        if refusal is None:
            self.endpoints[name] = model
        return self._settled(refusal, now)

    def add_resource(self, resource_id: str, resource: TimedResource, now: float) -> None:
        """Let something that is no endpoint be scaled under *resource_id* (a Lambda alias); once per id."""
        self._catch_up(now)
        self._resources.add(resource_id, resource)
        self._settled(None, now)

    def resource(self, resource_id: str) -> ScalableResource | None:
        """Return what *resource_id* names, None where there is nothing of that name."""
        return self._resources.find(resource_id)

    def covers(self, resource_id: str, metric: ScalingMetric) -> bool:
        """Return whether an alarm on *metric* of *resource_id* would ever see a datapoint."""
        found = self._resources.find(resource_id)
        return found is not None and found.covers(metric)

    def update_endpoint(
        self, name: str, config: EndpointConfig, now: float, *, retain_variant_properties: bool = False
    ) -> Refusal | None:
        """Begin UpdateEndpoint (see `EndpointModel.update`); refused where a scaled variant forbids it."""
        self._catch_up(now)
        if name not in self.endpoints:
            return unknown_endpoint(name)
        refusal = self._resources.refuse_update(name, config, self.loop.targets()) or self.endpoints[
            name
        ].update(config, now, retain_variant_properties=retain_variant_properties)
        return self._settled(refusal, now)

    def update_weights_and_capacities(
        self, name: str, changes: Sequence[CapacityChange], now: float
    ) -> Refusal | None:
        """Begin UpdateEndpointWeightsAndCapacities (see `EndpointModel`)."""
        self._catch_up(now)
        if name not in self.endpoints:
            return unknown_endpoint(name)
        return self._settled(self.endpoints[name].update_weights_and_capacities(changes, now), now)

    def delete_endpoint(self, name: str, now: float) -> Refusal | None:
        """Begin DeleteEndpoint; `EndpointDeleted` tells when the name is free."""
        self._catch_up(now)
        if name not in self.endpoints:
            return unknown_endpoint(name)
        return self._settled(self.endpoints[name].delete(now), now)

    def register_target(self, target: ScalableTarget, now: float) -> Refusal | None:
        """Register or update a target (see `ControlLoop.register_target`); none on burstable instances."""
        self._catch_up(now)
        refusal = self._resources.refuse_target(target) or self.loop.register_target(target, now)
        return self._settled(refusal, now)

    def deregister_target(self, resource_id: str, now: float) -> Refusal | None:
        """Forget a scalable target with its policies and scheduled actions."""
        self._catch_up(now)
        return self._settled(self.loop.deregister_target(resource_id, now), now)

    def put_policy(
        self, resource_id: str, policy: Policy, now: float, *, policy_arn: str = ""
    ) -> PolicyView | Refusal:
        """Create or replace a scaling policy; return it with its alarms."""
        self._catch_up(now)
        answer = self.loop.put_policy(resource_id, policy, now, policy_arn=policy_arn)
        self._settled(None, now)
        return answer

    def delete_policy(self, resource_id: str, policy_name: str, now: float) -> Refusal | None:
        """Delete a policy with the alarms that were made for it."""
        self._catch_up(now)
        return self._settled(self.loop.delete_policy(resource_id, policy_name, now), now)

    def put_alarm(self, alarm: Alarm, now: float) -> Refusal | None:
        """Create or replace an alarm that invokes step policies."""
        self._catch_up(now)
        return self._settled(self.loop.put_alarm(alarm, now), now)

    def delete_alarm(self, name: str, now: float) -> Refusal | None:
        """Delete an alarm that was put."""
        self._catch_up(now)
        return self._settled(self.loop.delete_alarm(name, now), now)

    def put_scheduled_action(self, resource_id: str, action: ScheduledAction, now: float) -> Refusal | None:
        """Create or replace a scheduled action of a registered target."""
        self._catch_up(now)
        return self._settled(self.loop.put_scheduled_action(resource_id, action, now), now)

    def delete_scheduled_action(self, resource_id: str, name: str, now: float) -> Refusal | None:
        """Delete a scheduled action."""
        self._catch_up(now)
        return self._settled(self.loop.delete_scheduled_action(resource_id, name), now)

    def fail_zone(self, zone: str, now: float) -> None:
        """Take every instance of *zone* away on every endpoint, until `restore_zone`."""
        self._catch_up(now)
        for model in self.endpoints.values():
            model.fail_zone(zone, now)
        self._settled(None, now)

    def restore_zone(self, zone: str, now: float) -> None:
        """Let instances join in *zone* again."""
        self._catch_up(now)
        for model in self.endpoints.values():
            model.restore_zone(zone, now)
        self._settled(None, now)

    def fail_instance(self, endpoint: str, variant: str, instance_id: str, now: float) -> None:
        """Take one instance away at *now*."""
        self._catch_up(now)
        self.endpoints[endpoint].fail_instance(variant, instance_id, now)
        self._settled(None, now)

    def withhold_capacity(self, withheld: bool, now: float) -> None:
        """Let launches that begin from *now* on find no instances, or find them again."""
        self._catch_up(now)
        self._withheld = withheld
        for model in self.endpoints.values():
            model.withhold_capacity(withheld)

    def arrive(
        self,
        endpoint: str,
        request_id: int,
        now: float,
        *,
        variant: str | None = None,
        service_s: float | None = None,
        place: float | None = None,
    ) -> Accepted | Rejected:
        """Route one request; an accepted one is named by a later `advance` as Completed.

        *service_s* replaces the drawn service time, *place* the draw that chooses the instance.
        """
        if now >= self._due_at:
            self._catch_up(now)
        elif now < self._now:
            self._refuse_past(now)
        self._now = now
        model = self.endpoints.get(endpoint)
        if model is None:
            return Rejected(request_id, variant or "", RejectReason.NOT_IN_SERVICE)
        return model.arrive(request_id, now, variant=variant, service_s=service_s, place=place)

    def next_deadline(self) -> float | None:
        """Return when `advance` will next have something to tell; None when nothing is planned."""
        if self._outbox:
            return self._now
        due_at = self._due_at
        for model in self.endpoints.values():
            at = model.next_deadline()
            due_at = due_at if at is None or due_at < at else at
        return None if due_at == math.inf else max(due_at, self._now)

    def advance(self, now: float) -> list[Event]:
        """Return everything that happened up to *now* and was not yet told, in time order."""
        self._catch_up(now)
        told, self._outbox = self._outbox, []
        return told

    def _catch_up(self, now: float) -> None:
        if now < self._now:
            self._refuse_past(now)
        self._now = now
        stepped_at = -math.inf
        if now >= self._due_at:
            at = self._due_at
            while at <= now:
                self._step(at)
                stepped_at, at = at, self._next_change()
            self._due_at = at
        if stepped_at < now:
            self._collect(now)

    def _step(self, at: float) -> None:
        """Let everything happen that is due at *at*: resources first, so that the loop sees their state."""
        self._collect(at)
        self._outbox += self.loop.told()
        self._publish(at)
        told = self.loop.advance(at)
        if told:  # What it told may have begun a change.
            self._outbox += told
            self._collect(at)

    def _collect(self, now: float) -> None:
        gathered: list[Event] = []
        gone: list[str] = []
        for model in self.endpoints.values():
            for event in model.advance(now):
                gathered.append(event)
                if type(event) is StatusChanged:
                    self._notice(event)
                elif type(event) is EndpointDeleted:
                    gone.append(event.endpoint)
        if gathered:
            if len(self.endpoints) > 1:
                gathered.sort(key=lambda event: event.at)
            self._outbox += gathered
            for name in gone:
                del self.endpoints[name]
        for changed in self._resources.advance(now) if self._resources.any_added else ():
            self._outbox.append(changed)
            if self._resources.has_settled(changed.resource_id):
                self.loop.settled(changed.resource_id, now)

    def _notice(self, event: StatusChanged) -> None:
        """An endpoint that is InService again has finished what scaling asked of it."""
        if event.status is EndpointStatus.IN_SERVICE:
            for target in self.loop.targets():
                if target.resource_id.startswith(f"endpoint/{event.endpoint}/variant/"):
                    self.loop.settled(target.resource_id, event.at)

    def _publish_at(self) -> float:
        if not self.endpoints or not self._tells_minutes:
            return math.inf
        return (self._next_minute + 1) * MINUTE_S + self.scaling_settings.publish_delay_s

    def _publish(self, now: float) -> None:
        """Tell the minutes of every variant that become visible to CloudWatch's readers at *now*."""
        while self._publish_at() <= now:
            for model in self.endpoints.values():
                for name, metrics in model.all_metrics().items():
                    minute = metrics.minute(self._next_minute)
                    if minute is not None:
                        self._outbox.append(MetricPublished(now, model.name, name, minute))
            self._next_minute += 1

    def next_change(self) -> float | None:
        """Return when something other than an answer is due; None when nothing is planned."""
        at = self._next_change()
        return None if at == math.inf else at

    def _next_change(self) -> float:
        due = self._publish_at()
        if self._resources.any_added:
            due = min(due, self._resources.next_change())
        loop_at = self.loop.next_deadline()
        if loop_at is not None and loop_at < due:
            due = loop_at
        for each in self.endpoints.values():
            at = each.next_change()
            if at is not None and at < due:
                due = at
        return due

    def _refuse_past(self, now: float) -> None:
        raise ValueError(f"World: time runs back from {self._now!r} to {now!r}; pass moments in order")

    def _settled(self, refusal: Refusal | None, now: float) -> Refusal | None:
        """Take what a call has caused, note when something is due next, and pass its answer on."""
        self._step(now)
        self._due_at = self._next_change()
        return refusal


def unknown_endpoint(name: str) -> Refusal:
    """Return SageMaker's refusal of a call on an endpoint that is not there."""
    return Refusal("ValidationException", f'Could not find endpoint "{name}".')
