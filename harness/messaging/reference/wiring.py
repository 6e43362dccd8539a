"""Queues, topics and subscriptions: made and changed, or refused."""

import re
from collections.abc import Mapping
from typing import Any

from harness.messaging.filters import FilterPolicyError, compile_filter
from harness.messaging.reference.deduplication import Memory
from harness.messaging.reference.house import NO_QUEUE, NO_TOPIC, SQS, House
from harness.messaging.reference.queue import Queue
from harness.messaging.reference.settings import changed, refusal_of
from harness.messaging.reference.topic import Subscription, Topic, topic_name_refusal
from harness.messaging.reference.values import Done, QueueAttributes, Refused, TopicAttributes

_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def create_queue(house: House, name: str, attributes: QueueAttributes, now: float) -> Done | Refused:
    """Make a queue; one of the same name and attributes is there already ("CreateQueue")."""
    fits = name.endswith(".fifo") == attributes.fifo and len(name) <= 80
    if not fits or not _QUEUE_NAME.fullmatch(name.removesuffix(".fifo")):
        return Refused(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    refused = refusal_of(attributes) or _redrive_refusal(house, attributes)
    if refused is not None:
        return refused
    there = house.queues.setdefault(name, Queue.made(name, attributes, now, house.tolerance_s))
    if there.settings.now == attributes:
        return Done()
    return Refused(
        "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for an attribute",
        or_codes=(SQS + "QueueNameExists", "QueueNameExists"),
    )


def set_attributes(house: House, queue: str, changes: Mapping[str, Any], now: float) -> Done | Refused:
    """Change the attributes of a queue ("SetQueueAttributes")."""
    if queue not in house.queues:
        return NO_QUEUE
    wanted = changed(house.queues[queue].settings.now, changes)
    refused = wanted if isinstance(wanted, Refused) else _redrive_refusal(house, wanted)
    if isinstance(wanted, Refused) or refused is not None:
        return refused or Done()
    house.queues[queue].change(wanted, now)
    return Done()


def _redrive_refusal(house: House, attributes: QueueAttributes) -> Refused | None:
    if attributes.redrive is None:
        return None
    target = house.queues.get(attributes.redrive.dead_letter)
    if target is None:
        # SQS names either the parameter or the queue that is not there.
        codes = ("InvalidParameterValue", "QueueDoesNotExist")
        return Refused(SQS + "NonExistentQueue", "Dead letter target does not exist.", or_codes=codes)
    # "Using dead-letter queues": of a FIFO queue another FIFO queue; CreateQueue: 1 to 1,000 receives.
    if target.fifo != attributes.fifo or not 1 <= attributes.redrive.most <= 1_000:
        return Refused("InvalidParameterValue", "Value for parameter RedrivePolicy is invalid.")
    return None


def create_topic(house: House, name: str, attributes: TopicAttributes) -> Done | Refused:
    """Make a topic; one of the same name and attributes is there already ("CreateTopic")."""
    refused = topic_name_refusal(name, attributes.fifo)
    if refused is not None:
        return refused
    there = house.topics.setdefault(name, Topic(name, attributes, Memory(house.tolerance_s)))
    if there.attributes == attributes:
        return Done()
    reason = "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    return Refused("InvalidParameter", reason)


def subscribe(
    house: House, topic: str, queue: str, raw: bool, filter_policy: Mapping[str, Any] | str | None, scope: str
) -> Done | Refused:
    """Subscribe a queue ("Subscribe")."""
    if topic not in house.topics:
        return NO_TOPIC
    if queue not in house.queues:
        return Refused("InvalidParameter", "Invalid parameter: Endpoint Reason: SQS endpoint ARN")
    found = house.topics[topic]
    refused = found.subscription_refusal(house.queues[queue])
    if refused is not None:
        return refused
    try:
        policy = None if filter_policy is None else compile_filter(filter_policy, scope)
    except FilterPolicyError as error:
        return Refused(error.code, error.on_subscribe)
    wanted = Subscription(queue, raw, policy)
    if found.subscriptions.setdefault(queue, wanted) == wanted:
        return Done()
    reason = "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    return Refused("InvalidParameter", reason)
