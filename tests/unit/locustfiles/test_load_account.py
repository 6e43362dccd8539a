"""One process's account: every request once, on file before its report, and its CPU share."""

import json
from pathlib import Path

import pytest

from harness.load_result import Counts, read_rows
from harness.scenario.workload import Due
from locustfiles.account import Account, CpuWatch, Reply
from locustfiles.schedule import LoadClock
from locustfiles.sinks import Files

CLOCK = LoadClock(zero=100.0, speed=60.0)


def account(directory: Path | None) -> Account:
    made = Account(CLOCK, ["live", "batch"], "lean", Files(directory, "7") if directory else None)
    made.begin(30.0)
    return made


def send_one_of_each(made: Account) -> None:
    """Let one request end in each way there is; the load began at model second 30."""
    for _ in range(3):
        made.sent(0.002)
    reply = Reply(200, "", 17, modelled_s=0.25, queue_s=0.05, service_s=0.2, overhead_s=0.001)
    made.answered(Due(0, 6.0, 0, 0), 100.602, 100.7, 0.002, reply, 90)
    made.answered(Due(1, 7.0, 1, 0), 100.618, 100.8, 0.002, Reply(424, "ModelError"), 90)
    made.dropped(Due(2, 8.0, 1, 1), 90)
    made.unfinished(Due(3, 9.0, 0, 1), 100.652, 0.002, 90)


def test_rows_tell_each_request(tmp_path: Path) -> None:
    """Moments are model seconds of the run, counted from the load's start; what is unknown is None."""
    made = account(tmp_path)
    send_one_of_each(made)
    made.close(finished=True)
    ok, failed, dropped, unfinished = read_rows(next(tmp_path.glob("results-*.jsonl")))
    assert ok[:8] == (0, "live", 36.0, pytest.approx(36.12), pytest.approx(42.0), 0.002, "ok", 200)
    assert ok[8:] == ("", 0.25, 0.05, 0.2, 0.001, 90, 17)
    assert (failed.model, failed.outcome, failed.status, failed.error) == (
        "batch",
        "failed",
        424,
        "ModelError",
    )
    assert (dropped.outcome, dropped.error, dropped.sent_at) == ("dropped", "MaxInFlight", None)
    assert (unfinished.outcome, unfinished.received_at, unfinished.status) == ("unfinished", None, 0)


def test_the_report_counts_the_rows(tmp_path: Path) -> None:
    """Offered is the number of rows, whatever they came to."""
    made = account(tmp_path)
    send_one_of_each(made)
    report = made.close(finished=False)
    assert report.counts == Counts(completed=1, failed=1, dropped=1, unfinished=1)
    assert (report.lag_p99_s, report.began_at, report.finished) == (0.002, 30.0, False)
    assert json.loads(next(tmp_path.glob("report-*.json")).read_text())["counts"]["offered"] == 4


def test_progress_is_there_before_the_end(tmp_path: Path) -> None:
    """A flush puts rows and counts where the harness reads them."""
    made = account(tmp_path)
    send_one_of_each(made)
    made.flush()
    progress = json.loads(next(tmp_path.glob("progress-*.json")).read_text())
    assert progress == {"due": 4, "sent": 3, "completed": 1, "failed": 1, "dropped": 1}
    assert len(list(read_rows(next(tmp_path.glob("results-*.jsonl"))))) == 4
    made.close(finished=True)


def test_without_a_directory_it_only_counts() -> None:
    """Locust by itself leaves no files; the counts are there all the same."""
    made = account(None)
    made.announce()
    send_one_of_each(made)
    made.flush()
    assert made.close(finished=True).counts.offered == 4


def test_an_answer_without_an_error_status_is_ok() -> None:
    """2xx is success; a status with an error, or no answer, is not."""
    replies = [Reply(200), Reply(204), Reply(200, "Broken"), Reply(503), Reply(0, "TimeoutError")]
    assert [reply.ok for reply in replies] == [True, True, False, False, False]


def test_one_busy_second_is_no_saturation() -> None:
    """A share is sustained when it lasts three windows: the mean of the busiest three in a row counts."""
    watch = CpuWatch(shares=[0.1, 0.1, 1.0, 0.1, 0.4, 0.9, 0.8])
    assert watch.sustained_max == pytest.approx(0.7)
    assert watch.mean == pytest.approx(3.4 / 7)


def test_a_short_load_is_judged_by_what_there_is() -> None:
    """Fewer than three windows are all of them; none are no share."""
    assert CpuWatch(shares=[0.2, 0.8]).sustained_max == pytest.approx(0.5)
    assert (CpuWatch().sustained_max, CpuWatch().mean) == (0.0, 0.0)
