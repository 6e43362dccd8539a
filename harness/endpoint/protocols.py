"""What an endpoint needs of the two parts that do its arithmetic: a fleet of instances, a keeper of metrics.

`Fleet` and `VariantMetrics` are the readable ones. `EndpointModel` takes other makers (`make_fleet`,
`make_metrics`), so that a bulk engine can answer the same questions about millions of requests.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from harness.endpoint.distributions import ServiceTime
from harness.endpoint.fleet import InstanceView, Routing, Sample
from harness.endpoint.metrics import Measured, Metric, MinuteMetrics
from harness.endpoint.outcomes import Accepted, Completed, Rejected


class FleetLike(Protocol):
    """The instances of one variant, as the endpoint uses them (see `Fleet` for what each call promises)."""

    @property
    def active(self) -> int:
        """How many instances are in service now and do not drain."""

    def instances(self) -> tuple[InstanceView, ...]:
        """Return every instance, those that drain included, in the order they came."""

    def zones(self) -> Mapping[str, int]:
        """Return how many instances each zone has, those that drain included."""

    def arrive(
        self, request_id: int, now: float, service_s: float | None = None, place: float | None = None
    ) -> Accepted | Rejected:
        """Route one request at *now* and return its place, or why it was turned away."""

    def next_deadline(self) -> float | None:
        """Return when `advance` will next name a request, or None."""

    def advance(self, now: float) -> list[Completed]:
        """Return every request that ended up to *now* and was not yet told, in time order."""

    def add_instance(self, instance_id: str, zone: str, now: float, *, takes_requests: bool = True) -> None:
        """Put a new instance in service at *now*; without *takes_requests* it waits for `open_instance`."""

    def open_instance(self, instance_id: str, now: float) -> None:
        """Let an instance that was added without requests take them from *now* on."""

    def drain(self, instance_id: str, now: float, limit_s: float) -> float:
        """Let the instance finish what it has and take no more; return when it is gone."""

    def fail_instance(self, instance_id: str, now: float) -> None:
        """Take the instance away at *now* with all it holds."""

    def fail_zone(self, zone: str, now: float) -> tuple[str, ...]:
        """Take every instance of *zone* away at *now*, those that drain included; return their ids."""


class MetricsLike(Protocol):
    """What a variant's metrics are told, and what the readers of CloudWatch ask of them."""

    def arrived(self, now: float, active: int) -> None:
        """Count one invocation at *now*, shared by *active* instances."""

    def answered(self, at: float, latency_s: float) -> None:
        """Record the latency of an answer that left the model at *at*."""

    def failed(self, at: float, *, client_error: bool = False) -> None:
        """Record one request that ended in an error at *at*."""

    def gauged(self, metric: Metric, at: float, values: Sequence[float]) -> None:
        """Record what each instance emitted of a gauge at *at*."""

    def set_active(self, at: float, active: int | None) -> None:
        """Note that *active* instances serve from *at* on; None: the variant is out of service."""

    def keeps(self, metric: Metric) -> bool:
        """Return whether `measured` knows *metric*."""

    def minute(self, number: int) -> MinuteMetrics | None:
        """Return minute *number*, or None where nothing is published."""

    def measured(self, metric: Metric, start_at: float, end_at: float) -> Measured | None:
        """Return *metric* over one period, None where it has no sample."""

    def datapoints_visible(self, now: float, count: int) -> tuple[MinuteMetrics | None, ...]:
        """Return the newest *count* minutes visible at *now*, oldest first, None where there is no data."""


class MakeFleet(Protocol):
    """Makes the fleet of one variant. `seed` names its streams, `name` is the variant's."""

    def __call__(
        self,
        *,
        service_time: ServiceTime,
        concurrency: int,
        queue_limit: int,
        seed: str,
        name: str,
        routing: Routing,
        timeout_s: float,
        finish_timed_out: bool,
        samples_per_minute: int,
        on_sample: Callable[[Sample], None] | None,
    ) -> FleetLike:
        """Return a fleet without instances."""


class MakeMetrics(Protocol):
    """Makes the metrics of one variant; they outlive its fleets."""

    def __call__(self, *, publish_delay_s: float, emit_zeros: bool) -> MetricsLike:
        """Return metrics with nothing measured yet."""
