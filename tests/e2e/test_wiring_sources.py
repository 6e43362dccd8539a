"""What AWS would not deliver is not delivered, on each backend: S3 and EventBridge to queues and topics."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import unique
from wired import ACCOUNT, REGION, Stand, allow, document, only_from, wired

from harness.backends import open_backend
from harness.config import Settings

S3 = {"Service": "s3.amazonaws.com"}
EVENTS = {"Service": "events.amazonaws.com"}


@pytest.fixture(scope="module", params=["embedded", "moto"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One backend and gateway for all tests here, which use names of their own."""
    with (
        open_backend(request.param, Settings(), tmp_path_factory.mktemp("logs")) as backend,
        wired(backend) as made,
    ):
        yield made


# -- S3 -----


def bucket(stand: Stand) -> str:
    name = unique("inputs")
    stand.s3.create_bucket(Bucket=name)
    return name


def notify(stand: Stand, name: str, **destinations: str) -> None:
    """Let the bucket notify queue, topic or function, each of every new object."""
    kinds = {
        "queue": ("QueueConfigurations", "QueueArn"),
        "topic": ("TopicConfigurations", "TopicArn"),
        "function": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    }
    configuration = {
        kinds[kind][0]: [{"Id": kind, kinds[kind][1]: arn, "Events": ["s3:ObjectCreated:*"]}]
        for kind, arn in destinations.items()
    }
    stand.s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)


def from_bucket(name: str, resource: str, action: str = "sqs:SendMessage") -> dict[str, Any]:
    source = f"arn:aws:s3:::{name}"
    condition = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    return allow(resource, Principal=S3, Action=action, Condition=condition)


def keys(stand: Stand, url: str) -> list[str]:
    """Take the queue's messages and return the keys of the objects they tell of, test events left out."""
    events = [json.loads(text) for text in stand.got(url)]
    return [record["s3"]["object"]["key"] for event in events for record in event.get("Records", [])]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("queue", "Permissions on the destination queue do not allow S3 to publish notifications"),
        ("topic", "Permissions on the destination topic do not allow S3 to publish notifications"),
        (
            "function",
            "Not authorized to invoke function [arn:aws:lambda:us-east-1:123456789012:function:score]",
        ),
        ("absent", "The destination queue does not exist"),
    ],
)
def test_s3_refuses_a_destination_that_refuses_it(stand: Stand, kind: str, why: str) -> None:
    """Promise: the whole configuration is refused with S3's words, and none is stored.

    A topic has SNS's default policy, which lets its account's principals in but no bucket.
    """
    name = bucket(stand)
    arn = {
        "queue": lambda: stand.queue()[1],
        "topic": stand.topic,
        "function": lambda: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:score",
        "absent": lambda: f"arn:aws:sqs:{REGION}:{ACCOUNT}:absent",
    }[kind]()
    with pytest.raises(ClientError, match="InvalidArgument") as caught:
        notify(stand, name, **{"queue" if kind == "absent" else kind: arn})
    error = caught.value.response["Error"]
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert why in str(error["ArgumentValue"])
    stored = stand.s3.get_bucket_notification_configuration(Bucket=name)
    assert not {each for each in stored if each.endswith("Configurations")}


def test_s3_notifies_a_queue_that_lets_it_in_until_it_does_no_longer(stand: Stand) -> None:
    """Promise: a policy changed later stops the deliveries, not the configuration that the owner sees."""
    name, (url, queue) = bucket(stand), stand.queue()
    stand.set_policy(url, from_bucket(name, queue))
    notify(stand, name, queue=queue)
    stand.s3.put_object(Bucket=name, Key="one", Body=b"1")
    assert keys(stand, url) == ["one"]
    stand.set_policy(url)
    stand.s3.put_object(Bucket=name, Key="two", Body=b"2")
    assert keys(stand, url) == []
    shown = stand.s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"]
    assert [each["QueueArn"] for each in shown] == [queue]
    stand.set_policy(url, from_bucket(name, queue))
    stand.s3.put_object(Bucket=name, Key="three", Body=b"3")
    assert keys(stand, url) == ["three"]
    assert [allowed for allowed, _ in stand.refusals(queue)] == [False, True]


def test_s3_notifies_a_topic_that_lets_it_in(stand: Stand) -> None:
    """Promise: both ways must be open, from the bucket to the topic and from there to the queue."""
    name, topic, (url, queue) = bucket(stand), stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue, **only_from(topic)))
    stand.subscribe(topic, queue)
    policy = json.dumps(document(from_bucket(name, topic, "sns:Publish")))
    stand.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    notify(stand, name, topic=topic)
    stand.s3.put_object(Bucket=name, Key="one", Body=b"1")
    assert keys(stand, url) == ["one"]


def test_destinations_may_be_taken_without_a_look(stand: Stand) -> None:
    """Promise: with SkipDestinationValidation the configuration is taken, and the delivery still refused."""
    name, (url, queue) = bucket(stand), stand.queue()
    configuration = {"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]}
    stand.s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration=configuration, SkipDestinationValidation=True
    )
    stand.s3.put_object(Bucket=name, Key="one", Body=b"1")
    assert keys(stand, url) == []
    assert "queue" in stand.refusals(queue)[0][1]
    assert stand.s3.get_bucket_notification_configuration(Bucket=name)["QueueConfigurations"]


