"""The picture of a plan for print and for readers without scripts: SVG, the same bytes from the same plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log

from harness.stats import Span
from reports.figures.axes import Axis, moments, nines, seconds
from reports.figures.heading import Heading
from reports.figures.pen import Anchor, Layout, Pen, line_path, short, step_path, words_width
from reports.figures.plan import DOTTED, STATE_WORDS, Heat, Lane, Mark, Panel, Plan, Rule, Series

GAP = 16.0
TOP = 18.0  # phases
BOTTOM = 24.0  # the moments
HEAT_LEVELS = 5
TICK_HEIGHT = 6.0
MARK_LINES = 2


def draw(plan: Plan, layout: Layout) -> str:
    """Return *plan* as an SVG element for the page."""
    pen = Pen()
    across = _across(plan, layout)
    top = TOP if plan.phases else 2.0
    for panel in plan.panels:
        heading = Heading(layout, panel)
        heading.draw(pen, top)
        place = _Place(pen, layout, across, panel, top + heading.height)
        place.draw(plan)
        top = place.bottom + GAP
    top -= GAP
    _moments_below(pen, layout, across, top)
    _phases(pen, layout, across, plan)
    return pen.svg(layout.width, top + BOTTOM)


def _across(plan: Plan, layout: Layout) -> Axis:
    if plan.across == "time":
        return moments(plan.low, plan.high, layout.ticks)
    return nines(plan.high) if plan.across == "nines" else seconds(plan.low, plan.high)


def _moments_below(pen: Pen, layout: Layout, across: Axis, top: float) -> None:
    last = -1e9
    for value, words in across.ticks:
        x = layout.left + across.place(value) * layout.room
        half = words_width(words, layout.font - 1.5) / 2
        if x - half > last:
            # The last of them must not stand over the edge.
            anchor: Anchor = "end" if x + half > layout.width else "middle"
            pen.text(x, top + 12, words, layout.font - 1.5, role="muted", anchor=anchor)
            last = x + half + 6


def _phases(pen: Pen, layout: Layout, across: Axis, plan: Plan) -> None:
    for span in plan.phases:
        if span.length / (plan.high - plan.low) * layout.room > words_width(span.value, layout.font - 1):
            x = layout.left + max(across.place(span.start), 0.0) * layout.room
            pen.text(x + 3, 8, span.value, layout.font - 1, role="muted")


@dataclass(frozen=True, slots=True)
class _Place:
    """A panel at its place: `top` is where its values end and its heading does."""

    pen: Pen
    layout: Layout
    across: Axis
    panel: Panel
    top: float

    @property
    def bottom(self) -> float:
        return self.top + self.panel.height

    def x(self, value: float) -> float:
        return self.layout.left + min(max(self.across.place(value), 0.0), 1.0) * self.layout.room

    def y(self, value: float) -> float:
        return self.bottom - min(max(self.panel.axis.place(value), -0.02), 1.02) * self.panel.height

    def draw(self, plan: Plan) -> None:
        """Draw the panel, with what goes through all panels of *plan*."""
        self._grid()
        for span in plan.phases[1:]:
            self._vertical(span.start, "phase", ())
        if self.panel.heat:
            self._heat(self.panel.heat)
        for one in self.panel.series:
            self._area(one)
        for one in self.panel.series:
            self._line(one)
        for rule in self.panel.rules:
            self._rule(rule)
        for row, lane in enumerate(self.panel.lanes):
            self._lane(row, lane)
        for mark in (*plan.marks, *self.panel.marks):
            self._vertical(mark.at, mark.role, mark.dash)
        # What goes through all panels is named in the first.
        self._mark_words(plan.marks if self.panel is plan.panels[0] else ())
        self._mark_words(self.panel.marks)

    def _grid(self) -> None:
        left, right = short(self.layout.left), short(self.layout.width - self.layout.right)
        rows = [] if self.panel.lanes else [(self.y(v), words) for v, words in self.panel.axis.ticks]
        path = "".join(f"M{left} {short(y)}H{right}" for y, _ in rows)
        path += "".join(
            f"M{short(self.x(value))} {short(self.top)}V{short(self.bottom)}"
            for value, _ in self.across.ticks
        )
        if path:
            self.pen.path(path, line="grid", width=0.8)
        for y, words in rows:
            size = self.layout.font - 1.5
            self.pen.text(self.layout.left - 7, y, words, size, role="muted", anchor="end")

    def _vertical(self, at: float, role: str, dash: tuple[float, ...]) -> None:
        if self.across.low <= at <= self.across.high:
            x = short(self.x(at))
            self.pen.path(f"M{x} {short(self.top)}V{short(self.bottom)}", line=role, dash=dash)

    def _mark_words(self, marks: Sequence[Mark]) -> None:
        """Write what *marks* are at their tops; what would lie over another a line lower, or not at all."""
        size = self.layout.font - 1
        used = [-1e9] * MARK_LINES
        for mark in marks:
            x, width = self.x(mark.at), words_width(mark.label, size)
            # At the right edge the words stand before their line.
            over = x + width + 6 > self.layout.width
            begin = x - width - 3 if over else x + 3
            line = next((number for number, last in enumerate(used) if begin > last), None)
            if line is not None:
                y = self.top + size / 2 + 1 + line * (size + 1)
                self.pen.text(begin, y, mark.label, size, role=mark.role, bold=True)
                used[line] = begin + width

    # -- series -----

    def _runs(self, one: Series) -> list[list[tuple[float, float]]]:
        """Return the points of *one* in the drawing, cut at its gaps."""
        pairs = zip(one.xs, one.ys, strict=True)
        return [
            [(self.x(x), self.y(y)) for x, y in run if y is not None]
            for is_gap, run in groupby(pairs, key=lambda pair: pair[1] is None)
            if not is_gap
        ]

    def _area(self, one: Series) -> None:
        if not one.fill:
            return
        path = step_path if one.kind == "step" else line_path
        for run in self._runs(one) if one.low is None else []:
            x = short(run[0][0])
            self.pen.path(f"{path(run)}V{short(self.bottom)}H{x}z", fill=one.role, opacity=one.fill)
        if one.low is not None:
            self._between(one)

    def _between(self, one: Series) -> None:
        """Fill from the lower to the upper values of *one*."""
        above = [(self.x(x), self.y(y or 0.0)) for x, y in zip(one.xs, one.ys, strict=True)]
        below = [(self.x(x), self.y(y or 0.0)) for x, y in zip(one.xs, one.low or (), strict=True)]
        if one.kind == "step":
            back = [f"L{short(below[-1][0])} {short(below[-2][1])}"] if len(below) > 1 else []
            for (x, _), (_, y) in zip(below[-2:0:-1], below[-3::-1], strict=False):
                back.append(f"H{short(x)}V{short(y)}")
            path = f"{step_path(above)}{''.join(back)}H{short(below[0][0])}z"
        else:
            path = f"{line_path(above)}{line_path(below[::-1]).replace('M', 'L', 1)}z"
        self.pen.path(path, fill=one.role, opacity=one.fill)

    def _line(self, one: Series) -> None:
        if one.kind in ("spans", "whiskers"):
            self._level_lines(one)
        elif one.kind in ("dots", "ticks"):
            self._points(one)
        elif one.width:
            path = step_path if one.kind == "step" else line_path
            joined = "".join(path(run) for run in self._runs(one))
            self.pen.path(joined, line=one.role, width=one.width, dash=one.dash)

    def _level_lines(self, one: Series) -> None:
        path = ""
        for start, end, value in zip(one.xs, one.ends or (), one.ys, strict=True):
            y = self.y(value or 0.0)
            path += f"M{short(self.x(start))} {short(y)}H{short(self.x(end))}"
            if one.kind == "whiskers":
                path += "".join(f"M{short(self.x(at))} {short(y - 4)}v8" for at in (start, end))
        self.pen.path(path, line=one.role, width=one.width)

    def _points(self, one: Series) -> None:
        pairs = [(self.x(x), self.y(y)) for x, y in zip(one.xs, one.ys, strict=True) if y is not None]
        if one.kind == "dots":
            # Lines of no length with round ends are dots.
            path = "".join(f"M{short(x)} {short(y)}h0" for x, y in pairs)
            self.pen.path(path, line=one.role, width=4.2, cap="round")
        else:
            path = "".join(f"M{short(x)} {short(self.bottom)}v{short(-TICK_HEIGHT)}" for x, _ in pairs)
            self.pen.path(path, line=one.role, width=1.6)

    def _rule(self, rule: Rule) -> None:
        if not -0.02 <= self.panel.axis.place(rule.value) <= 1.02:
            return
        y, right = self.y(rule.value), self.layout.width - self.layout.right
        path = f"M{short(self.layout.left)} {short(y)}H{short(right)}"
        self.pen.path(path, line=rule.role, width=1.3, dash=rule.dash)
        if rule.beside:
            size = self.layout.font - 1.5
            above = y - 8 if y - 14 > self.top else y + 8
            self.pen.text(right - 3, above, rule.label, size, role=rule.role, anchor="end", ground=True)

    # -- lanes and heat -----

    def _lane(self, row: int, lane: Lane) -> None:
        height = self.panel.height / len(self.panel.lanes)
        top, size = self.top + row * height, self.layout.font - 1
        self.pen.text(self.layout.left - 7, top + height / 2, lane.label, size, anchor="end")
        boxes: dict[str, list[str]] = {}
        for span in lane.spans:
            x, width = self.x(span.start), max(self.x(span.end) - self.x(span.start), 0.8)
            box = f"M{short(x)} {short(top + 2)}h{short(width)}v{short(height - 4)}h{short(-width)}z"
            boxes.setdefault(lane.role_of(span.value), []).append(box)
        for role, paths in boxes.items():
            self._states("".join(paths), role)
        for span in lane.spans:
            self._state_word(span, top + height / 2, lane.role_of(span.value))

    def _states(self, path: str, role: str) -> None:
        """Draw states: loud where something waits or fires, quiet where all is well, hollow without data."""
        if role == "nodata":
            self.pen.path(path, line="nodata", width=0.8, dash=DOTTED)
        else:
            self.pen.path(path, fill=role, opacity=0.28 if role == "ok" else 1.0)

    def _state_word(self, span: Span[str], y: float, role: str) -> None:
        """Write the state where it fits and is not what its lane is called."""
        word, size = STATE_WORDS.get(span.value, span.value), self.layout.font - 2
        left, right = self.x(span.start), self.x(span.end)
        if span.value != "cooldown" and right - left > words_width(word, size) + 6:
            ink = "ink" if role in ("ok", "nodata") else "panel"
            self.pen.text((left + right) / 2, y, word, size, role=ink, anchor="middle")

    def _heat(self, heat: Heat) -> None:
        """Draw the cells of each level of heat as one path; those beside each other are one box."""
        most = heat.most
        columns: dict[tuple[int, int], list[int]] = {}  # by (level, row)
        for column, row, count in heat.cells:
            columns.setdefault((heat_level(count, most), row), []).append(column)
        boxes: dict[int, list[str]] = {}
        heights = [self.y(edge) for edge in heat.edges]
        for (level, row), found in sorted(columns.items()):
            across = f"v{short(heights[row] - heights[row + 1])}"
            for first, last in runs(found):
                x, end = (self.x(heat.start + column * heat.step) for column in (first, last + 1))
                top = f"M{short(x)} {short(heights[row + 1])}h{short(end - x)}"
                boxes.setdefault(level, []).append(f"{top}{across}h{short(x - end)}z")
        for level, paths in boxes.items():
            self.pen.path("".join(paths), fill=heat.role, opacity=level / HEAT_LEVELS)


def runs(ascending: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each stretch of *ascending* numbers that follow one another."""
    found: list[tuple[int, int]] = []
    for one in ascending:
        if found and found[-1][1] == one - 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def heat_level(count: int, most: int) -> int:
    """Return how hot a cell of *count* is, 1 to `HEAT_LEVELS`; logarithmic: a lone slow one is seen."""
    if most <= 1:
        return HEAT_LEVELS
    return 1 + min(int((HEAT_LEVELS - 1) * log(count) / log(most) + 0.5), HEAT_LEVELS - 1)
