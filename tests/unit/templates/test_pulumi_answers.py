"""What a Pulumi program is answered, and what becomes of what it declares; no program runs here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.pulumi import read_project
from harness.templates.model import token
from harness.templates.place import Place
from harness.templates.provider import assemble
from harness.templates.pulumi.names import data_type, provider_type
from harness.templates.pulumi.recorder import Recorder

PLACE = Place("s", "us-east-1", "123456789012")


def question(type_: str, name: str, inputs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    known = {"custom": True, "outputs": ["arn", "url"], "depends_on": [], "file": "__main__.py", "line": 3}
    return {"ask": "resource", "type": type_, "name": name, "inputs": inputs, **known, **more}


@pytest.mark.parametrize(
    ("pulumi", "terraform"),
    [
        ("aws:sqs/queue:Queue", "aws_sqs_queue"),
        ("aws:s3/bucketV2:BucketV2", "aws_s3_bucket"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws_s3_object"),
        ("aws:ec2/securityGroup:SecurityGroup", "aws_security_group"),
        ("aws:apigateway/restApi:RestApi", "aws_api_gateway_rest_api"),
        ("aws:sqs/redrivePolicy:RedrivePolicy", "aws_sqs_queue_redrive_policy"),
        ("aws:cloudwatch/eventRule:EventRule", "aws_cloudwatch_event_rule"),
        ("aws:foo/bar:Bar", "aws_foo_bar"),
        ("random:index/randomPet:RandomPet", "random_pet"),
        ("gcp:storage/bucket:Bucket", "gcp_bucket"),
    ],
)
def test_types(pulumi: str, terraform: str) -> None:
    """Pulumi's are made from the provider's."""
    assert provider_type(pulumi) == terraform


def test_data_sources() -> None:
    """Functions of the provider, in modules and without one."""
    assert data_type("aws:iam/getPolicyDocument:getPolicyDocument") == "aws_iam_policy_document"
    assert data_type("aws:index/getCallerIdentity:getCallerIdentity") == "aws_caller_identity"


def test_a_text_that_stands_for_an_unknown_one_becomes_a_token_again() -> None:
    """A program may take a URL apart; what it hands on whole is known for what it is."""
    recorder = Recorder(PLACE)
    answer = recorder.answer(question("aws:sqs/queue:Queue", "jobs", {"name": "jobs", "delaySeconds": 5.0}))
    url = answer["outputs"]["url"]
    assert url == answer["id"] == "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"
    assert answer["outputs"]["arn"] == "arn:aws:sqs:us-east-1:123456789012:jobs"
    inputs = {"queueUrl": url, "policy": f'{{"Resource": "{url}"}}'}
    depends_on = ["urn:pulumi:dev::p::aws:sqs/queue:Queue::jobs"]
    recorder.answer(question("aws:sqs/queuePolicy:QueuePolicy", "p", inputs, depends_on=depends_on))
    resources, _, notes = assemble(recorder.declared, PLACE)
    policy = resources["sqs.QueuePolicy.p"]
    assert policy.properties["Queues"] == [token("sqs.Queue.jobs", "Ref")]
    assert policy.properties["PolicyDocument"] == {"Resource": token("sqs.Queue.jobs", "Ref")}
    assert (policy.depends_on, policy.line, notes) == (("sqs.Queue.jobs",), 3, [])
    assert resources["sqs.Queue.jobs"].properties["DelaySeconds"] == 5


def test_what_is_there_already_is_handed_on() -> None:
    """On the second run of a program that is deployed."""
    recorder = Recorder(PLACE, lambda logical_id, attribute: f"real {logical_id} {attribute}")
    answer = recorder.answer(question("aws:sqs/queue:Queue", "jobs", {}))
    assert answer["id"] == "real sqs.Queue.jobs Ref"


def test_names_as_pulumi_makes_them() -> None:
    """The resource's name and seven letters, the same each time."""
    found = []
    for _ in range(2):
        recorder = Recorder(PLACE)
        recorder.answer(question("aws:sqs/queue:Queue", "jobs", {"fifoQueue": True}))
        resources, _, _ = assemble(recorder.declared, PLACE)
        found.append(resources["sqs.Queue.jobs"])
    name = found[0].properties["QueueName"]
    assert (name[:5], len(name), name[-5:]) == ("jobs-", 17, ".fifo")
    assert (found[0].generated_name, found[1].properties["QueueName"]) == ("QueueName", name)


