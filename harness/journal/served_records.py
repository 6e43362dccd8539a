"""Requests in numbers that are too many to keep one by one: a minute at a time, and the whole."""

import math
from dataclasses import dataclass

BINS_PER_DECADE = 24  # a bin is 10 % wide: finer than a figure of 36 bins shows over three decades


def bin_start_s(number: int) -> float:
    """Return the least time, in seconds, of the histogram bin *number*; it ends where the next begins."""
    return float(10.0 ** (number / BINS_PER_DECADE))


def bin_of(seconds: float) -> int:
    """Return the number of the bin that holds *seconds*, which must be above 0."""
    return math.floor(round(math.log10(seconds) * BINS_PER_DECADE, 9))


@dataclass(frozen=True, slots=True)
class ServedMinute:
    """The requests to one endpoint that arrived in the `period_s` seconds from `at` on, and what they got.

    `failed` counts those without a good answer by what became of them. `response` and `service` are
    histograms of the seconds of the good answers, as [bin, count] with the bins of `bin_start_s`; the
    percentiles are exact, None where nothing was answered.
    """

    at: float
    endpoint: str
    period_s: float
    offered: int
    completed: int
    failed: dict[str, int]
    response: list[list[int]]
    service: list[list[int]]
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


@dataclass(frozen=True, slots=True)
class FunctionServed:
    """The invocations of one Lambda alias, and how many of them found no provisioned environment free."""

    at: float
    function: str
    invocations: int
    spillover: int


@dataclass(frozen=True, slots=True)
class ServedTotal:
    """All requests of a run that keeps them by the minute: exact percentiles of the good answers, seconds.

    `response` and `service` map p50, p90, p95, p99 and max to seconds, empty where nothing was answered.
    """

    at: float
    began_at: float
    offered: int
    completed: int
    failed: dict[str, int]
    response: dict[str, float]
    service: dict[str, float]
