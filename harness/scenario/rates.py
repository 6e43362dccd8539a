"""Arrival rates over time: constant, ramps, spikes, stages, exact numbers of calls.

Every rate is piecewise linear, so that the number of arrivals up to any moment is a closed formula and can be
inverted exactly: no arrival is drawn and thrown away, and a uniform load has exactly as many calls as asked.
Moments are seconds from the rate's own start.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.errors import ScenarioError


class Piece(NamedTuple):
    """A stretch in which the rate goes in a straight line from one value to another."""

    start_rps: float
    end_rps: float
    over_s: float

    @property
    def requests(self) -> float:
        """Return the expected number of arrivals in the whole piece."""
        return self.requests_until(self.over_s)

    def rate_at(self, t: float) -> float:
        """Return the arrival rate *t* seconds into the piece."""
        if self.start_rps == self.end_rps:
            return self.start_rps
        ratio = t / self.over_s
        # In this form the ends are exact and rounding can give nothing below 0.
        return self.start_rps * (1.0 - ratio) + self.end_rps * ratio

    def requests_until(self, t: float) -> float:
        """Return the expected number of arrivals in the first *t* seconds."""
        return (self.start_rps + self.rate_at(t)) / 2.0 * t if self.start_rps or self.end_rps else 0.0

    def moment_of(self, requests: float) -> float:
        """Return when *requests* arrivals are expected; `requests_until` undone, never past the piece."""
        if requests <= 0.0:
            return 0.0
        slope = (self.end_rps - self.start_rps) / self.over_s if self.end_rps != self.start_rps else 0.0
        # The root in the form that does not subtract nearly equal numbers when the slope is small.
        root = math.sqrt(max(0.0, self.start_rps * self.start_rps + 2.0 * slope * requests))
        return min(2.0 * requests / max(self.start_rps + root, math.ulp(0.0)), self.over_s)


class _PiecewiseLinear:
    """What every rate can tell; a rate itself only says what its pieces are."""

    __slots__ = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        raise NotImplementedError  # pragma: no cover - every rate below defines it

    @property
    def duration_s(self) -> float:
        """Return how long the rate lasts, `math.inf` when it has no end of its own."""
        return math.fsum(piece.over_s for piece in self.pieces)

    def rate_at(self, t: float) -> float:
        """Return the arrivals per second at *t*, 0 before the start and from the end on."""
        if t < 0.0:
            return 0.0
        for piece in self.pieces:
            if t < piece.over_s:
                return piece.rate_at(t)
            t -= piece.over_s
        return 0.0

    def integral(self, t: float) -> float:
        """Return the expected number of arrivals from the start until *t*."""
        total = 0.0
        for piece in self.pieces:
            if t <= piece.over_s:
                return total + piece.requests_until(max(t, 0.0))
            total += piece.requests
            t -= piece.over_s
        return total


@dataclass(frozen=True, slots=True)
class Constant(_PiecewiseLinear):
    """The same rate all the time; without `over_s` it lasts as long as the model says."""

    rps: float
    over_s: float | None = None

    def __post_init__(self) -> None:
        _check_rate("Constant", "rps", self.rps)
        check_span("Constant", "over_s", self.over_s)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (Piece(self.rps, self.rps, math.inf if self.over_s is None else self.over_s),)


@dataclass(frozen=True, slots=True)
class Idle(_PiecewiseLinear):
    """No traffic; without `over_s` as long as the model says."""

    over_s: float | None = None

    def __post_init__(self) -> None:
        check_span("Idle", "over_s", self.over_s)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (Piece(0.0, 0.0, math.inf if self.over_s is None else self.over_s),)


@dataclass(frozen=True, slots=True)
class Ramp(_PiecewiseLinear):
    """A rate that goes in a straight line from one value to another."""

    start_rps: float
    end_rps: float
    over_s: float

    def __post_init__(self) -> None:
        _check_rate("Ramp", "start_rps", self.start_rps)
        _check_rate("Ramp", "end_rps", self.end_rps)
        check_span("Ramp", "over_s", self.over_s)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (Piece(self.start_rps, self.end_rps, self.over_s),)


@dataclass(frozen=True, slots=True)
class Spike(_PiecewiseLinear):
    """A base rate that jumps to a peak at `at_s`, stays there for `for_s`, and falls back until `over_s`."""

    base_rps: float
    peak_rps: float
    at_s: float
    for_s: float
    over_s: float

    def __post_init__(self) -> None:
        _check_rate("Spike", "base_rps", self.base_rps)
        _check_rate("Spike", "peak_rps", self.peak_rps)
        check_span("Spike", "for_s", self.for_s)
        check_span("Spike", "over_s", self.over_s)
        if not (self.at_s >= 0.0 and self.at_s + self.for_s <= self.over_s):
            raise ScenarioError(
                f"Spike: the peak from at_s ({self.at_s:g}) for for_s ({self.for_s:g}) must lie within "
                f"over_s ({self.over_s:g})"
            )

    @property
    def pieces(self) -> tuple[Piece, ...]:
        spans = (self.at_s, self.for_s, self.over_s - self.at_s - self.for_s)
        rates = (self.base_rps, self.peak_rps, self.base_rps)
        return tuple(Piece(rps, rps, span) for rps, span in zip(rates, spans, strict=True) if span > 0.0)


@dataclass(frozen=True, slots=True)
class Calls(_PiecewiseLinear):
    """Exactly `count` calls, equally spaced over `over_s`; the model's `arrivals` must be "uniform"."""

    count: int
    over_s: float

    def __post_init__(self) -> None:
        if not isinstance(self.count, int) or isinstance(self.count, bool) or self.count < 1:
            raise ScenarioError(f"Calls: count ({self.count!r}) must be a whole number of at least 1")
        check_span("Calls", "over_s", self.over_s)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        rps = self.count / self.over_s
        return (Piece(rps, rps, self.over_s),)


@dataclass(frozen=True, slots=True)
class Stages(_PiecewiseLinear):
    """Rates one after another; only the last one may be without an end."""

    stages: tuple["Rate", ...]

    def __init__(self, stages: Sequence["Rate"]) -> None:
        object.__setattr__(self, "stages", tuple(stages))
        if not self.stages:
            raise ScenarioError("Stages: stages is empty; give at least one rate")
        for number, stage in enumerate(self.stages[:-1], 1):
            if math.isinf(stage.duration_s):
                raise ScenarioError(f"Stages: stage {number} has no over_s, so the ones after it never begin")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for stage in self.stages for piece in stage.pieces)


Rate = Constant | Idle | Ramp | Spike | Calls | Stages


def _check_rate(who: str, field: str, rps: float) -> None:
    if not math.isfinite(rps) or rps < 0.0:
        raise ScenarioError(f"{who}: {field} ({rps!r}) must be a finite number a second, 0 or more")


def check_span(who: str, field: str, span_s: float | None) -> None:
    """Raise ScenarioError unless *span_s* is left out or a length of time."""
    if span_s is not None and (not math.isfinite(span_s) or span_s <= 0.0):
        raise ScenarioError(f"{who}: {field} ({span_s!r}) must be a finite number of seconds above 0")


def check_choice(who: str, field: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise ScenarioError unless *value* is one of *choices*."""
    if value not in choices:
        raise ScenarioError(f"{who}: {field} ({value!r}) must be one of {', '.join(choices)}")
