"""One production variant at run time: its fleet, the instances on their way, and what it should have."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from harness.endpoint.capacity import instance_type, next_zone, plan_joins
from harness.endpoint.distributions import Constant, ServiceTime
from harness.endpoint.fleet import Fleet, Routing, Sample
from harness.endpoint.metrics import Metric
from harness.endpoint.outcomes import Completed, Outcome
from harness.endpoint.protocols import MakeFleet, MetricsLike
from harness.endpoint.settings import EndpointSettings, Leaves
from harness.errors import ScenarioError

DEFAULT_QUEUE_LIMIT = 100
"""Requests that wait per instance before it turns them away. Not documented; a common server backlog."""


DEFAULT_SERVICE_TIME = Constant(0.02)
"""What a light model takes; a scenario gives its own, measured one."""


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One production variant of an endpoint configuration.

    `service_time` is that of the instance type; `concurrency` is how many inferences one instance works on
    at once (its model server's workers).
    """

    name: str
    instance_type: str
    initial_count: int = 1
    weight: float = 1.0
    service_time: ServiceTime = DEFAULT_SERVICE_TIME
    concurrency: int = 1
    queue_limit: int = DEFAULT_QUEUE_LIMIT
    routing: Routing = Routing.RANDOM

    def __post_init__(self) -> None:
        if self.initial_count < 1:
            raise ScenarioError(
                f"Variant {self.name!r}: initial_count is {self.initial_count}; AWS wants at least 1"
            )
        if self.weight < 0:
            raise ScenarioError(f"Variant {self.name!r}: weight is {self.weight:g}; it must not be negative")


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """An endpoint configuration: its name and its variants.

    `failure` is why its containers never pass the ping (SageMaker's FailureReason); empty: they do.
    """

    name: str
    variants: tuple[VariantSpec, ...]
    failure: str = ""

    def __post_init__(self) -> None:
        names = [each.name for each in self.variants]
        if not names or len(set(names)) < len(names):
            raise ScenarioError(
                f"Endpoint config {self.name!r}: give it variants, each with a name of its own"
            )


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant as DescribeEndpoint shows it; `current_count` counts instances in service."""

    name: str
    instance_type: str
    current_weight: float
    desired_weight: float
    current_count: int
    desired_count: int


class Variant:
    """The running side of a `VariantSpec`. It plans and counts; the endpoint drives it and tells.

    `launching` holds the timeline tickets of the instances on their way, in the order they were asked for;
    `stranded` counts those that no zone could take.
    """

    def __init__(
        self,
        spec: VariantSpec,
        metrics: MetricsLike,
        settings: EndpointSettings,
        seed: str,
        generation: int,
        make_fleet: MakeFleet = Fleet,
    ) -> None:
        self.spec = spec
        self.metrics = metrics
        self.desired = spec.initial_count
        self.weight = spec.weight
        self.desired_weight = spec.weight
        self.launching: dict[int, int] = {}
        self.stranded = 0
        self.present: set[str] = set()
        self.told: tuple[int, int] | None = None
        self.shown = True
        self.live = False
        self.replaceable = True
        self._settings = settings
        self._generation = generation
        self._number = 0
        self._asked = 0
        self._launches = 0
        found = instance_type(spec.instance_type)
        self._cpu_limit = 100.0 * found.vcpu if found else math.inf
        self._own = f"{seed}/{spec.name}" if generation == 0 else f"{seed}/{spec.name}/{generation}"
        self.fleet = make_fleet(
            service_time=spec.service_time,
            concurrency=spec.concurrency,
            queue_limit=spec.queue_limit,
            seed=self._own,
            name=spec.name,
            routing=spec.routing,
            timeout_s=settings.invocation_timeout_s,
            finish_timed_out=settings.finish_timed_out,
            samples_per_minute=round(60.0 / settings.concurrency_sample_s),
            on_sample=self._sampled,
        )

    @property
    def held(self) -> int:
        """How many instances are in service or on their way."""
        return self.fleet.active + len(self.launching) + self.stranded

    def view(self) -> VariantView:
        """Return the variant as DescribeEndpoint shows it."""
        return VariantView(
            self.spec.name,
            self.spec.instance_type,
            self.weight,
            self.desired_weight,
            self.fleet.active,
            self.desired,
        )

    def next_launch(self) -> int:
        """Return a number for an instance asked for, unique within the variant and ascending."""
        self._asked += 1
        return self._asked

    def plan_joins(self, count: int, now: float) -> tuple[float, ...]:
        """Return when *count* instances asked for at *now* will join.

        Every launch has a stream of its own, so that its draws depend on nothing but its number.
        """
        self._launches += 1
        return plan_joins(count, now, self._settings, Random(f"{self._own}/launch/{self._launches}"))

    def join(self, now: float, zones: tuple[str, ...], *, takes_requests: bool = True) -> tuple[str, str]:
        """Put the next instance in service in the emptiest of *zones*; return its id and zone."""
        self._number += 1
        zone = next_zone(zones, self.fleet.zones())
        instance_id = f"{self.spec.name}-{self._generation}-{self._number}"
        self.fleet.add_instance(instance_id, zone, now, takes_requests=takes_requests)
        self.present.add(instance_id)
        return instance_id, zone

    def collect(self, now: float) -> list[Completed]:
        """Return the requests that ended up to *now*, counted in the metrics."""
        ended = self.fleet.advance(now)
        metrics = self.metrics
        for each in ended:
            if each.outcome is Outcome.OK:
                # Waiting happens in the container, so it is part of ModelLatency.
                metrics.answered(each.at, each.queue_s + each.service_s)
            else:
                metrics.failed(each.at)
        return ended

    def _sampled(self, sample: Sample) -> None:
        """Publish what the instances had to do, unless they are not the variant's own yet or no longer."""
        if not self.live:
            return
        self.metrics.gauged(Metric.CONCURRENT_REQUESTS, sample.at, sample.outstanding)
        if sample.busy is not None:
            per_slot = 100.0 * self._settings.cpu_cores_per_slot
            used = [min(slots * per_slot, self._cpu_limit) for slots in sample.busy]
            self.metrics.gauged(Metric.CPU, sample.at, used)

    def pick_leavers(self, count: int) -> list[tuple[str, str]]:
        """Return ids and zones of the *count* instances a scale-in takes, in the order in which they go.

        Each is of the zone that is then the fullest, the newest of all those or the oldest.
        """
        newest = self._settings.leaves is Leaves.NEWEST
        serving = [each for each in self.fleet.instances() if each.gone_at is None]
        left: dict[str, list[int]] = {}  # by zone: places in `serving`, who goes first at the end
        for place in range(len(serving)) if newest else reversed(range(len(serving))):
            left.setdefault(serving[place].zone, []).append(place)
        first = max if newest else min
        chosen = []
        for _ in range(count):
            most = max(map(len, left.values()))
            zone = first((zone for zone in left if len(left[zone]) == most), key=lambda zone: left[zone][-1])
            chosen.append((serving[left[zone].pop()].instance_id, zone))
        return chosen


