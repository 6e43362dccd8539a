"""What SageMaker publishes of a variant to CloudWatch: one bucket per metric and model minute.

Source: SageMaker developer guide, "Monitor Amazon SageMaker with Amazon CloudWatch", endpoint invocation
metrics (namespace AWS/SageMaker, dimensions EndpointName and VariantName, one-minute periods). In which
minute a request counts is not documented: here it is the minute of its arrival for the invocation counts
and of its answer for latency and errors.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

MINUTE_S = 60.0
MICROSECONDS = 1_000_000.0


class Metric(StrEnum):
    """The CloudWatch metric names this module keeps."""

    INVOCATIONS = "Invocations"
    INVOCATIONS_PER_INSTANCE = "InvocationsPerInstance"
    MODEL_LATENCY = "ModelLatency"
    ERRORS_4XX = "Invocation4XXErrors"
    ERRORS_5XX = "Invocation5XXErrors"


@dataclass(frozen=True, slots=True)
class Statistics:
    """CloudWatch's statistic set of one metric in one minute; ModelLatency is in microseconds."""

    sum: float
    count: float
    minimum: float
    maximum: float

    @property
    def average(self) -> float:
        """The mean of the samples; 0 where there is none."""
        return self.sum / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class MinuteMetrics:
    """All datapoints of one variant for the minute that begins at `start_at` (model seconds).

    `latency` is None in a minute without an answer: CloudWatch gets no ModelLatency sample then.
    `capacity` is the number of instances the invocations were shared by (Invocations divided by
    InvocationsPerInstance), or what was active at the end of a minute without invocations.
    """

    start_at: float
    invocations: int
    invocations_per_instance: float
    capacity: float
    errors_4xx: int
    errors_5xx: int
    latency: Statistics | None

    @property
    def end_at(self) -> float:
        """The first moment after the minute."""
        return self.start_at + MINUTE_S

    def statistics(self, metric: Metric) -> Statistics | None:
        """Return the statistic set of *metric*, or None where the minute has no sample of it."""
        if metric is Metric.MODEL_LATENCY:
            return self.latency
        if metric is Metric.INVOCATIONS_PER_INSTANCE:
            # Each request adds 1/number of active instances, so that is the size of a sample.
            each = 1.0 / self.capacity if self.invocations and self.capacity else 0.0
            return Statistics(self.invocations_per_instance, float(self.invocations), each, each)
        total = {
            Metric.INVOCATIONS: self.invocations,
            Metric.ERRORS_4XX: self.errors_4xx,
            Metric.ERRORS_5XX: self.errors_5xx,
        }[metric]
        # Each request is one sample of 0 or 1.
        count = float(self.invocations)
        lowest = 1.0 if total and total >= self.invocations else 0.0
        return Statistics(float(total), count, lowest, 1.0 if total else 0.0)


@dataclass(slots=True)
class _Bucket:
    minute: int
    by_capacity: dict[int, int] = field(default_factory=dict)
    errors_4xx: int = 0
    errors_5xx: int = 0
    latency_sum: float = 0.0
    latency_count: int = 0
    latency_min: float = math.inf
    latency_max: float = 0.0


class VariantMetrics:
    """The minute buckets of one variant; written at full rate, read once a minute.

    `publish_delay_s` is how long after its end a minute becomes visible to CloudWatch's readers;
    `emit_zeros` says whether a minute without a request has datapoints of value 0 while in service.
    """

    def __init__(self, *, publish_delay_s: float, emit_zeros: bool = True) -> None:
        self._publish_delay_s = publish_delay_s
        self._emit_zeros = emit_zeros
        self._buckets: dict[int, _Bucket] = {}
        self._current = _Bucket(-1)
        self._current_end = -math.inf
        self._current_start = math.inf
        # (from moment, active instances or None when out of service), in time order
        self._active: list[tuple[float, int | None]] = []

    def arrived(self, now: float, active: int) -> None:
        """Count one invocation at *now*, shared by *active* instances (0: none was in service)."""
        bucket = self._current if self._current_start <= now < self._current_end else self._turn_to(now)
        counts = bucket.by_capacity
        counts[active] = counts.get(active, 0) + 1

    def answered(self, at: float, latency_s: float) -> None:
        """Record ModelLatency of an answer that left the model at *at*."""
        bucket = self._current if self._current_start <= at < self._current_end else self._turn_to(at)
        bucket.latency_sum += latency_s
        bucket.latency_count += 1
        if latency_s < bucket.latency_min:
            bucket.latency_min = latency_s
        if latency_s > bucket.latency_max:
            bucket.latency_max = latency_s

    def failed(self, at: float, *, client_error: bool = False) -> None:
        """Record one request that ended in a 5xx at *at*, or in a 4xx for a *client_error*."""
        bucket = self._turn_to(at)
        if client_error:
            bucket.errors_4xx += 1
        else:
            bucket.errors_5xx += 1

    def set_active(self, at: float, active: int | None) -> None:
        """Note that *active* instances serve from *at* on; None: the variant is out of service."""
        self._active.append((at, active))

    def minute(self, number: int) -> MinuteMetrics | None:
        """Return minute *number* (counted from model moment 0), or None where nothing is published."""
        bucket = self._buckets.get(number)
        active = self._active_at((number + 1) * MINUTE_S)
        if bucket is None:
            if active is None or not self._emit_zeros:
                return None
            bucket = _Bucket(number)
        return _frozen(bucket, active)

    def last_visible_minute(self, now: float) -> int:
        """Return the number of the newest minute whose end + publish delay is not after *now*."""
        return math.floor((now - self._publish_delay_s) / MINUTE_S + 1e-9) - 1

    def datapoints_visible(self, now: float, count: int) -> tuple[MinuteMetrics | None, ...]:
        """Return the newest *count* minutes visible at *now*, oldest first, None where there is no data."""
        last = self.last_visible_minute(now)
        return tuple(
            self.minute(number) if number >= 0 else None for number in range(last - count + 1, last + 1)
        )

    def _turn_to(self, now: float) -> _Bucket:
        number = math.floor(now / MINUTE_S)
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = _Bucket(number)
        self._current = bucket
        self._current_start = number * MINUTE_S
        self._current_end = self._current_start + MINUTE_S
        return bucket

    def _active_at(self, moment: float) -> int | None:
        active: int | None = None
        for at, count in reversed(self._active):
            if at < moment:
                active = count
                break
        return active


def _frozen(bucket: _Bucket, active: int | None) -> MinuteMetrics:
    # Summed per capacity, not per request: 30 requests on 3 instances are 10.0, not 10.000000000000002,
    # which would breach a target of 10.
    invocations = sum(bucket.by_capacity.values())
    shared = math.fsum(count / capacity for capacity, count in bucket.by_capacity.items() if capacity)
    served = invocations - bucket.by_capacity.get(0, 0)
    latency = None
    if bucket.latency_count:
        latency = Statistics(
            bucket.latency_sum * MICROSECONDS,
            float(bucket.latency_count),
            bucket.latency_min * MICROSECONDS,
            bucket.latency_max * MICROSECONDS,
        )
    return MinuteMetrics(
        start_at=bucket.minute * MINUTE_S,
        invocations=invocations,
        invocations_per_instance=shared,
        capacity=served / shared if shared else float(active or 0),
        errors_4xx=bucket.errors_4xx,
        errors_5xx=bucket.errors_5xx,
        latency=latency,
    )
