"""The figure of how long the invocations of functions took, one distribution under another. Pure."""

from collections.abc import Sequence

from reports.figures.axes import linear, top_of
from reports.figures.figure import Figure, of
from reports.figures.plan import DOTTED, Mark, Panel, Plan, Series
from reports.functions.series import Durations
from reports.text import short

CLOSE = 1.3  # percentiles closer than this factor share one mark


def figure(shown: Sequence[Durations], name: str, *, drawings: bool = True) -> Figure:
    """Return the distributions one under another on one logarithmic axis, cold ones apart."""
    edges = shown[0].edges
    plan = Plan(edges[0], edges[-1], [_panel(one) for one in shown], "seconds")
    return of(name, "Durations", words(shown), plan, drawings=drawings)


def _panel(one: Durations) -> Panel:
    total = sum(one.warm) + sum(one.cold)
    low, series = [0.0] * (len(one.warm) + 1), []
    for counts, role, label in ((one.warm, "in-service", "warm"), (one.cold, "target", "cold, with init")):
        if not any(counts):
            continue
        shares = [100 * count / total for count in counts]
        high = [below + share for below, share in zip(low, [*shares, shares[-1]], strict=True)]
        series.append(Series(label, role, "step", one.edges, high, fill=0.6, low=low, width=0.0, told="part"))
        low = high
    axis = linear(0.0, top_of(low, lift=1.25), most=2)
    return Panel(
        f"{one.name}, share in %", 58, axis, "percent", series=[*series, *_few(one)], marks=_marks(one)
    )


def _few(one: Durations) -> list[Series]:
    """Return a tick for each bin with cold ones: they are often too few for a bar that can be seen."""
    bins = zip(one.edges, one.edges[1:], one.cold, strict=False)
    middles = [(low * high) ** 0.5 for low, high, count in bins if count]
    return [Series("", "target", "ticks", middles, [0.0] * len(middles))] if middles else []


def _marks(one: Durations) -> list[Mark]:
    """Return what is marked with its time; what is close together has one mark."""
    marks = [("p50", one.p50), ("p99", one.p99)]
    if one.timeout_s is not None and one.timeout_s <= one.edges[-1]:
        marks.append(("timeout", one.timeout_s))
    joined = marks[:1]
    for name, value in marks[1:]:
        before, at = joined[-1]
        if at / CLOSE < value < at * CLOSE:
            joined[-1] = (f"{before}, {name}", value if name == "timeout" else at)
        else:
            joined.append((name, value))
    return [Mark(at, name, "failed" if name.endswith("timeout") else "ink", DOTTED) for name, at in joined]


def words(shown: Sequence[Durations]) -> str:
    """Return what the figure shows, in sentences."""
    return " ".join(
        [
            "Share of invocations in per cent by how long they took, initialisation of cold ones included.",
            *(
                f"{one.name}: p50 {short(one.p50)}, p99 {short(one.p99)}, {sum(one.cold):,} cold."
                for one in shown
            ),
        ]
    )
