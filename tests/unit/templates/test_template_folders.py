"""What stands in a folder: a CDK application, a template, local code."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.lint import lint
from harness.templates.load import load

MANIFEST: dict[str, Any] = {
    "version": "36.0.0",
    "artifacts": {
        "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}},
        "App": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/eu-west-1",
            "properties": {"templateFile": "App.template.json", "stackName": "app-live"},
            "dependencies": ["App.assets", "Tree"],
        },
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    },
}
ASSETS: dict[str, Any] = {
    "files": {
        "abc": {
            "source": {"path": "asset.abc", "packaging": "zip"},
            "destinations": {"here": {"bucketName": "b", "objectKey": "abc.zip"}},
        },
        "built": {"source": {"executable": ["make"]}, "destinations": {"here": {"objectKey": "x.zip"}}},
    }
}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Fn9270CBC0": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}"}, "S3Key": "abc.zip"},
                "Tags": [{"Key": "x", "Value": "y"}],
            },
            "Metadata": {"aws:cdk:path": "App/Fn/Resource"},
        },
        "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}},
    },
    "Rules": {"CheckBootstrapVersion": {}},
}


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "cdk.out"
    (folder / "asset.abc").mkdir(parents=True)
    (folder / "asset.abc" / "index.py").write_text("x = 1\n")
    for name, value in (("manifest", MANIFEST), ("App.assets", ASSETS), ("App.template", TEMPLATE)):
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1))
    return folder


def test_a_cdk_application(application: Path) -> None:
    """Its stack under its name, with the code behind its keys and the paths of its constructs."""
    template = load(application, region="us-east-1")
    function = template.resources["Fn9270CBC0"]
    assert (template.language, template.stack, list(template.resources)) == (
        "cdk",
        "app-live",
        ["Fn9270CBC0"],
    )
    assert template.assets == {("Fn9270CBC0", "Code"): str(application / "asset.abc")}
    assert function.properties["Code"]["S3Bucket"] == "cdk-assets-123456789012"
    assert function.extra["Metadata"]["aws:cdk:path"] == "App/Fn/Resource"
    assert function.file.endswith("cdk.out/App.template.json")
    assert [each.split(": ", 1)[1] for each in template.not_covered] == [
        "the application is made for aws://unknown-account/eu-west-1; ARNs written into it stay, "
        "pseudo parameters are those of 123456789012 in us-east-1"
    ]


def test_the_folder_of_the_application_itself(application: Path) -> None:
    """What it synthesized stands in cdk.out; made for where it goes, nothing is told."""
    template = load(application.parent, stack="App", region="eu-west-1")
    assert (template.stack, template.not_covered) == ("app-live", ())


def test_stages_are_looked_into(application: Path) -> None:
    """A stage is a cloud assembly within another."""
    stage = application / "assembly-Prod"
    (application / "manifest.json").rename(application / "old.json")
    stage.mkdir()
    for each in application.glob("*.*"):
        each.rename(stage / each.name)
    (stage / "old.json").rename(stage / "manifest.json")
    nested = {"Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}
    (application / "manifest.json").write_text(json.dumps({"artifacts": nested}))
    assert load(application).stack == "app-live"


@pytest.mark.parametrize(
    ("change", "stack", "said"),
    [
        ({}, "Other", r"has no stack 'Other'; say which of app-live is meant"),
        ({"Two": MANIFEST["artifacts"]["App"]}, "", "has not one stack; say which of app-live, app-live"),
        (
            {"App": {"type": "aws:cloudformation:stack"}},
            "",
            r"stack 'App' has no templateFile; run `cdk synth`",
        ),
        ({"App": {"type": "cdk:tree"}}, "", "has not one stack; say which of none"),
    ],
)
def test_which_stack_is_meant(application: Path, change: dict[str, Any], stack: str, said: str) -> None:
    """The stacks are listed."""
    artifacts = {**MANIFEST["artifacts"], **change}
    (application / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    with pytest.raises(ScenarioError, match=said):
        load(application, stack=stack)


def test_folders_without_a_template(tmp_path: Path) -> None:
    """What could be there is said; a CDK application has to be synthesized."""
    with pytest.raises(ScenarioError, match=r"there is no template.yaml, no manifest.json"):
        load(tmp_path)
    (tmp_path / "cdk.json").write_text("{}")
    with pytest.raises(ScenarioError, match="run `cdk synth` first"):
        load(tmp_path)


LOCAL = """\
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {Code: src}}
  L: {Type: AWS::Lambda::LayerVersion, Properties: {Content: layer.zip}}
  G: {Type: AWS::Glue::Job, Properties: {Command: {Name: pythonshell, ScriptLocation: job.py}}}
  H: {Type: AWS::Glue::Job, Properties: {Command: {Name: pythonshell, ScriptLocation: "s3://b/k"}}}
  S: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: flow.yaml}}
  Z: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "x = 1"}}}
  N: {Type: AWS::Lambda::Function}
