"""From matplotlib's SVG to SVG that lives inside a page: theme colours, own ids, no fonts, fewer digits.

A figure is drawn once in marker colours; here each marker becomes a CSS variable, so that the same drawing
follows light, dark and print.
"""

import re
from typing import Final

# One marker colour a role. They are never seen: `inline` replaces them by `var(--c-<role>)`.
ROLES: Final = (
    *("ink", "muted", "grid", "panel", "offered", "served", "failed", "metric", "target", "low", "desired"),
    *("in-service", "ok", "alarm", "nodata", "cooldown", "phase", "busy", "response", "service"),
)
COLOUR: Final = {role: f"#0a0b{index:02x}" for index, role in enumerate(ROLES, start=16)}
_ROLE = {colour: role for role, colour in COLOUR.items()}
_WEIGHT = {"bold": "600", "600": "600"}


def inline(drawing: str, prefix: str) -> str:
    """Return the `<svg>` element of *drawing* for inlining; its ids begin with *prefix*.

    Sizes are left to the page (only the viewBox stays). The element says `aria-hidden`: the figure around it
    carries the words.
    """
    svg = drawing[drawing.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    view = re.search(r'viewBox="[^"]+"', svg)
    head = f'<svg {view[0] if view else ""} aria-hidden="true" focusable="false">'
    svg = re.sub(r"<svg[^>]*>", head, svg, count=1)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{prefix}\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", svg)
    svg = re.sub(r"font: (?:(bold|\d+) )?([\d.]+)px [^;\"]+", _font, svg)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda found: _variable(found[0]), svg)
    svg = re.sub(r"(\d\.\d\d)\d+", r"\1", svg)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _font(found: re.Match[str]) -> str:
    weight = f"font-weight: {_WEIGHT.get(found[1], found[1])}; " if found[1] else ""
    return f"{weight}font-size: {found[2]}px"


def _variable(colour: str) -> str:
    role = _ROLE.get(colour)
    return colour if role is None else f"var(--c-{role})"