def test_what_was_made_past_the_gateway_is_taken_in(stand: Stand) -> None:
    """Promise: after `read` a stack's wiring is held to the same rules, from every source."""
    topic, name, (url, queue) = stand.topic(), bucket(stand), stand.queue()
    bus, rule_name = unique("bus"), unique("scored")
    sns, s3, events = (stand.direct(service) for service in ("sns", "s3", "events"))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    configuration = {"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration=configuration, SkipDestinationValidation=True
    )
    events.create_event_bus(Name=bus)
    events.put_rule(Name=rule_name, EventBusName=bus, EventPattern='{"source": ["scores"]}')
    events.put_targets(Rule=rule_name, EventBusName=bus, Targets=[{"Id": "out", "Arn": queue}])
    for client in (sns, s3, events):
        client.close()
    stand.read()
    stand.got(url)  # moto sends a test event whatever it is told
    stand.sns.publish(TopicArn=topic, Message="lost")
    stand.s3.put_object(Bucket=name, Key="lost", Body=b"1")
    put_event(stand, bus, 1)
    assert stand.got(url) == []
    assert [allowed for allowed, _ in stand.refusals(queue)] == [False, False, False]


# -- EventBridge -----


def rule(stand: Stand, target: str, **extra: Any) -> tuple[str, str, str]:
    """Make a bus and a rule on it with *target*; return the bus, the rule and its ARN."""
    bus, name = unique("bus"), unique("scored")
    stand.events.create_event_bus(Name=bus)
    stand.events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["scores"]}))
    answer = stand.events.put_targets(
        Rule=name, EventBusName=bus, Targets=[{"Id": "out", "Arn": target, **extra}]
    )
    assert answer["FailedEntryCount"] == 0
    return bus, name, f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{bus}/{name}"


def put_event(stand: Stand, bus: str, number: int) -> None:
    entry = {
        "Source": "scores",
        "DetailType": "scored",
        "Detail": json.dumps({"number": number}),
        "EventBusName": bus,
    }
    assert stand.events.put_events(Entries=[entry])["FailedEntryCount"] == 0


def numbers(stand: Stand, url: str) -> list[int]:
    return [json.loads(text)["detail"]["number"] for text in stand.got(url)]


def test_a_rule_reaches_a_queue_only_while_its_policy_lets_it(stand: Stand) -> None:
    """Promise: PutTargets succeeds, the target is listed, and events come as the policy says."""
    url, queue = stand.queue()
    bus, name, arn = rule(stand, queue, InputTransformer={"InputTemplate": '{"detail": {"number": 7}}'})
    put_event(stand, bus, 1)
    assert numbers(stand, url) == []
    listed = stand.events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
    assert [each["Arn"] for each in listed] == [queue]
    names = stand.events.list_rule_names_by_target(TargetArn=queue, EventBusName=bus)["RuleNames"]
    assert names == [name]
    stand.set_policy(url, allow(queue, Principal=EVENTS, **only_from(arn)))
    put_event(stand, bus, 2)
    assert numbers(stand, url) == [7]
    stand.set_policy(url)
    put_event(stand, bus, 3)
    assert numbers(stand, url) == []
    assert [allowed for allowed, _ in stand.refusals(queue)] == [False, True, False]


def test_a_rule_keeps_its_held_targets_until_they_are_removed(stand: Stand) -> None:
    """Promise: a rule with a target that the backend does not have cannot be deleted, as on AWS."""
    _, queue = stand.queue()
    bus, name, _ = rule(stand, queue)
    with pytest.raises(ClientError, match="since it has targets"):
        stand.events.delete_rule(Name=name, EventBusName=bus)
    answer = stand.events.remove_targets(Rule=name, EventBusName=bus, Ids=["out"])
    assert answer["FailedEntries"] == []
    assert stand.events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"] == []
    stand.events.delete_rule(Name=name, EventBusName=bus)


def test_dead_letter_queues_of_refused_deliveries_are_said_not_to_be_covered(stand: Stand) -> None:
    """Promise: AWS would fill them; that they stay empty here is told, for rules and for subscriptions."""
    topic, (_, queue), (_, lost) = stand.topic(), stand.queue(), stand.queue()
    _, _, arn = rule(stand, queue, DeadLetterConfig={"Arn": lost})
    subscription = stand.subscribe(topic, queue, RedrivePolicy=json.dumps({"deadLetterTargetArn": lost}))
    for who in (arn, subscription):
        assert stand.served.findings(who) == [("delivery-not-covered", "error")]


def test_a_target_with_a_role_is_left_alone(stand: Stand) -> None:
    """Promise: what a role may do is not judged yet: it is delivered, and a finding says so."""
    url, queue = stand.queue()
    stand.set_policy(url, allow(queue, Principal=EVENTS))
    bus, _, arn = rule(stand, queue, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/out")
    put_event(stand, bus, 1)
    assert numbers(stand, url) == [1]
    assert stand.served.findings(arn) == [("delivery-not-covered", "error")]


def test_a_rule_reaches_a_topic_only_by_a_statement_without_conditions(stand: Stand) -> None:
    """Promise: the default policy and conditions keep EventBridge out; a plain statement lets it in."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue, **only_from(topic)))
    stand.subscribe(topic, queue)
    bus, _, arn = rule(stand, topic)

    def policy(**changes: Any) -> None:
        statement = allow(topic, Principal=EVENTS, Action="sns:Publish") | changes
        text = json.dumps(document(statement))
        stand.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text)

    put_event(stand, bus, 1)
    policy(**only_from(arn))
    put_event(stand, bus, 2)
    policy()
    assert [allowed for allowed, _ in stand.refusals(topic)] == [False, True]
    if stand.served.backend.name != "moto":  # PutEvents is answered 500 there once a topic is a target
        put_event(stand, bus, 3)
        assert numbers(stand, url) == [3]
