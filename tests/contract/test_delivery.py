"""What SNS must do on every backend: who gets a message, in which form, and who does not.

Amazon SNS Developer Guide: "Fanout to Amazon SQS queues", "Raw message delivery", "Subscription filter
policies", "FIFO topics", "Dead-letter queues".
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from wiring import Messaging, bodies, envelopes

Connect = Callable[[str], Any]


@pytest.fixture
def aws(connect: Connect) -> Messaging:
    return Messaging(connect("sns"), connect("sqs"))


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def number(value: float) -> dict[str, str]:
    return {"DataType": "Number", "StringValue": str(value)}


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_fan_out_gives_every_queue_one_copy(aws: Messaging, name: str) -> None:
    """Three queues get the message once each, under the MessageId that the publisher was told."""
    topic = aws.topic(name)
    urls = [aws.queue(f"{name}-{index}") for index in range(3)]
    for url in urls:
        aws.wire(topic, url)

    told = aws.sns.publish(TopicArn=topic, Message="started")["MessageId"]

    for url in urls:
        (envelope,) = envelopes(aws.drain(url, 1))
        assert (envelope["Message"], envelope["MessageId"]) == ("started", told)
        assert aws.receive(url, 0) == []


def test_an_envelope_says_what_was_published(aws: Messaging, name: str) -> None:
    """Type, topic, subject, attributes with their types, and a time in ISO 8601."""
    topic, url = aws.topic(name), aws.queue(name)
    aws.wire(topic, url)

    attributes = {"stage": text("train"), "epoch": number(3)}
    aws.sns.publish(TopicArn=topic, Subject="training", Message="done", MessageAttributes=attributes)

    (envelope,) = envelopes(aws.drain(url, 1))
    assert (envelope["Type"], envelope["TopicArn"], envelope["Subject"]) == (
        "Notification",
        topic,
        "training",
    )
    assert envelope["MessageAttributes"] == {
        "stage": {"Type": "String", "Value": "train"},
        "epoch": {"Type": "Number", "Value": "3"},
    }
    assert envelope["Timestamp"].endswith("Z")


def test_raw_delivery_hands_on_body_and_attributes(aws: Messaging, name: str) -> None:
    """Without the envelope the body is the message itself, and its attributes are the message's."""
    topic, url = aws.topic(name), aws.queue(name)
    aws.wire(topic, url, RawMessageDelivery="true")

    aws.sns.publish(TopicArn=topic, Message='{"loss": 0.1}', MessageAttributes={"stage": text("train")})

    (message,) = aws.drain(url, 1)
    assert message["Body"] == '{"loss": 0.1}'
    assert message["MessageAttributes"]["stage"]["StringValue"] == "train"


FILTERS = {
    "exact": ({"stage": ["train"]}, ["train-1", "train-9"]),
    "prefix": ({"stage": [{"prefix": "inf"}]}, ["infer-5"]),
    "anything-but": ({"stage": [{"anything-but": ["train"]}]}, ["infer-5"]),
    "numeric": ({"epoch": [{"numeric": [">", 1, "<=", 5]}]}, ["infer-5"]),
    "exists": ({"stage": [{"exists": True}]}, ["infer-5", "train-1", "train-9"]),
    "missing": ({"stage": [{"exists": False}]}, ["no stage"]),
    "and": ({"stage": ["train"], "epoch": [{"numeric": ["=", 9]}]}, ["train-9"]),
}


@pytest.mark.parametrize(("policy", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_a_filter_on_attributes(
    aws: Messaging, name: str, policy: dict[str, Any], expected: list[str]
) -> None:
    """Only messages whose attributes match every key of the policy are delivered."""
    topic, url = aws.topic(name), aws.queue(name)
    aws.wire(topic, url, RawMessageDelivery="true", FilterPolicy=json.dumps(policy))

    for stage, epoch in (("train", 1), ("infer", 5), ("train", 9)):
        sent = {"stage": text(stage), "epoch": number(epoch)}
        aws.sns.publish(TopicArn=topic, Message=f"{stage}-{epoch}", MessageAttributes=sent)
    aws.sns.publish(TopicArn=topic, Message="no stage", MessageAttributes={"other": text("x")})

    assert sorted(bodies(aws.drain(url, len(expected)))) == expected
    assert aws.receive(url, 0) == []


def test_a_filter_on_the_body(aws: Messaging, name: str) -> None:
    """FilterPolicyScope MessageBody looks into the JSON of the message, nested keys included."""
    topic, url = aws.topic(name), aws.queue(name)
    policy = json.dumps({"model": {"name": ["ranker"]}})
    aws.wire(topic, url, RawMessageDelivery="true", FilterPolicy=policy, FilterPolicyScope="MessageBody")

    wanted = json.dumps({"model": {"name": "ranker"}})
    for message in (json.dumps({"model": {"name": "other"}}), "no JSON at all", wanted):
        aws.sns.publish(TopicArn=topic, Message=message)

    assert bodies(aws.drain(url, 1)) == [wanted]
    assert aws.nothing_comes(url)


def test_a_malformed_filter_is_refused(aws: Messaging, name: str) -> None:
    """A policy whose value is no list is InvalidParameter."""
    topic, url = aws.topic(name), aws.queue(name)

    with pytest.raises(ClientError) as caught:
        aws.wire(topic, url, FilterPolicy=json.dumps({"stage": "train"}))
    assert refusal(caught) == "InvalidParameter"


def test_after_unsubscribing_nothing_comes(aws: Messaging, name: str) -> None:
    """A subscription that is gone delivers no more."""
    topic, url = aws.topic(name), aws.queue(name)
    subscription = aws.wire(topic, url)
    aws.sns.unsubscribe(SubscriptionArn=subscription)

    aws.sns.publish(TopicArn=topic, Message="lost")

    assert aws.nothing_comes(url)


def test_a_batch_of_ten_is_published(aws: Messaging, name: str) -> None:
    """PublishBatch delivers every entry; eleven are too many."""
    topic, url = aws.topic(name), aws.queue(name)
    aws.wire(topic, url, RawMessageDelivery="true")
    entries = [{"Id": str(index), "Message": f"message {index}"} for index in range(11)]

    answer = aws.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries[:10])
    with pytest.raises(ClientError) as caught:
        aws.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)

    assert (len(answer["Successful"]), refusal(caught)) == (10, "TooManyEntriesInBatchRequest")
    assert sorted(bodies(aws.drain(url, 10))) == sorted(entry["Message"] for entry in entries[:10])


