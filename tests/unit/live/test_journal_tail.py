"""A journal is read while it grows: whole members, each record once, whatever the disk took back."""

import gzip
from pathlib import Path

import pytest

from harness import journal
from harness.errors import JournalError
from harness.journal import Record, encode
from harness.live.tail import JournalTail
from harness.recorder import Recorder


def phases(*numbers: int) -> list[Record]:
    """Return a record for each of *numbers*."""
    return [journal.PhaseStarted(float(number), f"phase {number}") for number in numbers]


def member(*numbers: int) -> bytes:
    """Return those records as `Recorder` writes them."""
    return gzip.compress(b"".join(map(encode, phases(*numbers))))


def test_each_look_returns_what_is_new(tmp_path: Path) -> None:
    """Written by the real recorder, with looks between its flushes."""
    recorder = Recorder(tmp_path / "journal.jsonl.gz")
    tail = JournalTail(recorder.path)
    assert tail.new() == []
    found = []
    for number in range(3):
        recorder.record(phases(number)[0])
        recorder.flush()
        found.append(tail.new())
    recorder.close()
    assert found == [phases(0), phases(1), phases(2)]
    assert tail.new() == []


def test_a_journal_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    """The view may be told of a run before its first byte."""
    assert JournalTail(tmp_path / "none.gz").new() == []


def test_several_members_come_at_once(tmp_path: Path) -> None:
    """In the order they were written."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(member(1, 2) + member(3))
    assert JournalTail(path).new() == phases(1, 2, 3)


def test_every_cut_of_a_member_waits_for_its_rest(tmp_path: Path) -> None:
    """Wherever a look falls into a write, nothing is lost and nothing comes twice."""
    path, whole = tmp_path / "journal.jsonl.gz", member(1) + member(2, 3)
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        tail = JournalTail(path)
        before = tail.new()
        path.write_bytes(whole)
        assert before + tail.new() == phases(1, 2, 3)


def test_what_a_full_disk_took_back_may_come_otherwise(tmp_path: Path) -> None:
    """The recorder cuts a half-written member off and writes another in its place."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(member(1) + member(2)[:20])
    tail = JournalTail(path)
    assert tail.new() == phases(1)
    path.write_bytes(member(1) + member(2, 3, 4))
    assert tail.new() == phases(2, 3, 4)


def test_a_line_that_is_no_record_is_told_with_its_number(tmp_path: Path) -> None:
    """As `journal.read` tells it."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(member(1) + gzip.compress(b'{"type":"Nonsense"}\n'))
    with pytest.raises(JournalError, match="line 2"):
        JournalTail(path).new()


def test_equal_texts_are_kept_once(tmp_path: Path) -> None:
    """Records of a run say the same few names over and over."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(b"".join(member(7) for _ in range(2)))
    first, second = JournalTail(path).new()
    assert isinstance(first, journal.PhaseStarted)
    assert isinstance(second, journal.PhaseStarted)
    assert first.phase is second.phase
