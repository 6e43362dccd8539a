"""What SageMaker publishes of a variant to CloudWatch: a bucket per model minute, and gauges every 10 s.

Source: SageMaker developer guide, "Monitor Amazon SageMaker with Amazon CloudWatch": endpoint invocation
metrics (namespace AWS/SageMaker, dimensions EndpointName and VariantName, one-minute periods), instance
metrics (/aws/sagemaker/Endpoints) and the high-resolution concurrency metric (every 10 s). In which minute a
request counts is not documented: here it is the minute of its arrival for the invocation counts and of its
answer for latency and errors. A gauge counts in the period that ends with it.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import NamedTuple

MINUTE_S = 60.0
GAUGE_S = 10.0
"""How often concurrency is emitted (developer guide, "Define a scaling policy")."""
MICROSECONDS = 1_000_000.0
_EDGE = 1e-9
"""A sampling moment may miss the end of its period by a rounding error, in periods."""


class Metric(StrEnum):
    """The CloudWatch metric names this module keeps."""

    INVOCATIONS = "Invocations"
    INVOCATIONS_PER_INSTANCE = "InvocationsPerInstance"
    MODEL_LATENCY = "ModelLatency"
    ERRORS_4XX = "Invocation4XXErrors"
    ERRORS_5XX = "Invocation5XXErrors"
    CONCURRENT_REQUESTS = "ConcurrentRequestsPerModel"
    CPU = "CPUUtilization"


@dataclass(frozen=True, slots=True)
class Statistics:
    """CloudWatch's statistic set of one metric in one period; ModelLatency is in microseconds."""

    sum: float
    count: float
    minimum: float
    maximum: float

    @property
    def average(self) -> float:
        """The mean of the samples; 0 where there is none."""
        return self.sum / self.count if self.count else 0.0

    def value(self, statistic: str) -> float:
        """Return what CloudWatch calls *statistic*: Sum, Average, Minimum, Maximum or SampleCount.

        Raises KeyError for any other; percentiles cannot be had from a statistic set.
        """
        return _STATISTICS[statistic](self)


_STATISTICS: dict[str, Callable[[Statistics], float]] = {
    "Sum": attrgetter("sum"),
    "Average": attrgetter("average"),
    "Minimum": attrgetter("minimum"),
    "Maximum": attrgetter("maximum"),
    "SampleCount": attrgetter("count"),
}


class Measured(NamedTuple):
    """The statistic set of a period, and the capacity that the load met during it."""

    statistics: Statistics
    capacity: float


