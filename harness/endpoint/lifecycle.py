"""One endpoint from Creating to deleted: who launches, joins, serves, drains and leaves, and when.

Sources: SageMaker API reference (CreateEndpoint, UpdateEndpoint, UpdateEndpointWeightsAndCapacities,
DeleteEndpoint, DescribeEndpoint) and the developer guide's deployment guardrails (blue/green, all at once by
default). What they leave open is in `EndpointSettings`.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from random import Random
from types import MappingProxyType

from harness.endpoint import calls
from harness.endpoint.calls import CapacityChange, EndpointView
from harness.endpoint.capacity import InstanceQuota
from harness.endpoint.crew import Crew
from harness.endpoint.events import EndpointDeleted, EndpointEvent, EndpointStatus, LeaveCause, StatusChanged
from harness.endpoint.fleet import Fleet, InstanceView
from harness.endpoint.metrics import VariantMetrics
from harness.endpoint.outcomes import Accepted, Rejected, RejectReason
from harness.endpoint.protocols import MakeFleet, MakeMetrics, MetricsLike
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.timeline import Action, Timeline
from harness.endpoint.variant import EndpointConfig, Variant, VariantView, Workshop, by_weight
from harness.refusal import Refusal

__all__ = ["CapacityChange", "EndpointModel", "EndpointView", "Refusal"]


class EndpointModel:
    """One endpoint with its variants. Moments passed in never run back (ValueError).

    Nothing happens between calls: the caller asks `next_deadline`, comes back with `advance` at that moment
    or later, and gets everything that happened since, in time order. `make_fleet` and `make_metrics` make
    what queues and counts: a fleet for every variant, metrics for every name of one.
    """

    def __init__(
        self,
        name: str,
        config: EndpointConfig,
        *,
        seed: str,
        settings: EndpointSettings | None = None,
        quota: InstanceQuota | None = None,
        publish_delay_s: float = 60.0,
        emit_zeros: bool = True,
        make_fleet: MakeFleet = Fleet,
        make_metrics: MakeMetrics = VariantMetrics,
    ) -> None:
        self.name = name
        self.status = EndpointStatus.CREATING
        self.deleted = False
        self._config = config
        self._pending_config: EndpointConfig | None = None
        self._settings = settings or EndpointSettings()
        own = f"{seed}/{name}"
        new_metrics = partial(make_metrics, publish_delay_s=publish_delay_s, emit_zeros=emit_zeros)
        self._workshop = Workshop(self._settings, own, make_fleet, new_metrics)
        self._variants = self._workshop.build(config)
        self._routed = list(self._variants.values())
        self._green: dict[str, Variant] = {}
        self._retiring: list[Variant] = []
        self._timeline = Timeline()
        self._outbox: list[EndpointEvent] = []
        shared = quota or InstanceQuota(dict(self._settings.quotas))
        self._crew = Crew(name, self._settings, shared, self._timeline, self._outbox)
        self._random = Random(f"{own}/variant")
        self._serving = False
        self._created_at = self._modified_at = 0.0
        self._failure_reason = ""
        self._now = -math.inf
        self._due_at = math.inf

    def view(self) -> EndpointView:
        """Return the endpoint as DescribeEndpoint shows it after the last moment passed in."""
        return EndpointView(
            self.name,
            self._config.name,
            self.status,
            self._created_at,
            self._modified_at,
            self._failure_reason,
            tuple(each.view() for each in self._variants.values()),
            self._pending_config.name if self._pending_config else "",
        )

    def variant(self, name: str) -> VariantView | None:
        """Return one live variant, or None where the endpoint has none of that name."""
        return self._variants[name].view() if name in self._variants else None

    def instances(self, variant: str) -> tuple[InstanceView, ...]:
        """Return the instances of a live variant, those that drain included."""
        return self._variants[variant].fleet.instances()

    def metrics(self, variant: str) -> MetricsLike | None:
        """Return the metrics of a variant, also of one that an update has removed."""
        return self._workshop.metrics.get(variant)

    def all_metrics(self) -> Mapping[str, MetricsLike]:
        """Return the metrics of every variant that is or was here, by its name."""
        return MappingProxyType(self._workshop.metrics)

    def create(self, now: float) -> Refusal | None:
        """Begin to create the endpoint: Creating until every instance has joined, then InService.

        Returns ResourceLimitExceeded, with nothing begun, when the quota does not allow it.
        """
        refusal = self._reserve(self._variants)
        if refusal:
            return refusal
        self._now = self._created_at = self._modified_at = now
        self._outbox.append(StatusChanged(now, self.name, None, EndpointStatus.CREATING))
        over_at, comes_up = self._crew.bring_up(self._variants.values(), self._config.failure, now)
        if comes_up:
            self._plan(over_at + self._settings.settle_s, self._finish_creation)
        else:
            self._plan(over_at, self._fail_creation)
        return None

    def adopt(self, now: float) -> Refusal | None:
        """Take the endpoint as InService at *now*, with every instance it should have and nothing launched.

        Returns ResourceLimitExceeded, with nothing begun, when the quota does not allow it.
        """
        refusal = self._reserve(self._variants)
        if refusal:
            return refusal
        self._now = self._created_at = self._modified_at = now
        for each in self._variants.values():
            self._crew.adopt(each, now)
        self._serving = True
        self._go_live(now)
        self._outbox.append(StatusChanged(now, self.name, None, EndpointStatus.IN_SERVICE))
        self.status = EndpointStatus.IN_SERVICE
        return None

    def update(
        self, config: EndpointConfig, now: float, *, retain_variant_properties: bool = False
    ) -> Refusal | None:
        """Begin UpdateEndpoint: a new fleet is launched beside the old and takes over when all of it is up.

        Developer guide, "Deployment guardrails": blue/green with all-at-once traffic shifting is the default.
        With *retain_variant_properties* (RetainAllVariantProperties) counts and weights stay as they are.
        """
        self._run(now)
        if self.status is not EndpointStatus.IN_SERVICE:
            return calls.busy(self.name)
        green = self._workshop.build(config)
        for name, each in green.items():
            each.shown = False
            if retain_variant_properties and name in self._variants:
                old = self._variants[name]
                each.desired, each.weight, each.desired_weight = old.desired, old.weight, old.weight
        refusal = self._reserve(green)
        if refusal:
            return refusal
        self._green, self._pending_config = green, config
        self._enter(EndpointStatus.UPDATING, now)
        over_at, comes_up = self._crew.bring_up(green.values(), config.failure, now)
        self._plan(over_at, self._swap if comes_up else self._abandon_update)
        return None

    def update_weights_and_capacities(self, changes: Sequence[CapacityChange], now: float) -> Refusal | None:
        """Begin UpdateEndpointWeightsAndCapacities: Updating until the last instance has come or gone.

        All or nothing: a call that the quota does not allow is refused whole (recorded, case C4). New weights
        count from the end of the update (DescribeEndpoint tells current and desired weight apart).
        """
        self._run(now)
        if self.status is not EndpointStatus.IN_SERVICE:
            return calls.busy(self.name)
        refusal = calls.check_changes(self.name, self._variants, changes)
        if refusal:
            return refusal
        grow: dict[str, int] = {}
        for change in changes:
            variant = self._variants[change.variant]
            if change.desired_count is not None and change.desired_count > variant.held:
                grow[change.variant] = change.desired_count - variant.held
        message = self._crew.reserve((self._variants[name], count) for name, count in grow.items())
        if message:
            return Refusal("ResourceLimitExceeded", message)
        self._enter(EndpointStatus.UPDATING, now)
        self._plan(self._apply(changes, grow, now), self._finish_update)
        return None

    def delete(self, now: float) -> Refusal | None:
        """Begin DeleteEndpoint; what is in flight drains. Refused while Creating, Updating or Deleting."""
        self._run(now)
        if self.status not in (EndpointStatus.IN_SERVICE, EndpointStatus.FAILED):
            return calls.busy(self.name)
        self._serving = False
        self._enter(EndpointStatus.DELETING, now)
        gone_at = now + self._settings.delete_s
        for variant in self._variants.values():
            gone_at = max(
                gone_at, self._retire(variant, now, self._settings.drain_limit_s, LeaveCause.DELETED)
            )
        self._plan(gone_at, self._finish_deletion)
        return None

    def withhold_capacity(self, withheld: bool) -> None:
        """Let launches that begin from now on find no instances (True), or find them again (False)."""
        self._crew.withheld = withheld

    def fail_zone(self, zone: str, now: float) -> None:
        """Take every instance of *zone* away; nothing joins there until `restore_zone`."""
        self._run(now)
        self._crew.fail_zone(zone, self._everyone(), now)
        self._note_due()

    def restore_zone(self, zone: str, now: float) -> None:
        """Let instances join in *zone* again; those that found no zone at all are launched anew."""
        self._run(now)
        self._crew.restore_zone(zone, self._everyone(), now)
        self._note_due()

    def fail_instance(self, variant: str, instance_id: str, now: float) -> None:
        """Take one instance away; SageMaker replaces it when the settings say so."""
        self._run(now)
        self._crew.fail_instance(self._variants[variant], instance_id, now)
        self._note_due()

    def arrive(
        self,
        request_id: int,
        now: float,
        *,
        variant: str | None = None,
        service_s: float | None = None,
        place: float | None = None,
    ) -> Accepted | Rejected:
        """Route one request at *now*, by weight or to the target *variant*, and count it in the metrics.

        *service_s* replaces the drawn service time, *place* the draw that chooses the instance.
        """
        if self._due_at <= now or now < self._now:
            self._run(now)
        self._now = now
        if not self._serving:
            return Rejected(request_id, variant or "", RejectReason.NOT_IN_SERVICE)
        chosen = self._choose(variant)
        if chosen is None:
            return Rejected(request_id, variant or "", RejectReason.UNKNOWN_VARIANT)
        fleet = chosen.fleet
        chosen.metrics.arrived(now, fleet.active)
        answer = fleet.arrive(request_id, now, service_s, place)
        if type(answer) is Rejected:
            chosen.metrics.failed(now)
        return answer

    def next_change(self) -> float | None:
        """Return when the next instance joins or leaves or the status changes; None: nothing is planned."""
        return self._timeline.next_at()

    def next_deadline(self) -> float | None:
        """Return when `advance` will next have something to tell, answers included; None: never."""
        if self._outbox:
            return self._now
        due_at = self._due_at
        for variant in self._everyone():
            at = variant.fleet.next_deadline()
            due_at = due_at if at is None or due_at < at else at
        return None if due_at == math.inf else max(due_at, self._now)

    def advance(self, now: float) -> list[EndpointEvent]:
        """Return everything that happened up to *now* and was not yet told, in time order."""
        self._run(now)
        told = self._outbox.copy()
        self._outbox.clear()
        return told

    def _run(self, now: float) -> None:
        if now < self._now:
            raise ValueError(f"Endpoint {self.name!r}: time runs back from {self._now!r} to {now!r}")
        while (at := self._timeline.next_at()) is not None and at <= now:
            self._collect(at)
            at, action = self._timeline.pop()
            action(at)
        self._collect(now)
        self._now = now
        self._note_due()

    def _collect(self, now: float) -> None:
        """Take the answers of all fleets up to *now* into the metrics and the outbox."""
        everyone = self._everyone()
        if len(everyone) == 1:
            self._outbox += everyone[0].collect(now)
        else:
            self._outbox += sorted(ended for each in everyone for ended in each.collect(now))

    def _choose(self, name: str | None) -> Variant | None:
        if name is not None:
            return self._variants.get(name)
        variants = self._routed
        return variants[0] if len(variants) == 1 else by_weight(variants, self._random.random())

    def _everyone(self) -> list[Variant]:
        if not self._green and not self._retiring:
            return self._routed
        return [*self._retiring, *self._variants.values(), *self._green.values()]

    def _reserve(self, variants: dict[str, Variant]) -> Refusal | None:
        message = self._crew.reserve((each, each.desired) for each in variants.values())
        return Refusal("ResourceLimitExceeded", message) if message else None

    def _apply(self, changes: Sequence[CapacityChange], grow: dict[str, int], now: float) -> float:
        """Begin what *changes* ask for and return when it is over."""
        done_at, settle_s = now, self._settings.update_s
        for change in changes:
            variant = self._variants[change.variant]
            if change.weight is not None:
                variant.desired_weight = change.weight
            if change.desired_count is not None and change.desired_count != variant.desired:
                settle_s = self._settings.settle_s
            if change.desired_count is not None:
                done_at = max(
                    done_at,
                    self._crew.resize(variant, change.desired_count, grow.get(change.variant, 0), now),
                )
        return done_at + settle_s

    def _finish_creation(self, now: float) -> None:
        if any(each.fleet.active == 0 for each in self._variants.values()):
            self._fail_creation(now)
            return
        self._serving = True
        self._go_live(now)
        self._enter(EndpointStatus.IN_SERVICE, now)

    def _fail_creation(self, now: float) -> None:
        for each in self._variants.values():
            self._crew.release(each, each.desired - each.held)
            self._retire(each, now, 0.0, LeaveCause.ABANDONED)
        self._failure_reason = self._config.failure or calls.NO_CAPACITY_REASON
        self._enter(EndpointStatus.FAILED, now)

    def _finish_update(self, now: float) -> None:
        for each in self._variants.values():
            each.weight = each.desired_weight
        self._retiring.clear()
        self._enter(EndpointStatus.IN_SERVICE, now)

    def _swap(self, now: float) -> None:
        if any(each.fleet.active == 0 for each in self._green.values()):
            self._abandon_update(now)
            return
        old, gone_at = self._variants, now
        for name, each in old.items():
            gone_at = max(gone_at, self._retire(each, now, self._settings.drain_limit_s, LeaveCause.REPLACED))
            if name not in self._green:
                each.metrics.set_active(now, None)
        self._retiring += old.values()
        self._variants, self._green = self._green, {}
        self._routed = list(self._variants.values())
        self._config, self._pending_config = self._pending_config or self._config, None
        self._failure_reason = ""
        self._go_live(now)
        self._plan(gone_at + self._settings.settle_s, self._finish_update)

    def _abandon_update(self, now: float) -> None:
        """The new fleet did not come up: it goes, the old one stays, the reason is told."""
        for each in self._green.values():
            self._crew.release(each, each.desired - each.held)
            self._retire(each, now, 0.0, LeaveCause.ABANDONED)
        config, self._green, self._pending_config = self._pending_config, {}, None
        self._failure_reason = (config.failure if config else "") or calls.NO_CAPACITY_REASON
        self._enter(EndpointStatus.IN_SERVICE, now)

    def _finish_deletion(self, now: float) -> None:
        self.deleted = True
        self._outbox.append(EndpointDeleted(now, self.name))

    def _go_live(self, now: float) -> None:
        for each in self._variants.values():
            each.shown = each.live = True
            self._crew.tell_capacity(each, now)

    def _retire(self, variant: Variant, now: float, limit_s: float, cause: LeaveCause) -> float:
        """Take all instances of *variant* away for good; return when the last is gone."""
        if variant.live and self.status is EndpointStatus.DELETING:
            variant.metrics.set_active(now, None)
        variant.shown = variant.live = variant.replaceable = False
        return self._crew.take_down(variant, now, limit_s, cause)

    def _enter(self, status: EndpointStatus, now: float) -> None:
        previous, self.status = self.status, status
        self._modified_at = now
        reason = self._failure_reason
        self._outbox.append(StatusChanged(now, self.name, previous, status, reason))

    def _plan(self, at: float, action: Action) -> None:
        self._timeline.plan(at, action)
        self._note_due()

    def _note_due(self) -> None:
        at = self._timeline.next_at()
        self._due_at = math.inf if at is None else at
