"""What Lambda publishes of a function or alias: a statistic set of each metric and minute, as samples come.

Source: Lambda developer guide, "Types of metrics for Lambda functions" and "Monitoring concurrency":
namespace AWS/Lambda, dimensions FunctionName and Resource (`NAME:ALIAS`), one-minute periods. Nothing is
published without an invocation.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MINUTE_S = 60.0
NAMESPACE = "AWS/Lambda"


class Metric(StrEnum):
    """The CloudWatch metric names that are kept."""

    UTILIZATION = "ProvisionedConcurrencyUtilization"
    PROVISIONED_EXECUTIONS = "ProvisionedConcurrentExecutions"
    PROVISIONED_INVOCATIONS = "ProvisionedConcurrencyInvocations"
    SPILLOVER = "ProvisionedConcurrencySpilloverInvocations"
    CONCURRENT_EXECUTIONS = "ConcurrentExecutions"
    INVOCATIONS = "Invocations"
    UNRESERVED_EXECUTIONS = "UnreservedConcurrentExecutions"
    THROTTLES = "Throttles"
    ERRORS = "Errors"
    DURATION = "Duration"
    INIT_DURATION = "InitDuration"
    EVENTS_RECEIVED = "AsyncEventsReceived"
    EVENT_AGE = "AsyncEventAge"
    EVENTS_DROPPED = "AsyncEventsDropped"


OF_ALIASES = frozenset(
    {
        Metric.UTILIZATION,
        Metric.PROVISIONED_EXECUTIONS,
        Metric.PROVISIONED_INVOCATIONS,
        Metric.SPILLOVER,
        Metric.CONCURRENT_EXECUTIONS,
        Metric.INVOCATIONS,
    }
)
"""The metrics that an alias has whose invocations are known, with their durations, before they start."""

MILLISECONDS = frozenset({Metric.DURATION, Metric.INIT_DURATION, Metric.EVENT_AGE})
"""The metrics that Lambda publishes in milliseconds; samples are kept as they are published."""


class Statistic(StrEnum):
    """The statistics of a statistic set; percentiles are not kept."""

    AVERAGE = "Average"
    SUM = "Sum"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    SAMPLE_COUNT = "SampleCount"


@dataclass(slots=True)
class Samples:
    """A statistic set that grows: sum, number, least and largest of the samples so far."""

    sum: float = 0.0
    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, total: float, count: int, minimum: float, maximum: float) -> None:
        """Take in *count* samples of that *total*."""
        self.sum += total
        self.count += count
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)

    def add_each(self, value: float, count: int = 1) -> None:
        """Take in *count* samples of the same *value*."""
        self.add(value * count, count, value, value)

    def value(self, statistic: Statistic) -> float:
        """Return one statistic; there must be a sample."""
        return {
            Statistic.AVERAGE: self.sum / self.count,
            Statistic.SUM: self.sum,
            Statistic.MINIMUM: self.minimum,
            Statistic.MAXIMUM: self.maximum,
            Statistic.SAMPLE_COUNT: float(self.count),
        }[statistic]


@dataclass(slots=True)
class Minute:
    """The samples of one minute by metric; `used` sums the environments in use, by how many there were."""

    samples: defaultdict[Metric, Samples] = field(default_factory=lambda: defaultdict(Samples))
    used: dict[int, int] = field(default_factory=dict)

    def add_use(self, allocated: int, total: int, count: int, least: int, most: int) -> None:
        """Take in *count* samples of environments in use, *total* together, while *allocated* were there."""
        self.samples[Metric.PROVISIONED_EXECUTIONS].add(total, count, least, most)
        self.used[allocated] = self.used.get(allocated, 0) + total
        utilization = self.samples[Metric.UTILIZATION]
        utilization.add(0.0, count, least / allocated, most / allocated)
        # From whole numbers, not share by share: 0.7 must be 0.7 however many samples it is made of.
        utilization.sum = math.fsum(used / there for there, used in self.used.items())

    def add_starts(self, provisioned: bool, count: int) -> None:
        """Take in *count* invocations that ran on provisioned environments or, if not, on demand."""
        self.samples[Metric.PROVISIONED_INVOCATIONS].add_each(float(provisioned), count)
        self.samples[Metric.SPILLOVER].add_each(float(not provisioned), count)
        self.samples[Metric.INVOCATIONS].add_each(1.0, count)


def merged(minutes: Iterable[Minute], metric: Metric) -> Samples:
    """Return the samples of *metric* in several minutes together."""
    whole = Samples()
    for minute in minutes:
        part = minute.samples.get(metric, _NONE)
        whole.add(part.sum, part.count, part.minimum, part.maximum)
    return whole


_NONE = Samples()
