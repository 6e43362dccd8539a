"""What a run has recorded reads the same whether a record is in memory or only in the journal's file."""

import gzip
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import journal
from harness.journal import Record, encode
from harness.recorded import Recorded
from harness.recorder import Recorder


def phase(number: int) -> journal.PhaseStarted:
    return journal.PhaseStarted(float(number), f"phase {number}", "the same words")


ALL = [phase(number) for number in range(20)]


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """Twenty records: fifteen in the file, in batches of five; the newest seven in memory."""
    made = Recorded(tmp_path / "journal.jsonl.gz", keep=7)
    for one in ALL:
        made.append(one)
    for start in (0, 5, 10):
        write(made, tmp_path / "journal.jsonl.gz", made.newest(start, 5))
    return made


def write(recorded: Recorded, path: Path, batch: list[Record]) -> None:
    with path.open("ab") as file:
        began = file.tell()
        file.write(gzip.compress(b"".join(map(encode, batch))))
        recorded.wrote(len(batch), began, file.tell())


def test_all_are_there_in_order(recorded: Recorded) -> None:
    """By length, one by one, and as a whole."""
    assert len(recorded) == 20
    assert recorded == ALL
    assert list(recorded) == ALL
    assert recorded != ALL[1:]
    assert "20 records" in repr(recorded)


@pytest.mark.parametrize("at", [0, 4, 5, 12, 13, 19, -1, -20])
def test_each_is_found_by_its_number(recorded: Recorded, at: int) -> None:
    """Also counted from the end."""
    assert recorded[at] == ALL[at]


def test_a_number_too_large_is_no_record(recorded: Recorded) -> None:
    """As of a list."""
    with pytest.raises(IndexError):
        recorded[20]


SLICES = [
    slice(None),
    slice(3, 8),
    slice(11, 16),
    slice(13, None),
    slice(20, None),
    slice(8, 3),
    slice(None, None, -1),
    slice(18, 2, -5),
    slice(1, 19, 6),
]


@pytest.mark.parametrize("at", SLICES, ids=str)
def test_a_part_is_that_of_a_list(recorded: Recorded, at: slice) -> None:
    """Whether it lies in the file, in memory, or in both."""
    assert recorded[at] == ALL[at]


def test_only_the_newest_are_in_memory(recorded: Recorded) -> None:
    """What is not in the file yet is not let go."""
    assert recorded.newest(13, 20) == ALL[13:]
    recorded_all = Recorded(Path("nowhere"), keep=0)
    recorded_all.append(phase(1))
    assert recorded_all == [phase(1)]


def test_the_same_words_are_one_object(recorded: Recorded) -> None:
    """What was read back takes no more memory than what was recorded."""
    first, second = recorded[0:2]
    assert isinstance(first, journal.PhaseStarted)
    assert isinstance(second, journal.PhaseStarted)
    assert first.detail is second.detail


def test_when_all_are_kept_the_file_is_not_needed(recorded: Recorded, tmp_path: Path) -> None:
    """From then on nothing is let go."""
    recorded.keep_all()
    (tmp_path / "journal.jsonl.gz").unlink()
    recorded.keep_all()
    assert recorded == ALL
    recorded.wrote(5, 0, 0)
    assert recorded[0] == ALL[0]


def test_a_long_run_keeps_few_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand records from four threads: each is written and read back once, few are held."""
    monkeypatch.setattr("harness.recorder.Recorded", lambda path: Recorded(path, keep=100))
    recorder = Recorder(tmp_path / "journal.jsonl.gz")

    def record(first: int) -> None:
        for number in range(first, first + 2_500):
            recorder.record(phase(number))
            if number % 500 == 0:
                recorder.flush()

    threads = [threading.Thread(target=record, args=(first,)) for first in range(0, 10_000, 2_500)]
    for thread in threads:
        thread.start()
    seen = [len(list(recorder.records)) for _ in range(5)]  # while they are made
    for thread in threads:
        thread.join()
    recorder.flush()
    held = len(recorder.records.newest(10_000 - 100, 200))
    moments = sorted(of(recorder.records))
    recorder.close()
    assert held == 100
    assert seen == sorted(seen)
    assert moments == [float(number) for number in range(10_000)]
    assert journal.read(recorder.path) == recorder.records


def of(records: Recorded) -> Iterator[float]:
    return (one.at for one in records if isinstance(one, journal.PhaseStarted))
