"""What chance alone does to the figures of a single run: a bootstrap over windows of time.

Neighbouring requests share a queue, so that they are not drawn one by one but in windows of the load, as many
as there are, with replacement. A window is drawn of both runs at once: they had the same traffic at the same
time, and what both owe to it is not held for noise. Windows are made longer until what one run is above the
other in a window says little of the next window. What differs from run to run as a whole (the machine that
it ran on, a scale-out a minute later) cannot be seen in one run, and is in no such interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.compare.noise import widening
from harness.stats import QUANTILES

Floats = npt.NDArray[np.float64]

RESAMPLES = 1_000
MOST_WINDOWS, FEWEST_WINDOWS = 60, 8
REQUESTS_A_WINDOW = 20  # fewer, and a window's own percentiles mean nothing
MOST_SHARED = 0.8
LONG_ENOUGH = 12  # windows are not made longer when fewer than twice as many would be left
ALIKE = 0.25  # twice the error of a correlation over 60 windows: neighbours that are less alike are apart
LEAST_SPREAD = 4.0  # windows that a percentile's tail must be spread over, to be judged at all
LEAST_BEYOND = 20  # requests at or beyond a percentile
LEAST_FAILED = 10  # requests without a good answer, of both runs
BIN_RATIO = 0.0025
LEAST_S = 1e-6
FLOOR = 0.0025  # as a share: what histogram bins cannot tell
FLOOR_ERRORS = 0.0005


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of one run: when each was due, in seconds since the load began, and what it got.

    `response_s` and `service_s` are of those that were answered well (`ok`); of others they say nothing.
    """

    due_s: Floats
    response_s: Floats
    service_s: Floats
    ok: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.due_s)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one figure moved. `change` is the logarithm of after / before of a time, and after - before of
    a ratio; `low` and `high` bound it, all figures of a comparison at once, 5 % on either side."""

    change: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shifts:
    """The shifts by the names of the metrics, over so many windows of so many seconds."""

    of: dict[str, Shift]
    windows: int
    window_s: float


def shifts(before: Requests, after: Requests, seed: int = 0) -> Shifts | None:
    """Return how far the figures of *after* are from those of *before*; None with too few requests."""
    until = max(before.due_s.max(initial=0.0), after.due_s.max(initial=0.0)) + 1e-9
    count = _windows(before, after, until)
    if count < FEWEST_WINDOWS:
        return None
    sides = [_Side.of(one, count, until) for one in (before, after)]
    drawn = np.random.default_rng(seed).multinomial(count, [1 / count] * count, size=RESAMPLES).astype(float)
    found = {**_of_times(sides, drawn), **_of_errors(sides, drawn)}
    # What neighbours still share makes fewer windows of them (the effective size of a first-order process).
    shared = min(max(_likeness(before, after, count, until), 0.0), MOST_SHARED)
    wider = math.sqrt((1.0 + shared) / (1.0 - shared))
    return Shifts(_bounded(found, wider), count, until / count) if found else None


@dataclass(frozen=True, slots=True)
class _Moved:
    """One figure: how far it moved, how far it moves in the resamples, what those cannot tell (`floor`), and
    over how many windows what it rests on is spread."""

    change: float
    drawn: Floats
    floor: float
    spread: float

    @property
    def error(self) -> float:
        """Return the scatter of the change. What rests on few windows scatters less in resamples than it
        does, which Student's t makes up for."""
        few = widening(int(self.spread) - 1) * math.sqrt(self.spread / (self.spread - 1))
        return float(self.drawn.std() + self.floor) * few


def _of_times(sides: Sequence["_Side"], drawn: Floats) -> dict[str, _Moved]:
    """Return how far each percentile moved that enough requests lie beyond, in enough windows."""
    found = {}
    for name in sides[0].times:
        before, after = (side.times[name] for side in sides)
        if not (len(before.ordered) and len(after.ordered)):
            continue
        redrawn = zip(QUANTILES.items(), before.quantiles(drawn), after.quantiles(drawn), strict=True)
        for (quantile, q), old, new in redrawn:
            spread = min(before.spread(q), after.spread(q))
            if spread >= LEAST_SPREAD:
                change = after.quantile(q) - before.quantile(q)
                found[f"{name}_{quantile}"] = _Moved(change, new - old, FLOOR, spread)
    return found


def _of_errors(sides: Sequence["_Side"], drawn: Floats) -> dict[str, _Moved]:
    """Return how far the ratio of requests without a good answer moved, where there are enough of them."""
    failed = sides[0].failed + sides[1].failed
    spread = _spread(failed, LEAST_FAILED)
    if spread < LEAST_SPREAD:
        return {}
    ratios = [side.failed.sum() / side.offered.sum() for side in sides]
    again = [drawn @ side.failed / np.maximum(drawn @ side.offered, 1.0) for side in sides]
    return {"error_ratio": _Moved(ratios[1] - ratios[0], again[1] - again[0], FLOOR_ERRORS, spread)}


