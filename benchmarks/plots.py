"""The curves of the benchmarks as SVG pictures, the same bytes from the same points."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 74, 16, 16, 52
LINE, GRID, TEXT, IDEAL = "#0b63a5", "#d9dee3", "#4a5560", "#9aa5b1"


def draw(benchmark: str, curves: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write one picture for each of *curves*, as `picture_name` calls it."""
    folder.mkdir(parents=True, exist_ok=True)
    for curve in curves:
        (folder / picture_name(benchmark, curve)).write_text(svg(curve), encoding="utf-8")


def picture_name(benchmark: str, curve: dict[str, Any]) -> str:
    """Return the name of the picture of *curve*."""
    return f"performance-{benchmark}-{curve['name']}.svg".replace("_", "-")


def svg(curve: dict[str, Any]) -> str:
    """Return *curve* over logarithmic axes, with a dashed line of what is linear through its last point."""
    points = [(float(x), float(y)) for x, y in curve["points"]]
    xs, ys = _decades([x for x, _ in points]), _decades([y for _, y in points])
    place = _Place(xs, ys)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{TEXT}">',
        f"<title>{_escaped(curve['what'])}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_grid(place, xs, ys),
        *_ideal(place, points, curve),
        f'<polyline fill="none" stroke="{LINE}" stroke-width="2" points="{_path(place, points)}"/>',
        *(f'<circle cx="{place.x(x):.1f}" cy="{place.y(y):.1f}" r="3.5" fill="{LINE}"/>' for x, y in points),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{_escaped(curve['x'])}</text>",
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{_escaped(curve["y"])}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Place:
    """Where a value stands in the picture, between the first and the last of its decades."""

    def __init__(self, xs: range, ys: range) -> None:
        self._xs, self._ys = xs, ys

    def x(self, value: float) -> float:
        part = (math.log10(value) - self._xs[0]) / (self._xs[-1] - self._xs[0])
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        part = (math.log10(value) - self._ys[0]) / (self._ys[-1] - self._ys[0])
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _decades(values: Sequence[float]) -> range:
    low, high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
    return range(low, max(high, low + 1) + 1)


def _grid(place: _Place, xs: range, ys: range) -> list[str]:
    parts = []
    for power in xs:
        at = place.x(10.0**power)
        parts.append(_segment(at, TOP, at, HEIGHT - BOTTOM, GRID))
        below = HEIGHT - BOTTOM + 16
        parts.append(f'<text x="{at:.1f}" y="{below}" text-anchor="middle">{_told(power)}</text>')
    for power in ys:
        at = place.y(10.0**power)
        parts.append(_segment(LEFT, at, WIDTH - RIGHT, at, GRID))
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{_told(power)}</text>')
    return parts


def _ideal(place: _Place, points: Sequence[tuple[float, float]], curve: dict[str, Any]) -> list[str]:
    """Return the line of slope 1 through the last point, where the curve has an exponent."""
    if curve["exponent"] is None:
        return []
    (x0, _), (x1, y1) = points[0], points[-1]
    ends = [(x, place.y(y1 * x / x1)) for x in (x0, x1)]
    (left, low), (right, high) = ((place.x(x), min(y, HEIGHT - BOTTOM)) for x, y in ends)
    if low >= HEIGHT - BOTTOM:  # it leaves the picture at its lower edge
        slope = (ends[0][1] - ends[1][1]) / (right - left)
        left = right - (HEIGHT - BOTTOM - high) / slope
    return [_segment(left, low, right, high, IDEAL, ' stroke-dasharray="5 4"')]


def _segment(x0: float, y0: float, x1: float, y1: float, colour: str, more: str = "") -> str:
    ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {ends} stroke="{colour}"{more}/>'


def _path(place: _Place, points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{place.x(x):.1f},{place.y(y):.1f}" for x, y in points)


def _told(power: int) -> str:
    return f"{10**power:,}" if 0 <= power <= 6 else f"{10.0**power:g}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
