"""The figures of the report: plain series in, SVG text for inlining out. The same series give the same bytes.

Matplotlib is imported when the first figure is drawn. Every colour is a role of `svg.COLOUR`, which becomes a
CSS variable, so that one drawing serves light, dark and print. A figure is drawn in two layouts, because the
words of a wide one cannot be read on a phone; the page shows the one that fits.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.stats import Span, histogram, logarithmic_edges, percentile, thin
from reports import text
from reports.series import Band, Metric, Timeline, Times, Traffic, percentiles_over_time
from reports.svg import COLOUR, inline

POINTS_PER_INCH = 72
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)
MOST_DATAPOINTS = 200  # more are drawn as one line: their dots would touch
LOGARITHMIC_FROM = 8  # times the target: above it a linear axis would press target and alarm line together
CLOSE = 1.3  # percentiles closer than this factor share one mark: two labels would lie over each other
FASTEST_S = 1e-5  # a modelled time of zero still has a place on a logarithmic axis
STATE_ROLE = {
    "OK": "ok", "InService": "ok", "ALARM": "alarm", "Failed": "alarm", "INSUFFICIENT_DATA": "nodata",
    "cooldown": "cooldown",
}  # fmt: skip
STATE_WORDS = {"INSUFFICIENT_DATA": "no data"}


@dataclass(frozen=True, slots=True)
class Layout:
    """A size to draw for, in points; `name` is the CSS class that says when the page shows it."""

    name: str
    width: float
    left: float
    right: float
    font: float
    ticks: int
    stacked: bool


WIDE = Layout("wide", width=940, left=104, right=16, font=12.5, ticks=12, stacked=False)
NARROW = Layout("narrow", width=400, left=88, right=10, font=12.5, ticks=5, stacked=True)
LAYOUTS = (WIDE, NARROW)

_RC = {
    "svg.fonttype": "none",  # words stay words: searchable, and in the page's own font
    "svg.hashsalt": "harness",  # ids depend on the drawing alone
    "axes.edgecolor": COLOUR["grid"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.labelcolor": COLOUR["muted"],
    "text.color": COLOUR["ink"],
    "xtick.color": COLOUR["muted"],
    "ytick.color": COLOUR["muted"],
    "grid.color": COLOUR["grid"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "hatch.linewidth": 0.6,
    "font.family": "DejaVu Sans",  # matplotlib's own, so that no machine lays out differently
}


def timeline(shown: Timeline, layout: Layout, prefix: str) -> str:
    """Return the capacity timeline: traffic, metric against target, states and capacity on one time axis."""
    panels = [panel for panel in _panels(shown) if panel is not None]
    with _figure(layout, [height for height, _ in panels], gap=46 if layout.stacked else 36) as (figure, axes):
        for axis, (_, draw) in zip(axes, panels, strict=True):
            draw(axis, layout)
            _mark_moments(axis, shown)
        _name_moments(axes[0], shown, layout)
        _time_axis(axes, 0.0, shown.end, layout)
        return _svg(figure, prefix)


def _panels(shown: Timeline) -> list[Any]:
    traffic, metric = shown.traffic, shown.metric
    return [
        traffic and (92, lambda axis, layout: _draw_traffic(axis, traffic, layout)),
        metric and (112, lambda axis, layout: _draw_metric(axis, metric, layout)),
        (18 * len(shown.bands), lambda axis, layout: _draw_bands(axis, shown.bands, shown.end, layout))
        if shown.bands
        else None,
        (92, lambda axis, layout: _draw_capacity(axis, shown, layout)) if shown.desired else None,
    ]


def latency(times: Times, layout: Layout, prefix: str) -> str:
    """Return the distribution of response and service times, and the response time over the run."""
    with _figure(layout, [132, 132], gap=74) as (figure, (left, right)):
        _draw_distribution(left, times, layout)
        _draw_over_time(right, times, layout)
        return _svg(figure, prefix)


# --- the panels --------------------------------------------------------------------------------------------


def _draw_traffic(axis: Any, traffic: Traffic, layout: Layout) -> None:
    per_s = max(traffic.offered) / traffic.step_s >= 1
    factor = (1 if per_s else 60) / traffic.step_s
    edges = [traffic.start + i * traffic.step_s for i in range(len(traffic.offered) + 1)]

    def rates(counts: Sequence[int]) -> list[float]:
        return [count * factor for count in counts]

    axis.stairs(rates(traffic.served), edges, fill=True, color=COLOUR["served"], alpha=0.35, label="served")
    if any(traffic.failed):
        axis.stairs(rates(traffic.failed), edges, fill=True, color=COLOUR["failed"], label="failed")
    axis.stairs(rates(traffic.offered), edges, color=COLOUR["offered"], linewidth=1.4, label="offered")
    axis.set_ylim(0, max(rates(traffic.offered) + rates(traffic.served)) * 1.12)
    _value_axis(axis)
    _heading(axis, f"Requests per {'second' if per_s else 'minute'}", layout)


def _draw_metric(axis: Any, metric: Metric, layout: Layout) -> None:
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
        _value_axis(axis)
    axis.set_ylim(*((-0.25 * (metric.target or 0), 1.6 * top) if logarithmic else (-0.04 * top, 1.12 * top)))
    name = {"InvocationsPerInstance": "Calls per instance and minute"}.get(metric.name, metric.name)
    _heading(axis, text.shorten(name, 30 if layout.stacked else 60) + " (log)" * logarithmic, layout)


def _draw_bands(axis: Any, bands: Sequence[Band], end: float, layout: Layout) -> None:
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
    _heading(axis, "States", layout)


def _look(role: str) -> dict[str, Any]:
    """Return how a state's bar is filled: loud where something waits or fires, quiet where all is well."""
    if role == "nodata":
        return {"facecolor": "none", "edgecolor": COLOUR["nodata"], "hatch": "////", "linewidth": 0.6}
    return {"facecolor": COLOUR[role], "alpha": 0.28 if role == "ok" else 0.85}


