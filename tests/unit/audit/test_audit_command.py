"""`harness audit` from its arguments to its exit code."""

import argparse
import json
from pathlib import Path
from typing import NoReturn

import pytest
from botocore.exceptions import ClientError

from harness.__main__ import main
from harness.audit.catalogue import every_rule
from harness.audit.live import audit_live
from harness.audit.options import add_options

WARNED = """
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}
"""
CLEAN = "Parameters: {Seconds: {Type: Number}}\nResources:\n  Jobs:\n    Type: AWS::SQS::Queue\n"
CLEAN += "    Properties: {VisibilityTimeout: !Ref Seconds}\n"


@pytest.fixture
def warned(tmp_path: Path) -> str:
    """A template with one warning."""
    path = tmp_path / "warned.yaml"
    path.write_text(WARNED)
    return str(path)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([], 1),
        (["--fail-on", "error"], 0),
        (["--fail-on", "never"], 0),
        (["--ignore", "max-receive-count-one"], 0),
        (["--rule", "bucket-acl-public"], 0),
        (["--rule", "max-receive-count-one", "--explain"], 1),
        (["--rule", "no-such-rule"], 2),
        (["--parameter", "nonsense"], 2),
        (["--endpoint", "http://127.0.0.1:1"], 2),
        (["--github", "--json"], 2),
        (["--account-concurrency", "none"], 2),
        (["--account-concurrency", "400"], 1),
    ],
)
def test_exit_code_says_how_bad_it_is(
    warned: str, more: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 for a finding as bad as --fail-on, 2 for arguments that do not go together."""
    assert main(["audit", warned, *more]) == code
    capsys.readouterr()


def test_people_read_it_on_stdout(warned: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Place, severity, rule, message; then the sum."""
    main(["audit", warned])
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{warned}:7: warning max-receive-count-one: ")
    assert last.startswith("0 errors, 1 warning, 0 notes in 2 resources; ")


def test_machines_read_stdout_and_people_stderr(warned: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--json is one object, and nothing else on stdout."""
    main(["audit", warned, "--json"])
    told = capsys.readouterr()
    assert json.loads(told.out)["findings"][0]["rule"] == "max-receive-count-one"
    assert "warning" in told.err


def test_github_gets_annotations_alone(warned: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of stdout is a workflow command."""
    main(["audit", warned, "--github"])
    assert [line[:10] for line in capsys.readouterr().out.splitlines()] == ["::warning "]


def test_sarif_is_written_beside_it(warned: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders are made; a place that cannot be written is told."""
    assert main(["audit", warned, "--sarif", str(tmp_path / "out" / "audit.sarif")]) == 1
    log = json.loads((tmp_path / "out" / "audit.sarif").read_text())
    assert len(log["runs"][0]["results"]) == 1
    assert main(["audit", warned, "--sarif", str(tmp_path / "out" / "audit.sarif" / "x")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_parameters_come_by_flag_and_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A template whose parameters have no default is audited with values."""
    path, values = tmp_path / "clean.yaml", tmp_path / "values.json"
    path.write_text(CLEAN)
    values.write_text('{"Parameters": {"Seconds": "60"}}')
    assert main(["audit", str(path), "--parameter", "Seconds=60"]) == 0
    assert main(["audit", str(path), "--parameters", str(values)]) == 0
    assert main(["audit", str(path)]) == 2
    assert "Seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "why"),
    [("gone.yaml", "gone.yaml"), ("no-such-scenario", "no scenario"), ("gone.py", "gone.py")],
)
def test_what_is_not_there_is_told(name: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file, a scenario or a scenario's file that is missing is an error of usage."""
    assert main(["audit", name]) == 2
    assert why in capsys.readouterr().err


def test_a_scenario_is_audited_in_its_variant(capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario's name stands for what it deploys."""
    assert main(["audit", "training-notifications"]) == 0
    assert main(["audit", "training-notifications", "--variant", "as-written"]) == 1
    assert "scenarios/training_notifications.py: warning topic-without" in capsys.readouterr().out


def test_nothing_to_audit_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither template nor endpoint is an error; the list of rules needs none."""
    assert main(["audit"]) == 2
    assert main(["audit", "--rules"]) == 0
    out = capsys.readouterr().out
    assert "max-receive-count-one" in out
    assert main(["audit", "--rules", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rules"]) == len(out.splitlines())


class Nobody:
    """An account whose services refuse everything but to say who asks."""

    def get_caller_identity(self) -> dict[str, str]:
        """Return the account."""
        return {"Account": "123456789012"}

    def can_paginate(self, method: str) -> bool:
        """Return that nothing comes in pages."""
        return False

    def __getattr__(self, method: str) -> NoReturn:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": method}}, method)


def test_what_an_endpoint_refuses_to_tell_is_not_covered() -> None:
    """An audit of what nobody could read says so, and is no pass in silence."""
    found = audit_live(lambda _: Nobody(), "http://nobody", "us-east-1", 1_000, every_rule())
    assert (found.findings, found.resources) == ((), 0)
    assert found.not_covered


def test_an_audit_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads what is deployed and would wait for it to change makes more than an audit."""
    monkeypatch.setattr("harness.audit.live.live", lambda around: around.pause(1.0))
    with pytest.raises(RuntimeError, match="only reads"):
        audit_live(lambda _: Nobody(), "http://nobody", "us-east-1", 1_000, every_rule())


def test_an_endpoint_that_nobody_serves_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3: the environment, not the stack."""
    assert main(["audit", "--endpoint", "http://127.0.0.1:9"]) == 3
    assert "127.0.0.1:9" in capsys.readouterr().err
    assert main(["audit", "--endpoint", "https://aws.example.com"]) == 2


def test_on_github_places_are_below_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A step may stand in a folder of the repository; GitHub knows files from its top."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "template.yaml").write_text(WARNED)
    monkeypatch.chdir(tmp_path / "infra")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert main(["audit", "template.yaml", "--github", "--sarif", "out.sarif"]) == 1
    assert " file=infra/template.yaml,line=" in capsys.readouterr().out
    results = json.loads(Path("out.sarif").read_text())["runs"][0]["results"]
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results]
    assert set(places) == {"infra/template.yaml"}


def test_what_may_be_repeated_is_kept_in_order() -> None:
    """Hosts, parameters, rules and rules left out."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    names = ("allow_endpoint", "parameter", "rule", "ignore")
    words = [word for name in names for one in "ab" for word in (f"--{name.replace('_', '-')}", one)]
    found = parser.parse_args(["template.yaml", *words])
    assert [getattr(found, name) for name in names] == [["a", "b"]] * 4
    assert [getattr(parser.parse_args([]), name) for name in names] == [[]] * 4
