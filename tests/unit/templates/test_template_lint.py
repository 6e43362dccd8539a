"""What cfn-lint says of a template, with its place."""

import json

import pytest

from harness.errors import ScenarioError
from harness.templates.lint import LintFinding, lint, refuse_errors

STACK = """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 50000
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Jobs.Arn, maxReceiveCount: 3}
      Tags:
        - {Key: a, Valeu: b}
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Code: src, Handler: a.b, Runtime: python3.12, Role: "arn:aws:iam::123456789012:role/r"}
  Odd:
    Type: AWS::SQS::Queu
Nothing: 1
"""
APP = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "stack.yaml"}}
MANIFEST = {"artifacts": {"App": APP}}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[LintFinding, ...]:
    folder = tmp_path_factory.mktemp("lint") / "cdk.out"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "stack.yaml").write_text(STACK)
    return lint(folder.parent)


def test_errors_come_first_with_resource_and_line(found: tuple[LintFinding, ...]) -> None:
    """An unknown type, an unknown property and a value out of range."""
    errors = {(each.logical_id, each.property_path, each.line) for each in found if each.severity == "error"}
    assert ("Jobs", "VisibilityTimeout", 5) in errors
    assert ("Jobs", "Tags[0].Valeu", 8) in errors
    assert ("Odd", "", 13) in errors
    assert [each.severity for each in found] == sorted(each.severity for each in found)


def test_local_code_is_not_held_to_what_it_becomes(found: tuple[LintFinding, ...]) -> None:
    """It is packaged before AWS sees it."""
    assert not [each for each in found if each.property_path == "Code"]


def test_errors_are_refused_together(found: tuple[LintFinding, ...]) -> None:
    """One a line, as file:line and resource."""
    with pytest.raises(
        ScenarioError, match=r"AWS would refuse the template:\n  .*stack\.yaml:2: resource 'Jobs'"
    ):
        refuse_errors(found)
    refuse_errors(each for each in found if each.severity != "error")


def test_what_is_about_no_resource_names_none(found: tuple[LintFinding, ...]) -> None:
    """The file and its line are told."""
    (finding,) = [each for each in found if each.line == 14]
    assert (finding.logical_id, finding.property_path) == ("", "")
    assert str(finding).partition("stack.yaml:14: ")[2].startswith("Additional properties")
