"""What a test reads of a rehearsal, and what it says when it fails."""

from pathlib import Path
from typing import Any

import pytest

from harness.pytest_plugin.outcome import Files, Rehearsed

REPORT = Path("/runs/ranker/1/report.html")


def check(name: str, *, ok: bool, value: float | None = 1.0) -> dict[str, Any]:
    return {"name": name, "limit": "< 2", "value": value, "unit": "s", "ok": ok, "reason": "so", "source": ""}


def rehearsed(*checks: dict[str, Any], verdict: str = "", **changes: Any) -> Rehearsed:
    """Return a rehearsal that was judged by *checks*."""
    failed = not all(one["ok"] for one in checks)
    summary = {
        "scenario": "ranker",
        "variant": "corrected",
        "clock": "virtual",
        "seed": 1,
        "verdict": verdict or ("fail" if failed else "pass"),
        "reason": "",
        "expectations": list(checks),
        "findings": [],
    }
    return Rehearsed(summary | changes, tuple, Files(lambda: REPORT.parent, lambda: REPORT))


def message(done: Rehearsed, *wanted: str, fails: bool = False) -> str:
    """Return what a test says that *done* fails."""
    with pytest.raises(AssertionError) as caught:
        done.check_fails(*wanted) if fails else done.check(*wanted)
    return str(caught.value)


def test_what_passes_says_nothing() -> None:
    """Nor is a report drawn."""
    done = rehearsed(check("p99", ok=True))
    done.check()
    assert "report" not in vars(done)


def test_a_failure_has_value_limit_and_report() -> None:
    """All that a log of CI needs."""
    told = message(rehearsed(check("p99", ok=False), check("errors", ok=True)))
    assert told.splitlines() == [
        "ranker (corrected, virtual, seed 1) fails: 1 of 2 not met",
        "  p99: 1 s, limit < 2 (so)",
        f"report: {REPORT}",
    ]


def test_nothing_measured_is_told_as_such() -> None:
    """A value that is missing is no zero."""
    assert "p99: nothing was measured, limit < 2" in message(rehearsed(check("p99", ok=False, value=None)))


def test_a_run_that_proves_nothing_never_passes() -> None:
    """Not even where each expectation that was judged is met."""
    done = rehearsed(check("p99", ok=True), verdict="invalid", reason="There was no traffic")
    assert message(done).startswith(
        "ranker (corrected, virtual, seed 1) proves nothing: There was no traffic"
    )
    assert "proves nothing" in message(done, "p99")


def test_a_program_that_failed_is_told() -> None:
    """A verdict that no expectation carries."""
    assert "Program 'a' failed" in message(rehearsed(verdict="fail", reason="Program 'a' failed: boom"))


def test_some_expectations_can_be_asked_for() -> None:
    """The others may be missed: another test is about them."""
    done = rehearsed(check("ranker: p99", ok=True), check("ranker: errors", ok=False))
    done.check("p99")
    assert "1 of 1 not met" in message(done, "errors")


def test_a_name_that_no_expectation_has_is_an_error_with_the_nearest() -> None:
    """A typing mistake is never a pass."""
    with pytest.raises(KeyError, match="no expectation has 'p9x' in its name; there are: ranker: p99"):
        rehearsed(check("ranker: p99", ok=True)).check("p9x")


def test_a_name_that_two_have_is_an_error() -> None:
    """One could hide the other."""
    with pytest.raises(KeyError, match="more than one expectation has 'p99' in its name"):
        rehearsed(check("a: p99", ok=True), check("b: p99", ok=True)).check("p99")


def test_a_defect_must_fail_exactly_where_it_is() -> None:
    """Whatever else fails is another defect."""
    done = rehearsed(check("lost", ok=False), check("p99", ok=False), check("errors", ok=True))
    done.check_fails("lost", "p99")
    done.check_fails()
    assert "missed, and should be met: p99" in message(done, "lost", fails=True)
    assert "met, and should not be: errors" in message(done, "lost", "p99", "errors", fails=True)


def test_a_pass_shows_no_defect() -> None:
    """Asked for a failure, a pass fails."""
    assert "its verdict is pass" in message(rehearsed(check("lost", ok=True)), fails=True)


def test_errors_among_the_findings_are_told_once_each() -> None:
    """A hundred refused calls do not hide what else there is."""
    one = {"rule": "iam-denied", "severity": "error", "resource": "role", "message": "no", "aws_source": ""}
    others = [{**one, "resource": f"r{number}"} for number in range(6)]
    told = message(
        rehearsed(check("p99", ok=False), findings=[one, one, *others, {**one, "severity": "note"}])
    )
    assert told.count("iam-denied: role: no") == 1
    assert "and 3 more findings" in told


def test_a_failing_test_says_where_the_run_is_when_no_report_is_wanted() -> None:
    """--harness-report never draws none."""
    done = rehearsed(check("p99", ok=False))
    done._drawn = False
    assert message(done).endswith(f"report: {REPORT.parent}")
