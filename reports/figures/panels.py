"""The panels of the figures: each draws one series into one axis."""

from collections.abc import Sequence
from typing import Any

from harness.stats import Span, thin
from reports import text
from reports.figures.canvas import Layout, heading, time_axis, time_labels, value_axis
from reports.figures.series import Band, Latency, Metric, Timeline, Traffic
from reports.figures.svg import COLOUR
from reports.ranges import Window, envelope

MOST_DATAPOINTS = 200  # more are drawn as one line: their dots would touch
LOGARITHMIC_FROM = 8  # times the target: above it a linear axis would press target and alarm line together
MOST_WHISKERS = 12  # more lie over each other; the table has them all
FAR = 3  # times the largest count: a bound beyond it would press the steps to the ground
CLOSE = 1.3  # percentiles closer than this factor share one mark: two labels would lie over each other
STATE_ROLE = {
    "OK": "ok", "InService": "ok", "ALARM": "alarm", "Failed": "alarm", "INSUFFICIENT_DATA": "nodata",
    "cooldown": "cooldown",
}  # fmt: skip
STATE_WORDS = {"INSUFFICIENT_DATA": "no data"}


def draw_traffic(axis: Any, traffic: Traffic, layout: Layout) -> None:
    """Draw what was offered against what was served and what failed."""
    per_s = max(traffic.offered) / traffic.step_s >= 1
    factor = (1 if per_s else 60) / traffic.step_s
    edges = [traffic.start + i * traffic.step_s for i in range(len(traffic.offered) + 1)]

    def rates(counts: Sequence[int]) -> list[float]:
        return [count * factor for count in counts]

    axis.stairs(rates(traffic.served), edges, fill=True, color=COLOUR["served"], alpha=0.35, label="served")
    if any(traffic.failed):
        axis.stairs(rates(traffic.failed), edges, fill=True, color=COLOUR["failed"], label="failed")
    axis.stairs(rates(traffic.offered), edges, color=COLOUR["offered"], linewidth=1.4, label="offered")
    axis.set_ylim(0, max(rates(traffic.offered) + rates(traffic.served)) * 1.12 or 1)
    value_axis(axis)
    heading(axis, f"Requests per {'second' if per_s else 'minute'}", layout)


def draw_metric(axis: Any, metric: Metric, layout: Layout) -> None:
    """Draw the datapoints against target and alarm line, logarithmically where it is far above them."""
    from matplotlib.ticker import FuncFormatter

    points = metric.points
    values = [value for *_, value in points]
    if len(points) <= MOST_DATAPOINTS:
        ends = [start + length for start, length, _ in points]
        axis.hlines(values, [start for start, _, _ in points], ends, color=COLOUR["metric"], linewidth=1.8)
        middles = [start + length / 2 for start, length, _ in points]
        axis.plot(middles, values, "o", color=COLOUR["metric"], markersize=3.4, label="datapoint")
    else:
        line = thin([(start + length / 2, value) for start, length, value in points], 2 * MOST_DATAPOINTS)
        axis.plot(*zip(*line, strict=True), color=COLOUR["metric"], linewidth=1.0, label="datapoints")
    if metric.target is not None:
        axis.axhline(metric.target, color=COLOUR["target"], linewidth=1.3, label=f"target {metric.target:g}")
    if metric.low is not None:
        label = f"alarm low {metric.low:g}"
        axis.axhline(metric.low, color=COLOUR["low"], linewidth=1.2, linestyle=(0, (4, 3)), label=label)
    top = max([*values, metric.target or 0]) or 1.0
    logarithmic = bool(metric.target) and top > LOGARITHMIC_FROM * (metric.target or 0)
    if logarithmic:
        axis.set_yscale("symlog", linthresh=2 * (metric.target or 0), linscale=0.8)
        axis.minorticks_off()
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text.number(value)))
    else:
        value_axis(axis)
    axis.set_ylim(*((-0.25 * (metric.target or 0), 1.6 * top) if logarithmic else (-0.04 * top, 1.12 * top)))
    name = {"InvocationsPerInstance": "Calls per instance and minute"}.get(metric.name, metric.name)
    heading(axis, text.shorten(name, 30 if layout.stacked else 60) + " (log)" * logarithmic, layout)


def draw_bands(axis: Any, bands: Sequence[Band], end: float, layout: Layout) -> None:
    """Draw each row of states as bars over time."""
    for row, band in enumerate(reversed(bands)):
        for state in dict.fromkeys(span.value for span in band.spans):
            spans = [span for span in band.spans if span.value == state]
            axis.broken_barh(
                [(span.start, span.length) for span in spans],
                (row - 0.36, 0.72),
                **_look(STATE_ROLE.get(state, "busy")),
            )
        for span in band.spans:
            _name_span(axis, span, row, end, layout)
    axis.set_yticks(range(len(bands)), [band.label for band in reversed(bands)])
    axis.tick_params(axis="y", labelsize=layout.font - 1, labelcolor=COLOUR["ink"])
    axis.set_ylim(-0.6, len(bands) - 0.4)
    heading(axis, "States", layout)


def _look(role: str) -> dict[str, Any]:
    """Return how a state's bar is filled: loud where something waits or fires, quiet where all is well."""
    if role == "nodata":
        return {"facecolor": "none", "edgecolor": COLOUR["nodata"], "hatch": "////", "linewidth": 0.6}
    return {"facecolor": COLOUR[role], "alpha": 0.28 if role == "ok" else 0.85}


