"""CloudFormation templates as resources with their properties worked out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.load import load, stack_name
from harness.templates.model import Template, token
from harness.templates.place import Place
from harness.templates.references import arn_of, reference

Read = Callable[..., Template]

STACK = """
Description: jobs
Parameters:
  Stage: {Type: String, Default: dev}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
Mappings:
  Sizes: {dev: {memory: 128}, prod: {memory: 512}}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    Properties:
      FifoQueue: true
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: !If [Prod, 5, 3]
      KmsMasterKeyId: !If [Prod, alias/jobs, !Ref AWS::NoValue]
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${AWS::StackName}-dead.fifo", FifoQueue: true}
  Worker:
    Type: AWS::Lambda::Function
    DependsOn: [Spare, Role]
    Metadata: {owner: me}
    Properties:
      Role: !GetAtt Role.Arn
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Environment:
        Variables:
          JOBS: !Ref Jobs
          HOST: !Select [2, !Split ["/", !GetAtt Door.FunctionUrl]]
  Door:
    Type: AWS::Lambda::Url
    Properties: {AuthType: NONE, TargetFunctionArn: !GetAtt Other.Arn}
  Other:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: other}
  Role:
    Type: AWS::IAM::Role
  Spare:
    Type: AWS::S3::Bucket
    Condition: Prod
Outputs:
  Jobs: {Value: !Sub "queue ${Jobs}", Export: {Name: !Sub "${AWS::StackName}-jobs"}}
  Spare: {Value: !Ref Spare, Condition: Prod}
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def written(text: str = STACK, name: str = "jobs.yaml", **options: Any) -> Template:
        path = tmp_path / name
        path.write_text(text)
        return load(path, **options)

    return written


def test_references_between_resources_are_known_before_they_are_made(read: Read) -> None:
    """ARNs follow from names; what the service draws is a token."""
    template = read(region="eu-west-1", account="111122223333", stack="mine")
    jobs, worker = template.resources["Jobs"], template.resources["Worker"]
    assert jobs.properties["RedrivePolicy"] == {
        "deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111122223333:mine-dead.fifo",
        "maxReceiveCount": 3,
    }
    assert worker.properties["Environment"]["Variables"]["JOBS"] == token("Jobs", "Ref")
    role = template.resources["Role"].properties["RoleName"]
    assert worker.properties["Role"] == f"arn:aws:iam::111122223333:role/{role}"


def test_a_function_over_a_token_waits(read: Read) -> None:
    """It stays in its long form with the token in it."""
    variables = read().resources["Worker"].properties["Environment"]["Variables"]
    assert variables["HOST"] == {"Fn::Select": [2, {"Fn::Split": ["/", token("Door", "FunctionUrl")]}]}


def test_conditions_choose_resources_and_values(read: Read) -> None:
    """A false condition leaves out its resource, its output and every dependency on it."""
    dev, prod = read(), read(parameters={"Stage": "prod"})
    assert ("Spare" in dev.resources, "Spare" in prod.resources) == (False, True)
    assert ("Spare" in dev.outputs, "Spare" in prod.outputs) == (False, True)
    assert "KmsMasterKeyId" not in dev.resources["Jobs"].properties
    assert prod.resources["Jobs"].properties["KmsMasterKeyId"] == "alias/jobs"
    assert prod.resources["Worker"].properties["MemorySize"] == 512
    assert dev.resources["Worker"].depends_on == ("Role", "Jobs", "Door")
    assert prod.resources["Worker"].depends_on == ("Spare", "Role", "Jobs", "Door")


def test_names_that_nobody_gave_are_chosen_and_told(read: Read) -> None:
    """As CloudFormation makes them: stack, logical id, something unique, .fifo where the queue is one."""
    resources = read().resources
    jobs = resources["Jobs"]
    assert jobs.generated_name == "QueueName"
    assert jobs.properties["QueueName"].startswith("jobs-Jobs-")
    assert jobs.properties["QueueName"].endswith(".fifo")
    assert resources["Other"].generated_name == ""
    assert read().resources["Jobs"] == jobs


