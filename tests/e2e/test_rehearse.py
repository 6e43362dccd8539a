"""Templates as their users write them, rehearsed unchanged: CloudFormation, SAM and Terraform."""

import shutil
import signal
import zipfile
from pathlib import Path
from typing import Any

import pytest
from command import Command, Ended, harness, none_left

from harness.errors import ExitCode

STACKS = Path(__file__).parents[1] / "data" / "stacks"
# Enough to see every message through; the shapes that a user gets take a minute.
BRIEF = ("--traffic", "4rps:4s,0:2s")


def rehearsed(folder: Path, template: Path, *options: str) -> tuple[Ended, dict[str, Any]]:
    """Return how `harness rehearse` ended, and what it printed for machines."""
    ended = harness("rehearse", str(template), "--json", "--runs", "runs", *BRIEF, *options, cwd=folder)
    return ended, ended.document


def failed(told: dict[str, Any]) -> list[str]:
    """Return the expectations that were not met."""
    return [one["name"] for one in told["run"]["expectations"] if not one["ok"]]


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "stack", ["sqs_worker", *(pytest.param(one, marks=LONG) for one in ("sns_fanout", "s3_to_lambda"))]
)
def test_a_stack_of_messages_and_functions(tmp_path: Path, stack: str) -> None:
    """Everything arrives, is worked on once, and no role lacks anything."""
    ended, told = rehearsed(tmp_path, STACKS / stack / "template.yaml", "--clock", "compressed:2")

    assert ended.code == ExitCode.PASS, ended.err
    assert told["run"]["verdict"] == "pass", failed(told)
    assert told["run"]["functions"]["invocations"] > 0
    assert told["scaling"] == []
    assert [one for one in told["audit"] if one["severity"] == "error"] == []
    assert Path(told["run"]["run_dir"], "report.html").is_file()


@pytest.mark.long
def test_an_endpoint_that_scales(tmp_path: Path) -> None:
    """It answers here, and its scaling is played in virtual time: out and in again."""
    ended, told = rehearsed(tmp_path, STACKS / "endpoint_scaling" / "template.yaml")

    assert ended.code == ExitCode.PASS, ended.err
    assert told["run"]["load"]["failed"] == 0
    (scaling,) = told["scaling"]
    steps = [(one["from"], one["to"]) for one in scaling["scaling"]["activities"]]
    assert steps[0][0] == 2
    assert steps[-1][1] == 2
    assert max(high for _, high in steps) == 6


@pytest.mark.long
def test_what_it_rehearses_is_what_init_writes(tmp_path: Path) -> None:
    """The file runs by itself, and can be changed."""
    template = tmp_path / "jobs" / "template.yaml"
    shutil.copytree(STACKS / "sqs_worker", template.parent)
    file = tmp_path / "jobs.py"
    ended = harness("init", str(template), "--output", str(file), "--traffic", "5rps:2s", cwd=tmp_path)
    again = harness("init", str(template), "--output", str(file), cwd=tmp_path)
    run = harness("run", str(file), "--json", "--clock", "compressed:2", cwd=tmp_path)

    assert ended.code == ExitCode.PASS, ended.err
    assert "is there already" in again.err
    assert run.document["verdict"] == "pass", run.err


def hourly(folder: Path) -> Path:
    """Return the Terraform folder of the scheduled function, its package built."""
    copy = folder / "hourly"
    shutil.copytree(STACKS / "scheduled_lambda", copy)
    (copy / "build").mkdir()
    with zipfile.ZipFile(copy / "build" / "function.zip", "w") as packed:
        packed.write(copy / "src" / "count.py", "count.py")
    return copy


@pytest.mark.long
def test_a_terraform_folder(tmp_path: Path) -> None:
    """Without Terraform; what runs once an hour is fired once."""
    ended, told = rehearsed(tmp_path, hourly(tmp_path))

    assert ended.code == ExitCode.PASS, ended.err
    assert told["run"]["functions"]["invocations"] == 1
    assert "timer-fired-early" in [one["rule"] for one in told["run"]["findings"]]


@pytest.mark.long
@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
def test_a_terraform_folder_applied_by_terraform(tmp_path: Path) -> None:
    """The same, made and destroyed by Terraform itself; the user's folder gets no state."""
    folder = hourly(tmp_path)
    ended, told = rehearsed(tmp_path, folder, "--apply")

    assert ended.code == ExitCode.PASS, ended.err
    assert told["run"]["functions"]["invocations"] == 1
    assert not list(folder.glob("*.tfstate*"))


@pytest.mark.long
@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
def test_ctrl_c_destroys_what_terraform_has_made(tmp_path: Path) -> None:
    """While the gateway still answers it: nothing is left, neither there nor on this machine."""
    folder = hourly(tmp_path)
    main = folder / "main.tf"
    main.write_text(main.read_text().partition('resource "aws_cloudwatch_event_rule"')[0])
    kept = tmp_path / "tmp"
    kept.mkdir()
    command = Command(
        "rehearse", str(folder), "--apply", "--traffic", "1rps:60s", cwd=tmp_path, env={"TMPDIR": str(kept)}
    )
    command.until("  load ")
    command.send(signal.SIGINT)
    ended = command.end()

    assert ended.code == ExitCode.INTERRUPTED, ended.err
    assert "aws_s3_bucket.counts: Destruction complete" in ended.err
    assert not list(kept.glob("terraform-*"))
    assert none_left(ended.pid)
