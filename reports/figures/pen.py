"""SVG for inlining, written by hand: two layouts, shapes and words in the colours of the page's theme.

Every colour is a role that the page defines as a CSS variable, so that one drawing serves light, dark and
print. A figure is drawn in two layouts, because the words of a wide one cannot be read on a phone; the page
shows the one that fits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

# The page's style sheet gives each of them a colour, `--c-<role>`, in light and in dark.
ROLES: Final = (
    *("ink", "muted", "grid", "panel", "offered", "served", "failed", "metric", "target", "low", "desired"),
    *("in-service", "ok", "alarm", "nodata", "cooldown", "phase", "busy", "response", "service"),
)
LETTER = 0.56  # width of a letter, of the font's size, on the average
BOLD_LETTER = 0.6
Anchor = Literal["start", "middle", "end"]
Points = Sequence[tuple[float, float]]


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
NARROW = Layout("narrow", width=350, left=88, right=12, font=12.5, ticks=5, stacked=True)
LAYOUTS = (WIDE, NARROW)


def short(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    words = f"{value:.1f}".removesuffix(".0")
    return "0" if words == "-0" else words


def line_path(points: Points) -> str:
    """Return the path that goes straight from each point to the next."""
    return "M" + "L".join(f"{short(x)} {short(y)}" for x, y in points)


def step_path(points: Points) -> str:
    """Return the path that keeps each height until the next point."""
    (x, y), *others = points
    parts, at = [f"M{short(x)} {short(y)}"], short(y)
    for x, y in others:
        height = short(y)
        if height != at:
            parts.append(f"H{short(x)}V{height}")
            at = height
    return "".join([*parts, f"H{short(points[-1][0])}"])


def arrow_head(x: float, y: float, size: float) -> str:
    """Return the path of a triangle that points to the right, its tip at (x, y)."""
    return f"M{short(x)} {short(y)}l{short(-size)} {short(-size / 2)}v{short(size)}z"


def words_width(words: str, size: float) -> float:
    """Return about how wide *words* are in the page's font, in points."""
    return len(words) * LETTER * size


class Pen:
    """Writes shapes one over another; `svg` gives the drawing."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def path(
        self,
        path: str,
        *,
        line: str = "",
        fill: str = "",
        width: float = 1.0,
        dash: Iterable[float] = (),
        opacity: float = 1.0,
        cap: str = "",
    ) -> None:
        """Draw *path* with a *line* and a *fill* of these roles, or with one of them."""
        look = [f'fill="var(--c-{fill})"' if fill else 'fill="none"']
        if line:
            look.append(f'stroke="var(--c-{line})" stroke-width="{short(width)}"')
        if found := " ".join(map(short, dash)):
            look.append(f'stroke-dasharray="{found}"')
        if opacity != 1.0:
            look.append(f'opacity="{opacity:.2g}"')
        if cap:
            look.append(f'stroke-linecap="{cap}"')
        self._parts.append(f'<path d="{path}" {" ".join(look)}/>')

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, opacity: float = 1.0
    ) -> None:
        """Draw a filled rectangle."""
        self.path(
            f"M{short(x)} {short(y)}h{short(width)}v{short(height)}h{short(-width)}z",
            fill=fill,
            opacity=opacity,
        )

    def frame(
        self, x: float, y: float, width: float, height: float, *, line: str, dash: Iterable[float] = ()
    ) -> None:
        """Draw a rounded rectangle in the colour of the ground, with a *line* around it."""
        dashed = f' stroke-dasharray="{" ".join(map(short, dash))}"' if dash else ""
        self._parts.append(
            f'<rect x="{short(x)}" y="{short(y)}" width="{short(width)}" height="{short(height)}" rx="6" '
            f'fill="var(--c-panel)" stroke="var(--c-{line})" stroke-width="1.1"{dashed}/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        role: str = "ink",
        anchor: Anchor = "start",
        bold: bool = False,
        ground: bool = False,
    ) -> None:
        """Write *words* with their middle at height *y*; on a *ground* they cover what is below them."""
        look = f'font-size="{short(size)}" fill="var(--c-{role})"'
        if anchor != "start":
            look += f' text-anchor="{anchor}"'
        if bold:
            look += ' font-weight="600"'
        if ground:
            look += ' stroke="var(--c-panel)" stroke-width="4" paint-order="stroke"'
        self._parts.append(f'<text x="{short(x)}" y="{short(y + 0.36 * size)}" {look}>{escape(words)}</text>')

    def over(self, other: "Pen") -> "Pen":
        """Return what was drawn here with what *other* drew over it."""
        both = Pen()
        both._parts = [*self._parts, *other._parts]
        return both

    def svg(self, width: float, height: float, *, above: float = 0.0) -> str:
        """Return the element, from *above* zero down to *height*; the figure around it carries the words."""
        view = f'viewBox="0 {short(-above)} {short(width)} {short(above + height)}"'
        return f'<svg {view} aria-hidden="true" focusable="false">\n' + "\n".join(self._parts) + "\n</svg>"
