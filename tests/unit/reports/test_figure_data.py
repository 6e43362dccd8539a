"""A figure for its page: data that may stand in a script, words that are escaped, limits that are found."""

import json
from typing import Any

import pytest

from harness.stats import Span
from reports.figures import data, limits, static
from reports.figures.axes import linear
from reports.figures.heading import KEY_LINE, NAME, Heading
from reports.figures.pen import WIDE, Pen, step_path
from reports.figures.plan import MOST_MARKS, Lane, Panel, Plan, Series, fault_marks

EVIL = '</script><script>alert("x")</script>'
PLAN = Plan(
    0.0,
    10.0,
    [
        Panel(
            EVIL,
            20,
            linear(0, 1),
            series=[Series(EVIL, "served", "step", [0.0, 1.0, 2.0, 3.0], [1.23456789, 2.0, None, 4])],
        ),
        Panel("States", 20, linear(0, 1), lanes=[Lane(EVIL, [Span(0.0, 9.0, EVIL)])]),
    ],
    phases=[Span(0.0, 10.0, EVIL)],
)


def test_no_name_can_end_the_script_that_holds_the_data() -> None:
    """And none is changed by it."""
    found = data.as_json(PLAN)
    assert "<" not in found
    assert json.loads(found)["panels"][0]["heading"] == EVIL


def test_no_name_is_markup_in_a_picture() -> None:
    """Each is shown as it is."""
    assert "<script" not in static.draw(PLAN, WIDE)


def test_numbers_are_short_and_gaps_stay_gaps() -> None:
    """Six digits, whole numbers whole, moments at one distance as a rule."""
    (one,) = json.loads(data.as_json(PLAN))["panels"][0]["series"]
    assert one["x"] == {"start": 0, "step": 1, "count": 4}
    assert one["y"] == [1.23457, 2, None, 4]


def test_a_step_that_stays_is_not_repeated() -> None:
    """A path says only what changes."""
    assert step_path([(0, 5), (1, 5), (2, 5), (3, 7)]) == "M0 5H3V7H3"


def test_a_picture_is_hidden_from_screen_readers() -> None:
    """The figure around it carries the words."""
    assert Pen().svg(10, 5) == '<svg viewBox="0 0 10 5" aria-hidden="true" focusable="false">\n\n</svg>'


def check(name: str, limit: str, unit: str, source: str = "scenario") -> dict[str, Any]:
    """Return an expectation as the summary has it."""
    return {"name": name, "limit": limit, "unit": unit, "source": source}


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (check("ranker: response time p99", "< 0.8", "s"), [(0.8, "p99 limit 800 ms")]),
        (check("p(95)<800ms", "< 0.8", "s", "threshold"), [(0.8, "p95 limit 800 ms")]),
        (check("ranker: breach to scale-out decision", "<= 240", "s"), []),
        (check("queue_time: p(95)<800ms", "< 0.8", "s", "threshold"), []),
        (check("ranker: response time p99", ">= 0.8", "s"), []),
    ],
    ids=["expectation", "threshold", "no-time-of-an-answer", "other-metric", "no-upper-limit"],
)
def test_limits_of_times_are_found(one: dict[str, Any], wanted: list[tuple[float, str]]) -> None:
    """Of percentiles of the response, from expectations and thresholds alike."""
    assert [(rule.value, rule.label) for rule in limits.of_times([one])] == wanted


WAIT = "ranker: breach to instances in service"


@pytest.mark.parametrize(
    ("name", "limit", "wanted"),
    [
        (WAIT, "<= 300", [("9 min", "alarm"), ("5 min", "nodata")]),
        ("scale_out_lag{endpoint:ranker}<600s", "< 600", [("9 min", "desired"), ("10 min", "nodata")]),
        ("scale_out_lag{endpoint:other}<600s", "< 600", [("9 min", "desired")]),
    ],
    ids=["too-late", "in-time", "of-another"],
)
def test_the_wait_for_the_first_scale_out_stands_over_its_limit(
    name: str, limit: str, wanted: list[tuple[str, str]]
) -> None:
    """Both from the breach on, so that their ends can be compared; too late is red."""
    story = {"breach_to_in_service_s": 540.0, "activities": [{"from": 1, "to": 2, "in_service_s": 900.0}]}
    resource = "endpoint/ranker/variant/A"
    summary = {"scaling": {"targets": {resource: story}}, "expectations": [check(name, limit, "s")]}
    found = limits.of_the_wait(summary, resource, 1e4)
    assert [(band.spans[0].value, band.role) for band in found] == wanted
    assert {band.spans[0].start for band in found} == {360.0}


def test_a_run_that_never_scaled_has_no_wait() -> None:
    """Nothing is drawn that nobody measured."""
    assert limits.of_the_wait({"expectations": []}, "endpoint/ranker/variant/A", 1e4) == []


def test_a_key_that_does_not_fit_beside_its_name_is_below_it() -> None:
    """In as many lines as it needs: nothing is written over anything else."""
    series = [Series(f"a reason with a long name, {n}", "failed", "step", [0, 1], [1, 1]) for n in range(6)]
    few, many = (Heading(WIDE, Panel("Throttled", 20, linear(0, 1), series=series[:n])) for n in (2, 6))
    assert (few.height, many.height) == (NAME, NAME + 2 * KEY_LINE)


def test_faults_beyond_number_make_as_many_marks_as_can_be_seen() -> None:
    """Each keeps the number that the page lists it by."""
    marks = fault_marks([number / 100 for number in range(10_000)], 100.0)
    assert len(marks) == MOST_MARKS
    assert [(mark.at, mark.label) for mark in marks[:2]] == [(0.0, "1"), (0.25, "26")]
