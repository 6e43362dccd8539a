"""A load ends once a threshold is crossed, by the rows that its clients have written so far."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.journal import FunctionThrottled, LoadRequest
from harness.load_result import RequestRow
from harness.run.aborting import Aborting, RowsSoFar
from harness.run.thresholds import with_thresholds
from harness.thresholds import parse

ROW = '[{n},"ranker",{n},{n},{n},0.0,"{outcome}",200,"",0.1,0.0,0.1,0.0,1,1]\n'
THROTTLED = FunctionThrottled(1.0, "f", "", "r", "synchronous", "", "ConcurrentInvocationLimitExceeded")


def request_of(row: RequestRow) -> LoadRequest:
    """Return what the journal has of *row*."""
    return LoadRequest(row.due_at, "ranker", row.outcome, row.status, row.sent_at)


class Stand:
    """A run of which only the clock, the records and the thresholds are there."""

    def __init__(self, folder: Path, *texts: str) -> None:
        self.now = 0.0
        self.records: list[Any] = []
        limits = tuple(map(parse, texts))
        clock = SimpleNamespace(now=lambda: self.now, speed=10.0)
        run: Any = SimpleNamespace(
            clock=clock,
            recorder=SimpleNamespace(records=self.records),
            scenario=SimpleNamespace(limits=limits),
        )
        self.rows = folder / "results-7.jsonl"
        self.aborting = Aborting(run, folder, request_of)
        self.aborting.begin(0.0)

    def must_stop(self, now: float) -> bool:
        """Return whether the load ends at model second *now*."""
        self.now = now
        return self.aborting.must_stop()


def test_stops_when_a_threshold_is_crossed(tmp_path: Path) -> None:
    """It looks once a real second, ten model seconds here, and stays with what it found."""
    stand = Stand(tmp_path, "errors<2 abort")
    stand.rows.write_text("".join(ROW.format(n=n, outcome="failed") for n in range(3)))
    assert not stand.must_stop(9.9)
    assert stand.must_stop(10.0)
    assert stand.must_stop(10.1)
    assert stand.aborting.crossing is not None
    assert (stand.aborting.crossing.at, stand.aborting.crossing.count) == (10.0, 3)


def test_reads_nothing_that_no_threshold_needs(tmp_path: Path) -> None:
    """Rows are for thresholds on the load; without one that aborts nothing is looked at at all."""
    stand = Stand(tmp_path, "throttles==0 abort", "errors==0")
    stand.rows.write_text("no row\n")
    assert not stand.must_stop(10.0)
    stand.records.append(THROTTLED)
    assert stand.must_stop(20.0)
    assert not Stand(tmp_path, "errors==0").must_stop(99.0)


def test_each_row_is_read_once(tmp_path: Path) -> None:
    """One that is being written is left for the next time."""
    rows, file = RowsSoFar(tmp_path), tmp_path / "results-1.jsonl"
    assert list(rows.new()) == []
    first, second = ROW.format(n=1, outcome="ok"), ROW.format(n=2, outcome="ok")
    file.write_text(first + second[:9])
    assert [row.number for row in rows.new()] == [1]
    file.write_text(first + second)
    (tmp_path / "results-2.jsonl").write_text(ROW.format(n=3, outcome="ok"))
    assert [row.number for row in rows.new()] == [2, 3]
    assert list(rows.new()) == []


def test_abort_without_a_threshold_is_a_mistake() -> None:
    """There is nothing that could end the load."""
    with pytest.raises(ScenarioError, match="--abort-on-fail: no threshold"):
        with_thresholds([], ["lost==0"], abort=True)
    assert with_thresholds([], []) == []