def test_plurals_secrets_and_arguments_of_other_names() -> None:
    """Blocks are in the plural, some arguments are called differently, a secret has its value."""
    recorder = Recorder(PLACE)
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "news"}
    recorder.answer(
        question("aws:sns/topicSubscription:TopicSubscription", "s", {"topic": mark, "protocol": "sqs"})
    )
    inputs = {"name": "t", "hashKey": "id", "attributes": [{"name": "id", "type": "S"}]}
    index = {"name": "by", "hashKey": "id", "projectionType": "ALL"}
    inputs |= {"globalSecondaryIndexes": [index], "billingMode": "PAY_PER_REQUEST"}
    recorder.answer(question("aws:dynamodb/table:Table", "t", inputs))
    resources, _, notes = assemble(recorder.declared, PLACE)
    assert dict(resources["sns.TopicSubscription.s"].properties) == {"TopicArn": "news", "Protocol": "sqs"}
    (found,) = resources["dynamodb.Table.t"].properties["GlobalSecondaryIndexes"]
    assert (found["IndexName"], found["Projection"], notes) == ("by", {"ProjectionType": "ALL"}, [])


def test_code_of_functions() -> None:
    """A folder stands for itself, an archive of texts for a folder that is written later."""
    recorder = Recorder(PLACE)
    files = {"$files": {"index.py": {"$text": "x = 1"}}}
    for name, code in (("one", {"$path": "/code"}), ("two", files)):
        recorder.answer(question("aws:lambda/function:Function", name, {"code": code}))
    _, assets, _ = assemble(recorder.declared, PLACE)
    assert assets == {
        ("lambda.Function.one", "Code"): "/code",
        ("lambda.Function.two", "Code"): "lambda.Function.two/code",
    }
    assert recorder.written == {"lambda.Function.two/code": files["$files"]}


def test_functions_of_the_provider() -> None:
    """What is known is answered in camel case, what only AWS knows is noted."""
    recorder = Recorder(PLACE)
    call = {"ask": "call", "token": "aws:index/getCallerIdentity:getCallerIdentity", "args": {}}
    assert recorder.answer(call)["result"]["accountId"] == "123456789012"
    recorder.answer({"ask": "call", "token": "aws:ec2/getAmi:getAmi", "args": {"owners": ["amazon"]}})
    assert recorder.notes == ["aws:ec2/getAmi:getAmi: only AWS knows what it gives; it is not looked up here"]


def test_what_is_no_resource_of_aws() -> None:
    """Components are left out, other stacks are noted, drawn names are drawn."""
    recorder = Recorder(PLACE)
    recorder.answer(question("my:own:Component", "c", {}, custom=False))
    recorder.answer(question("pulumi:pulumi:StackReference", "org/other/dev", {}))
    pet = recorder.answer(question("random:index/randomPet:RandomPet", "pet", {"length": 2.0}))
    assert len(pet["id"].split("-")) == 2
    assert [each.type for each in recorder.declared] == ["random_pet"]
    assert recorder.notes == [
        "__main__.py, line 3, org/other/dev: the stack 'org/other/dev' that it refers to is not looked at"
    ]


# ---- projects -----


def project(folder: Path, text: str, **files: str) -> Path:
    (folder / "Pulumi.yaml").write_text(text)
    (folder / "__main__.py").write_text("")
    for name, content in files.items():
        (folder / f"Pulumi.{name}.yaml").write_text(content)
    return folder


def test_configuration_of_a_project(tmp_path: Path) -> None:
    """The project's defaults, the stack's values, then what is given; what is encrypted is named."""
    text = "name: p\nruntime: {name: python}\nconfig:\n  size: 3\n  p:flag: {default: true}\n"
    stack = "config:\n  p:size: 5\n  p:key: {secure: abc}\n  aws:region: eu-west-1\n"
    found = read_project(project(tmp_path, text, live=stack), {"extra": "x"})
    assert (found.name, found.stack, found.secrets) == ("p", "live", ("p:key",))
    config = {"p:flag": "true", "p:size": "5", "aws:region": "eu-west-1", "p:extra": "x"}
    assert {name: found.config[name] for name in config} == config
    assert read_project(tmp_path, {"key": "given"}).secrets == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: p\nruntime: nodejs\n", "programs in Python are run, and this one is in 'nodejs'"),
        ("name: [", "it is no YAML"),
        ("- a\n", "a project has a name and a runtime"),
        ("name: p\nruntime: python\nmain: gone\n", "there is no program"),
    ],
)
def test_a_project_that_cannot_be_run(tmp_path: Path, text: str, said: str) -> None:
    """The file is named."""
    with pytest.raises(ScenarioError, match=r"Pulumi\.yaml") as told:
        read_project(project(tmp_path, text), {})
    assert said in str(told.value)
