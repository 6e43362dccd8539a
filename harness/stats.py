"""Figures from plain numbers: percentiles, counts over time, step series. Nothing here knows what they mean.

All moments are seconds on one clock. Everything is linear in its input apart from one sort, so that half a
million records cost well under a second.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")  # Python 3.11 has no class Steps[T] yet

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}


def percentile(ordered: Sequence[float], quantile: float) -> float:
    """Return the *quantile* (0 to 1) of the ascending *ordered* by nearest rank.

    That is the smallest value with at least the share *quantile* of all values at or below it: always a
    value that was really measured, never one between two. Raises ValueError for no values or a quantile
    outside 0 to 1.
    """
    if not ordered:
        raise ValueError("a percentile of no values has no meaning")
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile {quantile!r} is not between 0 and 1")
    # 0.07 * 100 is 7.000000000000001 in floating point and would ask for the 8th value instead of the 7th.
    rank = math.ceil(round(quantile * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return p50, p90, p95, p99 (nearest rank) and max of *values*; an empty dict for no values."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {name: percentile(ordered, q) for name, q in QUANTILES.items()} | {"max": ordered[-1]}


def nice_step(span: float, most: int, steps: Sequence[float]) -> float:
    """Return the smallest of the ascending *steps* that cuts *span* into at most *most* pieces.

    Where even the last is too small, a multiple of it.
    """
    for step in steps:
        if span <= step * most:
            return step
    return steps[-1] * math.ceil(span / (steps[-1] * most))


def counts_over_time(moments: Iterable[float], start: float, end: float, step: float) -> list[int]:
    """Return how many *moments* fall into each window [`start + i * step`, `start + (i + 1) * step`).

    The windows cover *start* to *end*; the moment *end* itself counts in the last one, others outside do not.
    """
    size = window_count(start, end, step)
    counts = [0] * size
    for moment in moments:
        if start <= moment <= end:
            counts[min(int((moment - start) / step), size - 1)] += 1
    return counts


def values_over_time(
    points: Iterable[tuple[float, float]], start: float, end: float, step: float
) -> list[list[float]]:
    """Return the values of the (moment, value) *points* by window, as `counts_over_time` cuts them."""
    size = window_count(start, end, step)
    windows: list[list[float]] = [[] for _ in range(size)]
    for moment, value in points:
        if start <= moment <= end:
            windows[min(int((moment - start) / step), size - 1)].append(value)
    return windows


def window_count(start: float, end: float, step: float) -> int:
    """Return how many windows of *step* cover *start* to *end*, at least one; ValueError unless step > 0."""
    if not step > 0:
        raise ValueError(f"window of {step!r} s")
    return max(math.ceil(round((end - start) / step, 9)), 1)


def logarithmic_edges(low: float, high: float, per_decade: int) -> list[float]:
    """Return ascending bin edges from *low* (> 0) or below to above *high*, *per_decade* a power of ten."""
    if not 0 < low <= high:
        raise ValueError(f"no logarithmic scale from {low!r} to {high!r}")
    first = math.floor(round(math.log10(low) * per_decade, 9))
    last = math.floor(round(math.log10(high) * per_decade, 9)) + 1
    return [10 ** (i / per_decade) for i in range(first, last + 1)]


def histogram(ordered: Sequence[float], edges: Sequence[float]) -> list[int]:
    """Return the count of the ascending *ordered* in each bin [`edges[i]`, `edges[i + 1]`).

    Values below the first edge count in the first bin, those from the last edge on in the last.
    """
    cuts = [0, *(bisect_left(ordered, edge) for edge in edges[1:-1]), len(ordered)]
    return [after - before for before, after in pairwise(cuts)]


def thin(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Return about *most* of the time-ordered *points*: the first, the last and each bucket's extremes.

    What a chart of that many pixels shows is the same; a lone spike is never lost.
    """
    if len(points) <= most:
        return list(points)
    size = math.ceil((len(points) - 2) / max((most - 2) // 2, 1))
    kept = [points[0]]
    for begin in range(1, len(points) - 1, size):
        bucket = points[begin : min(begin + size, len(points) - 1)]
        extremes = {min(bucket, key=lambda p: p[1]), max(bucket, key=lambda p: p[1])}
        kept.extend(sorted(extremes))
    return [*kept, points[-1]]


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """*value* held from `start` until `end`."""

    start: float
    end: float
    value: T

    @property
    def length(self) -> float:
        """Return the seconds from start to end."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Steps(Generic[T]):
    """A value that holds from one moment to the next: capacities, alarm states, phases.

    `points` are (moment, value) in time order; of several at one moment the last counts.
    """

    points: tuple[tuple[float, T], ...]

    @classmethod
    def of(cls, points: Iterable[tuple[float, T]]) -> "Steps[T]":
        """Return the series of *points*, brought into time order (those of one moment keep theirs)."""
        return cls(tuple(sorted(points, key=lambda point: point[0])))

    def at(self, moment: float) -> T | None:
        """Return the value in force at *moment*, None before the first."""
        index = bisect_right(self.points, moment, key=lambda point: point[0])
        return self.points[index - 1][1] if index else None

    def spans(self, end: float) -> list[Span[T]]:
        """Return the stretches of equal value in order, the last one until *end*; empty ones are left out."""
        joined: list[Span[T]] = []
        moments = [*(moment for moment, _ in self.points[1:]), end]
        for (start, value), following in zip(self.points, moments, strict=False):
            until = min(following, end)
            if until <= start:
                continue
            if joined and joined[-1].value == value:
                joined[-1] = Span(joined[-1].start, until, value)
            else:
                joined.append(Span(start, until, value))
        return joined

    def time_in(self, value: T, end: float) -> float:
        """Return the seconds before *end* for which the series was *value*."""
        return math.fsum(span.length for span in self.spans(end) if span.value == value)
