"""What a person reads of a simulation."""

from functools import cache
from pathlib import Path

from small_cases import case

from harness.summary import summarise
from harness.whatif.run_virtual import played
from harness.whatif.simulate_view import MOST_LINES, lines_of


@cache
def shared_row() -> dict[str, object]:
    """Return the summary of a small simulation, played once for all tests."""
    return summarise(played(case(), "auto", {"instance": {}, "traffic": {}}, command=""))


def row(tmp_path: Path, **changes: object) -> dict[str, object]:
    """Return that summary, written nowhere, with *changes*."""
    return {**shared_row(), "run_dir": str(tmp_path), **changes}


def test_each_activity_is_a_line_with_its_range(tmp_path: Path) -> None:
    """When, from where to where, and when on AWS."""
    told = "\n".join(lines_of(row(tmp_path), ""))
    assert "09:30  1 -> 4, in service" in told
    assert "; on AWS decided from 0" in told
    assert "requests, " in told
    assert f"journal {tmp_path}" in told


def test_what_cannot_be_told_in_full_is_cut(tmp_path: Path) -> None:
    """The summary has the rest."""
    activity = {"at_s": 3_700.0, "from": 1, "to": 2, "status": "InProgress"}
    scaling = {"targets": {"a": {"activities": [activity] * (MOST_LINES + 3)}}}
    told = lines_of(row(tmp_path, scaling=scaling), "")
    assert "  1:01:40  1 -> 2, InProgress" in told
    assert "  ... and 3 more" in told


def test_expectations_and_troubles_are_told(tmp_path: Path) -> None:
    """What was met, what was not, what could not be judged, and why there is no report."""
    checks = [
        {"name": "fast", "value": 0.25, "unit": "s", "ok": True, "limit": "< 1"},
        {"name": "up", "value": None, "unit": "", "ok": False, "limit": ">= 1"},
    ]
    (tmp_path / "report.html").write_text("")
    told = lines_of(
        row(
            tmp_path, expectations=checks, not_judged=[{"name": "rmse"}], reason="up: no", verdict="fail",
            scaling={}, load=None, cost=None,
        ),
        "No report.",
    )  # fmt: skip
    assert told[:3] == ["ok   fast: 0.25 s (< 1)", "FAIL up: nothing measured (>= 1)", "not judged: rmse"]
    assert told[3:] == ["fail: up: no", "No report.", f"report  {tmp_path / 'report.html'}"]