def test_a_message_over_256_kib_is_refused(aws: Messaging, name: str) -> None:
    """SNS takes 262,144 bytes (API reference, Publish)."""
    topic = aws.topic(name)

    with pytest.raises(ClientError) as caught:
        aws.sns.publish(TopicArn=topic, Message="x" * 262_145)
    assert refusal(caught) in {"InvalidParameter", "InvalidParameterValue"}


def test_a_missing_topic_is_refused(aws: Messaging, name: str) -> None:
    """Publishing to a topic that is not there is NotFound."""
    topic = aws.topic(name)

    with pytest.raises(ClientError) as caught:
        aws.sns.publish(TopicArn=f"{topic}-missing", Message="x")
    assert refusal(caught) in {"NotFound", "NotFoundException"}


def test_a_fifo_topic_keeps_the_order_into_a_fifo_queue(aws: Messaging, name: str) -> None:
    """Messages of a group arrive as they were published, each once."""
    topic, url = aws.topic(f"{name}.fifo"), aws.queue(f"{name}.fifo")
    aws.wire(topic, url, RawMessageDelivery="true")

    for index in range(5):
        aws.sns.publish(
            TopicArn=topic,
            Message=f"step {index}",
            MessageGroupId="rank-0",
            MessageDeduplicationId=f"{index}",
        )

    assert bodies(aws.drain(url, 5)) == [f"step {index}" for index in range(5)]


def test_a_fifo_topic_drops_a_duplicate(aws: Messaging, name: str) -> None:
    """The same deduplication id within five minutes is delivered once."""
    topic, url = aws.topic(f"{name}.fifo"), aws.queue(f"{name}.fifo")
    aws.wire(topic, url, RawMessageDelivery="true")

    for body, identity in (("step", "same"), ("step", "same"), ("end", "other")):
        aws.sns.publish(
            TopicArn=topic, Message=body, MessageGroupId="rank-0", MessageDeduplicationId=identity
        )

    assert bodies(aws.drain(url, 2)) == ["step", "end"]


def test_a_fifo_topic_deduplicates_by_content(aws: Messaging, name: str) -> None:
    """With ContentBasedDeduplication of the topic alone, a queue without it still takes the messages."""
    topic = aws.topic(f"{name}.fifo", ContentBasedDeduplication="true")
    url = aws.queue(f"{name}.fifo")
    aws.wire(topic, url, RawMessageDelivery="true")

    for body in ("one", "one", "two"):
        aws.sns.publish(TopicArn=topic, Message=body, MessageGroupId="rank-0")

    assert bodies(aws.drain(url, 2)) == ["one", "two"]


def test_what_cannot_be_delivered_goes_to_the_subscriptions_dead_letter_queue(
    aws: Messaging, name: str
) -> None:
    """A subscribed queue that was deleted: the message lies in the subscription's dead-letter queue."""
    topic, url, dead = aws.topic(name), aws.queue(name), aws.queue(f"{name}-dead")
    aws.wire(topic, dead, FilterPolicy='{"never": ["ever"]}')  # only for the queue policy that it sets
    redrive = json.dumps({"deadLetterTargetArn": aws.arn(dead)})
    aws.wire(topic, url, RedrivePolicy=redrive)
    aws.sqs.delete_queue(QueueUrl=url)

    aws.sns.publish(TopicArn=topic, Message="undeliverable")

    assert "undeliverable" in "".join(bodies(aws.drain(dead, 1)))
