"""The files of a simulated run: there whole, in the same place for the same run, or not at all."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small_cases import case

from harness import journal
from harness.errors import EnvironmentFault
from harness.run.results import JOURNAL, JUNIT, REPORT, SUMMARY
from harness.whatif.leave import leave
from harness.whatif.run_virtual import played

RECORDS = played(
    case([60] * 5), "counts", {"instance": {}, "traffic": {}}, command="harness simulate", with_ranges=False
)


def test_the_run_is_written_whole(tmp_path: Path) -> None:
    """Journal, summary and JUnit XML; the report only where it is wanted."""
    directory, summary, trouble = leave(tmp_path, "small", RECORDS, with_report=False)
    assert sorted(path.name for path in directory.iterdir()) == sorted([JOURNAL, SUMMARY, JUNIT])
    assert journal.read(directory / JOURNAL) == RECORDS
    assert json.loads((directory / SUMMARY).read_text()) == summary
    assert trouble == ""
    assert (tmp_path / "small" / "latest").resolve() == directory.resolve()


def test_the_same_run_at_once_is_written_by_each(tmp_path: Path) -> None:
    """Several that end in the same moment: none fails, one directory is left, and it is whole."""

    def write(_number: int) -> list[Path]:
        return [leave(tmp_path, "small", RECORDS[:1], with_report=False)[0] for _ in range(30)]

    with ThreadPoolExecutor(4) as pool:
        written = {path for paths in pool.map(write, range(4)) for path in paths}
    (directory,) = written
    assert journal.read(directory / JOURNAL) == RECORDS[:1]
    assert sorted(path.name for path in directory.parent.iterdir()) == sorted(["latest", directory.name])


def test_the_same_run_takes_its_own_place(tmp_path: Path) -> None:
    """Twice the same records: one directory, the same bytes, and nothing unfinished beside it."""
    first, _, _ = leave(tmp_path, "small", RECORDS, with_report=False)
    before = (first / JOURNAL).read_bytes()
    second, _, _ = leave(tmp_path, "small", RECORDS, with_report=False)
    assert second == first
    assert (second / JOURNAL).read_bytes() == before
    assert gzip.decompress(before).count(b"\n") == len(RECORDS)
    assert sorted(path.name for path in first.parent.iterdir()) == sorted(["latest", first.name])


def test_the_report_is_drawn_when_it_is_wanted(tmp_path: Path) -> None:
    """Of a run without backend and requests too."""
    directory, _, trouble = leave(tmp_path, "small", RECORDS, with_report=True)
    assert trouble == ""
    assert "small" in (directory / REPORT).read_text()


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    """A file in the way of the directory: an error of the environment, and nothing is left."""
    (tmp_path / "runs").write_text("")
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        leave(tmp_path / "runs", "small", RECORDS, with_report=False)