class Workshop:
    """Makes the variants of one endpoint: a new fleet for each, metrics once for each name."""

    def __init__(
        self,
        settings: EndpointSettings,
        seed: str,
        make_fleet: MakeFleet,
        new_metrics: Callable[[], MetricsLike],
    ) -> None:
        self.metrics: dict[str, MetricsLike] = {}
        self._settings = settings
        self._seed = seed
        self._make_fleet = make_fleet
        self._new_metrics = new_metrics
        self._generation = 0

    def build(self, config: EndpointConfig) -> dict[str, Variant]:
        """Return the variants of *config* by name, without an instance; every call is a new generation."""
        built: dict[str, Variant] = {}
        for spec in config.variants:
            if spec.name not in self.metrics:
                self.metrics[spec.name] = self._new_metrics()
            built[spec.name] = Variant(
                spec,
                self.metrics[spec.name],
                self._settings,
                self._seed,
                self._generation,
                self._make_fleet,
            )
        self._generation += 1
        return built


def by_weight(variants: Sequence[Variant], draw: float) -> Variant:
    """Return the variant that *draw*, from 0 up to 1, falls on when each has its weight's share of the range.

    SageMaker API reference, ProductionVariant: traffic is the weight's ratio to the sum of all weights.
    Where all weigh nothing the last one takes it.
    """
    chosen, mark = variants[-1], draw * sum(each.weight for each in variants)
    for each in variants:
        if each.weight:
            chosen = each
            mark -= each.weight
            if mark < 0.0:
                break
    return chosen
