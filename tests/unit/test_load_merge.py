"""Whoever sent which request: the accounts of several processes make the load that one would make."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from harness import journal
from harness.load_result import (
    COMPLETED,
    DROPPED,
    FAILED,
    UNFINISHED,
    Counts,
    LoadResult,
    ProcessReport,
    RequestRow,
    merge,
    percentile,
)
from harness.summary import summarise

OUTCOMES = (COMPLETED, COMPLETED, COMPLETED, FAILED, DROPPED, UNFINISHED)


def row(number: int, random: Random) -> RequestRow:
    """Return a request of a busy load: late or not, answered or not, with times of every size."""
    due = round(random.uniform(0.0, 60.0), 6)
    outcome = random.choice(OUTCOMES)
    lag = round(random.expovariate(200.0), 6)
    sent = None if outcome == DROPPED else round(due + lag, 6)
    took = round(random.lognormvariate(-3.0, 1.5), 6)
    received = round(due + lag + took, 6) if outcome in (COMPLETED, FAILED) else None
    status = {COMPLETED: 200, FAILED: 503}.get(outcome, 0)
    times = (took, took / 4, took / 2, 0.001) if received else (None, None, None, None)
    return RequestRow(
        number, "ranker", due, sent, received, lag if sent else 0.0, outcome, status, "", *times, 90, 17
    )


def report_of(rows: Sequence[RequestRow], process: int) -> ProcessReport:
    """Return what the process that sent *rows* would say of itself."""
    counted = [row.outcome for row in rows]
    counts = Counts(*(counted.count(outcome) for outcome in (COMPLETED, FAILED, DROPPED, UNFINISHED)))
    lags = [row.lag_s for row in rows if row.sent_at is not None]
    lag = (percentile(lags, 0.5), percentile(lags, 0.99), max(lags, default=0.0))
    return ProcessReport(process, "lean", counts, *lag, 0.2, 0.3, 0.0, 61.0, True)


def merged(shares: Sequence[Sequence[RequestRow]]) -> tuple[LoadResult, list[RequestRow], str]:
    """Return the load that *shares* of rows make, its rows, and the summary of a run with it, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"results-w{number}.jsonl" for number in range(len(shares))]
        for path, share in zip(files, shares, strict=True):
            path.write_text("".join(json.dumps(one) + "\n" for one in share))
        reports = [report_of(share, number) for number, share in enumerate(shares)]
        result = merge(reports, files, lag_limit_s=0.05, began_at=0.0, ended_at=61.0)
        rows = list(result.rows())
    return replace(result, files=(), processes=1), rows, json.dumps(summarise(records(result, rows)))


def records(result: LoadResult, rows: Sequence[RequestRow]) -> list[journal.Record]:
    """Return the journal of a run with that load."""
    started = journal.RunStarted(0.0, "s", "corrected", "", "wall", 1, 0.0, "embedded", {}, {}, "", {})
    counts = (result.offered, result.sent, result.completed, result.failed, result.dropped, result.unfinished)
    ended = journal.LoadEnded(
        61.0, 0.0, *counts, result.lag_p99_s, "lean", result.client_cpu, 1, result.saturated, list(result.why)
    )
    requests = [
        journal.LoadRequest(
            due_at=one.due_at,
            endpoint=one.model,
            outcome=one.outcome,
            status=one.status,
            sent_at=one.sent_at,
            received_at=one.received_at,
            lag_s=one.lag_s,
            queue_s=one.queue_s or 0.0,
            service_s=one.service_s or 0.0,
            overhead_s=one.overhead_s or 0.0,
            error=one.error,
        )
        for one in rows
    ]
    return [started, *requests, ended, journal.RunEnded(61.0, "pass", "", 61.0)]


@given(seed=st.integers(0, 2**32), size=st.integers(1, 300), processes=st.integers(2, 9))
def test_merged_is_what_one_process_has(seed: int, size: int, processes: int) -> None:
    """No percentile, count, reason or figure of the report depends on who sent which request."""
    random = Random(seed)
    rows = sorted(
        (row(number, random) for number in range(size)), key=lambda one: one.received_at or one.due_at
    )
    shares: list[list[RequestRow]] = [[] for _ in range(processes)]
    for one in rows:
        random.choice(shares).append(one)

    whole, rows_of_one, report_of_one = merged([rows])
    parts, rows_of_many, report_of_many = merged(shares)

    assert parts == whole
    assert sorted(rows_of_many) == sorted(rows_of_one)
    assert report_of_many == report_of_one
