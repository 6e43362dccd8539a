"""The datapoints that alarms look at, by second of the model clock: what was put, what the stage shows."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# An alarm looks at a few periods of at most a day; what is older than its range is never read again.
KEPT_S = 86_400.0

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
    """Statistic sets by metric and second; moments are model seconds."""

    def __init__(self) -> None:
        self._sets: dict[Key, dict[int, _Set]] = {}

    def put(self, namespace: str, datum: Mapping[str, Any], at: float) -> None:
        """Take in *datum*, a member of PutMetricData's MetricData, as of the moment *at*."""
        dimensions = ((str(each["Name"]), str(each["Value"])) for each in datum.get("Dimensions") or ())
        series = self._sets.setdefault(key_of(namespace, str(datum["MetricName"]), dimensions), {})
        found = series.setdefault(math.floor(at), _Set())
        whole = datum.get("StatisticValues")
        if whole is not None:
            found.add(*(float(whole[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum")))
        values = datum.get("Values") or ([datum["Value"]] if datum.get("Value") is not None else [])
        counts = datum.get("Counts") or [1.0] * len(values)
        for value, count in zip(map(float, values), map(float, counts), strict=True):
            found.add(count, value * count, value, value)
        for old in [second for second in series if second < at - KEPT_S]:
            del series[old]

    def points(
        self, key: Key, statistic: str, period_s: float, before: float, count: int
    ) -> list[float | None]:
        """Return *count* periods that end at *before*, oldest first; None where nothing was put."""
        starts = (before - number * period_s for number in range(count, 0, -1))
        return [self._value(key, statistic, start, start + period_s) for start in starts]

    def _value(self, key: Key, statistic: str, start: float, end: float) -> float | None:
        merged = _Set()
        for second, each in self._sets.get(key, {}).items():
            if start <= second < end and each.count:
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
