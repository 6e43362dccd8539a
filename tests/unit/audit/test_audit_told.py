"""Findings for people, machines, GitHub and readers of SARIF."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

from harness.audit.catalogue import every_rule
from harness.audit.engine import Audit
from harness.audit.model import Finding
from harness.audit.sarif import fingerprint, sarif
from harness.audit.told import annotations, as_json, lines, rule_lines, rule_rows, sources
from tests.unit.audit.audited import audited

TEMPLATE = """
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}
  # harness-ignore: bucket-acl-public: a site
  Site: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
  Custom: {Type: Custom::Thing, Properties: {ServiceToken: a}}
"""


@pytest.fixture
def found(tmp_path: Path) -> Audit:
    """An audit with a warning, a note, something ignored and something not covered."""
    return audited(tmp_path, TEMPLATE)


def test_people_read_place_severity_rule_and_message(found: Audit) -> None:
    """A line a finding that an editor can follow, and a sum at the end."""
    first, *_, last = lines([found])
    assert first.endswith(
        "template.yaml:7: warning max-receive-count-one: queue Jobs gives a message up after one receive"
    )
    assert last.startswith("0 errors, 1 warning, 1 note in 4 resources; 1 ignored; ")


def test_what_is_not_covered_is_told(found: Audit) -> None:
    """A template's part that nobody looked at is no pass in silence."""
    assert any(line.startswith("not covered: ") for line in lines([found]))


def test_sources_say_why_once_for_each_rule(found: Audit) -> None:
    """`--explain` adds the reason and AWS's page."""
    told = list(sources([found, found]))
    assert len(told) == 6
    assert told[2].strip().startswith("https://docs.aws.amazon.com/")


def test_machines_get_findings_with_their_source(found: Audit) -> None:
    """JSON has the same, and the reason of what is ignored."""
    told = json.loads(json.dumps(as_json([found])))
    assert told["counts"] == {"error": 0, "warning": 1, "note": 1}
    assert told["findings"][0]["aws_source"].startswith("https://")
    assert told["ignored"][0]["ignored"] == "a site"


def test_github_gets_a_workflow_command_a_finding(found: Audit) -> None:
    """An annotation names file and line, a note is a notice."""
    first, second = annotations([found])
    assert first.startswith("::warning file=")
    assert ",line=7,title=max-receive-count-one::" in first
    assert second.startswith("::notice ")


def test_sarif_is_valid_and_has_every_result(found: Audit) -> None:
    """The log holds to the standard's schema, and what is ignored is in it as suppressed."""
    log = sarif([found])
    Log.model_validate(log)
    results = log["runs"][0]["results"]
    assert [each["level"] for each in results] == ["warning", "note", "error"]
    assert results[2]["suppressions"] == [{"kind": "inSource", "justification": "a site"}]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in results)


def test_an_empty_sarif_is_valid(tmp_path: Path) -> None:
    """A clean template has a log without results, which closes old alerts."""
    log = sarif([audited(tmp_path, "Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n")])
    Log.model_validate(log)
    assert log["runs"][0]["results"] == []
    assert "toolExecutionNotifications" not in log["runs"][0]["invocations"][0]


def test_a_fingerprint_outlives_a_moved_line(found: Audit, tmp_path: Path) -> None:
    """The same finding further down is the same alert."""
    moved = audited(tmp_path, "# a comment\n" + TEMPLATE)
    assert found.findings[0].line != moved.findings[0].line
    assert fingerprint(found.findings[0]) == fingerprint(moved.findings[0])


def test_rules_are_listed_for_people_and_machines(found: Audit) -> None:
    """`--rules` says id, severity and title."""
    assert len(list(rule_lines(found.rules))) == len(rule_rows(found.rules)) == len(found.rules)
    assert set(rule_rows(found.rules)[0]) == {"id", "severity", "title", "why", "source"}


def test_what_has_neither_file_nor_line_is_told_by_its_name() -> None:
    """A live resource is its own place; so is a file without lines."""
    live = Finding(
        "max-receive-count-one", "warning", "SQS::Queue/jobs", "", "why", "", "", None, "https://a"
    )
    filed = replace(live, file="plan.json")
    told = Audit((live, filed), (), every_rule(), (), ("somewhere: a rule is found nowhere there",))
    first, second, third, _ = lines([told])
    assert first.startswith("SQS::Queue/jobs: warning ")
    assert second.startswith("plan.json: warning ")
    assert third == "ignored in vain: somewhere: a rule is found nowhere there"
    log = sarif([told])
    Log.model_validate(log)
    places = [each["locations"][0].get("physicalLocation") for each in log["runs"][0]["results"]]
    assert places == [None, {"artifactLocation": {"uri": "plan.json"}}]
