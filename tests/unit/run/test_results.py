"""A run's files follow from its journal, and none of them can lose another."""

import gzip
import json
import os
from pathlib import Path

import pytest

from harness import journal
from harness.errors import EnvironmentFault, ScenarioError
from harness.journal import Record, encode
from harness.run.results import (
    JOURNAL,
    JUNIT,
    REPORT,
    SUMMARY,
    draw,
    redraw,
    write_summary,
)
from harness.store import point_latest

STARTED = journal.RunStarted(
    0.0,
    "ranking",
    "corrected",
    "About it.",
    "wall",
    1,
    1_790_000_000.0,
    "moto",
    {"moto": "5"},
    {},
    "harness run",
)
PASSED: list[Record] = [
    STARTED,
    journal.PhaseStarted(0.0, "load"),
    journal.Expectation(9.0, "answers", "<= 0", 0.0, "ratio", True, "all answered", ""),
    journal.RunEnded(9.0, "pass", "", 12.5),
]


def a_run(folder: Path, records: list[Record], name: str = "20260101T000000Z-abcdef") -> Path:
    directory = folder / "ranking" / name
    directory.mkdir(parents=True)
    (directory / JOURNAL).write_bytes(gzip.compress(b"".join(map(encode, records))))
    return directory


def test_a_finished_run_is_drawn_from_its_journal(tmp_path: Path) -> None:
    """Summary, JUnit XML and report, and nothing unfinished beside them."""
    directory = a_run(tmp_path, PASSED)
    summary, trouble = redraw(directory)

    assert (summary["verdict"], trouble) == ("pass", "")
    assert json.loads((directory / SUMMARY).read_text()) == summary
    assert {path.name for path in directory.iterdir()} == {JOURNAL, SUMMARY, JUNIT, REPORT}


def test_a_killed_run_is_drawn_as_invalid(tmp_path: Path) -> None:
    """The journal ends where the run did, in the middle of a block; a cut-off run never passed."""
    directory = a_run(tmp_path, PASSED)
    with (directory / JOURNAL).open("ab") as file:
        file.write(gzip.compress(encode(PASSED[1]), mtime=0)[:20])
    directory_cut = a_run(tmp_path, PASSED[:2], "20260101T000001Z-abcdef")

    assert redraw(directory)[0]["verdict"] == "pass"
    summary, trouble = redraw(directory_cut)
    assert (summary["verdict"], trouble) == ("invalid", "")
    assert "cut off" in summary["reason"]


def test_drawing_an_old_run_again_does_not_make_it_the_latest(tmp_path: Path) -> None:
    """`latest` is moved by runs alone, and may be drawn by that name."""
    old, new = (a_run(tmp_path, PASSED, f"2026010{day}T000000Z-a") for day in (1, 2))
    point_latest(new)
    redraw(old)
    redraw(old.parent / "latest")
    assert (old.parent / "latest").resolve() == new.resolve()


def test_latest_is_moved_in_one_step(tmp_path: Path) -> None:
    """From one run to the next, leaving nothing behind."""
    old, new = (a_run(tmp_path, PASSED, f"2026010{day}T000000Z-a") for day in (1, 2))
    point_latest(old)
    point_latest(new)
    assert os.readlink(old.parent / "latest") == new.name
    assert sorted(path.name for path in old.parent.iterdir()) == [old.name, new.name, "latest"]


def test_a_folder_where_latest_should_be_harms_nothing(tmp_path: Path) -> None:
    """The run is there all the same."""
    directory = a_run(tmp_path, PASSED)
    (directory.parent / "latest").mkdir()
    point_latest(directory)
    assert sorted(path.name for path in directory.parent.iterdir()) == [directory.name, "latest"]


def test_a_report_that_cannot_be_drawn_loses_nothing_else(tmp_path: Path) -> None:
    """One sentence and a traceback in a log; the summary stays."""
    directory = a_run(tmp_path, PASSED)
    summary = write_summary(directory, PASSED)
    (directory / REPORT).mkdir()  # the report cannot be put where a folder is

    trouble = draw(directory, PASSED, summary)

    assert trouble.startswith("The report could not be drawn (IsADirectoryError")
    assert "Traceback" in (directory / "logs" / "report.log").read_text()
    assert json.loads((directory / SUMMARY).read_text())["verdict"] == "pass"


def packed(data: bytes) -> bytes:
    """Return *data* compressed, without the moment: every worker of the tests must see the same."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "journal.jsonl.gz is empty: the run ended before it began"),
        (
            gzip.compress(b"{}\n", mtime=0),
            "journal.jsonl.gz cannot be read: line 1: .*; run the scenario again",
        ),
        (
            gzip.compress(encode(PASSED[-1]), mtime=0),
            "cannot be read: line 1: a journal begins with RunStarted",
        ),
    ],
)
def test_a_journal_that_cannot_be_drawn_is_named(tmp_path: Path, data: bytes, sentence: str) -> None:
    """Which file, which line, and the way out."""
    directory = a_run(tmp_path, [])
    (directory / JOURNAL).write_bytes(data)
    with pytest.raises(EnvironmentFault, match=sentence):
        redraw(directory)


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    """It has no journal."""
    with pytest.raises(ScenarioError, match="is no run: it has no journal"):
        redraw(tmp_path)
