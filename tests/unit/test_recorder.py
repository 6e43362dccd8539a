"""The journal's file holds every record, in order, whatever happens to the run."""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import journal
from harness.errors import DiskFault, EnvironmentFault
from harness.recorder import BATCH_RECORDS, FLUSH_EVERY_S, Recorder


def phase(number: int) -> journal.PhaseStarted:
    return journal.PhaseStarted(float(number), f"phase {number}")


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(tmp_path / "journal.jsonl.gz")
    yield made
    made.close()


def test_what_was_recorded_reads_back_in_order(recorder: Recorder) -> None:
    """More than one batch, each a gzip member of its own."""
    written = [phase(number) for number in range(BATCH_RECORDS + 10)]
    for one in written:
        recorder.record(one)
    recorder.close()
    assert journal.read(recorder.path) == recorder.records == written


def test_a_record_is_on_disk_soon(recorder: Recorder) -> None:
    """Without any call: a run that is killed loses a fraction of a second."""
    recorder.record(phase(1))
    deadline = time.monotonic() + 20 * FLUSH_EVERY_S
    while not recorder.path.stat().st_size and time.monotonic() < deadline:
        time.sleep(0.01)
    assert journal.read(recorder.path) == [phase(1)]


def test_several_threads_may_record_and_flush(recorder: Recorder) -> None:
    """Each record is written once."""

    def write(first: int) -> None:
        for number in range(first, first + 200):
            recorder.record(phase(number))
            recorder.flush()

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 1_000, 2_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    assert journal.read(recorder.path) == recorder.records
    assert len(recorder.records) == 600


def test_closing_twice_does_nothing(recorder: Recorder) -> None:
    """Whoever ends a run need not know who ended it before."""
    recorder.record(phase(1))
    recorder.close()
    recorder.close()
    assert journal.read(recorder.path) == [phase(1)]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The message names the file and the way out."""
    with pytest.raises(
        EnvironmentFault, match=r"journal.* cannot be written: .*; make room, or name a place with --runs"
    ):
        Recorder(tmp_path / "no such folder" / "journal.jsonl.gz")


def test_a_full_disk_leaves_whole_batches(recorder: Recorder) -> None:
    """What fitted reads back, and the end is told when the journal is closed."""
    recorder.record(phase(1))
    recorder.flush()
    kept = recorder.path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kept + 20, before[1]))
    try:
        for number in range(500):
            recorder.record(phase(number))
        with pytest.raises(DiskFault, match="cannot be written: File too large"):
            recorder.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert recorder.path.stat().st_size == kept
    assert journal.read(recorder.path) == [phase(1)]


def test_a_full_disk_is_told_while_the_run_goes_on(recorder: Recorder) -> None:
    """A run that nobody records need not go on; once there is room again it may."""
    recorder.check()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        recorder.record(phase(1))
        assert eventually(lambda: refused(recorder))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert eventually(lambda: not refused(recorder))
    recorder.close()
    assert journal.read(recorder.path) == [phase(1)]


def refused(recorder: Recorder) -> bool:
    try:
        recorder.check()
    except DiskFault:
        return True
    return False


def eventually(holds: Callable[[], bool], patience_s: float = 10.0) -> bool:
    """Return whether *holds* does within *patience_s*."""
    deadline = time.monotonic() + patience_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()
