"""A report of requests that were kept by the minute: the same figures, from counts and histograms."""

from harness import journal as j
from harness.summary import ByType, summarise
from reports.answers import scaled
from reports.figures import minutes, times
from reports.html import render

RESOURCE = "endpoint/ranker/variant/AllTraffic"
BIN = j.bin_of(0.1)


def minute(number: int, offered: int, lost: int = 0) -> j.ServedMinute:
    """Return a minute of requests of 0.1 s each."""
    good = offered - lost
    times = (0.1, 0.1, 0.12) if good else (None, None, None)
    rows = [[BIN, good]] if good else []
    failed = {"queue full": lost} if lost else {}
    return j.ServedMinute(number * 60.0, "ranker", 60.0, offered, good, failed, rows, rows, *times)


def total(*served: j.ServedMinute) -> j.ServedTotal:
    """Return the total of *served*."""
    offered, good = sum(m.offered for m in served), sum(m.completed for m in served)
    spread = dict.fromkeys(("p50", "p90", "p95", "p99", "max"), 0.1) if good else {}
    failed = {"queue full": offered - good} if offered > good else {}
    return j.ServedTotal(600.0, 0.0, offered, good, failed, spread, spread)


def run(*served: j.ServedMinute) -> list[j.Record]:
    """Return a simulated run that scaled from 1 to 3 while *served*."""
    first = j.RunStarted(
        0.0, "simulate-x", "", "traffic", "virtual", 1, 0.0, "none", {}, {}, "harness simulate"
    )
    stages = [
        j.ScalingActivity(at, "a", RESOURCE, status, 1, 3, "alarm", "", "ScaleOut", 60.0)
        for status, at in (("InProgress", 60.0), ("Successful", 300.0))
    ]
    capacity = j.CapacityChanged(0.0, "ranker", "AllTraffic", 1, 1)
    bounds = j.TargetRegistered(0.0, RESOURCE, 1, 8)
    return [first, bounds, capacity, *stages, *served, total(*served), j.RunEnded(600.0, "pass", "", 0.0)]


SERVED = tuple(minute(number, 600, lost=30 if number == 2 else 0) for number in range(10))


def test_windows_are_whole_minutes() -> None:
    """However long the run: a minute's count is not spread over seconds that nobody saw."""
    short = minutes.traffic(SERVED, 600.0, 150)
    assert (short.step_s, short.offered, sum(short.failed)) == (60.0, [600] * 10, 30)
    long = minutes.traffic([minute(number, 10) for number in range(1_440)], 86_400.0, 150)
    assert (long.step_s, len(long.offered), sum(long.offered)) == (600.0, 144, 14_400)


def test_latency_is_that_of_the_histograms() -> None:
    """Counts of all minutes, the exact percentiles, and a row for each minute over time."""
    shown = times.latency(ByType(run(*SERVED)))
    assert shown is not None
    assert shown.requests == sum(shown.response) == 5_970
    assert shown.quantiles["p99"] == 0.1
    assert [row[0] for row in shown.over_time] == [30.0 + 60.0 * number for number in range(10)]
    assert shown.heat.response == [(number, 0, minute.completed) for number, minute in enumerate(SERVED)]
    assert [value for _, value in shown.spectrum] == [0.1] * len(shown.spectrum)


def test_nobody_answered_has_no_latency() -> None:
    """Neither in the figure nor in the summary."""
    records = run(minute(0, 5, lost=5))
    assert times.latency(ByType(records)) is None
    summary = summarise(records)
    assert "latency" not in summary
    assert summary["load"]["failed_by"] == {"queue full": 5}


def test_the_wait_is_told_from_its_minutes() -> None:
    """Those that lie wholly between breach and service."""
    records = run(*SERVED)
    answer = scaled(ByType(records), summarise(records))
    assert answer is not None
    assert "30 of 2,400 calls got no good answer and p99 was 120 ms" in answer.detail


def test_the_page_is_drawn() -> None:
    """With traffic and latency, and without what does not apply."""
    records = run(*SERVED)
    page = render(records, summarise(records))
    assert "5,970 answered requests of the load" in page
    assert "this machine" not in page
