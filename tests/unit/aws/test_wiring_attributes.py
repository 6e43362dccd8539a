"""Attributes of subscriptions and topics, and the words that refuse them."""

import pytest

from harness.aws.aws_json import Refused
from harness.aws.wiring.subscription_attributes import (
    changed_by,
    check_policy,
    of_attributes,
    policy_in,
    subscription_in,
)
from harness.messaging.topology import Subscription

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
KNOWN = Subscription(f"{TOPIC}:1", TOPIC, "sqs", QUEUE)


def fields(**attributes: str) -> dict[str, str]:
    given = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE}
    for number, (name, value) in enumerate(attributes.items(), 1):
        given |= {f"Attributes.entry.{number}.key": name, f"Attributes.entry.{number}.value": value}
    return given


def test_a_subscription_is_read_from_its_form() -> None:
    """Promise: scope and filter may come in any order."""
    made, given = subscription_in(
        fields(FilterPolicy='{"a": {"b": ["c"]}}', FilterPolicyScope="MessageBody", RawMessageDelivery="True")
    )
    wanted = Subscription(
        "", TOPIC, "sqs", QUEUE, raw=True, filter_policy='{"a": {"b": ["c"]}}', scope="MessageBody"
    )
    assert made == wanted
    assert set(given) == {"FilterPolicy", "FilterPolicyScope", "RawMessageDelivery"}


def test_attributes_that_are_only_stored() -> None:
    """Promise: what changes no delivery that is judged here is left to the backend."""
    redrive = '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:lost"}'
    assert subscription_in(fields(RedrivePolicy=redrive, DeliveryPolicy="{}"))[0] == Subscription(
        "", TOPIC, "sqs", QUEUE, dead_letter="arn:aws:sqs:us-east-1:123456789012:lost"
    )
    assert subscription_in(fields(RedrivePolicy=""))[1] == {"RedrivePolicy": ""}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RedrivePolicy", "[]", "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        ("RedrivePolicy", '{"deadLetterTargetArn": "lost"}', "RedrivePolicy: deadLetterTargetArn is an"),
        ("FilterPolicyScope", "MessageBody2", "FilterPolicyScope: Invalid value [MessageBody2]."),
        ("FilterPolicy", '{"a": {"b": ["c"]}}', "scope MessageAttributes does not support nested"),
        ("Colour", "blue", "Invalid parameter: AttributeName"),
    ],
)
def test_a_change_is_refused(name: str, value: str, message: str) -> None:
    """Promise: SetSubscriptionAttributes says it without `Attributes Reason`."""
    with pytest.raises(Refused) as caught:
        changed_by({"AttributeName": name, "AttributeValue": value}, KNOWN)
    assert caught.value.code == "InvalidParameter"
    assert message in caught.value.message
    assert "Attributes Reason" not in caught.value.message


def test_a_fifo_subscription_needs_a_fifo_dead_letter_queue() -> None:
    """Promise: a standard queue is refused as one."""
    fifo = Subscription("s", f"{TOPIC}.fifo", "sqs", f"{QUEUE}.fifo")
    given = {"AttributeName": "RedrivePolicy", "AttributeValue": f'{{"deadLetterTargetArn": "{QUEUE}"}}'}
    with pytest.raises(Refused, match="must use a FIFO queue as DLQ"):
        changed_by(given, fifo)


def test_a_subscription_is_read_from_its_attributes() -> None:
    """Promise: what the backend shows gives the same value back."""
    shown = {"SubscriptionArn": KNOWN.arn, "TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE}
    assert of_attributes(shown) == KNOWN
    assert not of_attributes(shown | {"PendingConfirmation": "true"}).confirmed


def test_policies_of_topics() -> None:
    """Promise: found in both calls that give one, refused where AWS refuses."""
    assert policy_in({"AttributeName": "Policy", "AttributeValue": "{}"}) == "{}"
    assert policy_in(fields(DisplayName="x", Policy="{ }")) == "{ }"
    assert policy_in(fields(DisplayName="x")) == ""
    check_policy("")
    with pytest.raises(Refused, match="Invalid parameter: Policy Error: Syntax errors in policy"):
        check_policy("{")
