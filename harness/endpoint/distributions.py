"""Spans of time that vary: how long a launch, a join or one inference takes.

Each distribution is a frozen value with `draw(random) -> float`, seconds. The stream comes from outside,
so that two users of the same distribution never shift each other's draws. Those of this file also know their
`mean_s`.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from random import Random
from typing import Protocol

from harness.errors import ScenarioError

Z_95 = 1.6448536269514722
"""The 95th percentile of the standard normal distribution: turns a median and a p95 into a sigma."""


class Distribution(Protocol):
    """Anything that draws a span in seconds from a stream of its own."""

    def draw(self, random: Random) -> float:
        """Return the next span, seconds, never negative."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same span."""

    seconds: float

    def __post_init__(self) -> None:
        _check("Constant.seconds", self.seconds)

    @property
    def mean_s(self) -> float:
        """The mean span, seconds."""
        return self.seconds

    def draw(self, random: Random) -> float:
        """Return `seconds`; the stream is left untouched."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Any span between `low_s` and `high_s`, all alike."""

    low_s: float
    high_s: float

    def __post_init__(self) -> None:
        _check("Uniform.low_s", self.low_s)
        _check("Uniform.high_s", self.high_s)
        if self.high_s < self.low_s:
            raise ScenarioError(
                f"Uniform: high_s ({self.high_s:g}) is below low_s ({self.low_s:g}); swap them"
            )

    @property
    def mean_s(self) -> float:
        """The mean span, seconds."""
        return (self.low_s + self.high_s) / 2.0

    def draw(self, random: Random) -> float:
        """Return a span drawn evenly from the range."""
        return random.uniform(self.low_s, self.high_s)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A span with a long right tail, given by the two figures people measure: median and 95th percentile."""

    median_s: float
    p95_s: float
    sigma: float = field(init=False, repr=False, compare=False)
    """The standard deviation of the logarithm of the span; kept, because a draw happens per request."""

    def __post_init__(self) -> None:
        _check("LogNormal.median_s", self.median_s)
        _check("LogNormal.p95_s", self.p95_s)
        if self.median_s == 0.0 or self.p95_s < self.median_s:
            raise ScenarioError(
                f"LogNormal: p95_s ({self.p95_s:g}) must be at least median_s ({self.median_s:g}), "
                "and median_s above 0"
            )
        object.__setattr__(self, "sigma", math.log(self.p95_s / self.median_s) / Z_95)

    @property
    def mean_s(self) -> float:
        """The mean span, seconds: above the median, because of the tail."""
        return self.median_s * math.exp(self.sigma**2 / 2.0)

    def draw(self, random: Random) -> float:
        """Return the next span: median x exp(sigma x a standard normal draw)."""
        return self.median_s * math.exp(self.sigma * random.gauss(0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Empirical:
    """A span taken at random from measured ones, for instance the service times of a recorded run."""

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.seconds:
            raise ScenarioError("Empirical.seconds is empty; give at least one measured span")
        for value in self.seconds:
            _check("Empirical.seconds", value)

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Empirical":
        """Return the distribution of the measured spans, in any sequence type."""
        return cls(tuple(seconds))

    @property
    def mean_s(self) -> float:
        """The mean span, seconds."""
        return math.fsum(self.seconds) / len(self.seconds)

    def draw(self, random: Random) -> float:
        """Return one of the measured spans, each as likely as any other."""
        return self.seconds[int(random.random() * len(self.seconds))]


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Measured spans in compact form: at each level, from 0 to 1, the span that this share stays below.

    Between two levels every span is alike; a level given twice is a gap that no span lies in. A profile of a
    load test keeps it as two lists; level 0 is the shortest span measured, level 1 the longest.
    """

    levels: tuple[float, ...]
    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.levels) != len(self.seconds) or len(self.levels) < 2:
            raise ScenarioError(
                f"Quantiles: {len(self.levels)} levels and {len(self.seconds)} seconds; give two or more, "
                "one span for each level"
            )
        if self.levels[0] != 0.0 or self.levels[-1] != 1.0:
            raise ScenarioError(
                f"Quantiles.levels go from {self.levels[0]!r} to {self.levels[-1]!r}; "
                "they must go from 0 to 1"
            )
        for value in self.seconds:
            _check("Quantiles.seconds", value)
        for name, values in (("levels", self.levels), ("seconds", self.seconds)):
            if not all(low <= high for low, high in pairwise(values)):
                raise ScenarioError(f"Quantiles.{name} fall somewhere; each must be at least the one before")

    @classmethod
    def of(cls, seconds: Sequence[float], levels: Sequence[float] = ()) -> "Quantiles":
        """Return the measured spans at *levels*: by default every percent, finer towards the longest.

        Levels between two measurements are interpolated, as numpy and Excel do it.
        """
        if not seconds:
            raise ScenarioError("Quantiles.of: no measured span; give at least one")
        ranked, at = sorted(seconds), tuple(levels) or PROFILE_LEVELS
        return cls(at, tuple(_interpolate(ranked, level * (len(ranked) - 1)) for level in at))

    @classmethod
    def of_histogram(cls, edges_s: Sequence[float], counts: Sequence[int]) -> "Quantiles":
        """Return the spans of a histogram: `counts[i]` of them between `edges_s[i]` and `edges_s[i + 1]`."""
        if len(edges_s) != len(counts) + 1:
            raise ScenarioError(
                f"Quantiles.of_histogram: {len(edges_s)} edges for {len(counts)} counts; give one edge more"
            )
        if min(counts, default=0) < 0 or not sum(counts):
            raise ScenarioError("Quantiles.of_histogram: counts must not be negative, and one above 0")
        below = list(accumulate(counts, initial=0))
        points = [
            (below[number + end] / below[-1], edges_s[number + end])
            for number, count in enumerate(counts)
            if count
            for end in (0, 1)
        ]
        levels, seconds = zip(*dict.fromkeys(points), strict=True)
        return cls(levels, seconds)

    @property
    def mean_s(self) -> float:
        """The mean span, seconds."""
        return math.fsum(
            (self.levels[number] - self.levels[number - 1])
            * (self.seconds[number] + self.seconds[number - 1])
            / 2.0
            for number in range(1, len(self.levels))
        )

    def draw(self, random: Random) -> float:
        """Return a span by inversion: one uniform draw, looked up between the levels."""
        level = random.random()
        above = bisect_right(self.levels, level)
        low, high = self.levels[above - 1], self.levels[above]
        shorter, longer = self.seconds[above - 1], self.seconds[above]
        return shorter + (longer - shorter) * (level - low) / (high - low)


PROFILE_LEVELS = (*(number / 100.0 for number in range(100)), 0.995, 0.999, 1.0)
"""At which levels a profile keeps a measured distribution: fine enough for its p99 to be its own."""

LaunchTime = Distribution
"""From the moment capacity is asked for until the first new instance is in service."""

ServiceTime = Distribution
"""How long one inference holds one slot of an instance, without waiting."""


def _check(field: str, value: float) -> None:
    if not math.isfinite(value) or value < 0.0:
        raise ScenarioError(f"{field} is {value!r}; a span in seconds must be finite and not negative")


def _interpolate(ranked: Sequence[float], position: float) -> float:
    below = min(int(position), len(ranked) - 1)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (position - below)
