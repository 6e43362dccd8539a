"""What a figure is drawn on: two layouts, axes, headings and ticks in the house's manner.

Matplotlib is imported when the first figure is drawn. Every colour is a role of `svg.COLOUR`, which becomes a
CSS variable, so that one drawing serves light, dark and print. A figure is drawn in two layouts, because the
words of a wide one cannot be read on a phone; the page shows the one that fits.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reports import text
from reports.figures.svg import COLOUR, inline

POINTS_PER_INCH = 72
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)


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

    @property
    def room(self) -> float:
        """Return the width of the panels, in points."""
        return self.width - self.left - self.right


WIDE = Layout("wide", width=940, left=104, right=16, font=12.5, ticks=12, stacked=False)
NARROW = Layout("narrow", width=400, left=88, right=10, font=12.5, ticks=5, stacked=True)
LAYOUTS = (WIDE, NARROW)

_RC: dict[str, Any] = {
    "svg.fonttype": "none",  # words stay words: searchable, and in the page's own font
    "svg.hashsalt": "harness",  # ids depend on the drawing alone
    "text.parse_math": False,  # a name from a journal may hold dollar signs
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


def heading(axis: Any, words: str, layout: Layout) -> None:
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


def time_axis(
    axes: Sequence[Any], start: float, end: float, layout: Layout, ticks: int | None = None
) -> None:
    """Give *axes* one time axis from *start* to *end* with round moments, named below the last of them."""
    most = min(ticks or layout.ticks, layout.ticks)
    step = next((s for s in TICK_STEPS_S if (end - start) / s <= most), TICK_STEPS_S[-1])
    first = -(-start // step) * step
    places = [first + i * step for i in range(int((end - first) // step) + 1)]
    for axis in axes:
        axis.set_xlim(start, end)
        axis.set_xticks(places, [text.clock(place) for place in places] if axis is axes[-1] else [])
        axis.grid(axis="x", linewidth=0.5, alpha=0.7)


def value_axis(axis: Any, *, whole: bool = False) -> None:
    """Give *axis* a few round values, whole numbers only where *whole*, and lines to read them by."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=whole, min_n_ticks=2))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text.number(round(value, 9))))
    axis.grid(axis="y", linewidth=0.7)


def time_labels(axis: Any, ratio: float) -> None:
    """Label a logarithmic axis that spans the factor *ratio* with times people read."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(base=10, subs=(1.0,) if ratio > 300 else (1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text.short(value)))
    axis.set_minor_locator(NullLocator())


@contextmanager
def figure(
    layout: Layout, heights: Sequence[float], gap: float, margins: tuple[float, float] | None = None
) -> Iterator[tuple[Any, list[Any]]]:
    """Yield a figure of *layout* with one axis a height (points) under another.

    *margins*, above and below, leave room for the names of phases and of ticks if not given.
    """
    import matplotlib
    from matplotlib.figure import Figure

    top, bottom = margins or (62.0 if layout.stacked else 46.0, 24.0)
    total = top + bottom + sum(heights) + gap * (len(heights) - 1)
    size = (layout.width / POINTS_PER_INCH, total / POINTS_PER_INCH)
    settings: Any = {**_RC, "font.size": layout.font}
    with matplotlib.rc_context(settings):
        drawn = Figure(figsize=size, dpi=POINTS_PER_INCH)
        left, width = layout.left / layout.width, layout.room / layout.width
        axes, used = [], top
        for height in heights:
            axis = drawn.add_axes((left, 1 - (used + height) / total, width, height / total))
            axis.set_axisbelow(True)
            axis.tick_params(labelsize=layout.font - 1.5)
            axes.append(axis)
            used += height + gap
        yield drawn, axes


def svg_of(drawn: Any, prefix: str) -> str:
    """Return *drawn* as SVG for inlining, its ids beginning with *prefix*; nothing in it tells the date."""
    drawing = io.StringIO()
    with warnings.catch_warnings():
        # Words are drawn by the reader's browser, which has the letters that the font here lacks.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from font", category=UserWarning)
        drawn.savefig(drawing, format="svg", metadata={"Date": None, "Creator": None})
    return inline(drawing.getvalue(), prefix)
