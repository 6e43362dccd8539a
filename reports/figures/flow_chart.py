"""The drawing of the flow of messages: boxes and arrows, wider where more copies go.

Wide: sources on the left, their queues and webhooks beside them, the ends on the right. Narrow: the same as a
tree from top to bottom. Coordinates are points from the upper left corner.
"""

from dataclasses import dataclass
from typing import Any

from harness.messaging.statement import DEAD_LETTERED, EXPIRED, LOST, PROCESSED, PURGED, STILL_THERE
from reports.figures.canvas import Layout, figure, svg_of
from reports.figures.svg import COLOUR
from reports.messages.flow import HANDED, UNFOLLOWED, End, Flow, Source, Stop, Way
from reports.text import plural, shorten

ROLE = {
    PROCESSED: "ok", HANDED: "ok", DEAD_LETTERED: "cooldown", EXPIRED: "target", PURGED: "nodata",
    STILL_THERE: "busy", LOST: "failed", UNFOLLOWED: "nodata",
}  # fmt: skip
LINE, SMALL_LINE, BOX, GAP = 20.0, 15.0, 42.0, 16.0
THINNEST, THICKEST = 1.6, 11.0
EDGE = 3.0  # so that the line around a box is inside the drawing
NO_ONE = "reached nobody: no subscriber"
LEVEL = 58.0  # how far a curve runs straight before it arrives
LETTER = 0.66  # width of a bold letter, of the font's size: names are cut to fit


def flow_chart(shown: Flow, layout: Layout, prefix: str) -> str:
    """Return *shown* as SVG; the same flow gives the same bytes."""
    plan = _Tree(shown, layout) if layout.stacked else _Columns(shown, layout)
    with figure(layout, [plan.height], gap=0, margins=(EDGE, EDGE)) as (drawn, (axis,)):
        axis.set_position((0, 0, 1, 1))
        axis.set_xlim(0, layout.width)
        axis.set_ylim(plan.height + EDGE, -EDGE)
        axis.axis("off")
        plan.draw(_Pen(axis, layout, shown.most))
        return svg_of(drawn, prefix)