def test_what_else_is_said_of_a_resource(read: Read) -> None:
    """Place, policy for its deletion, metadata, and what Ref gives."""
    template = read()
    jobs, worker = template.resources["Jobs"], template.resources["Worker"]
    assert jobs.at("RedrivePolicy.maxReceiveCount").endswith("jobs.yaml:17")
    assert jobs.line_of("KmsMasterKeyId.nothing") == 18
    assert (jobs.retained, worker.retained) == (True, False)
    assert worker.extra == {"Metadata": {"owner": "me"}}
    assert (jobs.physical_id, template.resources["Other"].physical_id) == ("", "other")
    assert template.outputs == {
        "Jobs": {"Value": f"queue {token('Jobs', 'Ref')}", "Export": {"Name": "jobs-jobs"}}
    }
    assert (template.description, template.language) == ("jobs", "cloudformation")
    assert [each.logical_id for each in template.of_type("AWS::SQS::Queue")] == ["Jobs", "Dead"]


def test_the_arn_of_a_resource(read: Read) -> None:
    """Known where its name is; none for a resource without, or whose id is drawn."""
    template = read(region="cn-north-1")
    arns = {name: arn_of(template, each) for name, each in template.resources.items()}
    assert arns["Other"] == "arn:aws-cn:lambda:cn-north-1:123456789012:function:other"
    assert arns["Door"] == ""


REFERENCES = {
    "AWS::SageMaker::Endpoint": (
        "EndpointName: Big",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/big",
    ),
    "AWS::SNS::Topic": ("TopicName: t", "arn:aws:sns:us-east-1:123456789012:t"),
    "AWS::S3::Bucket": ("BucketName: b", "b"),
    "AWS::S3::BucketPolicy": ("Bucket: b", "b"),
    "AWS::KMS::Key": ("Enabled: true", token("One", "Ref")),
    "AWS::SQS::QueuePolicy": ("Queues: [q]", token("One", "Ref")),
    "AWS::IAM::ManagedPolicy": (
        "{ManagedPolicyName: p, Path: /a/}",
        "arn:aws:iam::123456789012:policy/a/p",
    ),
    "AWS::Lambda::Alias": (
        "{Name: live, FunctionName: 'arn:aws:lambda:us-east-1:1:function:f:3'}",
        "arn:aws:lambda:us-east-1:123456789012:function:f:live",
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "{ResourceId: r, ScalableDimension: d, ServiceNamespace: s}",
        "r|d|s",
    ),
    "AWS::Glue::Database": ("DatabaseInput: {Name: raw}", "raw"),
    "AWS::Glue::Table": ("DatabaseName: raw", token("One", "Ref")),
    "AWS::Scheduler::Schedule": ("Name: nightly", "nightly"),
    "AWS::Lambda::Url": ("TargetFunctionArn: f", "arn:aws:lambda:us-east-1:123456789012:function:f"),
}


@pytest.mark.parametrize("kind", REFERENCES)
def test_what_ref_gives(read: Read, kind: str) -> None:
    """Name, ARN or token, as the type's page says."""
    properties, expected = REFERENCES[kind]
    braced = properties if properties.startswith("{") else f"{{{properties}}}"
    text = f"Resources: {{One: {{Type: {kind}, Properties: {braced}}}}}\nOutputs: {{O: {{Value: !Ref One}}}}"
    assert read(text).outputs["O"]["Value"] == expected


def test_what_a_resource_without_the_property_gives() -> None:
    """A token, as for what is never known before."""
    place = Place("s", "us-east-1", "123456789012")
    alias = reference("AWS::Lambda::Alias", "One", "Ref", {"Name": "live"}.get, place)
    drawn = reference("AWS::KMS::Key", "One", "Arn", {}.get, place)
    assert (alias, drawn) == (token("One", "Ref"), token("One", "Arn"))


@pytest.mark.parametrize(
    ("bus", "arn"), [("default", "rule/nightly"), ("orders", "rule/orders/nightly")], ids=str
)
def test_the_arn_of_a_rule_has_its_bus(read: Read, bus: str, arn: str) -> None:
    """But for the default one."""
    rule = f"{{Type: AWS::Events::Rule, Properties: {{Name: nightly, EventBusName: {bus}}}}}"
    template = read(f"Resources: {{R: {rule}}}")
    assert arn_of(template, template.resources["R"]).endswith(f":{arn}")


