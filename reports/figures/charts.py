"""The figures of the report: plain series in, SVG for inlining out. The same series give the same bytes."""

from typing import Any, Protocol

from harness.stats import Span
from reports.figures.canvas import LAYOUTS, Layout, figure, svg_of, time_axis
from reports.figures.panels import (
    draw_bands,
    draw_capacity,
    draw_distribution,
    draw_metric,
    draw_over_time,
    draw_traffic,
)
from reports.figures.series import Latency, Timeline
from reports.figures.svg import COLOUR

__all__ = ["LAYOUTS", "latency", "mark_moments", "name_moments", "timeline"]


class Moments(Protocol):
    """What a figure marks on its time axis, which ends at `end`."""

    @property
    def end(self) -> float: ...
    @property
    def phases(self) -> list[Span[str]]: ...
    @property
    def faults(self) -> list[float]: ...


def timeline(shown: Timeline, layout: Layout, prefix: str) -> str:
    """Return the capacity timeline: traffic, metric against target, states and capacity on one time axis."""
    panels = [panel for panel in _panels(shown) if panel is not None]
    heights = [height for height, _ in panels]
    with figure(layout, heights, gap=46 if layout.stacked else 36) as (drawn, axes):
        for axis, (_, draw) in zip(axes, panels, strict=True):
            draw(axis, layout)
            mark_moments(axis, shown)
        name_moments(axes[0], shown, layout)
        time_axis(axes, 0.0, shown.end, layout)
        return svg_of(drawn, prefix)


def _panels(shown: Timeline) -> list[Any]:
    traffic, metric = shown.traffic, shown.metric
    return [
        traffic and (92, lambda axis, layout: draw_traffic(axis, traffic, layout)),
        metric and (112, lambda axis, layout: draw_metric(axis, metric, layout)),
        (18 * len(shown.bands), lambda axis, layout: draw_bands(axis, shown.bands, shown.end, layout))
        if shown.bands
        else None,
        (92, lambda axis, layout: draw_capacity(axis, shown, layout)) if shown.desired else None,
    ]


def latency(shown: Latency, layout: Layout, prefix: str) -> str:
    """Return the distribution of response and service times, and the response time over the run."""
    with figure(layout, [132, 132], gap=74) as (drawn, (left, right)):
        draw_distribution(left, shown, layout)
        draw_over_time(right, shown, layout)
        return svg_of(drawn, prefix)


def mark_moments(axis: Any, shown: Moments) -> None:
    """Draw a line through *axis* where a phase or a fault begins."""
    for span in shown.phases[1:]:
        axis.axvline(span.start, color=COLOUR["phase"], linewidth=0.8, zorder=0.5)
    for at in shown.faults:
        axis.axvline(at, color=COLOUR["failed"], linewidth=1.1, linestyle=(0, (5, 2)))


def name_moments(axis: Any, shown: Moments, layout: Layout) -> None:
    """Write phases and the numbers of faults above the first panel, where they fit."""
    lift = 40 if layout.stacked else 26
    place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "annotation_clip": False}
    pixels = layout.room / shown.end if shown.end else 0
    for span in shown.phases:
        if span.length * pixels > len(span.value) * 0.6 * layout.font:
            axis.annotate(
                span.value,
                (span.start, 1),
                xytext=(2, lift),
                fontsize=layout.font - 1,
                color=COLOUR["muted"],
                **place,
            )
    for number, at in enumerate(shown.faults, start=1):
        if number > 1 and (at - shown.faults[number - 2]) * pixels < layout.font:
            continue
        axis.annotate(
            f"{number}", (at, 1), xytext=(3, -layout.font), fontsize=layout.font - 1, fontweight="bold",
            color=COLOUR["failed"], **place,
        )  # fmt: skip
