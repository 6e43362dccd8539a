"""One endpoint from Creating to deleted: who launches, joins, serves, drains and leaves, and when.

Sources: SageMaker API reference (CreateEndpoint, UpdateEndpoint, UpdateEndpointWeightsAndCapacities,
DeleteEndpoint, DescribeEndpoint) and the developer guide's deployment guardrails (blue/green, all at once by
default). What they leave open is in `EndpointSettings`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from harness.endpoint.capacity import InstanceQuota
from harness.endpoint.events import (
    CapacityChanged,
    EndpointDeleted,
    EndpointEvent,
    EndpointStatus,
    InstanceJoined,
    InstanceLeft,
    LeaveCause,
    StatusChanged,
)
from harness.endpoint.metrics import VariantMetrics
from harness.endpoint.outcomes import Accepted, Completed, Outcome, Rejected, RejectReason
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.timeline import Timeline
from harness.endpoint.variant import EndpointConfig, Variant, VariantView

NO_CAPACITY_REASON = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML "
    "instance type."
)
"""`FailureReason` when AWS has no instances of the type."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """AWS turned the call down and nothing changed: error code and message as AWS gives them."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """One entry of UpdateEndpointWeightsAndCapacities; None leaves count or weight as it is."""

    variant: str
    desired_count: int | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint as DescribeEndpoint shows it; moments in model seconds."""

    name: str
    config_name: str
    status: EndpointStatus
    created_at: float
    modified_at: float
    failure_reason: str
    variants: tuple[VariantView, ...]
    pending_config_name: str = ""


