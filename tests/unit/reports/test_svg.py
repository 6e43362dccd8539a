"""Drawings made fit for living inside a page."""

from reports.figures.svg import COLOUR, ROLES, inline

DRAWING = f"""<?xml version="1.0"?>
<!DOCTYPE svg>
<svg xmlns:xlink="x" width="10pt" height="5pt" viewBox="0 0 10 5" version="1.1">
 <metadata><b>when</b></metadata>
 <defs><style type="text/css">*{{stroke-linejoin: round}}</style><path id="p1"/></defs>
 <!-- words -->
 <use xlink:href="#p1" clip-path="url(#p1)" style="fill: {COLOUR["served"]}" x="1.23456"/>
 <text style="font: bold 12.5px 'DejaVu Sans', sans-serif; fill: {COLOUR["ink"]}">12.3456</text>
</svg>"""


def test_nothing_of_the_drawing_reaches_beyond_it() -> None:
    """No style sheet, size, comment or metadata is left; ids carry the prefix wherever they are used."""
    svg = inline(DRAWING, "f1-")
    assert svg.startswith('<svg viewBox="0 0 10 5" aria-hidden="true"')
    assert not any(left in svg for left in ("<style", "metadata", "<!--", "10pt", "xlink"))
    assert ('id="f1-p1"' in svg, 'href="#f1-p1"' in svg, "url(#f1-p1)" in svg) == (True, True, True)


def test_colours_become_theme_variables() -> None:
    """The same drawing follows light and dark."""
    svg = inline(DRAWING, "")
    assert "fill: var(--c-served)" in svg
    assert "#0a0b" not in svg


def test_words_take_the_font_of_the_page() -> None:
    """Size and weight stay, the family goes."""
    assert "font-weight: 600; font-size: 12.5px" in inline(DRAWING, "")


def test_every_role_has_its_own_colour() -> None:
    """Two roles with one marker could not be told apart afterwards."""
    assert len(set(COLOUR.values())) == len(ROLES)
