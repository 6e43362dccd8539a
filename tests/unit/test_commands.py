"""The command line without a run: what it takes, what it refuses, and which exit code stands for what."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.__main__ import main
from harness.errors import BackendError, ExitCode, InvalidRun, JournalError, ScenarioError
from harness.run.command import SEVERITY, chosen_scenarios, exit_code
from harness.run.outcome import Outcome
from harness.scenario import find, names

HERE = Path("run")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Return exit code, JSON on stdout, text on stderr."""
    code = main([*arguments, "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_list_names_every_scenario_with_its_variants(capsys: pytest.CaptureFixture[str]) -> None:
    """For machines one document, for people a line or two each."""
    code, document, _ = said(capsys, "list")
    assert (code, [row["name"] for row in document["scenarios"]]) == (0, names())
    assert {row["name"]: tuple(row["variants"]) for row in document["scenarios"]} == {
        name: find(name).variants for name in names()
    }

    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in names())
    assert "--variant as-written: " in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "turbofan-endpont"], "did you mean 'turbofan-endpoint'"),
        (
            ["run", "turbofan-endpoint", "--variant", "broken"],
            "has no variant 'broken'; it has corrected and as-written",
        ),
        (["run", "--variant", "broken"], "No scenario has a variant 'broken'"),
        (["run", "turbofan-endpoint", "--clock", "fast"], "'fast' is no clock here"),
        (["run", "turbofan-endpoint", "--data", "no/such"], "--data no/such is no directory"),
        (["run", "turbofan-endpoint", "--backend", "http://8.8.8.8:4566"], "--allow-endpoint 8.8.8.8"),
        (["run", "--seed", "x"], "argument --seed: invalid int value: 'x'; see harness run --help"),
        (["run", "--processes", "0"], "'0' is not a whole number of 1 or more"),
        (["run", "--client", "curl"], "invalid choice: 'curl'"),
        (["serve", "--port", "70000"], "'70000' is not a port"),
        (["serve", "--clock", "virtual"], "--clock virtual waits for nobody"),
        (["report", "no-such-run"], "no-such-run is no run"),
        (["rnu"], "invalid choice: 'rnu'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], sentence: str
) -> None:
    """Exit code 2 and one sentence, on stderr and in the one document on stdout."""
    code, document, err = said(capsys, *arguments)
    assert (code, document["exit_code"]) == (2, 2)
    assert sentence in document["error"]
    assert err == f"harness: {document['error']}\n"


def test_without_json_stdout_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    """People read the sentence on stderr."""
    assert main(["run", "turbofan-endpont"]) == 2
    assert capsys.readouterr().out == ""


def test_no_name_means_all_scenarios_that_have_the_variant() -> None:
    """Each as that variant has it."""
    assert [name for name, _ in chosen_scenarios([], None)] == names()
    assert {scenario.variant for _, scenario in chosen_scenarios([], "as-written")} == {"as-written"}
    assert [name for name, _ in chosen_scenarios(["turbofan_endpoint"], None)] == ["turbofan_endpoint"]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(HERE, {"verdict": "pass"}), ExitCode.PASS),
        (Outcome(HERE, {"verdict": "fail"}), ExitCode.FAIL),
        (Outcome(HERE, {"verdict": "invalid"}), ExitCode.INVALID),
        (Outcome(HERE), ExitCode.INVALID),
        (Outcome(HERE, {"verdict": "pass"}, KeyboardInterrupt()), ExitCode.INTERRUPTED),
        (Outcome(HERE, {"verdict": "invalid"}, ScenarioError("x")), ExitCode.USAGE),
        (Outcome(HERE, {"verdict": "invalid"}, BackendError("x")), ExitCode.ENVIRONMENT),
        (Outcome(HERE, {"verdict": "invalid"}, JournalError("x", line=1)), ExitCode.ENVIRONMENT),
        (Outcome(HERE, {"verdict": "invalid"}, InvalidRun("x")), ExitCode.INVALID),
        (Outcome(HERE, {"verdict": "pass"}, trouble="not drawn"), ExitCode.PASS),
    ],
)
def test_a_runs_end_is_its_exit_code(outcome: Outcome, code: ExitCode) -> None:
    """DESIGN 7; an error comes before the verdict."""
    assert exit_code(outcome) is code


def test_the_worst_of_several_runs_counts() -> None:
    """Every code has its place, and only when all pass does the command."""
    assert set(SEVERITY) == set(ExitCode)
    assert SEVERITY[-1] is ExitCode.PASS
    assert SEVERITY.index(ExitCode.INVALID) < SEVERITY.index(ExitCode.FAIL)
