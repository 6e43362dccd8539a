"""What stands above a panel of a picture: its name, and the key beside it or, without room, below."""

from dataclasses import dataclass

from reports.figures.pen import BOLD_LETTER, Layout, Pen, short, words_width
from reports.figures.plan import Panel, Rule, Series
from reports.text import shorten

NAME = 20.0  # points
KEY_LINE = 17.0
SWATCH = 16.0
BESIDE, APART = 6.0, 14.0  # from a swatch to its words, from words to the next swatch
Keyed = Series | Rule


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of *panel* in *layout*."""

    layout: Layout
    panel: Panel

    @property
    def height(self) -> float:
        """How much room it takes, in points."""
        return NAME + (KEY_LINE * len(self._lines()) if self._is_below() else 0.0)

    def draw(self, pen: Pen, above: float) -> None:
        """Draw it from *above* on."""
        size, start = self.layout.font, self._start
        letters = int((self.layout.width - start) / (BOLD_LETTER * size))
        pen.text(start, above + 9, shorten(self.panel.heading, letters), size, bold=True)
        if not self._is_below():
            right = self.layout.width - self.layout.right
            self._key(pen, right - self._width(self._keys()) + APART, above + 9, self._keys())
            return
        for number, line in enumerate(self._lines()):
            self._key(pen, start, above + NAME + 6 + number * KEY_LINE, line)

    @property
    def _start(self) -> float:
        return 2.0 if self.layout.stacked else self.layout.left

    def _keys(self) -> list[Keyed]:
        keys: list[Keyed] = [one for one in self.panel.series if one.label]
        return keys + [rule for rule in self.panel.rules if rule.label and not rule.beside]

    def _width(self, keys: list[Keyed]) -> float:
        size = self.layout.font - 1
        return sum(SWATCH + BESIDE + words_width(one.label, size) + APART for one in keys)

    def _is_below(self) -> bool:
        name = len(self.panel.heading) * BOLD_LETTER * self.layout.font
        return self.layout.stacked or name + self._width(self._keys()) > self.layout.room

    def _lines(self) -> list[list[Keyed]]:
        """Return the key in lines that fit the width."""
        lines: list[list[Keyed]] = []
        for one in self._keys():
            if lines and self._width([*lines[-1], one]) - APART <= self.layout.width - self._start - 2:
                lines[-1].append(one)
            else:
                lines.append([one])
        return lines

    def _key(self, pen: Pen, x: float, y: float, keys: list[Keyed]) -> None:
        for one in keys:
            _swatch(pen, x, y, one)
            pen.text(x + SWATCH + BESIDE, y, one.label, self.layout.font - 1, role="muted")
            x += self._width([one])


def _swatch(pen: Pen, x: float, y: float, one: Keyed) -> None:
    """Draw how *one* looks: the colour of its area, its line, its dot."""
    middle = short(x + SWATCH / 2)
    if isinstance(one, Rule):
        pen.path(f"M{short(x)} {short(y)}h{short(SWATCH)}", line=one.role, width=1.3, dash=one.dash)
        return
    if one.fill:
        pen.box(x, y - 5, SWATCH, 10, fill=one.role, opacity=max(one.fill, 0.2))
    if one.kind == "dots":
        pen.path(f"M{middle} {short(y)}h0", line=one.role, width=4.2, cap="round")
    elif one.kind == "ticks":
        pen.path(f"M{middle} {short(y + 3)}v-6", line=one.role, width=1.6)
    elif one.width:
        pen.path(f"M{short(x)} {short(y)}h{short(SWATCH)}", line=one.role, width=one.width, dash=one.dash)