def _name_span(axis: Any, span: Span[str], row: int, end: float, layout: Layout) -> None:
    """Write the state into its bar where it fits and is not the quiet one or named by its row."""
    word = STATE_WORDS.get(span.value, span.value)
    room = span.length / end * layout.room
    if span.value == "cooldown" or room < len(word) * 0.62 * (layout.font - 2) + 6:
        return
    role = STATE_ROLE.get(span.value, "busy")
    colour = COLOUR["muted" if role in ("ok", "nodata") else "panel"]
    box = {"facecolor": COLOUR["panel"], "edgecolor": "none", "pad": 0.8} if role == "nodata" else None
    middle = span.start + span.length / 2
    axis.text(
        middle, row, word, ha="center", va="center_baseline", fontsize=layout.font - 2, color=colour, bbox=box
    )


def draw_capacity(axis: Any, shown: Timeline, layout: Layout) -> None:
    """Draw desired and in-service instances as steps between their bounds."""
    moments = [at for at, _ in shown.in_service] + [shown.end]
    counts = [count for _, count in shown.in_service]
    axis.stairs(counts, moments, fill=True, color=COLOUR["in-service"], alpha=0.35, label="in service")
    axis.stairs(counts, moments, color=COLOUR["in-service"], linewidth=1.6, baseline=None)
    desired = [count for _, count in shown.desired]
    style = {"linestyle": (0, (4, 2)), "linewidth": 1.4, "baseline": None}
    axis.stairs(desired, moments, color=COLOUR["desired"], label="desired", **style)
    _draw_windows(axis, shown.windows, shown.end, layout)
    top = max(counts + desired)
    near = [bound for bound in shown.bounds or () if bound <= FAR * max(top, 1)]
    for bound in near:
        axis.axhline(bound, color=COLOUR["muted"], linewidth=0.9, linestyle=(0, (1, 3)))
    axis.set_ylim(0, max([top, *map(float, near)]) * 1.15 + 0.2)
    value_axis(axis, whole=True)
    least, most = shown.bounds or (0, 0)
    heading(axis, f"Instances (minimum {least}, maximum {most})" if shown.bounds else "Instances", layout)


def _draw_windows(axis: Any, windows: Sequence[Window], end: float, layout: Layout) -> None:
    """Shade how many instances may be in service on AWS, and mark when each decision may fall there."""
    rows = envelope(windows, end)
    if not rows:
        return
    moments = [at for at, *_ in rows] + [end]
    least, most = ([row[i] for row in rows] for i in (1, 2))
    axis.stairs(
        most, moments, baseline=least, fill=True, facecolor=COLOUR["in-service"], alpha=0.2, hatch="////",
        edgecolor=COLOUR["in-service"], linewidth=0.0, label="may be on AWS",
    )  # fmt: skip
    for window in windows if len(windows) <= MOST_WHISKERS else ():
        early, late = window.decided
        ends = {"markersize": 5, "markeredgewidth": 1.1, "solid_capstyle": "butt"}
        axis.plot(
            (early, late), (window.after, window.after), "|-", color=COLOUR["desired"], linewidth=1.1, **ends
        )


def draw_distribution(axis: Any, shown: Latency, layout: Layout) -> None:
    """Draw how many requests took how long, response over service."""
    for counts, role in ((shown.service, "service"), (shown.response, "response")):
        shares = [100 * count / shown.requests for count in counts]
        axis.stairs(shares, shown.edges, fill=True, color=COLOUR[role], alpha=0.25)
        axis.stairs(shares, shown.edges, color=COLOUR[role], linewidth=1.5, label=role)
    middle, slow = shown.quantiles["p50"], shown.quantiles["p99"]
    marks = [("p50", middle), ("p99", slow)] if slow > CLOSE * middle else [("p50 to p99", middle)]
    for name, value in marks:
        axis.axvline(value, color=COLOUR["ink"], linewidth=0.9, linestyle=(0, (1, 2)))
        axis.annotate(
            name, (value, 1), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points",
            va="top", fontsize=layout.font - 1.5, color=COLOUR["ink"],
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_ylim(0, 120 * max(*shown.service, *shown.response) / shown.requests)
    value_axis(axis)
    time_labels(axis.xaxis, shown.edges[-1] / shown.edges[0])
    heading(axis, "Share of requests in %, by time", layout)


def draw_over_time(axis: Any, shown: Latency, layout: Layout) -> None:
    """Draw median, p95 and p99 of the response by the moment of the intended start."""
    moments, p50, p95, p99 = zip(*shown.over_time, strict=True)
    axis.fill_between(moments, p50, p99, color=COLOUR["response"], alpha=0.16, linewidth=0)
    axis.plot(moments, p99, color=COLOUR["failed"], linewidth=1.4, label="p99")
    axis.plot(moments, p95, color=COLOUR["response"], linewidth=1.0, linestyle=(0, (3, 2)), label="p95")
    axis.plot(moments, p50, color=COLOUR["response"], linewidth=1.6, label="p50")
    axis.set_yscale("log")
    axis.set_ylim(min(p50) * 0.8, max(p99) * 1.3)
    axis.grid(axis="y", linewidth=0.7)
    time_labels(axis.yaxis, max(p99) / min(p50))
    time_axis([axis], shown.start, max(shown.end, shown.start + 1), layout, ticks=5)
    heading(axis, "Response time by moment of the start", layout)
