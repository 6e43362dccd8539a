"""What the figures of functions show, as plain series taken from the journal. Pure; drawing is elsewhere."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from harness import journal
from harness.journal import FunctionInvoked, FunctionMinute, FunctionThrottled
from harness.stats import (
    Span,
    counts_over_time,
    histogram,
    logarithmic_edges,
    nice_step,
    percentile,
    window_count,
)
from harness.summary import ByType
from harness.summary.concurrency import Points, account_limit, peak, provisioned, reserved, running
from harness.summary.functions import Life, lives
from reports.figures import depths
from reports.figures.series import STEPS_S, WINDOWS, phases
from reports.figures.times import FASTEST_S, bins_per_decade
from reports.functions import minutes as functions_minutes

MOST_FUNCTIONS = 6  # drawn one under another; the table has them all
MOST_STEPS = 300  # more would be finer than a pixel: then the most and the mean of each window are drawn
NARROW = 4.0  # times the fastest: below it durations are all but the same


@dataclass(frozen=True, slots=True)
class Load:
    """Invocations of one function at once, on a time axis from 0 to `end`, with what they were held to.

    `most` are (moment, count) steps; where there are too many to draw each, the most of each window of
    `step_s`, and `mean` its average, else empty. `reserved` and `allocated` are steps too, `cold` the
    moments of cold starts, a window's together. `throttled` holds the attempts of each window by reason.
    """

    name: str
    end: float
    step_s: float
    peak: tuple[float, int]
    most: Points
    mean: list[tuple[float, float]]
    reserved: list[Span[int | None]]
    allocated: Points
    account: int
    cold: list[float]
    cold_starts: int
    throttled: dict[str, list[int]]
    queues: list[depths.Depth]
    phases: list[Span[str]]
    faults: list[float]
    by_minute: bool = False


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the invocations of one function took, in bins between logarithmic `edges` (s) that all share.

    `cold` has the cold ones with their initialisation, `warm` the others without; p50 and p99 are of both.
    """

    name: str
    edges: list[float]
    warm: list[int]
    cold: list[int]
    p50: float
    p99: float
    timeout_s: float | None


def chosen(seen: ByType) -> tuple[list[str], int]:
    """Return the functions to draw, and how many are left out; most throttles, then most calls first."""
    if seen.all(FunctionMinute):
        return functions_minutes.chosen(seen, MOST_FUNCTIONS)
    found = {name: life for name, life in lives(seen).items() if life.invoked or life.throttled}
    best = sorted(found, key=lambda name: (-len(found[name].throttled), -len(found[name].invoked)))
    kept = set(best[:MOST_FUNCTIONS])
    return [name for name in found if name in kept], len(found) - len(kept)


def loads(seen: ByType, names: Sequence[str], end: float) -> list[Load]:
    """Return the load of each function in *names*; first that of all where the account's limit was met."""
    if seen.all(FunctionMinute):
        return [_by_minute(seen, name, end) for name in names]
    found = lives(seen)
    made = [_load(seen, name, found[name], end) for name in names]
    if len(found) > 1 and _met_account(seen):
        return [_together(seen, end), *made]
    return made


ALL = "All functions"
_ACCOUNT = "ConcurrentInvocationLimitExceeded"


def _met_account(seen: ByType) -> bool:
    if any(one.reason == _ACCOUNT for one in seen.all(FunctionThrottled)):
        return True
    return 3 * peak(running(seen.all(FunctionInvoked))) >= account_limit(seen)


def _together(seen: ByType, end: float) -> Load:
    life = Life(
        None, seen.all(FunctionInvoked), [t for t in seen.all(FunctionThrottled) if t.reason == _ACCOUNT]
    )
    return _load(seen, ALL, life, end)


