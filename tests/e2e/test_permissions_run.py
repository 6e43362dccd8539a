"""`harness run --iam`: what each mode does to the same calls, and what a run leaves about its roles."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from command import Ended, harness

from harness import journal
from harness.errors import ExitCode
from harness.run.results import JOURNAL

SCENARIO = str(Path(__file__).with_name("permitted.py"))
# Once on both emulators and with a load, then on one of them and without.
MODES = {"enforce": "whole", "observe": "queue", "off": "queue"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ended]]:
    """The scenario once in each mode, side by side."""
    folder = tmp_path_factory.mktemp("iam")
    with ThreadPoolExecutor(len(MODES)) as pool:
        begun = {mode: pool.submit(_run, mode, folder) for mode in MODES}
        yield {mode: one.result() for mode, one in begun.items()}


def _run(mode: str, folder: Path) -> Ended:
    backend = [] if MODES[mode] == "whole" else ["--backend", "moto"]
    command = ["run", SCENARIO, "--iam", mode, *backend, "--json", "--no-report"]
    return harness(*command, cwd=folder, env={"PERMITTED": MODES[mode]})


def expectations(ended: Ended) -> dict[str, tuple[float | None, bool]]:
    return {one["name"]: (one["value"], one["ok"]) for one in ended.document["expectations"]}


def started(ended: Ended) -> journal.RunStarted:
    records = journal.read(Path(ended.document["run_dir"]) / JOURNAL)
    return next(one for one in records if isinstance(one, journal.RunStarted))


def test_a_mode_that_there_is_not_is_a_usage_error(tmp_path: Path) -> None:
    """Named with the ones there are, before anything starts."""
    for command in (["run", SCENARIO], ["serve"]):
        ended = harness(*command, "--iam", "maybe", cwd=tmp_path)
        assert ended.code == ExitCode.USAGE
        assert "argument --iam: invalid choice: 'maybe'" in ended.err
        assert "enforce" in ended.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.long
def test_enforced_policies_refuse_and_the_role_passes(runs: dict[str, Ended]) -> None:
    """What the role holds it may, by a program and by both clients of the load; all else is refused."""
    ended = runs["enforce"]
    assert (ended.code, ended.document["verdict"]) == (ExitCode.PASS, "pass"), ended.err


@pytest.mark.long
def test_observed_policies_refuse_nothing_and_note_it(runs: dict[str, Ended]) -> None:
    """The call goes through, and the journal has what AWS would have said."""
    found = expectations(runs["observe"])
    assert runs["observe"].code == ExitCode.FAIL
    assert found.pop("sender: refused") == (0, False)
    assert all(ok for _, ok in found.values()), found
    records = journal.read(Path(runs["observe"].document["run_dir"]) / JOURNAL)
    (seen,) = (one for one in records if isinstance(one, journal.PermissionUsed) and one.verdict != "Allowed")
    assert (seen.action, seen.verdict, seen.enforced) == ("sqs:ReceiveMessage", "ImplicitlyDenied", False)


@pytest.mark.long
def test_without_permissions_nothing_is_known_of_roles(runs: dict[str, Ended]) -> None:
    """So no expectation about a role is met: nothing measured is nothing proved."""
    ended = runs["off"]
    found = expectations(ended)
    about_roles = [value for name, value in found.items() if "denied" in name or "unused" in name]
    assert ended.code == ExitCode.FAIL
    assert about_roles == [(None, False)] * 2
    assert not (Path(ended.document["run_dir"]) / "policy").exists()


@pytest.mark.long
def test_the_mode_is_shown_and_repeated(runs: dict[str, Ended]) -> None:
    """In the configuration, and in the command where it is not the usual one."""
    for mode in MODES:
        record = started(runs[mode])
        assert record.configuration["iam"] == mode
        assert (f"--iam {mode}" in record.command) is (mode != "enforce")


@pytest.mark.long
def test_a_run_leaves_the_smallest_policy_of_its_roles(runs: dict[str, Ended]) -> None:
    """What the role used, on what it used it: the denied call is not in it."""
    policy: dict[str, Any] = json.loads(
        (Path(runs["enforce"].document["run_dir"]) / "policy" / "sender.json").read_text()
    )
    allowed = {action: one["Resource"] for one in policy["Statement"] for action in one["Action"]}
    assert allowed == {
        "sqs:SendMessage": ["arn:aws:sqs:us-east-1:123456789012:orders"],
        "sagemaker:InvokeEndpoint": ["arn:aws:sagemaker:us-east-1:123456789012:endpoint/echo"],
    }