def _name_span(axis: Any, span: Span[str], row: int, end: float, layout: Layout) -> None:
    """Write the state into its bar where it fits and is not the quiet one or named by its row."""
    word = STATE_WORDS.get(span.value, span.value)
    room = span.length / end * (layout.width - layout.left - layout.right)
    if span.value == "cooldown" or room < len(word) * 0.62 * (layout.font - 2) + 6:
        return
    role = STATE_ROLE.get(span.value, "busy")
    colour = COLOUR["muted" if role in ("ok", "nodata") else "panel"]
    box = {"facecolor": COLOUR["panel"], "edgecolor": "none", "pad": 0.8} if role == "nodata" else None
    middle = span.start + span.length / 2
    axis.text(
        middle, row, word, ha="center", va="center_baseline", fontsize=layout.font - 2, color=colour, bbox=box
    )


def _draw_capacity(axis: Any, shown: Timeline, layout: Layout) -> None:
    moments = [at for at, _ in shown.in_service] + [shown.end]
    counts = [count for _, count in shown.in_service]
    axis.stairs(counts, moments, fill=True, color=COLOUR["in-service"], alpha=0.35, label="in service")
    axis.stairs(counts, moments, color=COLOUR["in-service"], linewidth=1.6, baseline=None)
    desired = [count for _, count in shown.desired]
    style = {"linestyle": (0, (4, 2)), "linewidth": 1.4, "baseline": None}
    axis.stairs(desired, moments, color=COLOUR["desired"], label="desired", **style)
    for bound in shown.bounds or ():
        axis.axhline(bound, color=COLOUR["muted"], linewidth=0.9, linestyle=(0, (1, 3)))
    axis.set_ylim(0, max(counts + desired + [*map(float, shown.bounds or ())]) * 1.15 + 0.2)
    _value_axis(axis, whole=True)
    least, most = shown.bounds or (0, 0)
    _heading(axis, f"Instances (minimum {least}, maximum {most})" if shown.bounds else "Instances", layout)


def _draw_distribution(axis: Any, times: Times, layout: Layout) -> None:
    response = sorted(max(value, FASTEST_S) for value in times.response)
    service = [max(value, FASTEST_S) for value in times.service]
    edges = logarithmic_edges(min(response[0], *service), max(response[-1], *service), 12)
    total = len(response)
    for values, role in ((service, "service"), (response, "response")):
        shares = [100 * count / total for count in histogram(values, edges)]
        axis.stairs(shares, edges, fill=True, color=COLOUR[role], alpha=0.25)
        axis.stairs(shares, edges, color=COLOUR[role], linewidth=1.5, label=role)
    middle, slow = percentile(response, 0.5), percentile(response, 0.99)
    marks = [("p50", middle), ("p99", slow)] if slow > CLOSE * middle else [("p50 to p99", middle)]
    for name, value in marks:
        axis.axvline(value, color=COLOUR["ink"], linewidth=0.9, linestyle=(0, (1, 2)))
        axis.annotate(
            name, (value, 1), xycoords=("data", "axes fraction"), xytext=(3, -2), textcoords="offset points",
            va="top", fontsize=layout.font - 1.5, color=COLOUR["ink"],
        )  # fmt: skip
    axis.set_xscale("log")
    axis.set_ylim(0, None)
    _value_axis(axis)
    _time_labels(axis.xaxis, edges[-1] / edges[0])
    _heading(axis, "Share of requests in %, by time", layout)


def _draw_over_time(axis: Any, times: Times, layout: Layout) -> None:
    rows = percentiles_over_time(times, 60 if layout.stacked else 90)
    moments = [row[0] for row in rows]
    lowest = max(min(row[1] for row in rows), FASTEST_S)
    p50, p95, p99 = ([max(row[i], lowest) for row in rows] for i in (1, 2, 3))
    axis.fill_between(moments, p50, p99, color=COLOUR["response"], alpha=0.16, linewidth=0)
    axis.plot(moments, p99, color=COLOUR["failed"], linewidth=1.4, label="p99")
    axis.plot(moments, p95, color=COLOUR["response"], linewidth=1.0, linestyle=(0, (3, 2)), label="p95")
    axis.plot(moments, p50, color=COLOUR["response"], linewidth=1.6, label="p50")
    axis.set_yscale("log")
    axis.set_ylim(lowest * 0.8, max(p99) * 1.3)
    axis.grid(axis="y", linewidth=0.7)
    _time_labels(axis.yaxis, max(p99) / lowest)
    start, end = times.starts[0], times.starts[-1]
    _time_axis([axis], start, max(end, start + 1), layout, ticks=5)
    _heading(axis, "Response time by moment of the start", layout)


