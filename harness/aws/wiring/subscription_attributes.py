"""The attributes of subscriptions and topics: read, and refused as SNS refuses them."""

import json
from collections.abc import Mapping
from dataclasses import replace

from harness.aws.aws_json import Refused
from harness.aws.query_form import entries as numbered
from harness.iam import MalformedPolicyError, parse
from harness.messaging.filters import FilterPolicyError
from harness.messaging.topology import Subscription

ATTRIBUTES = frozenset(
    {
        "DeliveryPolicy",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "ReplayPolicy",
        "SubscriptionRoleArn",
    }
)
SCOPES = ("MessageAttributes", "MessageBody")

Fields = Mapping[str, str]


def subscription_in(fields: Fields) -> tuple[Subscription, Fields]:
    """Return what Subscribe asks for, still without its ARN, and the attributes it gives; raise Refused."""
    given = {each.get("key", ""): each.get("value", "") for each in numbered(fields, "Attributes.entry.")}
    wanted = Subscription(
        "", fields.get("TopicArn", ""), fields.get("Protocol", ""), fields.get("Endpoint", "")
    )
    for name, value in given.items():
        _check(name, value, wanted, "Invalid parameter: Attributes Reason: ")
        wanted = _with(wanted, name, value)
    try:
        wanted.compiled()
    except FilterPolicyError as error:
        raise Refused("InvalidParameter", error.on_subscribe) from error
    return wanted, given


def changed_by(fields: Fields, known: Subscription) -> Subscription:
    """Return *known* as SetSubscriptionAttributes makes it; raise Refused."""
    name, value = fields.get("AttributeName", ""), fields.get("AttributeValue", "")
    _check(name, value, known, "Invalid parameter: ")
    wanted = _with(known, name, value)
    try:
        wanted.compiled()
    except FilterPolicyError as error:
        raise Refused("InvalidParameter", str(error)) from error
    return wanted


def of_attributes(found: Fields) -> Subscription:
    """Return the subscription that GetSubscriptionAttributes shows."""
    return Subscription(
        found.get("SubscriptionArn", ""),
        found.get("TopicArn", ""),
        found.get("Protocol", ""),
        found.get("Endpoint", ""),
        raw=found.get("RawMessageDelivery", "").lower() == "true",
        filter_policy=found.get("FilterPolicy", ""),
        scope=found.get("FilterPolicyScope") or SCOPES[0],
        confirmed=found.get("PendingConfirmation", "false").lower() != "true",
        dead_letter=_dead_letter(found.get("RedrivePolicy", "")),
    )


def _with(subscription: Subscription, name: str, value: str) -> Subscription:
    if name == "FilterPolicy":
        return replace(subscription, filter_policy=value)
    if name == "FilterPolicyScope":
        return replace(subscription, scope=value)
    if name == "RawMessageDelivery":
        return replace(subscription, raw=value.lower() == "true")
    if name == "RedrivePolicy":
        return replace(subscription, dead_letter=_dead_letter(value))
    return subscription


def _check(name: str, value: str, wanted: Subscription, prefix: str) -> None:
    """Raise SNS's refusal of an attribute; its words as recorded on AWS by LocalStack's snapshot tests."""
    why = ""
    if name not in ATTRIBUTES:
        why = "AttributeName"
    elif name == "FilterPolicyScope" and value not in SCOPES:
        why = f"{name}: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
    elif name == "RawMessageDelivery" and value.lower() not in ("true", "false"):
        why = f"{name}: Invalid value [{value}]. Must be true or false."
    elif name == "RedrivePolicy" and value:
        why = _redrive_fault(value, wanted)
    if why:
        raise Refused("InvalidParameter", prefix + why)


def _dead_letter(text: str) -> str:
    """Return the queue that a redrive policy names, "" where it names none."""
    return str(json.loads(text).get("deadLetterTargetArn", "")) if text else ""


def _redrive_fault(value: str, wanted: Subscription) -> str:
    try:
        found = json.loads(value)
    except ValueError:
        return "RedrivePolicy: failed to parse JSON."
    arn = found.get("deadLetterTargetArn", "") if isinstance(found, dict) else ""
    if not isinstance(arn, str) or not arn.startswith("arn:") or arn.count(":") < 5:
        return "RedrivePolicy: deadLetterTargetArn is an invalid arn"
    fifo = wanted.topic.endswith(".fifo") and wanted.endpoint.endswith(".fifo")
    if fifo and not arn.endswith(".fifo"):
        return "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
    return ""


def policy_in(fields: Fields) -> str:
    """Return the policy that CreateTopic or SetTopicAttributes gives, "" where they give none."""
    if fields.get("AttributeName") == "Policy":
        return fields.get("AttributeValue", "")
    given = numbered(fields, "Attributes.entry.")
    return next((each.get("value", "") for each in given if each.get("key") == "Policy"), "")


def check_policy(text: str) -> None:
    if not text:
        return
    try:
        parse(text)
    except MalformedPolicyError as error:
        message = f"Invalid parameter: Policy Error: {error.message}"
        raise Refused("InvalidParameter", message) from error
