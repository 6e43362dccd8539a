"""The figures of endpoints: the capacity timeline, and how long answers took. Same series, same bytes."""

from collections.abc import Sequence

from reports.figures import alt, panels
from reports.figures.figure import Figure, of
from reports.figures.plan import DOTTED, Mark, Plan, Rule, fault_marks
from reports.figures.series import Timeline
from reports.figures.times import Latency
from reports.text import clock, short

CLOSE = 1.3  # percentiles closer than this factor share one mark: two labels would lie over each other


def timeline(shown: Timeline, name: str, *, drawings: bool = True) -> Figure:
    """Return the capacity timeline: traffic, metric against target, states and capacity on one time axis."""
    found = [
        *([panels.traffic(shown.traffic)] if shown.traffic else []),
        *([panels.metric(shown.metric)] if shown.metric else []),
        *([panels.bands(shown.bands)] if shown.bands else []),
        *([panels.capacity(shown)] if shown.desired else []),
    ]
    plan = Plan(0.0, shown.end, found, marks=fault_marks(shown.faults, shown.end), phases=shown.phases)
    return of(name, shown.title, alt.timeline(shown), plan, drawings=drawings)


def distribution(shown: Latency, name: str, *, drawings: bool = True) -> Figure:
    """Return how response and service times are distributed."""
    plan = Plan(
        shown.edges[0], shown.edges[-1], [panels.distribution(shown)], "seconds", _percentile_marks(shown)
    )
    return of(name, "How long answers took", alt.latency(shown), plan, drawings=drawings)


def _percentile_marks(shown: Latency) -> list[Mark]:
    middle, slow = shown.quantiles["p50"], shown.quantiles["p99"]
    marks = [("p50", middle), ("p99", slow)] if slow > CLOSE * middle else [("p50 to p99", middle)]
    return [Mark(value, label, "ink", DOTTED) for label, value in marks]


def spectrum(shown: Latency, name: str, limits: Sequence[Rule] = (), *, drawings: bool = True) -> Figure:
    """Return the percentile spectrum: each nine of the share of requests has the same width."""
    last = max(points[-1][0] for points in (shown.spectrum, shown.service_spectrum))
    plan = Plan(1.0, last, [panels.spectrum(shown, limits)], "nines")
    words = (
        "Percentile spectrum: the time that at most each share of requests took. "
        f"{alt.spectrum(shown)}{alt.limits(limits)}"
    )
    return of(name, "Percentile spectrum", words, plan, drawings=drawings)


def over_time(
    shown: Latency, timed: Timeline, name: str, limits: Sequence[Rule] = (), *, drawings: bool = True
) -> Figure:
    """Return percentiles and heat maps on the axis, and with the phases and faults, of *timed*."""
    found = [
        panels.over_time(shown, limits),
        panels.heat(shown, "response"),
        panels.heat(shown, "service"),
    ]
    plan = Plan(0.0, timed.end, found, marks=fault_marks(timed.faults, timed.end), phases=timed.phases)
    worst = max(shown.over_time, key=lambda row: row[3])
    words = (
        f"Response and service times over the run. The p99 of the response was highest around "
        f"{clock(worst[0])}, at {short(worst[3])}.{alt.limits(limits)}"
    )
    return of(name, "Times over the run", words, plan, drawings=drawings)
