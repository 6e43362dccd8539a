"""The figures: theme colours only, the same bytes from the same series, small in any run."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
import sample

from harness import journal as j
from harness.summary import ByType
from reports.figures import charts, series, times
from reports.figures.figure import Figure
from reports.figures.pen import ROLES
from reports.figures.plan import Rule

FULL = ByType(sample.scaled_run())
SHOWN = series.timelines(FULL, sample.END)[0]
BOTH = pytest.mark.parametrize("layout", ["wide", "narrow"])


def words(figure: Figure, layout: str = "wide") -> list[str]:
    """Return the texts of a picture; fails when it is not well formed."""
    root = Xml.fromstring(dict(figure.drawings)[layout])
    return [node.text or "" for node in root.iter("text")]


def timeline(shown: series.Timeline = SHOWN) -> Figure:
    """Return the figure of *shown*."""
    return charts.timeline(shown, "t")


def latency(*services: float) -> times.Latency:
    """Return what is drawn of one request a second with these service times."""
    load = [j.LoadRequest(float(i), "e", "ok", 200, service_s=s) for i, s in enumerate(services)]
    shown = times.latency(ByType(load))
    assert shown is not None
    return shown


@BOTH
def test_the_timeline_names_all_it_shows(layout: str) -> None:
    """Panels, limits, states and moments are words in the picture, in both layouts."""
    found = words(timeline(), layout)
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


def test_chart_and_picture_show_the_same() -> None:
    """Each panel of the picture is in the chart's data, with as many offered requests as there were."""
    data = json.loads(timeline().data)
    assert [panel["heading"] for panel in data["panels"]] == [
        word for word in words(timeline()) if word in {panel["heading"] for panel in data["panels"]}
    ]
    (offered,) = (one for one in data["panels"][0]["series"] if one["label"] == "offered")
    step = offered["x"]["step"]
    assert round(sum(offered["y"][:-1]) * step) == sample.CALLS
    assert [lane[0] for lane in data["panels"][2]["lanes"]][:2] == ["Endpoint", "Alarm high"]


def test_pictures_use_theme_colours_only() -> None:
    """No colour of its own, so that dark mode and print need no second picture."""
    svg = dict(timeline().drawings)["wide"]
    assert re.findall(r"#[0-9a-fA-F]{3,6}\b", svg) == []
    assert set(re.findall(r"var\(--c-([a-z-]+)\)", svg)) <= set(ROLES)


def test_the_same_series_give_the_same_bytes() -> None:
    """A report can be redrawn and compared."""
    shown = latency(*[0.5, 0.6, 2.0] * 9)
    assert timeline() == timeline()
    assert charts.over_time(shown, SHOWN, "l") == charts.over_time(shown, SHOWN, "l")


def test_without_drawings_there_is_only_the_chart() -> None:
    """A page that is looked at while the run goes on needs no pictures."""
    figure = charts.timeline(SHOWN, "t", drawings=False)
    assert figure.drawings == ()
    assert figure.data == timeline().data


def test_a_long_run_stays_small() -> None:
    """A day of datapoints every 10 s is thinned to what a screen can show, in picture and chart."""
    assert SHOWN.metric is not None
    points = [(10.0 * i, 10.0, float(i % 97)) for i in range(8_640)]
    figure = timeline(replace(SHOWN, end=86_400.0, metric=replace(SHOWN.metric, points=points)))
    assert max(len(svg) for _, svg in figure.drawings) < 40_000
    assert len(figure.data) < 20_000
    assert "datapoints" in words(figure)


def test_a_metric_far_above_its_target_is_drawn_logarithmically_and_says_so() -> None:
    """Target and alarm line stay apart."""
    assert SHOWN.metric is not None
    calm = replace(SHOWN.metric, points=[(0.0, 60.0, 12.0)])
    assert "Calls per instance and minute (log)" in words(timeline())
    assert "Calls per instance and minute" in words(timeline(replace(SHOWN, metric=calm)))


@pytest.mark.parametrize("part", ["traffic", "metric", "bands", "desired", "bounds"])
def test_a_panel_without_data_is_left_out(part: str) -> None:
    """The others are drawn all the same."""
    empty = {"bands": [], "desired": []}.get(part)
    assert words(timeline(replace(SHOWN, **{part: empty})))


def test_equal_times_make_one_mark() -> None:
    """Two labels at one place could not be read."""
    assert "p50 to p99" in words(charts.distribution(latency(0.5, 0.5, 0.5), "l"))
    assert "p99" in words(charts.distribution(latency(0.5, 0.5, 5.0), "l"))


@BOTH
def test_one_single_request_can_be_drawn(layout: str) -> None:
    """No axis collapses."""
    shown = latency(0.5)
    for figure in (
        charts.distribution(shown, "l"),
        charts.spectrum(shown, "s"),
        charts.over_time(shown, SHOWN, "o"),
    ):
        assert words(figure, layout)


def test_a_limit_is_drawn_where_it_is_near() -> None:
    """One far away would press the times to the ground."""
    near, far = Rule(0.6, "p99 limit 600 ms", "target"), Rule(60.0, "p99 limit 60 s", "target")
    found = words(charts.over_time(latency(0.5, 0.7), SHOWN, "l", [near, far]))
    assert ("p99 limit 600 ms" in found, "p99 limit 60 s" in found) == (True, False)
