"""The drawing of the flow of messages: boxes and arrows, wider where more copies go.

Wide: sources on the left, their queues and webhooks beside them, the ends on the right. Narrow: the same as a
tree from top to bottom. Coordinates are points from the upper left corner.
"""

from dataclasses import dataclass
from typing import Any

from harness.messaging.statement import DEAD_LETTERED, EXPIRED, LOST, PROCESSED, PURGED, STILL_THERE
from reports.figures.figure import Figure, drawn
from reports.figures.pen import Anchor, Layout, Pen, arrow_head, short
from reports.figures.plan import DASHED
from reports.messages.flow import HANDED, UNFOLLOWED, End, Flow, Source, Stop, Way, words
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


def figure(shown: Flow, name: str, *, drawings: bool = True) -> Figure:
    """Return the figure of *shown*, which is a picture only; the same flow gives the same bytes."""
    pictures = drawn(lambda layout: flow_chart(shown, layout)) if drawings else ()
    return Figure(name, "The way of the messages", words(shown), pictures)


def flow_chart(shown: Flow, layout: Layout) -> str:
    """Return *shown* as SVG for the page."""
    plan = _Tree(shown, layout) if layout.stacked else _Columns(shown, layout)
    ways, boxes = Pen(), Pen()
    plan.draw(_Pen(ways, boxes, layout, shown.most))
    return ways.over(boxes).svg(layout.width, plan.height + EDGE, above=EDGE)


@dataclass(frozen=True, slots=True)
class _Pen:
    """What boxes, arrows and words look like; `ways` lie below `boxes`."""

    ways: Pen
    boxes: Pen
    layout: Layout
    most: int

    def width(self, count: int) -> float:
        return THINNEST + (THICKEST - THINNEST) * count / self.most

    def box(
        self, left: float, top: float, right: float, bottom: float, role: str, *, hollow: bool = False
    ) -> None:
        self.boxes.frame(
            left + 1, top + 1, right - left - 2, bottom - top - 2, line=role, dash=DASHED if hollow else ()
        )

    def words(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 0.0,
        role: str = "ink",
        bold: bool = False,
        anchor: Anchor = "start",
        ground: bool = False,
    ) -> None:
        self.boxes.text(
            x, y, text, size or self.layout.font, role=role, bold=bold, anchor=anchor, ground=ground
        )

    def name(self, left: float, right: float, y: float, name: str, below: str) -> None:
        """Write a box's name and what it is, cut to the box."""
        letters = int((right - left - 18) / (LETTER * self.layout.font))
        self.words(left + 10, y - 8, shorten(name, letters), bold=True)
        self.words(left + 10, y + 9, below, size=self.layout.font - 1.5, role="muted")

    def curve(self, x0: float, y0: float, x1: float, y1: float, count: int, role: str) -> None:
        """Draw a way of *count* copies that leaves level and is level again for its label at the end."""
        turned = x1 if y0 == y1 else x1 - min(LEVEL, (x1 - x0) / 3)
        bend = (turned - x0) / 2
        path = (
            f"M{short(x0)} {short(y0)}C{short(x0 + bend)} {short(y0)} {short(turned - bend)} {short(y1)} "
            f"{short(turned)} {short(y1)}H{short(x1)}"
        )
        self.ways.path(path, line=role, width=self.width(count), opacity=0.55)

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        role: str,
        *,
        width: float = 1.4,
        dash: tuple[float, ...] = (),
        opacity: float = 1.0,
        cap: str = "",
    ) -> None:
        path = f"M{short(x0)} {short(y0)}L{short(x1)} {short(y1)}"
        self.ways.path(path, line=role, width=width, dash=dash, opacity=opacity, cap=cap)

    def stopped(self, x0: float, y0: float, x1: float, y1: float, role: str, mark: str) -> None:
        """Draw a way that ends before it arrives: dashed, with *mark* where it is cut."""
        self.line(x0, y0, x1, y1, role, dash=DASHED)
        x, y = short(x1), short(y1)
        cross = f"M{short(x1 - 4)} {short(y1 - 4)}l8 8M{short(x1 - 4)} {short(y1 + 4)}l8 -8"
        self.boxes.path(cross if mark == "x" else f"M{x} {y}m0 -5v10", line=role, width=1.8)

    def tip(self, x: float, y: float, role: str) -> None:
        self.boxes.path(arrow_head(x, y, 9.0), fill=role)

    def label(self, x: float, y: float, text: str, role: str = "ink") -> None:
        """Write *text* over a line that it belongs to."""
        self.words(x, y, text, size=self.layout.font - 1, role=role, anchor="middle", ground=True)

    def end(self, x: float, y: float, end: End) -> None:
        """Write how copies ended, and below it where they went."""
        self.boxes.box(x - 4, y - 4, 8, 8, fill=ROLE[end.how])
        lost = end.how == LOST
        self.words(x + 12, y, f"{end.count:,} {end.words}", bold=lost, role="failed" if lost else "ink")
        if end.where:
            letters = int((self.layout.width - x - 24) / (LETTER * (self.layout.font - 1.5))) - 3
            where = f"to {shorten(end.where, letters)}"
            self.words(x + 12, y + SMALL_LINE, where, size=self.layout.font - 1.5, role="muted")


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
            pen.words(self.IN - 24, y, NO_ONE, role="failed", bold=True)

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
                pen.words(self.TRUNK + 14, y, f"{what.nobody:,} {NO_ONE}", role="failed", bold=True)
            else:
                trunk = self._way(pen, trunk, top, what)

    def _way(self, pen: _Pen, trunk: float, top: float, way: Way) -> float:
        """Draw *way*, whose line begins at *trunk*; return where that of the next one begins."""
        y = top + 4
        for what, count in _parts(way):
            role = {"copies": "ink", "filtered": "muted", "refused": "failed"}[what]
            said = {"copies": "copies", "filtered": "filtered out", "refused": "refused ✕"}[what]
            said = "copy" if what == "copies" and count == 1 else said
            pen.words(self.TRUNK + 14, y + LINE / 2, f"{count:,} {said}", size=pen.layout.font - 1, role=role)
            y += LINE
        middle, gone = y + BOX / 2, bool(way.copies)
        role = "served" if gone else "failed" if way.refused else "muted"
        width, opacity = (pen.width(way.copies), 0.55) if gone else (1.4, 1.0)
        dash = () if gone else DASHED
        # One path, so that nothing shines through twice at the corner.
        path = f"M{short(self.TRUNK)} {short(trunk)}V{short(middle)}H{short(self.BOXES - 5)}"
        pen.ways.path(path, line=role, width=width, dash=dash, opacity=opacity)
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
            width = pen.width(end.count)
            pen.line(self.TWIG, middle, self.ENDS - 4, middle, ROLE[end.how], width=width, opacity=0.55)
            pen.end(self.ENDS, middle, end)
            y += _end_height(end)
