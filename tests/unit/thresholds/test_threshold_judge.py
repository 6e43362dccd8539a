"""Thresholds become expectations of the journal; what cannot be measured is never met."""

from typing import Any

import pytest
from threshold_run import FIRST, call, judged, load_ended

from harness import journal as j
from harness.thresholds import Crossing, Threshold, judge, parse


def test_a_threshold_is_an_expectation_with_its_source() -> None:
    """Its text is its name, and the value stands beside the limit in one unit."""
    found = judged("p(99)<800ms", call())
    assert found == j.Expectation(
        100.0, "response_time: p(99)<800ms", "< 0.8", pytest.approx(0.6), "s", True,
        "over 1 answered requests", "threshold",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ok"),
    [("requests<2", True), ("requests<=1", True), ("requests>1", False), ("requests>=1", True),
     ("requests==1", True), ("requests!=1", False)],
)  # fmt: skip
def test_comparisons(text: str, ok: bool) -> None:
    """Each sign compares as it is read."""
    assert judged(text, call(), load_ended()).ok is ok


def test_what_was_crossed_on_the_way_is_not_met() -> None:
    """Even where the rest of the run made it good again; others are judged as ever."""
    crossed, other = parse("p(99)<5s abort"), parse("requests==1")
    crossing = Crossing(crossed, 12.34, 7)
    first, second = judge([crossed, other], [FIRST, call()], None, 20.0, crossing=crossing)
    assert (first.ok, second.ok) == (False, True)
    assert first.reason.startswith(
        "threshold response_time: p(99)<5s crossed at 12.3 s, of 7 values by then; aborted;"
    )
    assert "of 1 value by" in Crossing(crossed, 1.0, 1).sentence


def test_the_summary_may_be_given() -> None:
    """It is not made again then; what only the end knows comes beside it."""
    given: dict[str, Any] = {"load": {"failed": 4}}
    thresholds = [parse("load.failed==4"), parse("wall_s<60")]
    assert [one.value for one in judge(thresholds, [FIRST], given, 1.0, wall_s=2.5)] == [4.0, 2.5]
    assert judged("wall_s<60").value is None


def test_a_figure_that_is_no_number_is_not_met() -> None:
    """A program may return anything."""
    ended = j.ProgramEnded(5.0, "score", 1.0, 0, {"rmse": float("nan")})
    found = judged("result{program:score,key:rmse}<1", ended)
    assert (found.value, found.ok) == (None, False)
    assert "no number to compare" in found.reason


def test_the_room_has_its_names_at_the_door() -> None:
    """What others need is imported from harness.thresholds, and nothing else is there."""
    import harness.thresholds as room

    assert all(getattr(room, name) for name in room.__all__)
    assert room.Threshold is Threshold
    with pytest.raises(AttributeError):
        _ = room.nothing


def test_a_rate_without_a_load_is_over_the_whole_run() -> None:
    """There is no other span."""
    seen = j.Finding(1.0, "r", "note", "x", "", "")
    assert judged("findings: rate<1", seen, at=50.0).value == 0.02
