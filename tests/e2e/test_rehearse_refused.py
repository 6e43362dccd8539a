"""Templates that cannot be rehearsed: what is said, with its place."""

import re
from pathlib import Path

import pytest
from command import harness

from harness.errors import ExitCode

BROKEN = """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: arn:aws:iam::123456789012:role/nobody
      Code:
        ZipFile: "def handler(event, context): pass"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BROKEN, r"template.yaml:4.*Worker"),
        pytest.param(
            "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: {Colour: red}\n",
            r"template.yaml:4",
            marks=pytest.mark.long,
        ),
        ("Resources: [\n", r"template.yaml, line 2"),
        pytest.param(
            "Parameters: {Name: {Type: String}}\nResources: {Q: {Type: AWS::SQS::Queue}}\n",
            r"Name",
            marks=pytest.mark.long,
        ),
    ],
)
def test_what_cannot_be_deployed_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """A role or a property that is not there, no YAML, a parameter without a value: exit code 2."""
    path = tmp_path / "template.yaml"
    path.write_text(text)
    ended = harness("rehearse", str(path), cwd=tmp_path)

    assert ended.code == ExitCode.USAGE, ended.err
    assert re.search(said, ended.err), ended.err
