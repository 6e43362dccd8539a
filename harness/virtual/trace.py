"""What arrives at one variant: moments, service times and routing draws, made before the run begins."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.endpoint.distributions import Distribution
from harness.endpoint.metrics import MINUTE_S
from harness.errors import ScenarioError
from harness.virtual.draws import PIECE, Floats, draw_spans, stream

Places = npt.NDArray[np.float32]

Arrivals = Literal["poisson", "uniform"]


class Trace:
    """The requests of one variant in order of arrival; 20 bytes each, nothing is copied.

    `at` are model seconds, ascending; `service_s` is how long each holds a slot; `place` in [0, 1) is its
    routing draw. Raises ScenarioError where they are not of one length, or not in order, finite and in range.
    """

    __slots__ = ("at", "place", "service_s")

    def __init__(self, at: Floats, service_s: Floats, place: Places) -> None:
        self.at = np.ascontiguousarray(at, dtype=np.float64)
        self.service_s = np.ascontiguousarray(service_s, dtype=np.float64)
        self.place = np.ascontiguousarray(place, dtype=np.float32)
        if not len(self.at) == len(self.service_s) == len(self.place):
            raise ScenarioError(
                f"Trace: {len(self.at)} arrivals, {len(self.service_s)} service times and {len(self.place)} "
                "places; give each arrival one of both"
            )
        _check_ascending(self.at)
        _check_range(self.service_s, "service time", math.inf)
        _check_range(self.place, "place", 1.0)

    def __len__(self) -> int:
        return len(self.at)

    def rows_before(self, moment: float) -> int:
        """Return how many requests arrive before *moment*."""
        return int(self.at.searchsorted(moment))

    def rows_until(self, moment: float) -> int:
        """Return how many requests arrive up to *moment*, that moment included."""
        return int(self.at.searchsorted(moment, side="right"))


class Counts:
    """Arrivals known by their number alone: *per_minute* of minute 0, 1, ..., spread evenly within each.

    Enough for the COUNTS engine, and free of arrays as long as the traffic.
    """

    __slots__ = ("_before", "_per_minute")

    def __init__(self, per_minute: Sequence[int] | npt.NDArray[np.int64]) -> None:
        checked = _checked_counts(per_minute)
        self._per_minute: list[int] = checked.tolist()
        self._before: list[int] = [0, *np.cumsum(checked).tolist()]

    def __len__(self) -> int:
        return self._before[-1]

    def rows_before(self, moment: float) -> int:
        """Return how many requests arrive before *moment*: as `trace_of_counts(..., arrivals="uniform")`."""
        minute = math.floor(moment / MINUTE_S)
        if minute < 0:
            return 0
        if minute >= len(self._per_minute):
            return self._before[-1]
        count = self._per_minute[minute]
        within = math.ceil((moment - minute * MINUTE_S) / MINUTE_S * count - 0.5)
        return self._before[minute] + min(max(within, 0), count)

    def rows_until(self, moment: float) -> int:
        """Return how many requests arrive up to *moment*; no arrival has a moment of its own here."""
        return self.rows_before(moment)


def trace_of_counts(
    counts_per_minute: Sequence[int] | npt.NDArray[np.int64],
    *,
    service_time: Distribution,
    seed: str | int,
    arrivals: Arrivals = "poisson",
) -> Trace:
    """Return a trace with exactly the given count in each minute from model second 0.

    "uniform" places them evenly, the first half a gap after the minute begins; "poisson" as a Poisson
    process that is known to have had so many arrivals: each anywhere in the minute, whatever the others do.
    """
    counts = _checked_counts(counts_per_minute)
    at = np.empty(int(counts.sum()))
    generator = stream(seed, "arrivals")
    begin = 0
    for minute, count in enumerate(counts.tolist()):
        piece = at[begin : begin + count]
        if arrivals == "uniform":
            piece[:] = np.arange(count)
            piece += 0.5
            piece /= max(count, 1)
        else:
            generator.random(out=piece)
            piece.sort()
        piece *= MINUTE_S
        piece += minute * MINUTE_S
        # Far from zero a sum may round up into the next minute.
        np.minimum(piece, np.nextafter((minute + 1) * MINUTE_S, 0.0), out=piece)
        begin += count
    return _trace_at(at, service_time, seed)


def trace_of_times(times: Sequence[float] | Floats, *, service_time: Distribution, seed: str | int) -> Trace:
    """Return a trace with the given moments of arrival, seconds from the start of the run, in order."""
    return _trace_at(np.array(times, dtype=np.float64), service_time, seed)


def _trace_at(at: Floats, service_time: Distribution, seed: str | int) -> Trace:
    place = stream(seed, "routing").random(len(at), dtype=np.float32)
    return Trace(at, draw_spans(service_time, len(at), seed, "service"), place)


def _checked_counts(per_minute: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    counts = np.asarray(per_minute)
    if counts.ndim != 1 or (len(counts) and counts.dtype.kind not in "iu"):
        raise ScenarioError("Trace: counts per minute must be a row of whole numbers")
    wrong = np.flatnonzero(counts < 0)
    if len(wrong):
        raise ScenarioError(
            f"Trace: minute {wrong[0]} has {counts[wrong[0]]} arrivals; a count must not be negative"
        )
    return counts.astype(np.int64)


def _check_ascending(at: Floats) -> None:
    previous = 0.0
    # In pieces, because a comparison of the whole makes arrays as long as the trace.
    for begin in range(0, len(at), PIECE):
        piece = at[begin : begin + PIECE]
        wrong = ~np.isfinite(piece)
        wrong[0] |= piece[0] < previous
        wrong[1:] |= piece[1:] < piece[:-1]
        if wrong.any():
            index = begin + int(wrong.argmax())
            raise ScenarioError(
                f"Trace: arrival {index} is at {at[index]!s} s; moments must be finite, not negative and "
                "in ascending order"
            )
        previous = float(piece[-1])


def _check_range(values: npt.NDArray[np.float64] | Places, what: str, below: float) -> None:
    if len(values) and not (values.min() >= 0.0 and values.max() < below):
        wrong = int(np.flatnonzero(~((values >= 0.0) & (values < below)))[0])
        raise ScenarioError(
            f"Trace: the {what} of arrival {wrong} is {values[wrong]!s}; it must be at least 0 and below "
            f"{below:g}"
        )
