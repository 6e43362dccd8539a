"""Intrinsic functions over the resources of a template."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.load import load

HEAD = """
Parameters:
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Open: {Type: String, Default: "yes"}
Mappings: {M: {k: {v: 7}}}
Conditions:
  Yes: !Equals [!Ref Open, "yes"]
  No: !Not [!Condition "Yes"]
  All: !And [!Condition "Yes", !Condition "No"]
  Any: !Or [!Condition "Yes", !Condition "No"]
  Strange: !Strange 1
  Listed: [1]
Resources:
  Key: {Type: AWS::KMS::Key}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
Outputs:
  O:
    Value: """


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Zones", ["a", "b"]),
        ('!Sub "${Zones}/${Topic.TopicName}/${!Open}"', "a,b/news/${Open}"),
        ('!Sub ["${x}${Topic}", {x: !Ref Open}]', "yesarn:aws:sns:us-east-1:123456789012:news"),
        ('!Sub ["${x}", {x: !Select [0, !Split ["-", !Ref Key]]}]', {"Fn::Join": 0}),
        ("!FindInMap [M, k, v]", 7),
        ("{'Fn::FindInMap': [M, k, w, {DefaultValue: !Ref Open}]}", "yes"),
        ('!GetAZs ""', ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("!GetAZs {Ref: 'AWS::Region'}", ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ("!GetAtt [Topic, TopicArn]", "arn:aws:sns:us-east-1:123456789012:news"),
        ("!If [Any, !If [All, 1, 2], 3]", 2),
        ("!Base64 x", "eA=="),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("[1, !Ref AWS::NoValue]", [1]),
        ('!Sub "a${AWS::NoValue}b"', "ab"),
    ],
)
def test_functions_in_a_template(tmp_path: Path, value: str, expected: Any) -> None:
    """Worked out as CloudFormation does."""
    (tmp_path / "t.yaml").write_text(HEAD + value)
    found = load(tmp_path / "t.yaml").outputs["O"]["Value"]
    assert (list(found) if isinstance(found, dict) else found) == (
        list(expected) if isinstance(expected, dict) else expected
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("!Ref [x]", "there is no parameter or resource"),
        ("!GetAtt Topic", "does not name a resource and an attribute"),
        ("!Sub [x]", "Fn::Sub takes"),
        ("!If [Any, 1]", "Fn::If takes"),
        ("!If [Odd, 1, 2]", "there is no condition 'Odd'"),
        ("!Join x", "Fn::Join takes a list of values"),
        ("!FindInMap [M, k, w]", "finds nothing for"),
        ("!If [Listed, 1, 2]", "the condition .* cannot be worked out"),
        ("!If [Strange, 1, 2]", "the condition .* cannot be worked out"),
        ("!Select [5, [a]]", "Fn::Select has no item 5"),
        ("!Cidr [x, y]", "is not what the function takes"),
        ("!Transform {Name: x}", "a macro runs in an account"),
        ("!GetStackOutput x", "an output of another stack"),
    ],
)
def test_functions_that_cannot_be_worked_out(tmp_path: Path, value: str, said: str) -> None:
    """The line is that of the function."""
    (tmp_path / "t.yaml").write_text(HEAD + value)
    with pytest.raises(ScenarioError, match=rf"t\.yaml:18: output 'O': Value: .*{said}"):
        load(tmp_path / "t.yaml")
