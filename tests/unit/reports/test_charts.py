"""The figures: theme colours only, own ids, the same bytes from the same series, small in any run."""

import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
import sample

from harness import journal as j
from harness.summary import ByType
from reports.figures import charts, series
from reports.figures.canvas import LAYOUTS, NARROW, WIDE, Layout
from reports.figures.svg import ROLES

FULL = ByType(sample.scaled_run())
SHOWN = series.timelines(FULL, sample.END)[0]


def words(svg: str) -> list[str]:
    """Return the texts of a drawing; fails when it is not well formed."""
    root = Xml.fromstring(svg)
    return [node.text or "" for node in root.iter("text")]


def latency(*services: float) -> series.Latency:
    """Return what is drawn of one request a second with these service times."""
    load = [j.LoadRequest(float(i), "e", "ok", 200, service_s=s) for i, s in enumerate(services)]
    shown = series.latency(ByType(load))
    assert shown is not None
    return shown


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_timeline_names_all_it_shows(layout: Layout) -> None:
    """Panels, limits, states and moments are words in the drawing, in both layouts."""
    found = words(charts.timeline(SHOWN, layout, "t-"))
    for word in (
        "Requests per second",
        "target 10",
        "alarm low 9",
        "Alarm high",
        "Cooldown in",
        "desired",
        "00:00",
    ):
        assert word in found
    assert "Instances (minimum 1, maximum 5)" in found


def test_drawings_use_theme_colours_only() -> None:
    """No colour of its own, so that dark mode and print need no second drawing."""
    svg = charts.timeline(SHOWN, WIDE, "t-")
    assert re.findall(r"#[0-9a-fA-F]{6}", svg) == []
    assert set(re.findall(r"var\(--c-([a-z-]+)\)", svg)) <= set(ROLES)


def test_the_same_series_give_the_same_bytes() -> None:
    """A report can be redrawn and compared."""
    times = latency(*[0.5, 0.6, 2.0] * 9)
    assert charts.timeline(SHOWN, NARROW, "t-") == charts.timeline(SHOWN, NARROW, "t-")
    assert charts.latency(times, NARROW, "l-") == charts.latency(times, NARROW, "l-")


def test_a_long_run_stays_small() -> None:
    """A day of datapoints every 10 s is thinned to what a screen can show."""
    assert SHOWN.metric is not None
    points = [(10.0 * i, 10.0, float(i % 97)) for i in range(8_640)]
    svg = charts.timeline(
        replace(SHOWN, end=86_400.0, metric=replace(SHOWN.metric, points=points)), WIDE, "t-"
    )
    assert len(svg) < 80_000
    assert "datapoints" in words(svg)


def test_a_metric_far_above_its_target_is_drawn_logarithmically_and_says_so() -> None:
    """Target and alarm line stay apart."""
    assert SHOWN.metric is not None
    calm = replace(SHOWN.metric, points=[(0.0, 60.0, 12.0)])
    assert "Calls per instance and minute (log)" in words(charts.timeline(SHOWN, WIDE, "t-"))
    assert "Calls per instance and minute" in words(charts.timeline(replace(SHOWN, metric=calm), WIDE, "t-"))


@pytest.mark.parametrize("part", ["traffic", "metric", "bands", "desired", "bounds"])
def test_a_panel_without_data_is_left_out(part: str) -> None:
    """The others are drawn all the same."""
    empty = {"bands": [], "desired": []}.get(part)
    assert words(charts.timeline(replace(SHOWN, **{part: empty}), WIDE, "t-"))


def test_equal_times_make_one_mark() -> None:
    """Two labels at one place could not be read."""
    assert "p50 to p99" in words(charts.latency(latency(0.5, 0.5, 0.5), WIDE, "l-"))
    assert "p99" in words(charts.latency(latency(0.5, 0.5, 5.0), WIDE, "l-"))


def test_one_single_request_can_be_drawn() -> None:
    """No axis collapses."""
    assert words(charts.latency(latency(0.5), NARROW, "l-"))
