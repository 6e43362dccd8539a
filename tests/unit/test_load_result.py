"""When a load may be believed, and that no request is lost on the way to the result."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import JournalError
from harness.load_result import Counts, ProcessReport, RequestRow, judge, merge, percentile, read_rows

numbers = st.integers(0, 1_000)
counts = st.builds(Counts, numbers, numbers, numbers, numbers, numbers)


def report(process: int, **fields: object) -> ProcessReport:
    values: dict[str, object] = {
        "process": process, "client": "lean", "counts": Counts(), "lag_p50_s": 0.0, "lag_p99_s": 0.0,
        "lag_max_s": 0.0, "cpu_share_mean": 0.2, "cpu_share_max": 0.3, "began_at": 0.0, "ended_at": 9.0,
        "finished": True,
    }  # fmt: skip
    return ProcessReport(**values | fields)  # type: ignore[arg-type]


def row(number: int, outcome: str = "ok", due_at: float = 1.0, lag_s: float = 0.001) -> RequestRow:
    sent = None if outcome == "dropped" else due_at + lag_s
    received = due_at + 0.1 if outcome in ("ok", "failed") else None
    return RequestRow(
        number, "m", due_at, sent, received, lag_s, outcome, 200, "", None, None, None, None, 3, 4
    )


def rows_file(path: Path, rows: list[RequestRow], tail: str = "") -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows) + tail)
    return path


def why(counts: Counts, cpu: float = 0.2, lag: float = 0.001) -> tuple[str, ...]:
    return judge(counts, cpu=cpu, lag_p99_s=lag, lag_limit_s=0.05)


@given(counts, counts)
def test_offered_requests_all_came_to_something(one: Counts, other: Counts) -> None:
    """offered = completed + failed + dropped + unfinished + lost, and sent is what was neither dropped nor
    lost; also in sums."""
    both = one + other
    assert both.offered == both.completed + both.failed + both.dropped + both.unfinished + both.lost
    assert both.sent == both.offered - both.dropped - both.lost
    assert both.offered == one.offered + other.offered


def test_a_healthy_load_has_no_complaint() -> None:
    """All sent, all answered, in time, with CPU to spare; failed answers are the endpoint's matter."""
    assert why(Counts(completed=90, failed=10)) == ()


@pytest.mark.parametrize(
    ("counts", "cpu", "lag", "says"),
    [
        (Counts(), 0.1, 0.0, "no request at all"),
        (Counts(completed=999, dropped=1), 0.1, 0.0, "1 of 1000 requests were dropped"),
        (Counts(completed=94, dropped=6), 0.1, 0.0, "Only 94.0% of the offered requests were sent"),
        (Counts(completed=99, unfinished=1), 0.1, 0.0, "1 of 100 requests had no answer"),
        (Counts(completed=100), 0.71, 0.0, "71% of a core"),
        (Counts(completed=100), 0.1, 0.051, "51 ms or more"),
    ],
)
def test_each_fault_of_the_generator_is_named(counts: Counts, cpu: float, lag: float, says: str) -> None:
    """A load that proves nothing says why, with its figure."""
    assert says in " ".join(why(counts, cpu, lag))


def test_the_limits_themselves_pass() -> None:
    """70 % of a core and exactly the lag limit are still fine."""
    assert why(Counts(completed=100), cpu=0.70, lag=0.05) == ()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_values(values: list[float], ratio: float) -> None:
    """At least the ratio of all values is at or below it, and it is one of them."""
    found = percentile(values, ratio)
    assert found in values
    assert sum(value <= found for value in values) >= math.floor(ratio * len(values))


def test_no_values_have_no_percentile() -> None:
    """Nothing sent, no lag."""
    assert percentile([], 0.99) == 0.0


def test_rows_of_all_processes_make_the_result(tmp_path: Path) -> None:
    """Counts and lags come from the rows of every process; CPU is that of the busiest one."""
    files = [
        rows_file(tmp_path / "a", [row(0, lag_s=0.002), row(2, "failed", lag_s=0.010)]),
        rows_file(tmp_path / "b", [row(1, "dropped"), row(3, "unfinished", lag_s=0.004)]),
    ]
    result = merge(
        [report(1, cpu_share_max=0.4), report(2, cpu_share_max=0.6, client="boto3")],
        files,
        lag_limit_s=0.05,
        began_at=3.0,
        ended_at=9.0,
    )
    assert result.counts == Counts(completed=1, failed=1, dropped=1, unfinished=1)
    assert (result.offered, result.sent) == (4, 3)
    assert (result.lag_p50_s, result.lag_max_s, result.client_cpu) == (0.004, 0.010, 0.6)
    assert (result.client, result.processes, result.saturated) == ("boto3, lean", 2, True)
    assert sorted(one.number for one in result.rows()) == [0, 1, 2, 3]


def test_rows_come_in_the_order_they_ended(tmp_path: Path) -> None:
    """The journal can be written from two processes' rows without sorting them."""
    files = [
        rows_file(tmp_path / "a", [row(0, due_at=1), row(2, due_at=3)]),
        rows_file(tmp_path / "b", [row(1, due_at=2), row(3, due_at=4)]),
    ]
    result = merge([report(1)], files, lag_limit_s=1, began_at=0, ended_at=9)
    assert [one.number for one in result.rows()] == [0, 1, 2, 3]


def test_a_trouble_known_before_makes_the_load_invalid(tmp_path: Path) -> None:
    """A process that died is a reason, however good the rows of the others look."""
    file = rows_file(tmp_path / "a", [row(0)])
    result = merge([report(1)], [file], lag_limit_s=1, began_at=0, ended_at=9, troubles=["It died."])
    assert (result.why, result.saturated) == (("It died.",), True)


def test_no_file_at_all_is_no_pass(tmp_path: Path) -> None:
    """A load that left nothing behind proves nothing."""
    result = merge([], [], lag_limit_s=1, began_at=0, ended_at=9)
    assert result.saturated
    assert list(result.rows()) == []


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    """Only the last line can be cut off; the rows before it are kept."""
    file = rows_file(tmp_path / "a", [row(0), row(1)], tail='[2,"m",1.0')
    assert [one.number for one in read_rows(file)] == [0, 1]


@pytest.mark.parametrize("tail", ["[1,2]\n", "nonsense\n", "7\n"])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, tail: str) -> None:
    """The error says which line."""
    with pytest.raises(JournalError, match="line 2"):
        list(read_rows(rows_file(tmp_path / "a", [row(0)], tail)))


def test_a_report_survives_json() -> None:
    """A process's account reads back as it was written, with its totals spelt out for people."""
    one = report(7, counts=Counts(5, 4, 3, 2))
    text = json.loads(json.dumps(one.to_json()))
    assert (text["counts"]["offered"], text["counts"]["sent"]) == (14, 11)
    assert ProcessReport.from_json(text) == one
