"""What people are told of runs: value beside limit, and at the end a row for each run."""

from pathlib import Path
from typing import Any

import pytest

from harness.run.results import JOURNAL, REPORT
from harness.run.told import closing_table, expectations_table, verdict_line, where

PASSED = {"name": "echo: error ratio", "ok": True, "value": 0.0, "unit": "ratio", "limit": "<= 0"}
FAILED = {"name": "echo: p99", "ok": False, "value": 1.23456789, "unit": "s", "limit": "< 1"}
UNSEEN = {"name": "lost", "ok": False, "value": None, "unit": "messages", "limit": "== 0"}


def row(folder: Path, scenario: str, **others: Any) -> dict[str, Any]:
    run = {"run_dir": str(folder / scenario / "1"), "exit_code": 0, "scenario": scenario, "verdict": "pass"}
    return run | {"variant": "corrected", "wall_s": 61.0} | others


def test_what_was_measured_stands_beside_its_limit() -> None:
    """In the table and in the lines, which say the same; nothing measured is never a pass."""
    table = expectations_table([PASSED, FAILED, UNSEEN])
    assert table.rows[1] == ("FAIL", "echo: p99", "1.23457 s", "< 1")
    assert table.lines == [
        "  ok   echo: error ratio: 0 ratio (<= 0)",
        "  FAIL echo: p99: 1.23457 s (< 1)",
        "  FAIL lost: nothing measured (== 0)",
    ]


def test_the_verdict_has_its_colour() -> None:
    """Only the word."""
    line = verdict_line("  fail: too slow", "fail")
    assert (line.text, line.word, bool(line.style)) == ("  fail: too slow", "fail", True)


def test_several_runs_end_in_a_row_each(tmp_path: Path) -> None:
    """Verdict, time, cost, and the report, or the folder where there is none."""
    report = tmp_path / "drawn" / "1" / REPORT
    report.parent.mkdir(parents=True)
    report.touch()
    rows = [
        row(tmp_path, "drawn", cost={"usd": 0.0215}),
        row(tmp_path, "undrawn", verdict="fail", exit_code=1, variant="as-written"),
        row(tmp_path, "stopped", verdict="invalid", exit_code=130),
    ]
    table = closing_table(rows)
    assert table.title == "3 runs: 1 fail, 1 interrupted, 1 pass"
    assert table.rows[0] == ("drawn", "pass", "61 s", "0.0215 USD", str(report))
    assert table.rows[1][:4] == ("undrawn (as-written)", "fail", "61 s", "")
    assert table.rows[1][4] == str(tmp_path / "undrawn" / "1")
    assert table.rows[2][1] == "interrupted"
    assert [line.split()[0] for line in table.lines] == ["pass", "fail", "interrupted"]


def test_the_place_is_told_as_it_is_typed_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below this folder without its path; the journal where no report was drawn."""
    monkeypatch.chdir(tmp_path)
    assert where(tmp_path / "runs" / "one", drawn=True) == f"report  runs/one/{REPORT}"
    assert where(Path("/elsewhere"), drawn=False).startswith(
        f"journal /elsewhere/{JOURNAL} ('harness report'"
    )
