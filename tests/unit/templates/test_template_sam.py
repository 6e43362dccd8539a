"""SAM templates as the CloudFormation that AWS makes of them."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.load import load
from harness.templates.model import Template

STACK = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 30
    CodeUri: src/
Parameters:
  Batch: {Type: Number, Default: 10}
  Subnets: {Type: CommaDelimitedList, Default: "a,b"}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Table:
    Type: AWS::Serverless::SimpleTable
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.12
      AutoPublishAlias: live
      DeploymentPreference: {Type: AllAtOnce}
      Policies:
        - AIDevOpsAgentFullAccess
        - SQSPollerPolicy: {QueueName: !GetAtt Jobs.QueueName}
      Environment:
        Variables: {TABLE: !Ref Table}
      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS}}}
      Events:
        Stream:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: !Ref Batch
        Http:
          Type: Api
          Properties: {Path: /x, Method: post}
  Other:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.12, CodeUri: other, Events: {}}
  Inline:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler, Runtime: python3.12, InlineCode: "x = 1"}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: "1.dkr.ecr.us-east-1.amazonaws.com/i:1"}
Outputs:
  Version: {Value: !Ref Worker.Version}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("application")
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_text("def handler(event, context): ...\n")
    (folder / "src" / "requirements.txt").write_text("numpy\n")
    (folder / "template.yaml").write_text(STACK)
    return load(folder, parameters={"Batch": "5"}, region="eu-west-1")


def kept(template: Template, logical_id: str) -> tuple[str, Any]:
    resource = template.resources[logical_id]
    return resource.type, resource.line


def test_what_a_function_with_events_becomes(stack: Template) -> None:
    """AWS's own logical ids, each at the line of what it was made from."""
    assert stack.language == "sam"
    assert kept(stack, "Worker") == ("AWS::Lambda::Function", 15)
    assert kept(stack, "WorkerRole") == ("AWS::IAM::Role", 15)
    assert kept(stack, "WorkerStream") == ("AWS::Lambda::EventSourceMapping", 29)
    assert kept(stack, "WorkerEventInvokeConfigOnFailureQueue") == ("AWS::SQS::Queue", 27)
    assert kept(stack, "WorkerHttpPermissionProd") == ("AWS::Lambda::Permission", 34)
    assert kept(stack, "ServerlessRestApi") == ("AWS::ApiGateway::RestApi", 15)
    assert kept(stack, "Jobs") == ("AWS::SQS::Queue", 11)


def test_properties_are_worked_out(stack: Template) -> None:
    """Globals, parameters, policy templates and names of managed policies."""
    worker, role = stack.resources["Worker"].properties, stack.resources["WorkerRole"].properties
    assert (worker["Timeout"], worker["Runtime"]) == (30, "python3.12")
    assert worker["Environment"]["Variables"]["TABLE"] == stack.resources["Table"].properties["TableName"]
    assert "arn:aws:iam::aws:policy/AIDevOpsAgentFullAccess" in role["ManagedPolicyArns"]
    assert ":eu-west-1:" in str(role["Policies"])
    assert stack.resources["WorkerStream"].properties["BatchSize"] == "5"
    assert stack.outputs["Version"]["Value"].startswith("${Token[WorkerVersion")


def test_lines_within_what_was_made(stack: Template) -> None:
    """Of the event behind it, of the policies behind the role."""
    assert stack.resources["WorkerStream"].line_of("BatchSize") == 33
    assert stack.resources["WorkerRole"].line_of("Policies[0].PolicyDocument") == 22
    assert stack.resources["Worker"].line_of("Handler") == 18
    assert stack.resources["OtherRole"].line_of("ManagedPolicyArns") == 37


def test_each_remembers_its_sam_resource(stack: Template) -> None:
    """What the template itself has does not."""
    assert stack.resources["WorkerRole"].extra["SAM"] == {
        "LogicalId": "Worker",
        "Type": "AWS::Serverless::Function",
    }
    assert "SAM" not in stack.resources["Jobs"].extra


def test_code_is_taken_from_where_it_is(stack: Template) -> None:
    """A folder of Globals or its own; one that is missing is told, and so are requirements."""
    assert {who: Path(path).name for who, path in stack.assets.items()} == {("Worker", "Code"): "src"}
    told = "\n".join(stack.not_covered)
    assert "requirements.txt is not installed; run `sam build`" in told
    assert "template.yaml:39: Resources.Other.Properties.CodeUri is 'other'" in told


def test_without_code_a_function_has_the_template_s_folder(tmp_path: Path) -> None:
    """As SAM's tools package it."""
    (tmp_path / "t.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12}}}\n"
    )
    assert load(tmp_path / "t.yaml").assets == {("F", "Code"): str(tmp_path)}


def test_loops_and_definitions_in_files(tmp_path: Path) -> None:
    """Both transforms together, as their list has them."""
    (tmp_path / "flow.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    (tmp_path / "t.yaml").write_text(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"
        "Resources:\n"
        "  Fn::ForEach::Flows:\n"
        "    - Name\n"
        "    - [a, b]\n"
        "    - Flow${Name}:\n"
        "        Type: AWS::Serverless::StateMachine\n"
        "        Properties: {DefinitionUri: flow.asl.json}\n"
    )
    resources = load(tmp_path / "t.yaml").resources
    assert list(resources) == ["Flowa", "FlowaRole", "Flowb", "FlowbRole"]
    assert "Succeed" in str(resources["Flowa"].properties)


REFUSED = {
    "a property": (
        "  F: {Type: AWS::Serverless::Function, Properties: {Handlr: a.b, InlineCode: x}}",
        r"t\.yaml:3: .*\[F\] is invalid.*Handlr",
    ),
    "an event": (
        "  F:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Handler: a.b, Runtime: python3.12, InlineCode: x, Events: {E: {Type: Nothing}}}",
        r"t\.yaml:3: .*\[F\] is invalid",
    ),
    "globals": ("  T: {Type: AWS::SNS::Topic}\nGlobals: {Functions: {}}", r"t\.yaml:2: .*'Globals'"),
    "a function that is text": (
        "  F: {Type: AWS::Serverless::Function, Properties: x}",
        r"t\.yaml:3: .*\[F\]",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_translator_refuses(tmp_path: Path, what: str) -> None:
    """Its words, at the line of the resource."""
    text, said = REFUSED[what]
    (tmp_path / "t.yaml").write_text(f"Transform: AWS::Serverless-2016-10-31\nResources:\n{text}\n")
    with pytest.raises(ScenarioError, match=said):
        load(tmp_path / "t.yaml")