"""


@pytest.fixture
def local(tmp_path: Path) -> Path:
    (tmp_path / "src" / "inner").mkdir(parents=True)
    (tmp_path / "src" / "__pycache__").mkdir()
    (tmp_path / "src" / "inner" / "a.py").write_text("a = 1\n")
    (tmp_path / "layer.zip").write_bytes(b"PK")
    (tmp_path / "job.py").write_text("print(1)\n")
    (tmp_path / "flow.yaml").write_text("StartAt: A\nStates: {A: {Type: Succeed}}\n")
    (tmp_path / "template.json").write_text("{}")
    (tmp_path / "stack.yaml").write_text(LOCAL)
    return tmp_path / "stack.yaml"


def test_local_files_stand_behind_addresses(local: Path) -> None:
    """Code keeps its file, a definition is read into the template, an address of S3 stays."""
    template = load(local)
    assert {who: Path(path).name for who, path in template.assets.items()} == {
        ("F", "Code"): "src",
        ("L", "Content"): "layer.zip",
        ("G", "Command.ScriptLocation"): "job.py",
    }
    assert template.resources["S"].properties["Definition"]["StartAt"] == "A"
    assert template.resources["H"].properties["Command"]["ScriptLocation"] == "s3://b/k"
    assert template.resources["F"].properties["Code"]["S3Key"].endswith(".zip")


def test_changed_code_has_another_address(local: Path) -> None:
    """So that an update sees it; what Python caches is no part of it."""
    before = load(local).resources["F"].properties["Code"]
    (local.parent / "src" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert load(local).resources["F"].properties["Code"] == before
    (local.parent / "src" / "inner" / "a.py").write_text("a = 2\n")
    assert load(local).resources["F"].properties["Code"] != before


def test_a_definition_that_is_not_there(local: Path) -> None:
    """It cannot be left out, and its line is told."""
    (local.parent / "flow.yaml").unlink()
    with pytest.raises(ScenarioError, match=r"stack\.yaml:6: .*'flow\.yaml', and .* is not there"):
        load(local)


INCLUDES = """\
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: web
      Body:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: ./api.yaml}}
        basePath: [/x]
"""


def test_files_are_included(tmp_path: Path) -> None:
    """With their functions, and what stands beside them."""
    (tmp_path / "api.yaml").write_text("openapi: 3.0.1\ninfo: {title: !Sub '${AWS::Region}-web'}\n")
    (tmp_path / "template.yaml").write_text(INCLUDES)
    body = load(tmp_path).resources["Api"].properties["Body"]
    assert body == {"openapi": "3.0.1", "info": {"title": "us-east-1-web"}, "basePath": ["/x"]}


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("./other.yaml", r"template\.yaml:7: .*includes './other\.yaml', and .* is not there"),
        ("s3://b/api.yaml", "Fn::Transform cannot be worked out"),
        ("!Ref AWS::Region", "Fn::Transform cannot be worked out"),
    ],
)
def test_files_that_cannot_be_included(tmp_path: Path, location: str, said: str) -> None:
    """The line is told."""
    (tmp_path / "template.yaml").write_text(
        INCLUDES.replace("./api.yaml", location).replace("        basePath: [/x]\n", "")
    )
    with pytest.raises(ScenarioError, match=said):
        load(tmp_path)


LOOPS = """\
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "a-b,c"}
Resources:
  Fn::ForEach::Topics:
    - Name
    - !Ref Names
    - Topic&{Name}:
        Type: AWS::SNS::Topic
        Properties:
          TopicName: !Sub "${Name}-${AWS::Region}"
          DisplayName: !Ref Name
          Tags:
            - Key: k
              Value: "${Name}"
          FifoTopic: true
      Fn::ForEach::Inner:
        - Stage
        - [x, "${Name}"]
        - Queue&{Name}&{Stage}: {Type: AWS::SQS::Queue}
"""


def test_loops_are_written_out(tmp_path: Path) -> None:
    """Each member at the line of the loop's; &{} leaves out what a logical id cannot have."""
    (tmp_path / "template.yml").write_text(LOOPS)
    template = load(tmp_path)
    assert list(template.resources) == ["Topicab", "Queueabx", "Queueabab", "Topicc", "Queuecx", "Queuecc"]
    topic = template.resources["Topicab"]
    assert topic.properties == {
        "TopicName": "a-b-us-east-1",
        "DisplayName": "a-b",
        "Tags": [{"Key": "k", "Value": "a-b"}],
        "FifoTopic": True,
    }
    assert (topic.line, topic.line_of("TopicName"), topic.line_of("Tags[0].Value")) == (8, 11, 15)


@pytest.mark.parametrize(
    ("loop", "said"),
    [
        ("[Name, [a]]", "loop 'Topics': a loop takes a variable, a list and what it makes"),
        ("[Name, !Ref Nobody, {}]", "loop 'Topics': a loop's list is written out, or a parameter"),
        ("[Name, [[a]], {}]", "loop 'Topics': a loop's list is written out"),
        (f"[Name, [{'a,' * 5_001}], {{A: 1}}]", "loop 'Topics': the loops make more than 5000 members"),
    ],
)
def test_loops_that_cannot_be_written_out(tmp_path: Path, loop: str, said: str) -> None:
    """The loop and its line are named."""
    text = f"Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Topics: {loop}\n"
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(ScenarioError, match=rf"t\.yaml:3: {said}"):
        load(tmp_path / "t.yaml")


def test_nothing_is_linted_that_is_no_template(tmp_path: Path) -> None:
    """Another language, a folder without one, a file without resources."""
    (tmp_path / "main.tf").write_text("")
    (tmp_path / "plan.json").write_text('{"terraform_version": "1.9"}')
    assert lint(tmp_path) == lint(tmp_path / "main.tf") == lint(tmp_path / "plan.json") == ()
