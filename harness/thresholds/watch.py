"""Looks at thresholds while a load goes on, record by record: what was seen is never looked at again.

Nothing but sums is kept: of p(99)<800ms how many values there were, and how many of them lay below 0.8 s.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.journal import Record
from harness.thresholds.measures import following_of
from harness.thresholds.measures.run import Follow
from harness.thresholds.metric import Kind
from harness.thresholds.threshold import Threshold


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold was crossed *at* a model second, having seen *count* values."""

    threshold: Threshold
    at: float
    count: int

    @property
    def sentence(self) -> str:
        """What the run says of it."""
        seen = "1 value" if self.count == 1 else f"{self.count} values"
        return f"threshold {self.threshold.text} crossed at {self.at:.1f} s, of {seen} by then; aborted"


class Meter:
    """What is known of one threshold: sums of the values that it was given."""

    def __init__(self, threshold: Threshold) -> None:
        self.threshold = threshold
        self.count = 0
        self._below = self._equal = 0
        self._sum = 0.0
        self._last = self._least = self._most = math.nan

    def add(self, values: Sequence[float]) -> None:
        """Take *values* in."""
        if not values:
            return
        limit, first = self.threshold.limit, not self.count
        self.count += len(values)
        self._below += sum([value < limit for value in values])
        self._equal += values.count(limit)
        self._sum += sum(values)
        self._last = values[-1]
        self._least = min(values) if first else min(self._least, *values)
        self._most = max(values) if first else max(self._most, *values)

    def is_crossed(self, elapsed_s: float) -> bool:
        """Return whether what is known breaks the threshold; nothing known breaks nothing.

        A counter that must stay below a limit is crossed once it is past it, never by being short of it.
        """
        threshold, aggregation = self.threshold, self.threshold.aggregation
        if not self.count:
            return False
        if threshold.percent is not None or aggregation == "med":
            return not self._percentile_holds(50.0 if threshold.percent is None else threshold.percent)
        if threshold.metric.kind is Kind.COUNTER and aggregation == "rate":
            return elapsed_s > 0 and not threshold.holds(self._sum / elapsed_s)
        value = self._value(aggregation)
        if threshold.sign == "==" and aggregation in ("count", "max"):
            return value > threshold.limit
        return not threshold.holds(value)

    def _value(self, aggregation: str) -> float:
        found = {
            "count": self._sum,
            "value": self._last,
            "min": self._least,
            "max": self._most,
        }
        return found.get(aggregation, self._sum / self.count)

    def _percentile_holds(self, percent: float) -> bool:
        """Return whether the percentile, by nearest rank as `harness.stats` has it, keeps to the limit."""
        rank = max(math.ceil(round(percent / 100 * self.count, 9)), 1)
        less, most = self._below >= rank, self._below + self._equal >= rank
        return {
            "<": less,
            "<=": most,
            ">": not most,
            ">=": not less,
            "==": most and not less,
            "!=": less or not most,
        }[self.threshold.sign]


class Watch:
    """Watches those of *thresholds* that abort the load which began at model second *began_at*."""

    def __init__(self, thresholds: Sequence[Threshold], began_at: float) -> None:
        self._began_at = began_at
        self._meters: list[Meter] = []
        self._follows: list[tuple[Meter, tuple[type[Any], ...], Follow]] = []
        self._seen = 0
        for threshold in thresholds:
            if threshold.abort_on_fail:
                following = following_of(threshold.metric)
                self._meters.append(Meter(threshold))
                self._follows.append((self._meters[-1], following.kinds, following.of(threshold.tags)))
        self.kinds = frozenset(kind for _, kinds, _ in self._follows for kind in kinds)
        """The kinds of records that it looks at."""

    def each_second(
        self, records: Sequence[Record], now: float, beside: Iterable[Record] = ()
    ) -> Crossing | None:
        """Return the first threshold that is crossed by what is known at model second *now*, if one is.

        *records* are those of the run so far, of which only new ones are looked at; *beside* are others that
        are not among them, each given once.
        """
        new, self._seen = records[self._seen :], len(records)
        known = [record for each in (new, beside) for record in each if type(record) in self.kinds]
        for meter, kinds, follow in self._follows:
            mine = [record for record in known if type(record) in kinds]
            meter.add([value for record in mine for value in follow(record)])
        elapsed_s = now - self._began_at
        for meter in self._meters:
            if elapsed_s >= meter.threshold.delay_abort_s and meter.is_crossed(elapsed_s):
                return Crossing(meter.threshold, now, meter.count)
        return None