def merged(periods: Iterable[Measured]) -> Measured | None:
    """Return *periods* as one, as CloudWatch aggregates statistic sets; None where there is none.

    The capacity is weighted with the sums, so that capacity x sum stays the total; the last one where
    nothing was summed.
    """
    found = list(periods)
    if len(found) < 2:
        return found[0] if found else None
    total = math.fsum(each.statistics.sum for each in found)
    capacity = found[-1].capacity
    if total:
        capacity = math.fsum(each.statistics.sum * each.capacity for each in found) / total
    statistics = Statistics(
        total,
        math.fsum(each.statistics.count for each in found),
        min(each.statistics.minimum for each in found),
        max(each.statistics.maximum for each in found),
    )
    return Measured(statistics, capacity)


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
        """Return the statistic set of *metric*, or None where the minute has no sample of it.

        Gauges are no part of it: `VariantMetrics.measured` has them.
        """
        if metric is Metric.MODEL_LATENCY:
            return self.latency
        if metric is Metric.CPU or metric is Metric.CONCURRENT_REQUESTS:
            return None
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
    """The minute buckets and gauges of one variant; written at full rate, read once a minute.

    `publish_delay_s` is how long after its end a minute becomes visible to CloudWatch's readers;
    `emit_zeros` says whether a minute without a request has datapoints of value 0 while in service.
    What has been read is kept, and forgotten when somebody writes into it after all.
    """

    def __init__(self, *, publish_delay_s: float, emit_zeros: bool = True) -> None:
        self._publish_delay_s = publish_delay_s
        self._emit_zeros = emit_zeros
        self._buckets: dict[int, _Bucket] = {}
        self._gauges: dict[Metric, dict[int, Measured]] = {Metric.CONCURRENT_REQUESTS: {}, Metric.CPU: {}}
        self._current = _Bucket(-1)
        self._current_end = -math.inf
        self._current_start = math.inf
        # (from moment, active instances or None when out of service), in time order
        self._active: list[tuple[float, int | None]] = []
        self._read: dict[tuple[Metric | None, float, float], MinuteMetrics | Measured | None] = {}
        self._read_until = -math.inf

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

    def gauged(self, metric: Metric, at: float, values: Sequence[float]) -> None:
        """Record what each instance emitted of a gauge at *at*, the end of the period it counts in."""
        if not values:
            return
        self._forget(at - _EDGE)
        seen = Measured(
            Statistics(math.fsum(values), float(len(values)), float(min(values)), float(max(values))),
            float(len(values)),
        )
        periods, number = self._gauges[metric], math.ceil(at / _period_s(metric) - _EDGE) - 1
        earlier = periods.get(number)
        periods[number] = seen if earlier is None else _joined(earlier, seen)

    def set_active(self, at: float, active: int | None) -> None:
        """Note that *active* instances serve from *at* on; None: the variant is out of service."""
        self._forget(at)
        self._active.append((at, active))

    def keeps(self, metric: Metric) -> bool:
        """Return whether `measured` knows *metric*: all of them."""
        return True

    def minute(self, number: int) -> MinuteMetrics | None:
        """Return minute *number* (counted from model moment 0), or None where nothing is published."""
        key = (None, number * MINUTE_S, (number + 1) * MINUTE_S)
        try:
            return self._read[key]  # type: ignore[return-value]
        except KeyError:
            found = self._read[key] = self._freeze(number)
            self._reading(key[2])
            return found

    def measured(self, metric: Metric, start_at: float, end_at: float) -> Measured | None:
        """Return *metric* over the period from *start_at* to *end_at*, None where it has no sample.

        Both are multiples of the metric's own period: 10 s for concurrency, else a minute.
        """
        key = (metric, start_at, end_at)
        try:
            return self._read[key]  # type: ignore[return-value]
        except KeyError:
            found = self._read[key] = self._aggregate(metric, start_at, end_at)
            self._reading(end_at)
            return found

    def last_visible_minute(self, now: float) -> int:
        """Return the number of the newest minute whose end + publish delay is not after *now*."""
        return math.floor((now - self._publish_delay_s) / MINUTE_S + 1e-9) - 1

    def datapoints_visible(self, now: float, count: int) -> tuple[MinuteMetrics | None, ...]:
        """Return the newest *count* minutes visible at *now*, oldest first, None where there is no data."""
        last = self.last_visible_minute(now)
        return tuple(
            self.minute(number) if number >= 0 else None for number in range(last - count + 1, last + 1)
        )

    def _aggregate(self, metric: Metric, start_at: float, end_at: float) -> Measured | None:
        period_s = _period_s(metric)
        numbers = range(max(0, round(start_at / period_s)), round(end_at / period_s))
        gauge = self._gauges.get(metric)
        if gauge is None:
            return merged(
                Measured(statistics, minute.capacity)
                for minute in map(self.minute, numbers)
                if minute is not None and (statistics := minute.statistics(metric)) is not None
            )
        found = merged(gauge[number] for number in numbers if number in gauge)
        idle = found is not None and found.statistics.maximum == 0.0
        # Utilisation is emitted with and without traffic; whether concurrency is, the setting says.
        return None if idle and metric is Metric.CONCURRENT_REQUESTS and not self._emit_zeros else found

    def _freeze(self, number: int) -> MinuteMetrics | None:
        bucket = self._buckets.get(number)
        active = self._active_at((number + 1) * MINUTE_S)
        if bucket is None:
            if active is None or not self._emit_zeros:
                return None
            bucket = _Bucket(number)
        return _frozen(bucket, active)

    def _reading(self, end_at: float) -> None:
        if end_at > self._read_until:
            self._read_until = end_at
            # The next write finds its bucket anew and so notices that it was read.
            self._current_end = -math.inf

    def _forget(self, at: float) -> None:
        if at < self._read_until:
            self._read.clear()
            self._read_until = -math.inf

    def _turn_to(self, now: float) -> _Bucket:
        self._forget(now)
        number = math.floor(now / MINUTE_S)
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = _Bucket(number)
        self._current = bucket
        self._current_start = number * MINUTE_S
        self._current_end = self._current_start + MINUTE_S
        return bucket

    def _active_at(self, moment: float) -> int | None:
        position = bisect_left(self._active, moment, key=itemgetter(0))
        return self._active[position - 1][1] if position else None


def _period_s(metric: Metric) -> float:
    return GAUGE_S if metric is Metric.CONCURRENT_REQUESTS else MINUTE_S


def _joined(earlier: Measured, later: Measured) -> Measured:
    """Return two samplings of one period as one, with the number of instances of the later."""
    one, other = earlier.statistics, later.statistics
    return Measured(
        Statistics(
            one.sum + other.sum,
            one.count + other.count,
            min(one.minimum, other.minimum),
            max(one.maximum, other.maximum),
        ),
        later.capacity,
    )


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