@dataclass(frozen=True, slots=True)
class _Pen:
    """What boxes, arrows and words look like."""

    axis: Any
    layout: Layout
    most: int

    def width(self, count: int) -> float:
        return THINNEST + (THICKEST - THINNEST) * count / self.most

    def box(
        self, left: float, top: float, right: float, bottom: float, role: str, *, hollow: bool = False
    ) -> None:
        from matplotlib.patches import FancyBboxPatch

        self.axis.add_patch(
            FancyBboxPatch(
                (left + EDGE, top + EDGE), right - left - 2 * EDGE, bottom - top - 2 * EDGE,
                boxstyle="round,pad=3,rounding_size=5", linewidth=1.1, zorder=3,
                facecolor=COLOUR["panel"], edgecolor=COLOUR[role],
                linestyle=(0, (4, 3)) if hollow else "solid",
            )
        )  # fmt: skip

    def words(self, x: float, y: float, text: str, **look: Any) -> None:
        self.axis.text(
            x, y, text, **{"va": "center_baseline", "fontsize": self.layout.font, "zorder": 5,
            "color": COLOUR["ink"], **look},
        )  # fmt: skip

    def name(self, left: float, right: float, y: float, name: str, below: str) -> None:
        """Write a box's name and what it is, cut to the box."""
        letters = int((right - left - 18) / (LETTER * self.layout.font))
        self.words(left + 10, y - 8, shorten(name, letters), fontweight="bold")
        self.words(left + 10, y + 9, below, fontsize=self.layout.font - 1.5, color=COLOUR["muted"])

    def curve(self, x0: float, y0: float, x1: float, y1: float, count: int, role: str) -> None:
        """Draw a way of *count* copies that leaves level and is level again for its label at the end."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        turned = x1 if y0 == y1 else x1 - min(LEVEL, (x1 - x0) / 3)
        bend = (turned - x0) / 2
        points = [(x0, y0), (x0 + bend, y0), (turned - bend, y1), (turned, y1), (x1, y1)]
        path = Path(points, [1, 4, 4, 4, 2])
        self.axis.add_patch(
            PathPatch(
                path, facecolor="none", edgecolor=COLOUR[role], linewidth=self.width(count), alpha=0.55,
                capstyle="butt", zorder=1,
            )
        )  # fmt: skip

    def line(self, x0: float, y0: float, x1: float, y1: float, role: str, **look: Any) -> None:
        self.axis.plot([x0, x1], [y0, y1], color=COLOUR[role], **{"linewidth": 1.4, "zorder": 1, **look})

    def stopped(self, x0: float, y0: float, x1: float, y1: float, role: str, mark: str) -> None:
        """Draw a way that ends before it arrives: dashed, with *mark* where it is cut."""
        self.line(x0, y0, x1, y1, role, linestyle=(0, (4, 3)))
        look = {"markersize": 8, "markeredgewidth": 1.8, "color": COLOUR[role], "zorder": 2}
        self.axis.plot([x1], [y1], mark, **look)

    def tip(self, x: float, y: float, role: str, mark: str = ">") -> None:
        self.axis.plot([x - 4], [y], mark, markersize=8, color=COLOUR[role], markeredgewidth=0, zorder=2)

    def label(self, x: float, y: float, text: str, role: str = "ink") -> None:
        """Write *text* over a line that it belongs to."""
        ground = {"facecolor": COLOUR["panel"], "edgecolor": "none", "pad": 2.0}
        small = self.layout.font - 1
        self.words(x, y, text, fontsize=small, color=COLOUR[role], ha="center", bbox=ground, zorder=4)

    def end(self, x: float, y: float, end: End) -> None:
        """Write how copies ended, and below it where they went."""
        self.axis.plot([x], [y], "s", markersize=8, color=COLOUR[ROLE[end.how]], markeredgewidth=0, zorder=4)
        loud = {"color": COLOUR["failed"]} if end.how == LOST else {}
        bold = "bold" if end.how == LOST else "normal"
        self.words(x + 12, y, f"{end.count:,} {end.words}", fontweight=bold, **loud)
        if end.where:
            letters = int((self.layout.width - x - 24) / (LETTER * (self.layout.font - 1.5))) - 3
            small = {"fontsize": self.layout.font - 1.5, "color": COLOUR["muted"]}
            self.words(x + 12, y + SMALL_LINE, f"to {shorten(end.where, letters)}", **small)


def _parts(way: Way) -> list[tuple[str, int]]:
    """Return what goes and does not go along *way*, each of which is drawn as a line of its own."""
    parts = [("copies", way.copies), ("filtered", way.filtered), ("refused", way.refused)]
    return [(what, count) for what, count in parts if count]


def _end_height(end: End) -> float:
    return LINE + SMALL_LINE if end.where else LINE


def _below(source: Source) -> str:
    if not source.is_topic:
        return plural(source.published, "message")
    return f"topic, {source.published:,} published"


class _Columns:
    """The wide drawing. Every stop stands beside its first source, so most ways are level lines."""

    LEFT, IN, OUT, ENDS = 262.0, 428.0, 702.0, 768.0

    def __init__(self, shown: Flow, layout: Layout) -> None:
        self._shown = shown
        self._width = layout.width
        self._spans: dict[str, tuple[float, float]] = {}  # of sources
        self._stops: dict[str, tuple[float, float]] = {}
        top = 0.0
        for source in shown.sources:
            began = top
            if source.nobody:
                top += BOX + GAP
            for stop in shown.first_from(source):
                height = self._height_of(stop)
                self._stops[stop.name] = (top, top + height)
                top += height + GAP
            top = max(top, began + BOX + GAP)
            self._spans[source.name] = (began, top - GAP)
        self.height = top - GAP

    def _height_of(self, stop: Stop) -> float:
        lines = sum(len(_parts(way)) for way in self._shown.to(stop))
        return max(BOX, LINE * lines, sum(map(_end_height, stop.ends)))

    def draw(self, pen: _Pen) -> None:
        for source in self._shown.sources:
            self._source(pen, source)
        for stop in self._shown.stops:
            self._stop(pen, stop)
            self._into(pen, stop)

    def _source(self, pen: _Pen, source: Source) -> None:
        top, bottom = self._spans[source.name]
        pen.box(0, top, self.LEFT, bottom, "desired", hollow=not source.is_topic)
        # At the height of the first arrow: the middle of a long box may be off the screen.
        pen.name(0, self.LEFT, top + BOX / 2, source.name, _below(source))
        if source.nobody:
            y = top + BOX / 2
            pen.stopped(self.LEFT, y, self.IN - 40, y, "failed", "x")
            pen.label((self.LEFT + self.IN - 40) / 2, y, f"{source.nobody:,}", "failed")
            pen.words(self.IN - 24, y, NO_ONE, color=COLOUR["failed"], fontweight="bold")

    def _stop(self, pen: _Pen, stop: Stop) -> None:
        top, bottom = self._stops[stop.name]
        middle = (top + bottom) / 2
        pen.box(self.IN, top, self.OUT, bottom, "in-service")
        pen.name(self.IN, self.OUT, middle, stop.name, stop.kind)
        y = middle - sum(map(_end_height, stop.ends)) / 2
        for end in stop.ends:
            height = _end_height(end)
            pen.curve(self.OUT, middle, self.ENDS - 4, y + LINE / 2, end.count, ROLE[end.how])
            pen.end(self.ENDS, y + LINE / 2, end)
            y += height

    def _into(self, pen: _Pen, stop: Stop) -> None:
        top, bottom = self._stops[stop.name]
        lines = [(way, what, count) for way in self._shown.to(stop) for what, count in _parts(way)]
        y = (top + bottom - LINE * (len(lines) - 1)) / 2
        first = lines[0][0].source if lines else ""
        for way, what, count in lines:
            above, below = self._spans[way.source]
            start = y if way.source == first else (above + below) / 2
            self._line(pen, start, y, what, count)
            y += LINE

    def _line(self, pen: _Pen, start: float, y: float, what: str, count: int) -> None:
        # Where ways cross, the labels stand at the arrows' ends, each in its own line.
        middle = self.IN - 40 if start != y else (self.LEFT + self.IN) / 2
        if what == "copies":
            pen.curve(self.LEFT, start, self.IN - 6, y, count, "served")
            pen.tip(self.IN, y, "served")
            pen.label(middle, y, f"{count:,}")
        else:
            role, mark = ("failed", "x") if what == "refused" else ("muted", "|")
            said = f"{count:,} refused" if what == "refused" else f"{count:,} filtered out"
            pen.stopped(self.LEFT, start, self.IN - 16, y, role, mark)
            pen.label(middle, y, said, role)


class _Tree:
    """The narrow drawing: each source with its stops below it, each stop with its ends below it."""

    TRUNK, BOXES, TWIG, ENDS = 14.0, 34.0, 50.0, 70.0

    def __init__(self, shown: Flow, layout: Layout) -> None:
        self._shown = shown
        self._width = layout.width
        self._places: list[tuple[str, float, Any]] = []
        top = 0.0
        for source in shown.sources:
            self._places.append(("source", top, source))
            top += BOX
            if source.nobody:
                self._places.append(("nobody", top, source))
                top += LINE + 6
            for way in shown.ways:
                if way.source == source.name:
                    self._places.append(("way", top, way))
                    top += self._height_of(way)
            top += GAP
        self.height = top - GAP

    def _stop(self, way: Way) -> Stop:
        return next(stop for stop in self._shown.stops if stop.name == way.stop)

    def _ends(self, way: Way) -> tuple[End, ...]:
        """Return the ends to draw below *way*: each stop has its own once, below the first way to it."""
        stop = self._stop(way)
        return stop.ends if self._shown.to(stop)[0] is way else ()

    def _height_of(self, way: Way) -> float:
        return LINE * len(_parts(way)) + 4 + BOX + sum(map(_end_height, self._ends(way))) + 10

    def draw(self, pen: _Pen) -> None:
        trunk = 0.0
        for kind, top, what in self._places:
            if kind == "source":
                pen.box(0, top, self._width, top + BOX, "desired", hollow=not what.is_topic)
                pen.name(0, self._width, top + BOX / 2, what.name, _below(what))
                trunk = top + BOX
            elif kind == "nobody":
                y = top + LINE / 2 + 6
                pen.stopped(self.TRUNK, trunk, self.TRUNK, y, "failed", "x")
                look = {"color": COLOUR["failed"], "fontweight": "bold"}
                pen.words(self.TRUNK + 14, y, f"{what.nobody:,} {NO_ONE}", **look)
            else:
                trunk = self._way(pen, trunk, top, what)

    def _way(self, pen: _Pen, trunk: float, top: float, way: Way) -> float:
        """Draw *way*, whose line begins at *trunk*; return where that of the next one begins."""
        y = top + 4
        for what, count in _parts(way):
            role = {"copies": "ink", "filtered": "muted", "refused": "failed"}[what]
            said = {"copies": "copies", "filtered": "filtered out", "refused": "refused ✕"}[what]
            said = "copy" if what == "copies" and count == 1 else said
            look = {"fontsize": pen.layout.font - 1, "color": COLOUR[role]}
            pen.words(self.TRUNK + 14, y + LINE / 2, f"{count:,} {said}", **look)
            y += LINE
        middle, gone = y + BOX / 2, bool(way.copies)
        role = "served" if gone else "failed" if way.refused else "muted"
        look = {} if gone else {"linestyle": (0, (4, 3))}
        thick = {"linewidth": pen.width(way.copies) if gone else 1.4, "alpha": 0.55 if gone else 1.0}
        pen.line(
            self.TRUNK, trunk, self.TRUNK, middle, role, **{**look, **thick, "solid_capstyle": "projecting"}
        )
        pen.line(
            self.TRUNK, middle, self.BOXES - 5, middle, role, **{**look, **thick, "solid_capstyle": "butt"}
        )
        if gone:
            pen.tip(self.BOXES, middle, role)
        pen.box(self.BOXES, y, self._width, y + BOX, "in-service")
        ends = self._ends(way)
        stop = self._stop(way)
        above = "" if ends or not stop.ends else ", ends see above"
        pen.name(self.BOXES, self._width, middle, stop.name, f"{stop.kind}{above}")
        self._twigs(pen, y + BOX, ends)
        return middle

    def _twigs(self, pen: _Pen, top: float, ends: tuple[End, ...]) -> None:
        y = top + 2
        for end in ends:
            middle = y + LINE / 2
            pen.line(self.TWIG, top, self.TWIG, middle, "phase")
            look = {"linewidth": pen.width(end.count), "alpha": 0.55, "solid_capstyle": "butt"}
            pen.line(self.TWIG, middle, self.ENDS - 4, middle, ROLE[end.how], **look)
            pen.end(self.ENDS, middle, end)
            y += _end_height(end)