def test_a_name_that_waits_makes_its_arn_a_token(read: Read) -> None:
    """An ARN cannot be written around a function that is not worked out yet."""
    name = '!Select [0, !Split ["-", !Ref Key]]'
    text = f"""
Resources:
  Key: {{Type: AWS::KMS::Key}}
  T: {{Type: AWS::SNS::Topic, Properties: {{TopicName: {name}}}}}
Outputs: {{O: {{Value: !Ref T}}}}
"""
    assert read(text).outputs["O"]["Value"] == token("T", "Ref")


def test_a_token_keeps_its_case_in_a_lower_case_arn(read: Read) -> None:
    """It names a logical id."""
    text = """
Resources:
  Key: {Type: AWS::KMS::Key}
  E: {Type: AWS::SageMaker::Endpoint, Properties: {EndpointName: !Sub "E-${Key}"}}
Outputs: {O: {Value: !Ref E}}
"""
    assert read(text).outputs["O"]["Value"].endswith(f"endpoint/E-{token('Key', 'Ref')}")


def test_dynamic_references_and_what_is_not_read_are_told(read: Read) -> None:
    """With file and line, and the resource stays."""
    text = """
Parameters:
  Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
Rules: {Mine: {Assertions: []}}
Resources:
  Own: {Type: "Custom::Thing", Properties: {ServiceToken: t}}
  Inner: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: "https://x"}}
  Module: {Type: "My::Own::Thing::MODULE"}
  Key:
    Type: AWS::SSM::Parameter
    CreationPolicy: {}
    Properties: {Type: String, Value: !Ref Image, Tags: [{a: 1}, "{{resolve:secretsmanager:s}}"]}
"""
    template = read(text)
    told = "\n".join(template.not_covered)
    assert template.resources["Key"].properties["Value"] == "{{resolve:ssm:/image}}"
    for said in ("Rules", "custom resource", "nested stack", "module", "CreationPolicy is not followed"):
        assert said in told
    assert "jobs.yaml:12: 'Key' takes Value from {{resolve:ssm:/image}}" in told
    assert "takes Tags[1] from" in told


def test_json_and_yaml_give_the_same(read: Read) -> None:
    """The language of the file does not matter."""
    text = '{"Resources": {"T": {"Type": "AWS::SNS::Topic",\n "Properties": {"TopicName": "t"}}}}'
    one, other = (
        read(text, "t.json"),
        read("Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}}"),
    )
    assert one.resources["T"].properties == other.resources["T"].properties
    assert one.resources["T"].line_of("TopicName") == 2


@pytest.mark.parametrize(
    ("file", "name"),
    [("my_stack.v2.yaml", "my-stack"), ("2nd.json", "stack-2nd"), ("__.yaml", "stack")],
)
def test_a_stack_is_named_after_its_file(file: str, name: str) -> None:
    """Letters, digits, hyphens, a letter first."""
    assert stack_name(Path(file)) == name