def _load(seen: ByType, name: str, life: Life, end: float) -> Load:
    step = nice_step(end, WINDOWS, STEPS_S)
    points = running(life.invoked)
    many = len(points) > MOST_STEPS
    cold = [one.began_at for one in life.invoked if one.cold]
    return Load(
        name=name,
        end=end,
        step_s=step,
        peak=max(points, key=lambda point: point[1], default=(0.0, 0)),
        most=_most(points, end, step) if many else [(0.0, 0), *points],
        mean=_mean(points, end, step) if many else [],
        reserved=[] if name == ALL else reserved(seen, name).spans(end),
        allocated=[] if name == ALL else _allocated(seen, name),
        account=account_limit(seen),
        cold=sorted({round(at // step * step + step / 2, 3) if many else at for at in cold}),
        cold_starts=len(cold),
        throttled=_by_reason(life.throttled, end, step),
        queues=_queues(seen, name),
        phases=phases(seen, end),
        faults=[fault.at for fault in seen.all(journal.FaultInjected)],
    )


def _by_minute(seen: ByType, name: str, end: float) -> Load:
    """Return the load of a function whose invocations were kept by the minute: the most of each is known."""
    known = functions_minutes.load(seen, name, end)
    return Load(
        name=name,
        end=end,
        step_s=known.step_s,
        peak=max(known.most, key=lambda point: point[1]),
        most=known.most,
        mean=[],
        reserved=reserved(seen, name).spans(end),
        allocated=_allocated(seen, name),
        account=account_limit(seen),
        cold=known.cold,
        cold_starts=known.cold_starts,
        throttled=known.throttled,
        queues=[],
        phases=phases(seen, end),
        faults=[],
        by_minute=True,
    )


def _most(points: Points, end: float, step: float) -> Points:
    """Return the most of each window, what ran on from the one before among it, as steps."""
    size, moments = window_count(0.0, end, step), [at for at, _ in points]
    rows = []
    for window in range(size):
        first, last = bisect_right(moments, window * step), bisect_right(moments, (window + 1) * step)
        before = points[first - 1][1] if first else 0
        rows.append((window * step, max([before, *(count for _, count in points[first:last])])))
    return [*rows, (end, rows[-1][1])]


def _mean(points: Points, end: float, step: float) -> list[tuple[float, float]]:
    """Return the average over each window, as steps."""
    moments = [at for at, _ in points]
    spans = zip(points, moments[1:], strict=False)
    areas = [0.0, *accumulate(count * (following - at) for (at, count), following in spans)]

    def area(until: float) -> float:
        last = bisect_right(moments, until) - 1
        return areas[last] + points[last][1] * (until - moments[last]) if last >= 0 else 0.0

    size = window_count(0.0, end, step)
    rows = [(i * step, (area((i + 1) * step) - area(i * step)) / step) for i in range(size)]
    return [*rows, (end, rows[-1][1])]


def _allocated(seen: ByType, name: str) -> Points:
    """Return how many provisioned environments *name* had over time, of all its aliases and versions."""
    sets = [one for (of, _), each in provisioned(seen).items() if of == name for one in each]
    now: dict[str, int] = {}
    points = []
    for one in sorted(sets, key=lambda each: each.at):
        now[one.qualifier] = one.allocated or 0
        points.append((one.at, sum(now.values())))
    return points


def _by_reason(throttled: Sequence[FunctionThrottled], end: float, step: float) -> dict[str, list[int]]:
    moments: defaultdict[str, list[float]] = defaultdict(list)
    for one in throttled:
        moments[one.reason].append(one.at)
    return {reason: counts_over_time(moments[reason], 0.0, end, step) for reason in sorted(moments)}


def _queues(seen: ByType, name: str) -> list[depths.Depth]:
    """Return the depths of the queues that *name* is fed from, of those that ever held a message."""
    mapped = dict.fromkeys(one.queue for one in seen.all(journal.EventSourceDeclared) if one.function == name)
    samples: defaultdict[str, list[journal.QueueSampled]] = defaultdict(list)
    for one in seen.all(journal.QueueSampled):
        samples[one.queue].append(one)
    found = [depths.depth_of(queue, samples[queue]) for queue in mapped if samples[queue]]
    return [one for one in found if one.deepest[1]]


def durations(seen: ByType, names: Sequence[str]) -> list[Durations]:
    """Return the distributions of the functions in *names* that were invoked, in shared bins."""
    found = {name: life for name, life in lives(seen).items() if name in names and life.invoked}
    everything = [_took(one) for life in found.values() for one in life.invoked]
    if not everything:
        return []
    low, high = min(everything), max(everything)
    if high < NARROW * low:  # an axis needs room for two times to read it by
        low, high = low / NARROW**0.5, high * NARROW**0.5
    edges = logarithmic_edges(low, high, bins_per_decade(high / low))
    return [_durations(name, found[name], edges) for name in names if name in found]


def _took(one: FunctionInvoked) -> float:
    return max(
        one.init_s + one.duration_s, FASTEST_S
    )  # a time of zero still has a place on a logarithmic axis


def _durations(name: str, life: Life, edges: list[float]) -> Durations:
    everything = sorted(map(_took, life.invoked))
    warm, cold = (sorted(_took(one) for one in life.invoked if one.cold is each) for each in (False, True))
    return Durations(
        name,
        edges,
        histogram(warm, edges),
        histogram(cold, edges),
        percentile(everything, 0.5),
        percentile(everything, 0.99),
        life.declared.timeout_s if life.declared else None,
    )
