"""The picture of a sweep: what is in it, and that the same points give the same bytes."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reports.figures.sweep_plot import Dot, Picture, draw

DOTS = tuple(
    Dot(10.0 / n, 0.1 * n, float(max(0, n - 3)), "ml.m5.large" if n % 2 else "ml.m5.xlarge", 100.0 * n, n < 6)
    for n in range(1, 9)
)
PICTURE = Picture("8 policies $over$ <a trace>", ("a note & more",), DOTS, (4, 2, 0), (4, 2), 2, 0.8, 2.0)


def words_of(picture: Picture) -> list[str]:
    """Return every text in the SVG of *picture*."""
    tree = ElementTree.fromstring(draw(picture, "svg"))
    return ["".join(each.itertext()).strip() for each in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_both_panels_their_limits_and_the_key_are_there() -> None:
    """What a person looks for."""
    words = words_of(PICTURE)

    for wanted in (
        *("8 policies $over$ <a trace>", "Cost against p99 response time", "Cost against minutes in breach"),
        *("limit 800 ms", "limit 2 min", "Pareto front", "fluid model only", "ml.m5.large, exact"),
        *("ml.m5.xlarge, exact", "cheapest that meets the thresholds", "a note & more", "300"),
    ):
        assert wanted in words


def test_what_was_not_asked_is_not_drawn() -> None:
    """No limit, no star."""
    words = words_of(replace(PICTURE, cheapest=None, p99_limit_s=None, breach_limit=None))

    assert not [each for each in words if "limit" in each or "cheapest" in each]


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_points_give_the_same_bytes(kind: str) -> None:
    """No date, no chance."""
    assert draw(PICTURE, kind) == draw(PICTURE, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "dots",
    [
        DOTS[:1],
        tuple(replace(dot, breach_minutes=0.0) for dot in DOTS),
        tuple(replace(dot, p99_s=0.0, cost_usd=0.0) for dot in DOTS),
        tuple(
            replace(dot, p99_s=dot.p99_s * 10.0 ** (i - 4), cost_usd=10.0**i) for i, dot in enumerate(DOTS)
        ),
        tuple(replace(dot, breach_minutes=10.0**i) for i, dot in enumerate(DOTS)),
        tuple(replace(dot, exact=False) for dot in DOTS),
    ],
)
def test_any_sweep_can_be_drawn(dots: tuple[Dot, ...]) -> None:
    """One policy, no breach, many decades, zeros; warnings are errors here."""
    picture = replace(PICTURE, dots=dots, front_p99=(0,), front_breach=(), cheapest=None)

    assert draw(picture, "png").startswith(b"\x89PNG")
