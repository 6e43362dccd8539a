"""Axes: where a value stands between the ends, and the round values that are written beside it. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reports import text

TIME_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
HOURS_FROM_S = 36_000  # `text.clock` writes hours from here on
PARTS_OF_A_DECADE = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))  # what is written of it, the more the better
LINEAR_PART = 0.8  # of a decade: the height of what is below the threshold of a symmetric logarithmic axis
DECIMALS = 9  # rounding that takes 0.30000000000000004 back to 0.3
NINES = (2.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` with (value, words) `ticks`; "symlog" is linear to `threshold` only."""

    kind: Literal["linear", "log", "symlog"]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    threshold: float = 1.0

    def place(self, value: float) -> float:
        """Return where *value* stands: 0.0 at `low`, 1.0 at `high`, beyond them where it is beyond."""
        low, high = self._bent(self.low), self._bent(self.high)
        return (self._bent(value) - low) / (high - low)

    def _bent(self, value: float) -> float:
        if self.kind == "linear":
            return value
        if self.kind == "log":
            return math.log10(max(value, self.low * 1e-3))
        if value <= self.threshold:
            return LINEAR_PART * value / self.threshold
        return LINEAR_PART + math.log10(value / self.threshold)


def linear(low: float, high: float, *, most: int = 4, whole: bool = False) -> Axis:
    """Return an axis with at most *most* intervals between round values, whole numbers only where *whole*."""
    values = round_values(low, high, most, whole=whole)
    return Axis("linear", low, high, tuple((value, text.number(value)) for value in values))


def round_values(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Return at most *most* + 1 equally spaced round values from *low* to *high*; at least one."""
    rough = (high - low) / most
    scale = 10.0 ** math.floor(math.log10(rough))
    # Of whole numbers one more is written rather than 0, 3, 6.
    steps, rough = (
        ((1, 2, 5, 10, 20), rough * most / (most + 1)) if whole else ((1, 2, 2.5, 5, 10, 20), rough)
    )
    step = next(s * scale for s in steps if s * scale >= rough * (1 - 1e-9))
    step = max(step, 1.0) if whole else step
    first = math.ceil(round(low / step, DECIMALS))
    last = math.floor(round(high / step, DECIMALS))
    return [round(i * step, DECIMALS) for i in range(first, last + 1)]


def symmetric(low: float, high: float, threshold: float, marks: Iterable[float]) -> Axis:
    """Return an axis that is linear to *threshold*, logarithmic beyond it; zero and *marks* are written."""
    decades = [10.0**i for i in range(math.floor(math.log10(threshold)), math.ceil(math.log10(high)))]
    written = [mark for mark in marks if mark <= high]
    values = [0.0, *written, *(value for value in decades if value > threshold)]
    return Axis("symlog", low, high, tuple((v, text.number(v)) for v in sorted(set(values))), threshold)


def seconds(low: float, high: float, *, most: int = 12) -> Axis:
    """Return a logarithmic axis of times people read: 1, 2, 5 of each decade, fewer where there are many."""
    return Axis("log", low, high, tuple((v, text.short(v)) for v in _of_decades(low, high, most)))


def _of_decades(low: float, high: float, most: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside: list[float] = []
    for subs in PARTS_OF_A_DECADE:
        values = [sub * 10.0**decade for decade in decades for sub in subs]
        inside = [value for value in values if low <= value * (1 + 1e-9) and value <= high * (1 + 1e-9)]
        if len(inside) <= most:
            break
    # Between two round values the middle is written, so that no axis is without a word.
    return inside[:: -(-len(inside) // most)] if inside else [(low * high) ** 0.5]


def nines(high: float) -> Axis:
    """Return the axis of a percentile spectrum up to *high*: 1 / (1 - q), so that each nine has one width."""
    ticks = [(1.0, "0 %")] + [(x, f"{text.significant(100 - 100 / x, 7)} %") for x in NINES if x <= high]
    return Axis("log", 1.0, max(high, 2.0), tuple(ticks))


def moments(start: float, end: float, most: int) -> Axis:
    """Return an axis of model time with at most *most* round moments."""
    step = next((s for s in TIME_STEPS_S if (end - start) / s <= most), None)
    if step is None:
        step = TIME_STEPS_S[-1] * math.ceil((end - start) / (TIME_STEPS_S[-1] * most))
    first = math.ceil(start / step) * step
    places = [float(first + i * step) for i in range(int((end - first) // step) + 1)]
    # One axis has one manner: `text.clock` changes from minutes to hours on its way.
    words = _hours if end >= HOURS_FROM_S and step % 3_600 == 0 else text.clock
    return Axis("linear", start, max(end, start + 1e-9), tuple((place, words(place)) for place in places))


def _hours(seconds: float) -> str:
    return f"{seconds / 3_600:.0f} h"


def top_of(*rows: Sequence[float | None], lift: float = 1.12) -> float:
    """Return the end of an axis that has room above all values of *rows*; 1.0 where all are zero."""
    return lift * max((value for row in rows for value in row if value is not None), default=0.0) or 1.0
