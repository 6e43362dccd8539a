"""The datapoints that alarms look at, by second of the model clock: what was put, what the stage shows."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# PutMetricAlarm API reference: the periods of an alarm are a week together at most; its range is up to three
# times that (one period of a week, and two more). What is older is never read again.
KEPT_S = 3 * 7 * 86_400.0

Key = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class _Set:
    """A statistic set: PutMetricData API reference, StatisticSet."""

    count: float = 0.0
    sum: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, count: float, total: float, minimum: float, maximum: float) -> None:
        self.count += count
        self.sum += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)


def key_of(namespace: str, name: str, dimensions: Iterable[tuple[str, str]]) -> Key:
    """Return what a metric is kept by: CloudWatch tells metrics apart by all three."""
    return namespace, name, tuple(sorted(dimensions))


class MetricSeries:
    """Statistic sets by metric and second; moments are model seconds and must not run back."""

    def __init__(self) -> None:
        self._sets: dict[Key, dict[int, _Set]] = {}

    def put(self, namespace: str, datum: Mapping[str, Any], at: float) -> None:
        """Take in *datum*, a member of PutMetricData's MetricData, as of the moment *at*.

        Raises KeyError, TypeError or ValueError, with nothing taken in, where CloudWatch would refuse it.
        """
        dimensions = [(str(each["Name"]), str(each["Value"])) for each in datum.get("Dimensions") or ()]
        key, samples = key_of(namespace, str(datum["MetricName"]), dimensions), list(_samples(datum))
        series = self._sets.setdefault(key, {})
        found = series.setdefault(math.floor(at), _Set())
        for sample in samples:
            found.add(*sample)
        while (oldest := next(iter(series))) < at - KEPT_S:  # they came in this order
            del series[oldest]

    def points(
        self, key: Key, statistic: str, period_s: float, before: float, count: int
    ) -> list[float | None]:
        """Return *count* periods that end at *before*, oldest first; None where nothing was put."""
        starts = (before - number * period_s for number in range(count, 0, -1))
        return [self._value(key, statistic, start, start + period_s) for start in starts]

    def _value(self, key: Key, statistic: str, start: float, end: float) -> float | None:
        series = self._sets.get(key, {})
        within: Iterable[int] = range(math.ceil(start), math.ceil(end))
        if end - start > len(series):
            within = [second for second in series if start <= second < end]
        merged = _Set()
        for second in within:
            if (each := series.get(second)) is not None:
                merged.add(each.count, each.sum, each.minimum, each.maximum)
        if not merged.count:
            return None
        return {
            "SampleCount": merged.count,
            "Sum": merged.sum,
            "Average": merged.sum / merged.count,
            "Minimum": merged.minimum,
            "Maximum": merged.maximum,
        }[statistic]


def _samples(datum: Mapping[str, Any]) -> Iterator[tuple[float, float, float, float]]:
    """Yield count, sum, minimum and maximum of what *datum* has: a set, values with their counts, a value."""
    whole = datum.get("StatisticValues")
    if whole is not None:
        count, total, minimum, maximum = (
            _number(whole[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum")
        )
        yield count, total, minimum, maximum
    values = datum.get("Values") or ([datum["Value"]] if datum.get("Value") is not None else [])
    counts = datum.get("Counts") or [1.0] * len(values)
    for value, count in zip(map(_number, values), map(_number, counts), strict=True):
        yield count, value * count, value, value


def _number(given: Any) -> float:
    """Return *given* as a number; PutMetricData: "special values (for example, NaN, +Infinity, -Infinity) are
    not supported"."""
    number = float(given)
    if not math.isfinite(number):
        raise ValueError(f"{given!r} is no value of a metric")
    return number
