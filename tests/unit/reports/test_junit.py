"""JUnit: one test case for each expectation, and never a green file for a run that proves nothing."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import sample

from harness import journal as j
from harness.summary import summarise
from reports.junit import junit, write_junit


def _counts(suites: Xml.Element) -> tuple[str | None, ...]:
    return tuple(suites.get(name) for name in ("tests", "failures", "errors"))


def _summary(**changes: Any) -> dict[str, Any]:
    return summarise([sample.started(), j.RunEnded(9.0, "pass", "", 3.5)]) | changes


def test_each_expectation_is_a_test_case(tmp_path: Path) -> None:
    """Five met, one not: its failure shows the value beside the limit."""
    path = tmp_path / "junit.xml"
    write_junit(summarise(sample.scaled_run()), path)
    suites = Xml.parse(path).getroot()
    assert _counts(suites) == ("6", "1", "0")
    (failure,) = suites.iter("failure")
    assert failure.get("message") == "25.32 s, limit <= 2"


def test_an_invalid_run_has_errors_only() -> None:
    """An expectation that was met in a run that proves nothing is no success."""
    suites = junit(summarise(sample.invalid_run()))
    assert _counts(suites) == ("2", "0", "2")


def test_a_run_cut_off_is_an_error() -> None:
    """It has no expectations, and yet a test case that says so."""
    suites = junit(summarise(sample.killed_early()))
    assert _counts(suites) == ("1", "0", "1")


def test_a_failure_outside_the_expectations_is_a_failure() -> None:
    """A program that failed, with all expectations met, must not look green."""
    suites = junit(_summary(verdict="fail", reason="the program batch failed"))
    assert _counts(suites) == ("1", "1", "0")


def test_a_pass_without_expectations_is_one_case() -> None:
    """An empty suite is an error for some readers."""
    assert _counts(junit(_summary())) == ("1", "0", "0")


def test_any_text_makes_well_formed_xml(tmp_path: Path) -> None:
    """Control characters and markup in names cannot break the file."""
    check = {
        "name": "a\x00<b>\x1b",
        "limit": "<= 1",
        "value": None,
        "unit": "",
        "ok": False,
        "reason": "&",
        "source": "",
    }
    path = tmp_path / "junit.xml"
    write_junit(_summary(expectations=[check], verdict="fail"), path)
    case = next(Xml.parse(path).iter("testcase"))
    assert case.get("name") == "a\N{REPLACEMENT CHARACTER}<b>\N{REPLACEMENT CHARACTER}"
