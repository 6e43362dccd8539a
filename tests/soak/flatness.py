"""Whether a series of figures is flat: judged by medians and by Theil and Sen's slope, which a neighbour's
burst of work on the same machine does not move. Values in, values out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

Points = Sequence[tuple[float, float]]  # (seconds, value), in the order of time

# Pairs grow with the square of the points: more than these say nothing new.
MOST_POINTS = 400


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a series begins and ends, by its middle line: `first` at its first moment, `last` at its last."""

    first: float
    last: float

    @property
    def growth(self) -> float:
        """By how much it grew."""
        return self.last - self.first

    @property
    def growth_ratio(self) -> float:
        """By which share of what it began with it grew; 0 for a series of zeros."""
        return self.growth / self.first if self.first else float(self.growth > 0)


def trend(points: Points) -> Trend:
    """Return the line through *points* with Theil and Sen's slope: the median of those of all pairs.

    Up to 29 % of the points may be anything at all and do not move it. Raises ValueError for fewer than two
    points.
    """
    if len(points) < 2:
        raise ValueError(f"{len(points)} points have no trend; sample more often or longer")
    step = -(-len(points) // MOST_POINTS)
    some = points[::step]
    slopes = [
        (later[1] - sooner[1]) / (later[0] - sooner[0])
        for number, sooner in enumerate(some)
        for later in some[number + 1 :]
        if later[0] > sooner[0]
    ]
    slope = median(slopes) if slopes else 0.0
    offset = median(value - slope * at for at, value in some)
    return Trend(offset + slope * points[0][0], offset + slope * points[-1][0])


def by_window(points: Points, window_s: float, ratio: float) -> list[tuple[float, float]]:
    """Return the value at *ratio* (0.5: the median) of each whole window of *window_s*, at its middle."""
    if not points:
        return []
    began = points[0][0]
    windows: dict[int, list[float]] = {}
    for at, value in points:
        windows.setdefault(int((at - began) // window_s), []).append(value)
    whole = sorted(windows)[:-1] or sorted(windows)
    return [(began + (number + 0.5) * window_s, _at(sorted(windows[number]), ratio)) for number in whole]


def _at(ordered: Sequence[float], ratio: float) -> float:
    return ordered[min(int(ratio * len(ordered)), len(ordered) - 1)]


@dataclass(frozen=True, slots=True)
class Held:
    """One promise of a soak: *value* (in *unit*) may be at most *limit*."""

    name: str
    what: str
    value: float
    limit: float
    unit: str

    @property
    def ok(self) -> bool:
        """Whether it was kept."""
        return self.value <= self.limit
