"""What the control loop needs of a thing it scales: its capacity, whether it may be changed, its metrics.

An endpoint variant and a Lambda alias with provisioned concurrency both answer this protocol, so that one
engine scales both (Application Auto Scaling, RegisterScalableTarget: ServiceNamespace, ScalableDimension).
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from harness.refusal import Refusal


@dataclass(frozen=True, slots=True)
class ScalingMetric:
    """One CloudWatch metric and how an alarm reads it.

    `predefined` is the type a policy names (SageMakerVariantInvocationsPerInstance), "" for a customised
    metric; the rest is what the alarm asks CloudWatch for, `period_s` in seconds (10 for high resolution).
    """

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...] = ()
    period_s: float = 60.0
    predefined: str = ""
    unit: str = ""

    @property
    def is_high_resolution(self) -> bool:
        """True where datapoints come more often than once a minute; alarms then evaluate every 10 s."""
        return self.period_s < 60.0


class Datapoint(NamedTuple):
    """One period of a metric that begins at `start_at`, and the capacity that the load met during it."""

    start_at: float
    value: float
    capacity: float


class ScalableResource(Protocol):
    """One scalable dimension of one resource, at the moment it is asked."""

    @property
    def desired_capacity(self) -> int:
        """The capacity last asked for."""

    @property
    def current_capacity(self) -> int:
        """The capacity that serves now."""

    @property
    def is_scalable(self) -> bool:
        """False while the service would refuse a change (an endpoint that is Updating)."""

    def set_capacity(self, desired: int, now: float) -> Refusal | None:
        """Ask for *desired*; the service's refusal, with nothing changed, or None."""

    def covers(self, metric: ScalingMetric) -> bool:
        """Return whether `datapoints` knows *metric*."""

    def datapoints(self, metric: ScalingMetric, now: float, count: int) -> tuple[Datapoint | None, ...]:
        """Return the newest *count* periods visible at *now*, oldest first, None where there is no data.

        Every period becomes visible as long after its end as any other, and does not change afterwards.
        """


class TimedResource(ScalableResource, Protocol):
    """A resource that is no endpoint's and whose changes take time (`World.add_resource`)."""

    def next_change(self) -> float | None:
        """Return when its capacity changes next, None when nothing is planned."""

    def advance(self, now: float) -> object:
        """Let happen what is due up to *now*. What comes back is the caller's own affair."""
