"""What CloudWatch knows of functions: the samples of every minute, by function, by alias or version, in all.

Source: Lambda developer guide, "Types of metrics for Lambda functions": dimensions FunctionName, Resource
(`NAME:QUALIFIER`), or none for all functions together; Duration, InitDuration and AsyncEventAge in ms.
"""

import math
from dataclasses import dataclass

from harness.functions.samples import MINUTE_S, Metric, Minute, Samples

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MetricMinute:
    """The samples of *metric* in the minute from `at` on that were not told before, as a statistic set."""

    at: float
    metric: Metric
    dimensions: Dimensions
    sum: float
    count: int
    minimum: float
    maximum: float


class Metrics:
    """The minutes of every function ("" for all together) and qualifier ("" for all of a function)."""

    def __init__(self) -> None:
        self._minutes: dict[tuple[str, str], dict[int, Minute]] = {}
        self._changed: dict[tuple[str, str, int], None] = {}
        self._told: dict[tuple[str, str, int, Metric], tuple[float, int]] = {}

    def of(self, function: str = "", qualifier: str = "") -> dict[int, Minute]:
        """Return the minutes of *function* by *qualifier*, by their number; they go on growing."""
        return self._minutes.setdefault((function, qualifier), {})

    def at(self, function: str, qualifier: str, now: float) -> Minute:
        """Return the minute of *now*, to be added to."""
        number = math.floor(now / MINUTE_S)
        self._changed[function, qualifier, number] = None
        minutes = self.of(function, qualifier)
        minute = minutes.get(number)
        if minute is None:
            minute = minutes[number] = Minute()
        return minute

    def add(self, metric: Metric, function: str, qualifier: str, now: float, value: float) -> None:
        """Take in one sample of *metric*, for the function and, where there is one, for the qualifier."""
        for each in dict.fromkeys(("", qualifier)):
            self.at(function, each, now).samples[metric].add_each(value)

    def value(self, metric: Metric, function: str, qualifier: str, minute: int) -> Samples:
        """Return the samples of *metric* in minute number *minute*; without any, an empty statistic set."""
        found = self.of(function, qualifier).get(minute)
        return Samples() if found is None or metric not in found.samples else found.samples[metric]

    def take(self, until: float) -> list[MetricMinute]:
        """Return what came to minutes that ended by *until* and was not taken before, as it happened.

        What comes late to a minute that was taken comes as a set of its own, to be added to the first.
        """
        ended = [key for key in self._changed if (key[2] + 1) * MINUTE_S <= until]
        taken = []
        for function, qualifier, number in ended:
            del self._changed[function, qualifier, number]
            dimensions = _dimensions(function, qualifier)
            for metric, samples in self._minutes[function, qualifier][number].samples.items():
                total, count = self._told.get((function, qualifier, number, metric), (0.0, 0))
                self._told[function, qualifier, number, metric] = samples.sum, samples.count
                if samples.count > count:
                    rest = (samples.sum - total, samples.count - count, samples.minimum, samples.maximum)
                    taken.append(MetricMinute(number * MINUTE_S, metric, dimensions, *rest))
        return taken


def _dimensions(function: str, qualifier: str) -> Dimensions:
    if not function:
        return ()
    own = (("FunctionName", function),)
    return (*own, ("Resource", f"{function}:{qualifier}")) if qualifier else own