class EndpointModel:
    """One endpoint with its variants. Moments passed in never run back.

    Nothing happens between calls: the caller asks `next_deadline`, comes back with `advance` at that moment
    or later, and gets everything that happened since, in time order.
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
    ) -> None:
        self.name = name
        self.status = EndpointStatus.CREATING
        self.deleted = False
        self._config = config
        self._pending_config: EndpointConfig | None = None
        self._settings = settings or EndpointSettings()
        self._seed = f"{seed}/{name}"
        self._quota = quota or InstanceQuota(dict(self._settings.quotas))
        self._publish_delay_s = publish_delay_s
        self._emit_zeros = emit_zeros
        self._metrics: dict[str, VariantMetrics] = {}
        self._generation = 0
        self._variants = self._build(config)
        self._green: dict[str, Variant] = {}
        self._retiring: list[Variant] = []
        self._timeline = Timeline()
        self._due_at = math.inf
        self._outbox: list[EndpointEvent] = []
        self._random = Random(f"{self._seed}/variant")
        self._serving = False
        self._down: set[str] = set()
        self._no_capacity = False
        self._created_at = self._modified_at = 0.0
        self._failure_reason = ""
        self._now = -math.inf

    # -- what a client sees

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
        found = self._variants.get(name)
        return found.view() if found else None

    def metrics(self, variant: str) -> VariantMetrics | None:
        """Return the metrics of a variant, also of one that an update has removed."""
        return self._metrics.get(variant)

    def metric_variants(self) -> tuple[str, ...]:
        """Return the name of every variant that ever had metrics here."""
        return tuple(self._metrics)

    # -- calls that change the endpoint

    def create(self, now: float) -> Refusal | None:
        """Begin to create the endpoint: Creating until every instance has joined, then InService.

        Returns ResourceLimitExceeded, with nothing begun, when the quota does not allow it.
        """
        refusal = self._reserve([(each, each.desired) for each in self._variants.values()])
        if refusal:
            return refusal
        self._now = self._created_at = now
        self._outbox.append(StatusChanged(now, self.name, None, EndpointStatus.CREATING))
        self._modified_at = now
        if self._no_capacity:
            self._plan(now + self._settings.no_capacity_timeout_s, self._fail_creation)
            return None
        last = max(self._launch(each, each.desired, now) for each in self._variants.values())
        self._plan(last + self._settings.settle_s, self._finish_creation)
        return None

    def update(self, config: EndpointConfig, now: float, *, retain_variant_properties: bool = False) -> Refusal | None:
        """Begin UpdateEndpoint: a new fleet is launched beside the old one and takes over when all of it is up.

        Deployment guardrails, blue/green with all-at-once traffic shifting, which is the default. With
        *retain_variant_properties* (RetainAllVariantProperties) counts and weights stay as they are now.
        """
        self._run(now)
        if self.status is not EndpointStatus.IN_SERVICE:
            return self._busy()
        self._generation += 1
        green = self._build(config)
        if retain_variant_properties:
            for name, each in green.items():
                if name in self._variants:
                    each.desired = self._variants[name].desired
                    each.weight = each.desired_weight = self._variants[name].desired_weight
        refusal = self._reserve([(each, each.desired) for each in green.values()])
        if refusal:
            return refusal
        self._green, self._pending_config = green, config
        self._enter(EndpointStatus.UPDATING, now)
        if self._no_capacity:
            self._plan(now + self._settings.no_capacity_timeout_s, self._abandon_update)
            return None
        self._plan(max(self._launch(each, each.desired, now) for each in green.values()), self._swap)
        return None

    def update_weights_and_capacities(self, changes: Sequence[CapacityChange], now: float) -> Refusal | None:
        """Begin UpdateEndpointWeightsAndCapacities: Updating until the last instance has come or gone.

        All or nothing: a call the quota does not allow is refused whole (recorded, case C4). New weights
        count from the end of the update (DescribeEndpoint tells current and desired weight apart).
        """
        self._run(now)
        if self.status is not EndpointStatus.IN_SERVICE:
            return self._busy()
        refusal = self._check_changes(changes) or self._reserve(self._growth(changes))
        if refusal:
            return refusal
        self._enter(EndpointStatus.UPDATING, now)
        done_at = now
        moved = False
        for change in changes:
            variant = self._variants[change.variant]
            if change.weight is not None:
                variant.desired_weight = change.weight
            if change.desired_count is None or change.desired_count == variant.desired == variant.held:
                continue
            moved = True
            variant.desired = change.desired_count
            self._tell_capacity(variant, now)
            done_at = max(done_at, self._resize(variant, now))
        settle_s = self._settings.settle_s if moved else self._settings.update_s
        self._plan(done_at + settle_s, self._finish_update)
        return None

    def delete(self, now: float) -> Refusal | None:
        """Begin DeleteEndpoint; what is in flight drains. Refused while Creating, Updating or Deleting."""
        self._run(now)
        if self.status not in (EndpointStatus.IN_SERVICE, EndpointStatus.FAILED):
            return self._busy()
        self._stop_serving(now)
        self._enter(EndpointStatus.DELETING, now)
        gone_at = now + self._settings.delete_s
        for variant in self._variants.values():
            gone_at = max(gone_at, self._take_down(variant, now, self._settings.drain_limit_s, LeaveCause.DELETED))
        self._plan(gone_at, self._finish_deletion)
        return None

    # -- faults

    def withhold_capacity(self, withheld: bool) -> None:
        """Let launches that begin from now on find no instances (True), or find them again (False)."""
        self._no_capacity = withheld

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

    def instances(self, variant: str) -> tuple[InstanceView, ...]:
        """Return the instances of a live variant, those that drain included."""
        return self._variants[variant].fleet.instances()

    # -- requests and time

    def arrive(
        self, request_id: int, now: float, *, variant: str | None = None, service_s: float | None = None
    ) -> Accepted | Rejected:
        """Route one request at *now*, by weight or to the target *variant*, and count it in the metrics."""
        if self._due_at <= now:
            self._run(now)
        if not self._serving:
            return Rejected(request_id, variant or "", RejectReason.NOT_IN_SERVICE)
        chosen = self._choose(variant)
        if chosen is None:
            return Rejected(request_id, variant or "", RejectReason.UNKNOWN_VARIANT)
        fleet = chosen.fleet
        chosen.metrics.arrived(now, fleet.active)
        answer = fleet.arrive(request_id, now, service_s)
        if type(answer) is Rejected:
            chosen.metrics.failed(now)
        return answer

    def next_change(self) -> float | None:
        """Return when the next instance joins or leaves or the status changes; None: nothing is planned."""
        return self._timeline.next_at()

    def next_deadline(self) -> float | None:
        """Return when `advance` will next have something to tell, answers included."""
        moments = [each.fleet.next_deadline() for each in self._everyone()]
        moments.append(self._timeline.next_at())
        if self._outbox:
            moments.append(self._outbox[0].at)
        return min((at for at in moments if at is not None), default=None)

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
        self._due_at = math.inf if at is None else at

    def _collect(self, now: float) -> None:
        """Take the answers of all fleets up to *now* into the metrics and the outbox."""
        everyone = self._everyone()
        ended: list[Completed] = []
        for variant in everyone:
            answers = variant.fleet.advance(now)
            for each in answers:
                if each.outcome is Outcome.OK:
                    # Waiting happens in the container, so it is part of ModelLatency.
                    variant.metrics.answered(each.at, each.queue_s + each.service_s)
                else:
                    variant.metrics.failed(each.at)
            ended += answers
        if len(everyone) > 1:
            ended.sort()
        self._outbox += ended

    def _choose(self, name: str | None) -> Variant | None:
        if name is not None:
            return self._variants.get(name)
        variants = list(self._variants.values())
        if len(variants) == 1:
            return variants[0]
        total = sum(each.weight for each in variants)
        mark = self._random.random() * total
        for each in variants[:-1]:
            mark -= each.weight
            if mark < 0.0:
                return each
        return variants[-1]
