"""Functions over time: what the figures show, their drawing and their words."""

from typing import Any

import function_sample
import pytest
from function_sample import ACCOUNT, RESERVED, declared, invoked, throttled

from harness import journal as j
from harness.journal import Record
from harness.summary import ByType
from reports.figures.figure import Figure
from reports.functions import chart as functions_chart
from reports.functions import durations as functions_durations
from reports.functions import series as functions_series

ALL = ByType(function_sample.all_phenomena())
BOTH = pytest.mark.parametrize("layout", ["wide", "narrow"])


def picture(figure: Figure, layout: str = "wide") -> str:
    """Return the picture of *figure* in one of its layouts."""
    return str(dict(figure.drawings)[layout])


def load(*records: Any, name: str = "f", end: float = 10.0) -> functions_series.Load:
    """Return what the figure of *name* shows."""
    (found,) = functions_series.loads(ByType([declared(name), *records]), [name], end)
    return found


def test_few_invocations_are_drawn_one_by_one() -> None:
    """Each beginning and each end is a step, from nothing on."""
    found = load(invoked(3.0, 1.0), invoked(4.0, 2.0, cold=True))
    assert found.most == [(0.0, 0), (1.0, 1), (2.0, 2), (3.0, 1), (4.0, 0)]
    assert (found.mean, found.peak, found.cold, found.cold_starts) == ([], (2.0, 2), [2.0], 1)


def test_of_many_the_most_and_the_mean_of_each_window_are_drawn() -> None:
    """What ran on from the window before counts; no peak is lost."""
    steady = [invoked(float(at) + 1.0, float(at)) for at in range(200)]
    peaks = [invoked(90.4, 90.1), invoked(90.3, 90.2)]
    found = load(*steady, *peaks, invoked(250.0, 202.0, cold=True), end=300.0)
    assert found.step_s == 2.0
    most, mean = dict(found.most), dict(found.mean)
    assert (most[90.0], most[88.0], most[240.0], most[260.0]) == (3, 1, 1, 0)
    assert [mean[at] for at in (90.0, 100.0, 240.0, 260.0)] == pytest.approx([1.2, 1.0, 1.0, 0.0])
    assert found.cold == [203.0]
    assert found.most[-1][0] == found.mean[-1][0] == 300.0


def test_a_function_that_never_ran_has_a_flat_line() -> None:
    """It may have been throttled all the time."""
    found = load(throttled(1.0), throttled(1.2))
    assert (found.most, found.peak) == ([(0.0, 0)], (0.0, 0))
    assert found.throttled == {RESERVED: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0]}
    assert "None ran." in functions_chart.load_words(found)


def test_limits_hold_over_time() -> None:
    """Reserved as it was set, provisioned of all aliases together."""
    found = load(
        j.ConcurrencySet(2.0, "f", "", 4, 4),
        j.ConcurrencySet(3.0, "f", "live", 2, 0),
        j.ConcurrencySet(4.0, "f", "live", 2, 2),
        j.ConcurrencySet(5.0, "f", "next", 1, 1),
        j.ConcurrencySet(6.0, "f", "live", None, None),
        invoked(8.0, 1.0),
    )
    assert [(span.start, span.value) for span in found.reserved] == [(2.0, 4)]
    assert found.allocated == [(3.0, 0), (4.0, 2), (5.0, 3), (6.0, 1)]


def test_the_queue_that_feeds_it_is_below() -> None:
    """Only one that ever held a message, and that somebody looked at."""
    mapped = [
        j.EventSourceDeclared(0.1, f"m-{queue}", "f", queue, 10, 0.0) for queue in ("q", "empty", "unseen")
    ]
    samples = [j.QueueSampled(1.0, "q", 3, 1, 0, 2.0), j.QueueSampled(1.0, "empty", 0, 0, 0)]
    found = load(*mapped, *samples, invoked(2.0, 1.0))
    assert [queue.queue for queue in found.queues] == ["q"]


def test_all_functions_together_are_drawn_where_the_account_was_met() -> None:
    """First, with the throttles of the account alone; or when it came near."""
    two: list[Record] = [declared("f"), declared("g"), invoked(3.0, 1.0, "f"), invoked(3.0, 1.0, "g")]
    assert [one.name for one in functions_series.loads(ByType(two), ["f", "g"], 9.0)] == ["f", "g"]
    met = ByType([*two, throttled(1.0, "f", ACCOUNT), throttled(1.0, "g", RESERVED)])
    together = functions_series.loads(met, ["f", "g"], 9.0)[0]
    assert (together.name, together.peak, list(together.throttled)) == ("All functions", (1.0, 2), [ACCOUNT])
    many = ByType([*two, *[invoked(5.0, 4.0) for _ in range(340)]])
    assert functions_series.loads(many, ["f"], 9.0)[0].name == "All functions"


