"""Spans of time that vary: how long a launch, a join or one inference takes.

Each distribution is a frozen value with `draw(random) -> float`, seconds. The stream comes from outside,
so that two users of the same distribution never shift each other's draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
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

    def draw(self, random: Random) -> float:
        """Return one of the measured spans, each as likely as any other."""
        return self.seconds[int(random.random() * len(self.seconds))]


LaunchTime = Distribution
"""From the moment capacity is asked for until the first new instance is in service."""

ServiceTime = Distribution
"""How long one inference holds one slot of an instance, without waiting."""


def _check(field: str, value: float) -> None:
    if not math.isfinite(value) or value < 0.0:
        raise ScenarioError(f"{field} is {value!r}; a span in seconds must be finite and not negative")