# --- shared by the panels ----------------------------------------------------------------------------------


def _heading(axis: Any, words: str, layout: Layout) -> None:
    """Write the panel's name above it and the key beside the name, or below it where there is no room."""
    handles, labels = axis.get_legend_handles_labels()
    lift = 21 if layout.stacked and handles else 7
    axis.annotate(
        words, (0, 1), xycoords="axes fraction", xytext=(0, lift), textcoords="offset points",
        fontsize=layout.font, fontweight="bold", color=COLOUR["ink"], va="bottom", annotation_clip=False,
    )  # fmt: skip
    if handles:
        corner, place = ("lower left", (0, 1)) if layout.stacked else ("lower right", (1, 1))
        axis.legend(
            handles, labels, loc=corner, bbox_to_anchor=place, ncols=len(handles), frameon=False, borderpad=0,
            fontsize=layout.font - 1, labelcolor=COLOUR["muted"], handlelength=1.3, handleheight=0.7,
            handletextpad=0.5, columnspacing=1.2, borderaxespad=0.35,
        )  # fmt: skip


def _mark_moments(axis: Any, shown: Timeline) -> None:
    for span in shown.phases[1:]:
        axis.axvline(span.start, color=COLOUR["phase"], linewidth=0.8, zorder=0.5)
    for at in shown.faults:
        axis.axvline(at, color=COLOUR["failed"], linewidth=1.1, linestyle=(0, (5, 2)))


def _name_moments(axis: Any, shown: Timeline, layout: Layout) -> None:
    """Write phases and the numbers of faults above the first panel, where they fit."""
    lift = 40 if layout.stacked else 26
    place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "annotation_clip": False}
    pixels = (layout.width - layout.left - layout.right) / shown.end if shown.end else 0
    for span in shown.phases:
        if span.length * pixels > len(span.value) * 0.6 * layout.font:
            axis.annotate(
                span.value, (span.start, 1), xytext=(2, lift), fontsize=layout.font - 1, color=COLOUR["muted"], **place
            )
    for number, at in enumerate(shown.faults, start=1):
        if number > 1 and (at - shown.faults[number - 2]) * pixels < layout.font:
            continue
        axis.annotate(
            f"{number}", (at, 1), xytext=(3, -layout.font), fontsize=layout.font - 1, fontweight="bold",
            color=COLOUR["failed"], **place,
        )  # fmt: skip


def _time_axis(axes: Sequence[Any], start: float, end: float, layout: Layout, ticks: int | None = None) -> None:
    most = min(ticks or layout.ticks, layout.ticks)
    step = next((s for s in TICK_STEPS_S if (end - start) / s <= most), TICK_STEPS_S[-1])
    first = -(-start // step) * step
    places = [first + i * step for i in range(int((end - first) // step) + 1)]
    for axis in axes:
        axis.set_xlim(start, end)
        axis.set_xticks(places, [text.clock(place) for place in places] if axis is axes[-1] else [])
        axis.grid(axis="x", linewidth=0.5, alpha=0.7)


def _value_axis(axis: Any, *, whole: bool = False) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=whole, min_n_ticks=2))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text.number(round(value, 9))))
    axis.grid(axis="y", linewidth=0.7)


def _time_labels(axis: Any, ratio: float) -> None:
    """Label a logarithmic axis that spans the factor *ratio* with times people read."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(base=10, subs=(1.0,) if ratio > 300 else (1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text.short(value)))
    axis.set_minor_formatter(NullFormatter())


@contextmanager
def _figure(layout: Layout, heights: Sequence[float], gap: float) -> Iterator[tuple[Any, list[Any]]]:
    """Yield a figure of *layout* with one axis a height (points) under another."""
    import matplotlib
    from matplotlib.figure import Figure

    top = 62 if layout.stacked else 46
    bottom = 24
    total = top + bottom + sum(heights) + gap * (len(heights) - 1)
    with matplotlib.rc_context({**_RC, "font.size": layout.font}):
        figure = Figure(figsize=(layout.width / POINTS_PER_INCH, total / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        width = (layout.width - layout.left - layout.right) / layout.width
        axes, used = [], top
        for height in heights:
            axes.append(figure.add_axes((layout.left / layout.width, 1 - (used + height) / total, width, height / total)))
            used += height + gap
        for axis in axes:
            axis.set_axisbelow(True)
            axis.tick_params(labelsize=layout.font - 1.5)
        yield figure, axes


def _svg(figure: Any, prefix: str) -> str:
    drawing = io.StringIO()
    figure.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    return inline(drawing.getvalue(), prefix)