def test_those_with_most_throttles_are_drawn() -> None:
    """In the order in which they were declared; the others are counted."""
    records = [invoked(2.0, 1.0, f"f{number}") for number in range(8) for _ in range(number)]
    seen = ByType([declared("idle"), *records, throttled(1.0, "f1")])
    assert functions_series.chosen(seen) == (["f1", "f3", "f4", "f5", "f6", "f7"], 1)


# -- drawings -----


@BOTH
def test_every_function_can_be_drawn(layout: str) -> None:
    """Throttles below where there were any, then queue and age."""
    predict, ingest = functions_series.loads(ALL, ["predict", "ingest"], 197.0)[1:]
    svg = picture(functions_chart.load(predict, "x"), layout)
    assert "Throttled per second" in svg
    assert ("reserved 10" in svg, "account 20" in svg, "provisioned" in svg) == (True, False, True)
    svg = picture(functions_chart.load(ingest, "x"), layout)
    assert "Age of its oldest message, s" in svg
    assert ("reserved" in svg, "account 20" in svg, "provisioned" in svg) == (False, True, False)


def test_a_limit_far_away_is_not_drawn() -> None:
    """It would press the steps to the ground; the words tell it."""
    found = load(j.ConcurrencySet(0.5, "f", "", 50, 50), invoked(3.0, 1.0))
    assert "reserved" not in picture(functions_chart.load(found, "x"))
    words = functions_chart.load_words(found)
    assert "Reserved were 50." in words
    assert "The account allows 1,000." in words


def test_a_reason_nobody_knows_is_drawn_all_the_same() -> None:
    """By its own name."""
    assert "NewReason" in picture(
        functions_chart.load(load(throttled(1.0, reason="NewReason")), "x"), "narrow"
    )


def test_the_figure_is_told_in_words() -> None:
    """Peaks with their moments, limits, throttles by reason, the queue."""
    names, _ = functions_series.chosen(ALL)
    words = {one.name: functions_chart.load_words(one) for one in functions_series.loads(ALL, names, 197.0)}
    assert "Provisioned environments: 0 from 00:20, 2 from 01:28, 4 from 01:35." in words["predict"]
    assert f"498 attempts throttled for {RESERVED}, most in the 2 s from 01:50." in words["predict"]
    assert "10 cold starts." in words["predict"]
    assert "Its queue items held at most 52 messages" in words["ingest"]


def test_durations_share_one_axis() -> None:
    """Cold ones with their initialisation, apart; everything is in one bin."""
    seen = ByType(
        [
            declared("f"),
            invoked(3.0, 1.0),
            invoked(4.0, 1.0, duration_s=1.0, cold=True, init_s=2.0),
            invoked(2.0, 2.0, "g"),
            declared("idle"),
        ]
    )
    one, other = functions_series.durations(seen, ["f", "idle", "g"])
    assert one.edges == other.edges
    assert (sum(one.warm), sum(one.cold), one.p50, one.p99, one.timeout_s) == (1, 1, 2.0, 3.0, 3.0)
    assert (other.name, other.timeout_s, sum(other.warm)) == ("g", None, 1)
    assert functions_series.durations(seen, ["idle"]) == []


@BOTH
def test_marks_that_are_close_share_one(layout: str) -> None:
    """The time-out only where something came near it."""
    seen = ByType([declared("f"), *[invoked(1.0 + 3.0 / n, 1.0) for n in (1, 1, 40)], invoked(2.0, 1.0, "g")])
    shown = functions_series.durations(seen, ["f", "g"])
    svg = picture(functions_durations.figure(shown, "d"), layout)
    assert "p50, p99, timeout" in svg
    assert "cold" not in svg
    assert "f: p50 3 s, p99 3 s, 0 cold." in functions_durations.words(shown)
    apart = functions_series.durations(
        ByType([declared("f"), *[invoked(1.0 + n, 1.0) for n in (0.1, 0.1, 9.0)]]), ["f"]
    )
    svg = picture(functions_durations.figure(apart, "d"), layout)
    assert all(f">{name}<" in svg for name in ("p50", "p99", "timeout"))