def _spread(counts: Floats, least: int) -> float:
    """Return over how many windows *counts* are spread (Kish's effective size), 0 for fewer than *least*."""
    return float(counts.sum() ** 2 / (counts**2).sum()) if counts.sum() >= least else 0.0


@dataclass(frozen=True, slots=True)
class _Times:
    """One time of one run: all values in order, and how many of each bin fell into each window."""

    ordered: Floats
    counts: Floats
    logarithms: Floats

    @classmethod
    def of(cls, values: Floats, window: npt.NDArray[np.intp], windows: int) -> "_Times":
        """Return the histogram of *values* by window."""
        logs = np.log(np.maximum(values, LEAST_S))
        low = logs.min(initial=0.0) if len(logs) else 0.0
        number = ((logs - low) / BIN_RATIO).astype(np.intp)
        bins = int(number.max(initial=0)) + 1
        counts = np.bincount(window * bins + number, minlength=windows * bins).reshape(windows, bins)
        logarithms = np.asarray(low + (np.arange(bins) + 0.5) * BIN_RATIO, dtype=np.float64)
        return cls(np.sort(values), counts.astype(float), logarithms)

    def quantile(self, q: float) -> float:
        """Return the logarithm of the value at *q*, by nearest rank."""
        rank = max(math.ceil(round(q * len(self.ordered), 9)), 1)
        return math.log(max(float(self.ordered[rank - 1]), LEAST_S))

    def spread(self, q: float) -> float:
        """Return over how many windows the values from the one at *q* on are spread."""
        low = float(self.logarithms[0]) - BIN_RATIO / 2
        first = int((self.quantile(q) - low) / BIN_RATIO)
        return _spread(self.counts[:, first:].sum(axis=1), LEAST_BEYOND)

    def quantiles(self, drawn: Floats) -> list[Floats]:
        """Return the logarithm of the value at each of `QUANTILES` of each resample."""
        up_to = np.cumsum(drawn @ self.counts, axis=1)
        shares = [(up_to >= q * up_to[:, -1:] - 1e-6).argmax(axis=1) for q in QUANTILES.values()]
        return [self.logarithms[index] for index in shares]


@dataclass(frozen=True, slots=True)
class _Side:
    """One run by window."""

    times: dict[str, _Times]
    offered: Floats
    failed: Floats

    @classmethod
    def of(cls, requests: Requests, windows: int, until: float) -> "_Side":
        """Return *requests*, cut into *windows* of equal length up to *until*."""
        window = _window_of(requests, windows, until)
        good = requests.ok
        return cls(
            {
                name: _Times.of(values[good], window[good], windows)
                for name, values in (("response", requests.response_s), ("service", requests.service_s))
            },
            np.bincount(window, minlength=windows).astype(float),
            np.bincount(window[~good], minlength=windows).astype(float),
        )


def _bounded(found: dict[str, _Moved], wider: float) -> dict[str, Shift]:
    """Return each shift with bounds that hold for all at once: the largest deviation of a resample counts."""
    scatter = [one.drawn.std() + one.floor for one in found.values()]
    apart = np.array(
        [(one.drawn - one.drawn.mean()) / by for one, by in zip(found.values(), scatter, strict=True)]
    )
    up = max(float(np.quantile(apart.max(axis=0), 0.95)), 1.645)
    down = max(float(np.quantile((-apart).max(axis=0), 0.95)), 1.645)
    return {
        name: Shift(one.change, one.change - up * one.error * wider, one.change + down * one.error * wider)
        for name, one in found.items()
    }


def _windows(before: Requests, after: Requests, until: float) -> int:
    """Return into how many windows the load is cut."""
    count = min(min(len(before), len(after)) // REQUESTS_A_WINDOW, MOST_WINDOWS)
    while count >= 2 * LONG_ENOUGH and _likeness(before, after, count, until) > ALIKE:
        count //= 2
    return count


def _likeness(before: Requests, after: Requests, windows: int, until: float) -> float:
    """Return how much what one run is above the other in a window says of the next window, from -1 to 1: the
    correlation of neighbours; 1 where too few windows have requests to tell."""
    means = [_means(one, windows, until) for one in (before, after)]
    above = means[1] - means[0]
    above = above[np.isfinite(above)]
    if len(above) < FEWEST_WINDOWS:
        return 1.0
    above = above - above.mean()
    spread = float((above**2).sum())
    return float((above[1:] * above[:-1]).sum()) / spread if spread > 0 else 0.0


def _means(requests: Requests, windows: int, until: float) -> Floats:
    """Return the mean logarithm of the response time of each window; not a number for an empty one."""
    window = _window_of(requests, windows, until)[requests.ok]
    logs = np.log(np.maximum(requests.response_s[requests.ok], LEAST_S))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.bincount(window, logs, windows) / np.bincount(window, minlength=windows)
    return found


def _window_of(requests: Requests, windows: int, until: float) -> npt.NDArray[np.intp]:
    found: npt.NDArray[np.intp] = np.clip((requests.due_s / until * windows).astype(np.intp), 0, windows - 1)
    return found
