"""Nested stacks whose templates are beside the one that holds them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.templates.load import load
from harness.templates.model import Template, token
from harness.templates.order import order

OUTER = """\
Resources:
  Key: {Type: AWS::KMS::Key}
  Dead: {Type: AWS::SQS::Queue}
  Inner:
    Type: AWS::CloudFormation::Stack
    DeletionPolicy: Retain
    Properties:
      TemplateURL: inner.yaml
      Parameters: {KeyId: !Ref Key, DeadArn: !GetAtt Dead.Arn, Sizes: [1, 2]}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !GetAtt Inner.Outputs.Jobs, KmsMasterKeyId: !Ref Key, Tags: [!Ref Inner]}
  Other: {Type: AWS::SNS::Topic}
Outputs: {Jobs: {Value: !Sub "at ${Inner.Outputs.Jobs}"}}
"""
INNER = """\
Parameters:
  KeyId: {Type: String}
  DeadArn: {Type: String}
  Sizes: {Type: CommaDelimitedList}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      KmsMasterKeyId: !Ref KeyId
      RedrivePolicy: {deadLetterTargetArn: !Ref DeadArn, maxReceiveCount: !Select [1, !Ref Sizes]}
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Code: src, Environment: {Variables: {JOBS: !Ref Jobs}}}
Outputs: {Jobs: {Value: !Ref Jobs}}
"""

Read = Callable[..., Template]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    (tmp_path / "src").mkdir()

    def written(outer: str = OUTER, inner: str = INNER) -> Template:
        (tmp_path / "outer.yaml").write_text(outer)
        (tmp_path / "inner.yaml").write_text(inner)
        return load(tmp_path / "outer.yaml")

    return written


def test_its_resources_stand_in_the_outer_stack(read: Read) -> None:
    """In the place of the nested stack, with their own file and lines."""
    template = read()
    jobs = template.resources["Inner.Jobs"]
    assert list(template.resources) == ["Key", "Dead", "Inner.Jobs", "Inner.Worker", "Topic", "Other"]
    assert jobs.at("KmsMasterKeyId").endswith("inner.yaml:9")
    assert jobs.properties["QueueName"].startswith("outer-Inner-")
    assert jobs.retained
    assert [*template.assets] == [("Inner.Worker", "Code")]
    assert template.not_covered == ()


def test_parameters_lead_out(read: Read) -> None:
    """What the outer stack gives is known, or a token of the outer's resource."""
    jobs = read().resources["Inner.Jobs"].properties
    assert jobs["KmsMasterKeyId"] == token("Key", "Ref")
    assert jobs["RedrivePolicy"]["deadLetterTargetArn"].startswith("arn:aws:sqs:")
    assert jobs["RedrivePolicy"]["maxReceiveCount"] == "2"


def test_outputs_lead_in(read: Read) -> None:
    """To what the inner resource gives."""
    template = read()
    jobs = token("Inner.Jobs", "Ref")
    topic = template.resources["Topic"].properties
    assert topic["DisplayName"] == jobs
    assert topic["KmsMasterKeyId"] == token("Key", "Ref")
    assert topic["Tags"][0].startswith("arn:aws:cloudformation:us-east-1:123456789012:stack/outer-Inner-")
    assert template.outputs["Jobs"]["Value"] == f"at {jobs}"
    assert template.resources["Inner.Worker"].properties["Environment"]["Variables"]["JOBS"] == jobs


def test_the_order_holds_across_stacks(read: Read) -> None:
    """The inner after what its parameters name, the outer's users after all of the inner."""
    template = read()
    assert template.resources["Inner.Worker"].depends_on == ("Inner.Jobs", "Key", "Dead")
    assert template.resources["Topic"].depends_on == ("Inner.Jobs", "Inner.Worker", "Key")
    found = order(template)
    assert found.index("Dead") < found.index("Inner.Jobs") < found.index("Topic")


def test_stacks_within_stacks(tmp_path: Path) -> None:
    """A reference goes through as many as there are."""
    step = "Parameters: {K: {Type: String}}\nResources:\n  N:\n    Type: AWS::CloudFormation::Stack\n"
    step += "    Properties: {TemplateURL: last.yaml, Parameters: {K: !Ref K}}\n"
    queue = "{Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !Ref K}}"
    last = f"Parameters: {{K: {{Type: String}}}}\nResources: {{Q: {queue}}}"
    outer = (
        step.replace("Parameters: {K: {Type: String}}\n", "")
        .replace("last", "step")
        .replace("!Ref K", "!Ref Key")
    )
    (tmp_path / "outer.yaml").write_text(outer + "  Key: {Type: AWS::KMS::Key}\n")
    (tmp_path / "step.yaml").write_text(step)
    (tmp_path / "last.yaml").write_text(last)
    found = load(tmp_path / "outer.yaml").resources["N.N.Q"]
    assert found.properties["KmsMasterKeyId"] == token("Key", "Ref")


def test_a_nested_stack_of_the_cdk(tmp_path: Path) -> None:
    """Its template is an asset, found by its key."""
    assets = {"App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}}}
    stack = {"templateFile": "App.json"}
    app = {"type": "aws:cloudformation:stack", "properties": stack, "dependencies": ["App.assets"]}
    file = {"source": {"path": "inner.json"}, "destinations": {"here": {"objectKey": "ff.json"}}}
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3/b/ff.json"}}
    for name, value in (
        ("manifest", {"artifacts": {**assets, "App": app}}),
        ("assets", {"files": {"ff": file}}),
        ("App", {"Resources": {"N": nested}}),
        ("inner", {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    template = load(tmp_path)
    assert (template.language, list(template.resources)) == ("cdk", ["N.Q"])


@pytest.mark.parametrize("url", ["https://s3/b/inner.yaml", "!Select [0, !Split ['/', !Ref Key]]"])
def test_a_template_that_is_elsewhere_stays_a_nested_stack(read: Read, url: str) -> None:
    """And it is told."""
    template = read(OUTER.replace("inner.yaml", url))
    assert template.resources["Inner"].type == "AWS::CloudFormation::Stack"
    assert "outer.yaml:4: 'Inner': the template of a nested stack is read where" in template.not_covered[0]


REFUSED = {
    "itself": (
        OUTER.replace("inner.yaml", "outer.yaml"),
        "outer.yaml: it holds .*outer.yaml, and that holds it: nested stacks in a circle",
    ),
    "no file": (
        OUTER.replace("inner.yaml", "none.yaml"),
        r"outer\.yaml:8: nested stack 'Inner': .*none.yaml is not",
    ),
    "no output": (OUTER.replace("Outputs.Jobs", "Outputs.Job"), "'Inner' has no output 'Job'; it has Jobs"),
    "a parameter too late": (
        OUTER.replace("Sizes: [1, 2]", "Sizes: !Split ['-', !Ref Key]"),
        r"outer\.yaml:9: nested stack 'Inner': parameter 'Sizes' is known only once",
    ),
    "a parameter that is not there": (
        OUTER.replace("Sizes:", "Size:"),
        r"inner\.yaml: the template has no parameter 'Size'; did you mean 'Sizes'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_nested_stacks_that_cannot_be_read(read: Read, what: str) -> None:
    """The place is told."""
    text, said = REFUSED[what]
    with pytest.raises(ScenarioError, match=said):
        read(text)
