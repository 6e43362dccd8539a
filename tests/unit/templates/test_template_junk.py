"""Anything may stand anywhere in a template: it is read, or refused in words."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.templates.documents import Document
from harness.templates.load import load, load_document
from harness.templates.order import order
from harness.templates.place import Place
from harness.templates.yaml_lines import load_yaml

STACK = """
Transform: AWS::LanguageExtensions
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev]}
  Names: {Type: CommaDelimitedList, Default: "a,b"}
Mappings: {M: {dev: {size: 1}}}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Condition: Prod
    DeletionPolicy: Retain
  Worker:
    Type: AWS::Lambda::Function
    DependsOn: [Role]
    Properties:
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: b, S3Key: k}
      MemorySize: !FindInMap [M, !Ref Stage, size]
      Environment: {Variables: {A: !If [Prod, !Ref Jobs, !Ref AWS::NoValue], B: !Select [0, !Ref Names]}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: !Sub "${Stage}-role"}}
  Fn::ForEach::Topics: [Name, !Ref Names, {"Topic${Name}": {Type: AWS::SNS::Topic}}]
Outputs: {Worker: {Value: !Join [":", [!Ref Worker, !Ref Stage]]}}
"""
JUNK: list[Any] = [
    *(None, 5, -1.5, True, "", "x", [], {}, ["a"]),
    *({"Ref": "Jobs"}, {"Ref": 5}, {"Ref": []}, {"Ref": "AWS::NoValue"}, {"Ref": "Names"}, {"Ref": "Worker"}),
    *({"Fn::GetAtt": ["Worker"]}, {"Fn::GetAtt": ["Role", "RoleId"]}, {"Fn::Sub": ["${a}", {"a": [1]}]}),
    *({"Fn::If": ["Prod", 1]}, {"Fn::Join": ["", [{"a": 1}]]}, {"Fn::Select": ["x", [1]]}),
    *({"Fn::Split": [1, 2]}, {"Fn::ForEach::X": [1, 2, 3]}, {"Fn::Length": {"Ref": "Role"}}),
    *({"Fn::Cidr": ["10.0.0.0/8", 3, 99]}, {"Fn::FindInMap": ["a", "b", "c", 7]}, {"Fn::Transform": 1}),
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, each in items:
        yield (*path, key)
        yield from paths(each, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    value = copy.copy(value)
    value[path[0]] = replaced(value[path[0]], path[1:], by) if path[1:] else by
    return value


VALUE, LINES = load_yaml(Path("t.yaml"), STACK)


@given(path=st.sampled_from(list(paths(VALUE))), junk=st.sampled_from(JUNK))
def test_what_is_not_read_is_refused_with_file_and_line(path: tuple[Any, ...], junk: Any) -> None:
    """Never with an error of Python's."""
    document = Document(Path("t.yaml"), replaced(VALUE, path, junk), LINES)
    try:
        order(load_document(document, {}, Place("s", "us-east-1", "123456789012")))
    except ScenarioError as error:
        assert str(error).startswith("t.yaml")  # noqa: PT017


HEAD = "Resources:\n  Key: {Type: AWS::KMS::Key}\n"
REFUSED = {
    "properties by a function": (
        f"{HEAD}  A: {{Type: AWS::SNS::Topic, Properties: !Ref Key}}",
        r"t\.yaml:3: resource 'A': Properties must be an object",
    ),
    "a dependency on a number": (
        f"{HEAD}  A: {{Type: AWS::SNS::Topic, DependsOn: 5}}",
        r"t\.yaml:3: resource 'A': it depends on 5, which is no resource",
    ),
    "a transform": (f"Transform: 5\n{HEAD}", r"t\.yaml:1: the macro 5 runs in an account"),
    "its own alias": (
        f"{HEAD}  A: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: !Ref A}}}}",
        r"t\.yaml:3: resource 'A': TargetFunctionArn: .*names go round in a circle: A -> A",
    ),
    "globals of a SAM template": (
        "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: x}\n"
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {InlineCode: x, Events: "
        "{E: {Type: Api, Properties: {Path: /, Method: get}}}}}}",
        r"t\.yaml:\d: the template is not what SAM takes: AttributeError",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_stands_where_it_cannot(tmp_path: Path, what: str) -> None:
    """Line and logical id are told."""
    text, said = REFUSED[what]
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(ScenarioError, match=said):
        load(tmp_path / "t.yaml")


def test_a_url_may_be_part_of_the_name_of_its_function(tmp_path: Path) -> None:
    """The names do not go round, the order does: that is told when the order is asked for."""
    (tmp_path / "t.yaml").write_text(
        "Resources:\n"
        "  Door: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt F.Arn}}\n"
        "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: !GetAtt Door.FunctionUrl}}\n"
    )
    template = load(tmp_path / "t.yaml")
    with pytest.raises(ScenarioError, match=r"resource '(Door|F)' depends on itself"):
        order(template)
