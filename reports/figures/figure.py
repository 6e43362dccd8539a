"""A figure as the page takes it: words for everybody, a picture, and the data of a chart."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reports.figures import data, static
from reports.figures.pen import LAYOUTS, Layout
from reports.figures.plan import Plan

REPORTS = Path(__file__).parents[1]
SCRIPTS = (
    "vendor/uPlot.iife.min.js",
    "templates/figures_scales.js",
    "templates/figures_paint.js",
    "templates/figures_panel.js",
    "templates/figures.js",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the page.

    `name` is unique in the page; `alt` says in sentences what is to be seen; `drawings` are (layout, SVG as
    markup), none where no picture was asked for; `data` is what figures.js draws the chart from, as JSON with
    `<` escaped, None where the picture is all there is.
    """

    name: str
    title: str
    alt: str
    drawings: tuple[tuple[str, Any], ...]
    data: Any = None


def of(name: str, title: str, alt: str, plan: Plan, *, drawings: bool = True) -> Figure:
    """Return the figure of *plan*; without *drawings* it is a chart only."""
    from markupsafe import Markup

    pictures = drawn(lambda layout: static.draw(plan, layout)) if drawings else ()
    return Figure(name, title, alt, pictures, Markup(data.as_json(plan)))


def drawn(draw: Callable[[Layout], str]) -> tuple[tuple[str, Any], ...]:
    """Return what *draw* gives for each layout, as markup: our own, with all words of a journal escaped."""
    from markupsafe import Markup

    return tuple((layout.name, Markup(draw(layout))) for layout in LAYOUTS)


@cache
def scripts() -> tuple[str, ...]:
    """Return the scripts that the page needs for its charts, in their order, for inlining."""
    return tuple(map(_read, SCRIPTS))


@cache
def styles() -> str:
    """Return the style sheets that belong to the scripts."""
    return _read("vendor/uPlot.min.css") + _read("templates/figures.css")


def _read(name: str) -> str:
    return (REPORTS / name).read_text(encoding="utf-8")
