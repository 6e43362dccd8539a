"""The picture of a sweep: cost against p99 and against minutes in breach, the fronts marked.

It stands alone (a file to be sent around), so it has its own light background and colours; those of the
instance types stay apart for people who do not see red and green apart. The same points give the same bytes.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reports import text

INK, MUTED, GRID, PALE = "#1b2330", "#5d6878", "#e3e7ed", "#c3cad4"
CHOSEN, LIMIT = "#c0392b", "#b4552d"
TYPE_COLOURS = ("#1f6fb2", "#d98b00", "#0f8f74", "#9b4fb0", "#7a5a3a", "#4a5568")
NEAR = (75.0, 40.0)  # pixels: labels closer than this in both directions would crowd
LOGARITHMIC_FROM = 12.0
"""Largest over smallest value from which an axis is logarithmic: below it a linear one shows as much."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One policy; `exact` tells how it was worked out, `target` labels it on a front."""

    cost_usd: float
    p99_s: float
    breach_minutes: float
    instance_type: str
    target: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn. The fronts are indexes of `dots` by rising cost; limits are None where not asked."""

    title: str
    notes: tuple[str, ...]
    dots: tuple[Dot, ...]
    front_p99: tuple[int, ...]
    front_breach: tuple[int, ...]
    cheapest: int | None
    p99_limit_s: float | None
    breach_limit: float | None


def draw(picture: Picture, kind: Literal["png", "svg"]) -> bytes:
    """Return *picture* as a file of *kind*."""
    import matplotlib
    from matplotlib.figure import Figure

    settings: Any = {
        "font.family": "DejaVu Sans",  # matplotlib's own, so that no machine lays out differently
        "font.size": 9.5,
        "text.parse_math": False,
        "svg.hashsalt": "harness",
        "svg.fonttype": "none",
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": PALE,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(11.0, 5.2), dpi=144, facecolor="white")
        left, right = figure.subplots(1, 2)
        _panel(left, picture, _P99)
        _panel(right, picture, _BREACH)
        foot = 0.04 * len(picture.notes)
        figure.subplots_adjust(left=0.07, right=0.985, top=0.80, bottom=0.115 + foot, wspace=0.2)
        figure.text(0.015, 0.955, picture.title, fontsize=12.5, fontweight="bold", va="center")
        _key(figure, left, right)
        for line, note in enumerate(reversed(picture.notes)):
            figure.text(0.015, 0.02 + 0.04 * line, note, fontsize=8.2, color=MUTED, va="bottom")
        return _bytes_of(figure, kind)


@dataclass(frozen=True, slots=True)
class _Measure:
    name: str
    p99: bool

    def of(self, dot: Dot) -> float:
        return dot.p99_s if self.p99 else dot.breach_minutes


_P99 = _Measure("p99 response time", True)
_BREACH = _Measure("minutes in breach", False)


def _panel(axis: Any, picture: Picture, measure: _Measure) -> None:
    front = picture.front_p99 if measure.p99 else picture.front_breach
    limit = picture.p99_limit_s if measure.p99 else picture.breach_limit
    types = list(dict.fromkeys(dot.instance_type for dot in picture.dots))
    _cloud(axis, picture.dots, measure, types)
    _front(axis, [picture.dots[i] for i in front], measure, types)
    _limit(axis, limit, measure)
    if picture.cheapest is not None:
        chosen = picture.dots[picture.cheapest]
        axis.plot(
            chosen.cost_usd, measure.of(chosen), "*", markersize=17, color=CHOSEN, markeredgecolor="white",
            markeredgewidth=1.0, zorder=6, label="cheapest that meets the thresholds",
        )  # fmt: skip
    _axes(axis, picture.dots, limit, measure)
    _label(axis, [picture.dots[i] for i in front], measure)


def _cloud(axis: Any, dots: Sequence[Dot], measure: _Measure, types: Sequence[str]) -> None:
    """Draw all policies: pale rings where only the fluid model was asked, full dots of the type's colour."""
    fluid = [dot for dot in dots if not dot.exact]
    if fluid:
        axis.plot(
            [dot.cost_usd for dot in fluid], [measure.of(dot) for dot in fluid], "o", markersize=4,
            markerfacecolor="none", markeredgecolor=PALE, markeredgewidth=0.8, zorder=1,
            label="fluid model only", rasterized=len(fluid) > 5_000,
        )  # fmt: skip
    for number, name in enumerate(types):
        mine = [dot for dot in dots if dot.exact and dot.instance_type == name]
        if mine:
            axis.plot(
                [dot.cost_usd for dot in mine], [measure.of(dot) for dot in mine], "o", markersize=5.5,
                color=_colour(number), alpha=0.75, markeredgewidth=0, zorder=3, label=f"{name}, exact",
            )  # fmt: skip


