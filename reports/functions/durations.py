"""The figure of how long the invocations of functions took, one distribution under another."""

from collections.abc import Sequence
from typing import Any

from reports.figures.canvas import Layout, figure, heading, svg_of, time_labels, value_axis
from reports.figures.svg import COLOUR
from reports.functions.series import Durations
from reports.text import short, shorten

CLOSE = 1.3  # percentiles closer than this factor share one mark


def draw(shown: Sequence[Durations], layout: Layout, prefix: str) -> str:
    """Return the distributions one under another on one logarithmic axis, cold ones apart."""
    gap, top = (44.0, 44.0) if layout.stacked else (34.0, 28.0)
    with figure(layout, [58.0] * len(shown), gap, margins=(top, 24.0)) as (drawn, axes):
        for axis, one in zip(axes, shown, strict=True):
            _draw_one(axis, one, layout, is_first=one is shown[0], is_last=one is shown[-1])
        return svg_of(drawn, prefix)


def _draw_one(axis: Any, one: Durations, layout: Layout, *, is_first: bool, is_last: bool) -> None:
    total = sum(one.warm) + sum(one.cold)
    low = [0.0] * len(one.warm)
    for counts, role, label in ((one.warm, "in-service", "warm"), (one.cold, "target", "cold, with init")):
        high = [base + 100 * count / total for base, count in zip(low, counts, strict=True)]
        key = {"label": label} if is_first else {}
        axis.stairs(high, one.edges, baseline=low, fill=True, color=COLOUR[role], alpha=0.6, **key)
        low = high
    if few := [
        (a * b) ** 0.5 for a, b, count in zip(one.edges, one.edges[1:], one.cold, strict=False) if count
    ]:
        # Cold ones are often too few for a bar that can be seen.
        style = {"linestyle": "none", "markersize": 5.5, "clip_on": False, "markeredgewidth": 0}
        axis.plot(few, [0] * len(few), marker=6, color=COLOUR["target"], **style)
    for name, value in _marks(one):
        _mark(axis, name, value, one, layout)
    axis.set_xscale("log")
    axis.set_xlim(one.edges[0], one.edges[-1])
    axis.set_ylim(0, 1.25 * max(low))
    value_axis(axis)
    axis.locator_params(axis="y", nbins=2)
    axis.grid(axis="x", linewidth=0.5, alpha=0.7)
    time_labels(axis.xaxis, one.edges[-1] / one.edges[0])
    axis.tick_params(axis="x", labelbottom=is_last)
    heading(axis, shorten(one.name, 30 if layout.stacked else 60), layout)


def _marks(one: Durations) -> list[tuple[str, float]]:
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
    return joined


def _mark(axis: Any, name: str, value: float, one: Durations, layout: Layout) -> None:
    colour = COLOUR["failed" if name.endswith("timeout") else "ink"]
    is_right = value > one.edges[-1] / (one.edges[-1] / one.edges[0]) ** 0.2
    lift = -2 - layout.font if name == "timeout" else -2  # below what may stand beside it
    axis.axvline(value, color=colour, linewidth=0.9, linestyle=(0, (1, 2)))
    axis.annotate(
        name, (value, 1), xycoords=("data", "axes fraction"), xytext=(-3 if is_right else 3, lift),
        textcoords="offset points", va="top", ha="right" if is_right else "left",
        fontsize=layout.font - 1.5, color=colour,
    )  # fmt: skip


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