REFUSED = {
    "no resources": ("Description: x", "jobs.yaml: the template has no Resources"),
    "empty": (" \n", "the file is empty"),
    "a list": ("- 1", "a template is an object with Resources"),
    "resources as a list": ("Resources: []\n", "jobs.yaml:1: Resources must be an object"),
    "no type": ("Resources:\n  A: {}", "jobs.yaml:2: resource 'A': it must be an object with a Type"),
    "not a type": (
        "Resources:\n  A:\n    Type: SQS Queue",
        "jobs.yaml:3: resource 'A': 'SQS Queue' is no resource type",
    ),
    "an unknown type": (
        "Resources:\n  A:\n    Type: AWS::SQS::Queu",
        "jobs.yaml:3: resource 'A': CloudFormation has no type 'AWS::SQS::Queu'; did you mean 'AWS::SQS::Q",
    ),
    "a type like no other": (
        "Resources: {A: {Type: AWS::Nothing::Whatsoever}}",
        "has no type 'AWS::Noth[a-z:W]*'$",
    ),
    "sam without transform": (
        "Resources: {A: {Type: AWS::Serverless::Function}}",
        "needs `Transform: AWS::Serverless-2016-10-31`",
    ),
    "a member": (
        "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Propertis: {}",
        "jobs.yaml:4: resource 'A': a resource has no 'Propertis'; did you mean 'Properties'",
    ),
    "properties as a list": (
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: [1]}}",
        "Properties must be an object",
    ),
    "an unknown function": (
        "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      Tags:\n        - !Joyn [x]",
        r"jobs.yaml:6: resource 'A': Tags\[0\]: Fn::Joyn cannot be worked out here; did you mean 'Fn::Join'",
    ),
    "an import": (
        "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !ImportValue x",
        "jobs.yaml:5: resource 'A': TopicName: Fn::ImportValue cannot be worked out: .* another stack",
    ),
    "nobody": (
        "Resources: {Jobs: {Type: AWS::SQS::Queue, Properties: {Tags: !Ref Job}}}",
        "there is no parameter or resource 'Job'; did you mean 'Jobs'",
    ),
    "left out": (
        "Conditions: {Never: !Equals [a, b]}\n"
        "Resources:\n"
        "  A: {Type: AWS::SNS::Topic, Condition: Never}\n"
        "  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}",
        "jobs.yaml:4: resource 'B': TopicName: it refers to 'A', which the condition 'Never' leaves out",
    ),
    "a condition": (
        "Conditions: {Prod: !Equals [a, b]}\nResources: {A: {Type: AWS::SNS::Topic, Condition: Pord}}",
        "jobs.yaml:2: resource 'A': there is no condition 'Pord'; did you mean 'Prod'",
    ),
    "a condition on a resource": (
        "Conditions: {Odd: !Equals [!Ref A, b]}\nResources: {A: {Type: AWS::KMS::Key, Condition: Odd}}",
        "circle",
    ),
    "a dependency": (
        "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    DependsOn: C",
        "jobs.yaml:4: resource 'A': it depends on 'C', which is no resource",
    ),
    "an output": (
        "Resources: {A: {Type: AWS::SNS::Topic}}\nOutputs:\n  O: {Value: !Ref B}",
        "jobs.yaml:3: output 'O': Value: there is no parameter or resource 'B'",
    ),
    "an output without value": (
        "Resources: {A: {Type: AWS::SNS::Topic}}\nOutputs:\n  O: 1",
        "jobs.yaml:3: output 'O' must have a Value",
    ),
    "a macro": (
        "Transform: [Mine]\nResources: {A: {Type: AWS::SNS::Topic}}",
        "jobs.yaml:1: the macro 'Mine' runs in an account",
    ),
    "an include": (
        "Transform: {Name: AWS::Include}\nResources: {A: {Type: AWS::SNS::Topic}}",
        "the macro 'AWS::Include' runs in an account",
    ),
    "names in a circle": (
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}}",
        "names go round in a circle: A -> A",
    ),
    "no yaml": ("Resources:\n  A: [1", "jobs.yaml, line 3, column .*: this is not YAML"),
    "no json": ('{"Resources": 1,,}', "jobs.yaml, line 1, column .*: this is not JSON"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_template_that_cannot_be_read_is_refused_with_its_place(read: Read, what: str) -> None:
    """File, line, logical id and what is wrong."""
    text, said = REFUSED[what]
    with pytest.raises(ScenarioError, match=said):
        read(text)


def test_a_type_of_other_regions(read: Read) -> None:
    """It is said where it is; a region that is not on the list yet is taken to have it."""
    text = "Resources: {A: {Type: AWS::APS::Workspace}}"
    assert list(read(text, region="xx-new-1").resources) == ["A"]
    with pytest.raises(ScenarioError, match=r"no type 'AWS::APS::Workspace' in cn-north-1; .* and \d+ more"):
        read(text, region="cn-north-1")
    with pytest.raises(ScenarioError, match=r"no type 'AWS::OpsWorks::App' in us-east-1; it has in [a-z]*-"):
        read("Resources: {A: {Type: AWS::OpsWorks::App}}", region="us-east-1")


def test_a_file_that_is_not_there() -> None:
    """It is named."""
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml: there is no such file"):
        load("nowhere.yaml")


def test_a_condition_cannot_look_at_a_resource(read: Read) -> None:
    """CloudFormation evaluates conditions before there is any."""
    text = """
Conditions: {Odd: !Equals [!Ref Key, b]}
Resources: {Key: {Type: AWS::KMS::Key}, T: {Type: AWS::SNS::Topic, Condition: Odd}}
"""
    with pytest.raises(ScenarioError, match="a condition cannot refer to a resource"):
        read(text)
