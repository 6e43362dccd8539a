"""The answer for each figure: better, worse, or that nothing is shown, and on what that rests."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.compare import noise
from harness.compare.alike import Alike
from harness.compare.metrics import METRICS, Better, Kind, Metric
from harness.compare.windows import Shift, Shifts

Figures = Mapping[str, float]
LEAST_RATIO = 0.01
"""A change beyond the noise and below this share is no reason to act, and is called no difference."""


class Verdict(StrEnum):
    """What can be said of one figure."""

    WORSE = "worse"
    BETTER = "better"
    DIFFERS = "differs"
    SAME = "no difference shown"
    UNKNOWN = "no noise known"
    NOT_COMPARABLE = "not comparable"


class Method(StrEnum):
    """What is known of the noise."""

    EXACT = "exact"
    """One run against one on the virtual clock, of one seed: there is none."""
    REQUESTS = "requests"
    """One run against one: that of the requests within them."""
    RUNS = "runs"
    """Several runs: how they differ among themselves."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `before` and `after` are means over the runs, `change` is after - before with the interval
    from `low` to `high`, None where none is known. `why` says what the verdict rests on, where it must."""

    metric: Metric
    before: float | None
    after: float | None
    verdict: Verdict
    why: str = ""
    low: float | None = None
    high: float | None = None
    values_before: tuple[float, ...] = ()
    values_after: tuple[float, ...] = ()

    @property
    def change(self) -> float | None:
        """Return after - before, None where one of them is absent; 0 where only rounding lies between."""
        if self.before is None or self.after is None:
            return None
        change = self.after - self.before
        return 0.0 if _is_nothing(change, self.before) else change


def lines(
    before: Sequence[Figures], after: Sequence[Figures], method: Method, how: Alike, shifts: Shifts | None
) -> list[Line]:
    """Return a line for each figure that any run has, in the order of `METRICS`.

    *shifts* are what the requests within a single run a side tell; None where they tell nothing.
    """
    found = [one for one in METRICS if any(one.name in figures for figures in (*before, *after))]
    blocked = {one.name: why for one in found if (why := _blocked(one, before, after, how))}
    rest = [one for one in found if one.name not in blocked]
    judged = {one.metric.name: one for one in _judged(rest, before, after, method, shifts)}
    return [
        judged.get(one.name) or _line(one, before, after, Verdict.NOT_COMPARABLE, blocked[one.name])
        for one in found
    ]


def _judged(
    metrics: Sequence[Metric],
    before: Sequence[Figures],
    after: Sequence[Figures],
    method: Method,
    shifts: Shifts | None,
) -> list[Line]:
    if method is Method.RUNS:
        return _of_runs(metrics, before, after)
    if method is Method.EXACT:
        return [_exact(one, before, after) for one in metrics]
    return [_of_requests(one, before, after, shifts) for one in metrics]


def _blocked(metric: Metric, before: Sequence[Figures], after: Sequence[Figures], how: Alike) -> str:
    """Return why the runs cannot be compared by *metric*, "" where they can."""
    if how.never:
        return how.never
    if how.untimed and metric.timed:
        return how.untimed
    has = [sum(metric.name in figures for figures in side) for side in (before, after)]
    if not all(has):
        return f"measured {'before' if has[0] else 'after'} only"
    return "" if has == [len(before), len(after)] else "not measured in every run"


# --- without noise ---------------------------------------------------------------------------------------


def _exact(metric: Metric, before: Sequence[Figures], after: Sequence[Figures]) -> Line:
    change = after[0][metric.name] - before[0][metric.name]
    if _is_nothing(change, before[0][metric.name]):
        return _line(metric, before, after, Verdict.SAME, "equal")
    return _line(metric, before, after, _towards(metric, change), bounds=(change, change))


def _is_nothing(change: float, of: float) -> bool:
    """Return whether *change* is what adding up in another order makes of the same numbers."""
    return math.isclose(change, 0.0, abs_tol=1e-9 * max(abs(of), 1e-3))


def _towards(metric: Metric, change: float) -> Verdict:
    if metric.better is Better.NEITHER:
        return Verdict.DIFFERS
    return Verdict.WORSE if change > 0 else Verdict.BETTER


# --- one run against one ---------------------------------------------------------------------------------


def _of_requests(
    metric: Metric, before: Sequence[Figures], after: Sequence[Figures], shifts: Shifts | None
) -> Line:
    exact = _exact(metric, before, after)
    if metric.kind is Kind.FACT:
        return exact
    if metric.kind is Kind.REQUESTS and shifts is not None and metric.name in shifts.of:
        return _shifted(metric, before, after, shifts.of[metric.name])
    if exact.verdict is Verdict.SAME:
        return exact
    few = "too few requests, or the slow ones all at one time"
    why = few if metric.kind is Kind.REQUESTS else "one value a run"
    return _line(metric, before, after, Verdict.UNKNOWN, f"{why}: repeat the run")


def _shifted(metric: Metric, before: Sequence[Figures], after: Sequence[Figures], shift: Shift) -> Line:
    base = before[0][metric.name]
    is_ratio = metric.unit == "ratio"
    low, high = (end if is_ratio else base * math.expm1(end) for end in (shift.low, shift.high))
    if shift.low <= 0.0 <= shift.high:
        return _line(metric, before, after, Verdict.SAME, "within the noise of its requests", (low, high))
    if not is_ratio and abs(shift.change) < LEAST_RATIO:
        return _line(metric, before, after, Verdict.SAME, "below 1 %", (low, high))
    return _line(metric, before, after, _towards(metric, shift.change), bounds=(low, high))


# --- several runs ----------------------------------------------------------------------------------------


def _of_runs(metrics: Sequence[Metric], before: Sequence[Figures], after: Sequence[Figures]) -> list[Line]:
    if not metrics:
        return []
    values = noise.as_floats([[each[one.name] for each in (*before, *after)] for one in metrics])
    steps = noise.as_floats([[one.step] for one in metrics])[:, 0]
    neither = [one.better is Better.NEITHER for one in metrics]
    found = noise.shares(values, len(before), steps, neither)
    low, high = noise.intervals(values, len(before))
    return [
        _beyond(
            one,
            before,
            after,
            bounds=(float(low[row]), float(high[row])),
            up=float(found.up[row]),
            down=float(found.down[row]),
        )
        for row, one in enumerate(metrics)
    ]


def _beyond(
    metric: Metric,
    before: Sequence[Figures],
    after: Sequence[Figures],
    *,
    bounds: tuple[float, float],
    up: float,
    down: float,
) -> Line:
    every = [each[metric.name] for each in (*before, *after)]
    if _is_nothing(max(every) - min(every), every[0]):
        return _line(metric, before, after, Verdict.SAME, "equal in every run")
    known = bounds if math.isfinite(bounds[0]) else None
    if not noise.can_show(len(before), len(after)):
        return _line(metric, before, after, Verdict.SAME, _too_few(len(before)), known)
    low, high = bounds
    line = _line(metric, before, after, Verdict.SAME, "within the noise of the runs", known)
    base, change = line.before or 0.0, line.change or 0.0
    if min(up, down) <= noise.FALSE_RATE and (low > 0.0 or high < 0.0):
        if not metric.step and abs(change) < LEAST_RATIO * abs(base):
            return _line(metric, before, after, Verdict.SAME, "below 1 %", known)
        return _line(metric, before, after, _towards(metric, change), bounds=known)
    if low > 0.0 or high < 0.0:
        return _line(metric, before, after, Verdict.SAME, "may be chance, among so many figures", known)
    return line


def _too_few(before: int) -> str:
    """Return how many runs would be enough, as the way out."""
    return f"too few runs: with {before} before, {noise.runs_needed(before)} after can show one"


def _line(
    metric: Metric,
    before: Sequence[Figures],
    after: Sequence[Figures],
    verdict: Verdict,
    why: str = "",
    bounds: tuple[float, float] | None = None,
) -> Line:
    sides = [tuple(each[metric.name] for each in side if metric.name in each) for side in (before, after)]
    means = [math.fsum(side) / len(side) if side else None for side in sides]
    low, high = bounds or (None, None)
    return Line(metric, means[0], means[1], verdict, why, low, high, sides[0], sides[1])
