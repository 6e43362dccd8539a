"""The page about performance says what was measured, and the benchmarks keep their contract."""

import importlib.util
import json
import math

import pytest
from pages import ROOT

from benchmarks.__main__ import DATA, IMAGES, ORDER, PAGE
from benchmarks.page import page
from benchmarks.plots import picture_name, svg
from benchmarks.results import Figure, curve_of, document_of, median_of, ratios, table

DOCS = ROOT / "docs"
MEASURED = json.loads((DOCS / DATA).read_text(encoding="utf-8"))


def test_the_page_is_what_was_measured() -> None:
    """Nobody types a figure: `python -m benchmarks` writes both, `--page-only` the page anew."""
    assert (DOCS / PAGE).read_text(encoding="utf-8") == page(MEASURED)


def test_each_curve_has_its_picture() -> None:
    """The pictures are made of the same points."""
    for name, document in MEASURED.items():
        for curve in document["curves"]:
            drawn = (DOCS / IMAGES / picture_name(name, curve)).read_text(encoding="utf-8")
            assert drawn == svg(curve)


@pytest.mark.parametrize("name", ORDER)
def test_each_benchmark_is_there(name: str) -> None:
    """`python -m benchmarks` finds all that it names, and nothing was measured that it does not name."""
    assert importlib.util.find_spec(f"benchmarks.{name}") is not None
    assert set(MEASURED) <= set(ORDER)


@pytest.mark.parametrize(
    ("value", "better", "met"),
    [(1.0, "more", True), (0.9, "more", False), (1.1, "less", False), (math.nan, "more", False)],
)
def test_a_goal_is_a_limit(value: float, better: str, met: bool) -> None:
    """What is no number meets no goal."""
    assert Figure("f", "a figure", value, "s", goal=1.0, better=better).met is met  # type: ignore[arg-type]


def test_a_ratio_is_taken_within_a_repeat() -> None:
    """A minute in which all was slow changes no ratio; the figure is the median."""
    figure = median_of("f", "a figure", ratios([1.0, 10.0, 3.0], [2.0, 20.0, 4.0]), "of nginx")
    assert figure.runs == (0.5, 0.5, 0.75)
    assert figure.value == 0.5


def test_a_curve_that_grows_with_the_square_misses_its_limit() -> None:
    """The exponent is that of the points."""
    curve = curve_of(
        "c", "a curve", ("n", "s"), [(n, n * n) for n in (1.0, 10.0, 100.0)], exponent_at_most=1.2
    )
    assert curve.exponent == 2.0
    assert not curve.met


def test_a_report_is_told_with_what_was_missed() -> None:
    """People read which goal was missed, machines `met`."""
    from benchmarks.results import Report

    report = Report("b", (Figure("slow", "a figure", 3.0, "s", goal=2.0, better="less"),))
    machine = {"cores": 2, "processor": "x", "others_cores": 0.1}
    assert document_of(report)["met"] is False
    assert "slow  " in table(document_of(report) | {"machine": machine})
    assert "MISSED" in table(document_of(report) | {"machine": machine})