def _front(axis: Any, front: Sequence[Dot], measure: _Measure, types: Sequence[str]) -> None:
    """Draw the front as a staircase: between two of its policies nothing better was found."""
    if not front:
        return
    xs, ys = [dot.cost_usd for dot in front], [measure.of(dot) for dot in front]
    axis.step(xs, ys, where="post", color=INK, linewidth=1.4, zorder=4, label="Pareto front")
    axis.scatter(
        xs, ys, s=46, c=[_colour(types.index(dot.instance_type)) for dot in front], edgecolors=INK,
        linewidths=1.2, zorder=5,
    )  # fmt: skip


def _limit(axis: Any, limit: float | None, measure: _Measure) -> None:
    if limit is None:
        return
    axis.axhline(limit, color=LIMIT, linewidth=1.1, linestyle=(0, (5, 3)), zorder=2)
    words = f"limit {text.short(limit)}" if measure.p99 else f"limit {limit:g} min"
    axis.annotate(
        words, (1, limit), xycoords=("axes fraction", "data"), xytext=(-2, 3), textcoords="offset points",
        ha="right", fontsize=8.5, color=LIMIT, zorder=7,
    )  # fmt: skip


def _axes(axis: Any, dots: Sequence[Dot], limit: float | None, measure: _Measure) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    seen = [value for value in [*map(measure.of, dots), limit or 0.0] if math.isfinite(value)]
    top, above_zero = max(seen, default=1.0), [value for value in seen if value > 0]
    if above_zero and top / min(above_zero) > LOGARITHMIC_FROM:
        if measure.p99:
            axis.set_yscale("log")
        else:
            # Zero minutes is what everybody hopes for, and no logarithmic axis has it.
            axis.set_yscale("symlog", linthresh=1.0, linscale=0.6)
            axis.set_ylim(-0.35, top * 1.6)
        axis.set_yticks(_round_values(min(above_zero), top, zero=not measure.p99))
        axis.yaxis.set_minor_locator(NullLocator())
    else:
        axis.set_ylim(-0.04 * (top or 1.0), (top or 1.0) * 1.1)
        axis.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=not measure.p99))
    shown = (lambda value, _: text.short(value) if value else "0") if measure.p99 else None
    axis.yaxis.set_major_formatter(FuncFormatter(shown or (lambda value, _: f"{value:g}")))
    costs = [dot.cost_usd for dot in dots if dot.cost_usd > 0]
    if costs and max(costs) / min(costs) > LOGARITHMIC_FROM:
        axis.set_xscale("log")
        axis.set_xticks(_round_values(min(costs), max(costs), zero=False))
        axis.xaxis.set_minor_locator(NullLocator())
    else:
        axis.xaxis.set_major_locator(MaxNLocator(nbins=7))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.margins(x=0.05)
    axis.tick_params(length=0)
    axis.grid(color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    axis.set_xlabel("cost over the trace, USD")
    axis.set_title(f"Cost against {measure.name}", loc="left", fontsize=10.5, fontweight="bold", pad=8)


def _round_values(low: float, high: float, *, zero: bool) -> list[float]:
    """Return 1, 2, 5 x powers of ten around *low* to *high*, fewer of them over many decades."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1.0, 2.0, 5.0) if len(decades) <= 4 else (1.0,)
    marks = [step * 10.0**decade for decade in decades for step in steps]
    inside = [mark for mark in marks if low * 0.8 <= mark <= high * 1.3]
    return [0.0, *inside] if zero else inside


def _label(axis: Any, front: Sequence[Dot], measure: _Measure) -> None:
    """Name the targets along the front, as many as do not touch each other."""
    placed: list[tuple[float, float]] = []
    for dot in front:
        x, y = axis.transData.transform((dot.cost_usd, measure.of(dot)))
        if any(abs(x - a) < NEAR[0] and abs(y - b) < NEAR[1] for a, b in placed):
            continue
        placed.append((x, y))
        axis.annotate(
            f"{dot.target:g}", (dot.cost_usd, measure.of(dot)), xytext=(6, 5), textcoords="offset points",
            fontsize=8, color=INK, zorder=7,
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


def _key(figure: Any, *axes: Any) -> None:
    """Write one key for both panels below the title."""
    found: dict[str, Any] = {}
    for axis in axes:
        found |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(
        found.values(), found.keys(), loc="upper left", bbox_to_anchor=(0.008, 0.93), ncols=len(found),
        frameon=False, fontsize=8.8, handletextpad=0.4, columnspacing=1.6, labelcolor=MUTED,
    )  # fmt: skip


def _colour(number: int) -> str:
    return TYPE_COLOURS[number % len(TYPE_COLOURS)]


def _bytes_of(figure: Any, kind: Literal["png", "svg"]) -> bytes:
    out = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    figure.savefig(out, format=kind, metadata=metadata)
    return out.getvalue()
