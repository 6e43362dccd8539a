"""What services deliver is recorded as the permission that it needed, and becomes the target's policy."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from conftest import Served
from enforced import Enforced, enforced

from harness import journal
from harness.config import DEFAULT_ACCOUNT_ID as ACCOUNT
from harness.iam.least_privilege import needed_asks, prove_resource, resource_uses, smallest_resource

REGION = "us-east-1"


@pytest.fixture(scope="module")
def stand(served: Served) -> Iterator[Enforced]:
    with enforced(served.backend) as made:
        yield made


def unique(name: str) -> str:
    return f"{name}-{uuid4().hex[:8]}"


def open_to(service: str, action: str, resource: str) -> str:
    """Return a policy that lets a service in, whatever it comes from."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def queue(stand: Enforced, service: str) -> str:
    """Make a queue that lets *service* in; return its ARN."""
    name = unique("orders")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    stand.client("sqs").create_queue(
        QueueName=name, Attributes={"Policy": open_to(service, "sqs:SendMessage", arn)}
    )
    return arn


def topic(stand: Enforced, *queues: str) -> str:
    """Make a topic with *queues* subscribed; return its ARN."""
    sns = stand.client("sns")
    arn: str = sns.create_topic(Name=unique("alerts"))["TopicArn"]
    for each in queues:
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=each)
    return arn


def sources(stand: Enforced, target: str) -> list[tuple[str, list[str]]]:
    """Return who delivered to *target*, and from where."""
    found = [each for each in stand.of(journal.PermissionUsed) if each.resource == target and not each.role]
    return [(each.principal, each.context.get("aws:sourcearn", [])) for each in found]


def test_what_a_topic_delivers_becomes_its_queues_policy(stand: Enforced) -> None:
    """Once for all its messages, counted when the run ends; what the queue holds is told beside it."""
    target = queue(stand, "sns")
    source = topic(stand, target)
    for _ in range(2):
        stand.client("sns").publish(TopicArn=source, Message="{}")
    assert sources(stand, target) == [("sns.amazonaws.com", [source])]
    for _ in range(2):
        stand.stage.await_on_loop(stand.stage.messaging.conclude())
    [total] = [each for each in stand.of(journal.PermissionTotal) if each.resource == target]
    assert total.calls == 2
    one = resource_uses(stand.records)["queue", target]
    found = smallest_resource(one, needed_asks(one))
    [statement] = found["Statement"]
    assert statement["Condition"]["ArnEquals"] == {"aws:SourceArn": [source]}
    assert prove_resource(found, one, needed_asks(one)).holds
    assert one.policy is not None
    assert one.policy["Statement"][0]["Principal"] == {"Service": "sns.amazonaws.com"}


def test_a_bucket_delivers_what_its_configuration_names(stand: Enforced) -> None:
    """By event and key; to a topic, and from there to its queues."""
    s3, first, last = stand.client("s3"), queue(stand, "s3"), queue(stand, "sns")
    between = topic(stand, last)
    stand.client("sns").set_topic_attributes(
        TopicArn=between, AttributeName="Policy", AttributeValue=open_to("s3", "sns:Publish", between)
    )
    name = unique("raw")
    s3.create_bucket(Bucket=name)
    prefix = {
        "Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]}
    }
    configuration: dict[str, Any] = {
        "QueueConfigurations": [{"QueueArn": first, "Events": ["s3:ObjectCreated:Put"], "Filter": prefix}],
        "TopicConfigurations": [{"TopicArn": between, "Events": ["s3:ObjectRemoved:*"]}],
    }
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)
    bucket = [("s3.amazonaws.com", [f"arn:aws:s3:::{name}"])]
    s3.put_object(Bucket=name, Key="out/a.csv", Body=b"1")
    s3.put_object(Bucket=name, Key="in/a.txt", Body=b"1")
    s3.copy_object(Bucket=name, Key="in/b.csv", CopySource={"Bucket": name, "Key": "out/a.csv"})
    assert sources(stand, first) == []
    s3.put_object(Bucket=name, Key="in/a.csv", Body=b"1")
    assert (sources(stand, first), sources(stand, between)) == (bucket, [])
    s3.delete_object(Bucket=name, Key="in/a.csv")
    assert sources(stand, between) == bucket
    assert sources(stand, last) == [("sns.amazonaws.com", [between])]


def test_a_rule_delivers_the_events_of_its_pattern(stand: Enforced) -> None:
    """Those of its bus; a disabled rule delivers nothing."""
    events, target, other = stand.client("events"), queue(stand, "events"), queue(stand, "events")
    name, off = unique("scored"), unique("off")
    pattern = json.dumps({"source": ["turbofan"], "detail": {"rul": [{"numeric": ["<", 30]}]}})
    events.put_rule(Name=name, EventPattern=pattern)
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])
    events.put_rule(Name=off, EventPattern=pattern, State="DISABLED")
    events.put_targets(Rule=off, Targets=[{"Id": "1", "Arn": other}])
    for rul, seen in ((90, 0), (12, 1)):
        entry = {"Source": "turbofan", "DetailType": "scored", "Detail": json.dumps({"rul": rul})}
        events.put_events(Entries=[entry])
        assert len(sources(stand, target)) == seen
    assert sources(stand, target) == [
        ("events.amazonaws.com", [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"])
    ]
    assert sources(stand, other) == []
