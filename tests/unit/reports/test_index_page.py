"""The index of runs: what needs a look first, in words, escaped, with ways to the reports."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_html import Page

from harness.compare.metrics import METRICS
from harness.store.row import Row
from harness.store.trend import Series, Trend
from reports.index_page import MOST_ROWS, _spark, render, write_index

RUN = Row(
    directory=Path("/runs/ranker/one"),
    scenario="ranker",
    verdict="pass",
    ended_epoch_s=1_790_000_000.0,
    variant="corrected",
    clock="virtual",
    backend="none",
    started_at="2026-01-01T00:00:00Z",
    model_s=3_600.0,
    wall_s=12.0,
    figures={"response_p99": 0.25, "cost": 1.5},
)
FAILED = replace(RUN, scenario="loop", verdict="fail", missed=("a", "b", "c", "d"), figures={"lost": 3.0})
HERE = Path("/runs")


def index(*rows: Row, **look: Any) -> Page:
    """Return the parsed index of *rows*."""
    return Page(render(rows, here=HERE, **look))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], "No run There is nothing to show yet"),
        (["pass"], "Pass The one run passed."),
        (["fail"], "Fail The one run failed."),
        (["unheard of"], "Unknown The one run is unheard of."),
        (["pass", "pass"], "Pass All 2 runs passed."),
        (["pass", "fail", "invalid"], "Fail 1 of 3 runs passed: 1 failed, 1 invalid."),
        (["pass", "running"], "Running 1 of 2 runs passed: 1 still running."),
        (["pass", "broken"], "Invalid 1 of 2 runs passed: 1 cannot be read."),
        (["pass", "unheard of"], "Invalid 1 of 2 runs passed: 1 unheard of."),
    ],
)
def test_all_runs_together_have_a_verdict(verdicts: list[str], said: str) -> None:
    """One that failed is a fail; none at all, or one that proves nothing, is no pass."""
    found = index(*(replace(RUN, verdict=verdict) for verdict in verdicts))
    assert said in " ".join(found.words.split())


def test_what_needs_a_look_stands_first() -> None:
    """A failed run before one that passed, with the names of what failed."""
    words = " ".join(index(RUN, FAILED).words.split())
    assert words.index("loop") < words.index("ranker corrected")
    assert "a b c and 1 more" in words


def test_a_run_tells_its_figures_cost_and_time() -> None:
    """The most telling three; what is wrong before what is measured."""
    words = " ".join(index(RUN, FAILED).words.split())
    assert "Response p99 250 ms" in words
    assert "Messages lost 3 messages" in words
    assert "Cost 1.5 USD" in words
    assert "Took 12 s" in words


def test_a_run_on_the_virtual_clock_tells_when_it_was_made() -> None:
    """Its journal has the model's calendar; another tells when it began."""
    words = " ".join(index(RUN).words.split())
    assert "2026-09-21 14:13 , virtual" in words
    assert "Rehearsed in 12 s 1 h of model time" in words
    assert "2026-01-01 00:00" in index(replace(RUN, clock="wall")).words
    assert "Model time 1 h" in " ".join(index(replace(RUN, wall_s=0.0)).words.split())


def test_a_run_without_report_is_no_link() -> None:
    """It says so; one that has one is reached from where the index stands."""
    assert "(no report)" in index(RUN).words
    assert "ranker/one/report.html" not in index(RUN).all("href")


def test_a_report_is_reached_from_where_the_index_stands(tmp_path: Path) -> None:
    """Odd characters in a directory's name are part of the way, not of an address."""
    folder = tmp_path / "javascript:x #1"
    folder.mkdir()
    (folder / "report.html").touch()
    found = Page(render([replace(RUN, directory=folder)], here=tmp_path))
    assert "javascript%3Ax%20%231/report.html" in found.all("href")


def test_whatever_a_run_says_stays_text() -> None:
    """Markup in every word of a row."""
    nasty = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
    row = replace(
        FAILED, scenario=nasty, variant=nasty, clock=nasty, backend=nasty, started_at=nasty, missed=(nasty,)
    )
    found = index(row, replace(row, verdict=nasty, missed=(), reason=nasty), title=nasty, command=nasty)
    assert not {"img"} & {tag for tag, _ in found.elements}
    assert not [name for _, attrs in found.elements for name in attrs if name.startswith("on")]


def test_very_many_runs_are_cut_with_a_note() -> None:
    """The page stays below 2 MB, and says how many are not on it."""
    html = render([FAILED] * (MOST_ROWS + 5), here=HERE)
    assert "5 more runs are not shown here" in html
    assert len(html) < 2_000_000


def series(name: str, *values: float | None) -> Series:
    """Return the series of metric *name* with *values*."""
    metric = next(one for one in METRICS if one.name == name)
    return Series(metric, values, median=None, low=None, high=None, place="above")


def test_a_trend_is_drawn_and_told() -> None:
    """From left to right, high values above low ones; worse than ever is told by its colour."""
    trend = Trend("ranker", (), (series("response_p99", 1.0, None, 3.0, 2.0),))
    spark = _spark(trend)
    assert spark is not None
    assert spark.words == "Response p99 over 3 runs: 2 s now, between 1 s and 3 s"
    assert spark.tone == "bad"
    heights = [float(point.partition(",")[2]) for point in spark.points.split()]
    assert heights[1] < heights[2] < heights[0]
    assert spark.words in index(RUN, trends={"ranker": trend}).all("aria-label")


@pytest.mark.parametrize("trend", [None, Trend("ranker", (), (series("response_p99", None, 1.0),))])
def test_one_run_is_no_trend(trend: Trend | None) -> None:
    """A line needs two points."""
    assert _spark(trend) is None


def test_a_trend_that_stands_still_is_a_level_line() -> None:
    """Nothing is divided by nothing."""
    spark = _spark(Trend("ranker", (), (series("response_p99", 1.0, 1.0),)))
    assert spark is not None
    assert {point.partition(",")[2] for point in spark.points.split()} == {"14"}


def test_the_index_is_written_in_one_step(tmp_path: Path) -> None:
    """A reader meets the old page or the new one; nothing else is left beside it."""
    path = tmp_path / "index.html"
    path.write_text("old")
    assert write_index(path, [RUN]) == path
    assert "ranker" in path.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.iterdir()] == ["index.html"]


def test_the_policy_lets_only_the_two_scripts_run() -> None:
    """And nothing be loaded."""
    policy = next(attrs["content"] for _, attrs in index(RUN).elements if "http-equiv" in attrs)
    assert policy is not None
    assert policy.count("'sha256-") == 2
    assert policy.startswith("default-src 'none'; ")
