"""The bands of the capacity timeline: within which counts and moments a modelled run may lie on AWS."""

from typing import Any

import pytest

from harness import journal as j
from harness.summary import ByType, summarise
from reports import ranges
from reports.figures import alt
from reports.figures.series import timelines
from reports.html import render
from reports.ranges import Window, envelope, windows

RESOURCE = "endpoint/ranker/variant/AllTraffic"


def activity(name: str, at: float, before: int, after: int) -> list[j.Record]:
    """Return an activity that was over four minutes later."""
    stages = (("InProgress", at), ("Successful", at + 240.0))
    return [
        j.ScalingActivity(when, name, RESOURCE, status, before, after, "alarm", "", "ScaleOut", at)
        for status, when in stages
    ]


def ranged(name: str, at: float, *, certain: bool = True, done: float | None = 240.0) -> j.ActivityRange:
    """Return a range of a minute before and two minutes after."""
    low, high = (None, None) if done is None else (at + done - 60.0, at + done + 120.0)
    return j.ActivityRange(900.0, name, RESOURCE, at - 60.0, at + 120.0, low, high, 2, 4, certain)


def run(*more: j.Record) -> list[j.Record]:
    """Return a run on the virtual clock with *more* in it."""
    first = j.RunStarted(
        0.0, "simulate-x", "", "traffic", "virtual", 1, 0.0, "none", {}, {}, "harness simulate"
    )
    capacity = [
        j.CapacityChanged(0.0, "ranker", "AllTraffic", 1, 1),
        j.CapacityChanged(340.0, "ranker", "AllTraffic", 3, 3),
    ]
    bounds = j.TargetRegistered(0.0, RESOURCE, 1, 8)
    return [first, bounds, *capacity, *more, j.RunEnded(900.0, "pass", "", 0.0)]


UP = run(*activity("a", 100.0, 1, 3), ranged("a", 100.0))


def test_a_window_is_its_activitys_range() -> None:
    """From what to what, when it may be decided, when it may be over."""
    assert windows(ByType(UP), RESOURCE) == [Window((40.0, 220.0), (280.0, 460.0), 1, 3)]
    assert windows(ByType(UP), "endpoint/other/variant/AllTraffic") == []


def test_between_the_ends_both_counts_are_possible() -> None:
    """Before the early end only the old one, after the late end only the new one."""
    assert envelope(windows(ByType(UP), RESOURCE), 900.0) == [(0.0, 1, 1), (280.0, 1, 3), (460.0, 3, 3)]
    assert envelope([], 900.0) == []


@pytest.mark.parametrize("found", [ranged("a", 100.0, certain=False), ranged("a", 100.0, done=None)])
def test_what_may_never_come_keeps_the_old_count_possible(found: j.ActivityRange) -> None:
    """To the end of the run."""
    records = run(*activity("a", 100.0, 1, 3), found)
    assert envelope(windows(ByType(records), RESOURCE), 900.0)[-1][1] == 1


def test_ranges_that_overlap_leave_every_count_between() -> None:
    """Up and down again, each at its own moment."""
    up, down = Window((0, 0), (100.0, 500.0), 1, 3), Window((0, 0), (300.0, 700.0), 3, 1)
    rows = {at: (least, most) for at, least, most in envelope([up, down], 900.0)}
    assert rows == {0.0: (1, 1), 100.0: (1, 3), 300.0: (1, 3), 500.0: (1, 3), 700.0: (1, 1)}


def test_a_range_turned_inside_out_still_has_a_count() -> None:
    """Where one range ends before the one before it begins, the last count holds."""
    up, down = Window((0, 0), (500.0, 600.0), 1, 3), Window((0, 0), (100.0, 200.0), 3, 1)
    assert all(least <= most for _, least, most in envelope([up, down], 900.0))


def test_the_page_says_that_its_moments_are_modelled() -> None:
    """In the note, in the table and for those who do not see the figure."""
    summary = summarise(UP)
    page = render(UP, summary)
    assert "The moments of scaling are modelled, not measured." in page
    assert "00:40 to 03:40" in page
    assert "reckoned, not waited for" in page
    assert "Overhead is the time this machine" not in page
    (shown,) = timelines(ByType(UP), 900.0)
    assert "Bands show when each of 1 decision may fall on AWS, the first between 00:40 and 03:40." in (
        alt.timeline(shown)
    )


def test_a_row_says_what_is_not_sure() -> None:
    """And which endpoint is meant, where there are several."""
    uncertain = {
        "at_s": 1.0,
        "from": 1,
        "to": 2,
        "at_s_low": 0.0,
        "at_s_high": 2.0,
        "to_low": 2,
        "to_high": 5,
    }
    story: dict[str, Any] = {"activities": [{**uncertain, "certain": False}]}
    other = {"activities": [{"at_s": 1.0, "from": 1, "to": 2}]}
    rows = ranges.rows({"targets": {RESOURCE: story, "function:f:live": other}})
    assert rows == [
        {
            "what": "ranker 1 to 2",
            "decided": "00:01",
            "decided_range": "00:00 to 00:02",
            "in_service": "not in this run",
            "in_service_range": "",
            "to_range": "2 to 5",
            "sure": "may not happen at all",
        }
    ]
    assert ranges.rows(None) == []
    assert ranges.sentence([]) == ""
