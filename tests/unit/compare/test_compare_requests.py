"""The requests of a run out of its journal."""

import gzip
from pathlib import Path

from harness.compare.requests import read_requests, requests_of_calls, requests_of_load
from tests.unit.compare.made import written


def load(due: float, outcome: str = "ok", target: str = "endpoint", **times: float) -> dict[str, object]:
    """Return a LoadRequest as a plain row."""
    row = {"lag_s": 0.0, "queue_s": 0.0, "service_s": 0.0} | times
    return {"due_at": due, "outcome": outcome, "target": target, **row}


def call(at: float, status: int = 200, operation: str = "InvokeEndpoint") -> dict[str, object]:
    """Return an Exchange as a plain row."""
    return {"at": at, "status": status, "operation": operation, "queue_s": 0.5, "service_s": 0.1}


def test_a_response_is_lag_queue_and_service() -> None:
    """As in the summary; moments count from the first that was due, in order."""
    found = requests_of_load([load(12.0, "failed"), load(10.0, lag_s=0.1, queue_s=0.2, service_s=0.3)])
    assert found is not None
    assert found.due_s.tolist() == [0.0, 2.0]
    assert found.response_s[0] == 0.6000000000000001
    assert found.ok.tolist() == [True, False]
    assert len(found) == 2


def test_a_message_is_no_request() -> None:
    """Publishing asks for no answer."""
    assert requests_of_load([load(1.0, target="topic"), load(2.0, target="queue")]) is None


def test_a_call_that_nobody_modelled_has_no_time() -> None:
    """A function's duration is told elsewhere."""
    found = requests_of_load([load(1.0, target="function"), load(2.0, target="function", service_s=0.2)])
    assert found is not None
    assert found.ok.tolist() == [False, True]


def test_without_a_load_the_calls_of_programs_count() -> None:
    """Invocations alone, and good answers by their status."""
    found = requests_of_calls([call(1.0), call(2.0, 424), call(3.0, operation="DescribeEndpoint")])
    assert found is not None
    assert found.response_s.tolist() == [0.6, 0.6]
    assert found.ok.tolist() == [True, False]


def test_a_journal_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """One that was cut off in the middle of a block gives what is whole before."""
    journal = written(tmp_path, "one", response_s=[0.1] * 5_000) / "journal.jsonl.gz"
    whole = read_requests(journal)
    journal.write_bytes(journal.read_bytes()[:-2_000])
    part = read_requests(journal)
    assert whole is not None
    assert len(whole) == 5_000
    assert part is None or 0 < len(part) < 5_000


def test_what_is_no_record_of_ours_is_not_read(tmp_path: Path) -> None:
    """Another version's, or nothing at all: there are no requests to tell noise by."""
    path = tmp_path / "journal.jsonl.gz"
    assert read_requests(path) is None
    path.write_bytes(gzip.compress(b'{"type":"LoadRequest","was":1}\n'))
    assert read_requests(path) is None
