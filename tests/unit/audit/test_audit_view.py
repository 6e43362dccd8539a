"""Names, ARNs and URLs that lead to resources, and references that are filled in."""

from pathlib import Path

import pytest

from harness.audit.names import BUCKET, FUNCTION, QUEUE, ROLE, TOPIC
from harness.audit.plain import members
from harness.audit.view import View
from harness.templates.model import Resource, Template, token
from tests.unit.audit.audited import view

TEMPLATE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Orders: {Type: AWS::SNS::Topic, Properties: {TopicName: orders}}
  Images: {Type: AWS::S3::Bucket, Properties: {BucketName: images-of-ours}}
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: worker, Path: /team/, AssumeRolePolicyDocument: {Statement: []}}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: worker
      Role: !GetAtt Role.Arn
      Environment: {Variables: {QUEUE: !Ref Jobs, BOTH: !Sub "${Jobs} and ${Images}"}}
      Code: {S3Bucket: b, S3Key: k}
"""


@pytest.fixture
def seen(tmp_path: Path) -> View:
    """The template above."""
    return view(tmp_path, TEMPLATE)


def test_references_are_filled_in(seen: View) -> None:
    """What only AWS knows (a queue's URL) has the form that it will have."""
    variables = seen.resources["Worker"].properties["Environment"]["Variables"]
    name = seen.name(seen.resources["Jobs"])
    url = f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
    assert variables == {"QUEUE": url, "BOTH": f"{url} and images-of-ours"}


@pytest.mark.parametrize(
    ("value", "types", "wanted"),
    [
        ("arn:aws:sns:us-east-1:123456789012:orders", (), "Orders"),
        ("arn:aws:sns:us-east-1:999999999999:orders", (), None),
        ("arn:aws:s3:::images-of-ours/incoming/*", (BUCKET,), "Images"),
        ("arn:aws:iam::123456789012:role/team/worker", (ROLE,), "Role"),
        ("arn:aws:lambda:us-east-1:123456789012:function:worker:live", (FUNCTION,), "Worker"),
        ("arn:aws:lambda:us-east-1:123456789012:function:worker", (ROLE,), None),
        ("arn:short", (), None),
        ("arn:aws:nothing:us-east-1:123456789012:orders", (), None),
        ("orders", (TOPIC,), "Orders"),
        ("orders", (), None),
        ("orders", (QUEUE,), None),
        (token("Jobs", "Ref"), (), "Jobs"),
        ("https://sqs.us-east-1.amazonaws.com/123456789012/none", (), None),
        ({"Fn::Select": [0, []]}, (QUEUE,), None),
        ("", (QUEUE,), None),
    ],
)
def test_values_lead_to_resources(
    seen: View, value: object, types: tuple[str, ...], wanted: str | None
) -> None:
    """An ARN, a URL or a token leads to its resource; a mere name only with a type."""
    found = seen.find(value, *types)
    assert (found and found.logical_id) == wanted


def test_a_role_with_a_path_has_it_in_its_arn(seen: View) -> None:
    """IAM puts the path before the name."""
    assert seen.arn(seen.resources["Role"]) == "arn:aws:iam::123456789012:role/team/worker"


def test_attributes_that_only_aws_knows_are_texts_of_their_own() -> None:
    """An id that EC2 draws is the same wherever it is named, and nothing else."""
    gate = Resource("Gate", "AWS::EC2::VPCEndpoint", {"Tags": [{"Value": token("Gone", "Id")}]})
    user = Resource("User", "AWS::X::Y", {"Gate": token("Gate", "Ref"), "Dns": token("Gate", "DnsEntries")})
    seen = View(Template("live", "", "s", {"Gate": gate, "User": user}))
    assert seen.resources["User"].properties == {"Gate": "Gate", "Dns": "Gate.DnsEntries"}
    assert seen.find("Gate", "AWS::EC2::VPCEndpoint") == seen.resources["Gate"]
    assert seen.resources["Gate"].properties["Tags"] == [{"Value": "Gone.Id"}]


def test_a_live_queue_is_found_by_the_end_of_its_url() -> None:
    """What has no name among its properties is called as Ref ends."""
    queue = Resource("q", QUEUE, {}, "http://127.0.0.1:4566/123456789012/jobs")
    seen = View(Template("live", "", "s", {"q": queue}))
    assert seen.find("arn:aws:sqs:us-east-1:123456789012:jobs") == queue


def test_what_is_made_once_is_made_once(seen: View) -> None:
    """Rules share what is costly."""
    made: list[View] = []
    add = made.append
    seen.once(add)
    seen.once(add)
    assert made == [seen]


def test_attributes_that_names_decide_are_filled_in() -> None:
    """An alias's ARN, a queue's URL and name, as their functions and names make them."""
    worker = Resource("Worker", FUNCTION, {"FunctionName": "worker"})
    alias = Resource("Live", "AWS::Lambda::Alias", {"FunctionName": token("Worker", "Ref"), "Name": "live"})
    version = Resource("V", "AWS::Lambda::Version", {"FunctionName": "of-another-stack"})
    queue = Resource("Jobs", QUEUE, {"QueueName": "jobs"})
    asked = {"Live": "Ref", "V": "Ref", "Jobs": "QueueUrl"}
    told = Resource("Told", "AWS::X::Y", {name: token(name, asked[name]) for name in asked})
    named = Resource("Named", "AWS::X::Y", {"Name": token("Jobs", "QueueName")})
    every = {one.logical_id: one for one in (worker, alias, version, queue, told, named)}
    seen = View(Template("live", "", "s", every))
    assert seen.resources["Told"].properties == {
        "Live": "arn:aws:lambda:us-east-1:123456789012:function:worker:live",
        "V": "of-another-stack:1",
        "Jobs": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
    }
    assert seen.resources["Named"].properties == {"Name": "jobs"}


@pytest.mark.parametrize(
    ("given", "wanted"), [('{"a": 1}', {"a": 1}), ("{broken", {}), ("[1]", {}), ({"a": 1}, {"a": 1}), (5, {})]
)
def test_an_object_may_be_given_as_json_text(given: object, wanted: object) -> None:
    """What is no object, or no JSON, is an empty one."""
    assert members(given) == wanted
