"""A world: the endpoints of one account and the loop that scales them, driven by one clock from outside.

The shell (timers of an event loop) and a test (a loop over deadlines) drive it alike:
`advance(now)` at `next_deadline()` or later, and requests in between, in time order.
"""

import math
from collections.abc import Sequence

from harness.endpoint.calls import CapacityChange
from harness.endpoint.capacity import InstanceQuota
from harness.endpoint.events import Event
from harness.endpoint.lifecycle import EndpointModel
from harness.endpoint.outcomes import Accepted, Rejected, RejectReason
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import EndpointConfig
from harness.refusal import Refusal
from harness.scaling.control_loop import ControlLoop
from harness.scaling.policies import ScalableTarget, TargetTracking
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import PolicyView


class World:
    """Endpoints by name, their control loop, and one quota for all.

    Calls at *now* first let everything happen that was due before. What happened is told by the next
    `advance`, also when a call caused it. Moments never run back (ValueError). `endpoints` and `loop` are
    there to be read; changes go through the world, which keeps the next deadline.
    """

    def __init__(
        self,
        *,
        seed: str | int,
        endpoint_settings: EndpointSettings | None = None,
        scaling_settings: ScalingSettings | None = None,
    ) -> None:
        self.endpoint_settings = endpoint_settings or EndpointSettings()
        self.scaling_settings = scaling_settings or ScalingSettings()
        self.endpoints: dict[str, EndpointModel] = {}
        self.loop = ControlLoop(self.endpoints, seed=str(seed), settings=self.scaling_settings)
        self._seed = str(seed)
        self._quota = InstanceQuota(dict(self.endpoint_settings.quotas))
        self._outbox: list[Event] = []
        self._withheld = False
        self._due_at = math.inf
        self._now = -math.inf

    def create_endpoint(
        self, name: str, config: EndpointConfig, now: float, *, settings: EndpointSettings | None = None
    ) -> Refusal | None:
        """Begin to create an endpoint, with *settings* of its own if given; refused if the name is taken."""
        self._catch_up(now)
        if name in self.endpoints:
            return Refusal("ValidationException", f'Cannot create already existing endpoint "{name}".')
        model = EndpointModel(
            name,
            config,
            seed=self._seed,
            settings=settings or self.endpoint_settings,
            quota=self._quota,
            publish_delay_s=self.scaling_settings.publish_delay_s,
            emit_zeros=self.scaling_settings.emit_zeros,
        )
        model.withhold_capacity(self._withheld)
        refusal = model.create(now)
        if refusal is None:
            self.endpoints[name] = model
        return self._settled(refusal, now)

    def update_endpoint(
        self, name: str, config: EndpointConfig, now: float, *, retain_variant_properties: bool = False
    ) -> Refusal | None:
        """Begin UpdateEndpoint (see `EndpointModel.update`); refused where a scaled variant forbids it."""
        self._catch_up(now)
        if name not in self.endpoints:
            return unknown_endpoint(name)
        refusal = self.loop.refuse_update(name, config) or self.endpoints[name].update(
            config, now, retain_variant_properties=retain_variant_properties
        )
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
        """Register or update a scalable target (see `ControlLoop.register_target`)."""
        self._catch_up(now)
        return self._settled(self.loop.register_target(target, now), now)

    def deregister_target(self, resource_id: str, now: float) -> Refusal | None:
        """Forget a scalable target with its policies."""
        self._catch_up(now)
        return self._settled(self.loop.deregister_target(resource_id), now)

    def put_policy(
        self, resource_id: str, policy: TargetTracking, now: float, *, policy_arn: str = ""
    ) -> PolicyView | Refusal:
        """Create or replace a target tracking policy; return it with its alarms."""
        self._catch_up(now)
        answer = self.loop.put_policy(resource_id, policy, now, policy_arn=policy_arn)
        self._settled(None, now)
        return answer

    def delete_policy(self, resource_id: str, policy_name: str, now: float) -> Refusal | None:
        """Delete a policy with its alarms."""
        self._catch_up(now)
        return self._settled(self.loop.delete_policy(resource_id, policy_name), now)

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
    ) -> Accepted | Rejected:
        """Route one request; an accepted one is named by a later `advance` as Completed."""
        if now >= self._due_at:
            self._catch_up(now)
        elif now < self._now:
            self._refuse_past(now)
        self._now = now
        model = self.endpoints.get(endpoint)
        if model is None:
            return Rejected(request_id, variant or "", RejectReason.NOT_IN_SERVICE)
        return model.arrive(request_id, now, variant=variant, service_s=service_s)

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
        if now >= self._due_at:
            while (at := self._next_change()) <= now:
                self._step(at)
            self._due_at = at
        self._collect(now)

    def _step(self, at: float) -> None:
        """Let everything happen that is due at *at*: endpoints first, so that the loop sees their state."""
        self._collect(at)
        self._outbox += self.loop.advance(at)
        self._collect(at)

    def _collect(self, now: float) -> None:
        gathered: list[Event] = []
        for model in self.endpoints.values():
            for event in model.advance(now):
                gathered.append(event)
                self.loop.notice(event)
        if len(self.endpoints) > 1:
            gathered.sort(key=lambda event: event.at)
        self._outbox += gathered
        for name in [each.name for each in self.endpoints.values() if each.deleted]:
            del self.endpoints[name]

    def _next_change(self) -> float:
        moments = [each.next_change() for each in self.endpoints.values()]
        moments.append(self.loop.next_deadline())
        return min((at for at in moments if at is not None), default=math.inf)

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
