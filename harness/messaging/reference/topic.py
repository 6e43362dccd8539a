"""One SNS topic: what it refuses, whom it delivers to, and in what form."""

import re
from dataclasses import dataclass, field, replace

from harness.messaging.filters import Filter
from harness.messaging.reference.deduplication import Memory, deduplication_id
from harness.messaging.reference.limits import MOST_ATTRIBUTES, SNS_BYTES, attribute_fault, size_of
from harness.messaging.reference.queue import Queue
from harness.messaging.reference.values import Message, Refused, TopicAttributes

# CreateTopic.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A queue's subscription: `filter` None lets everything through."""

    queue: str
    raw: bool
    filter: Filter | None

    def takes(self, message: Message) -> bool:
        """Return True where *message* is to be delivered.

        With raw delivery one of more than 10 attributes is discarded as a client-side error (SNS guide,
        "Amazon SNS raw message delivery").
        """
        if self.raw and len(message.attributes) > MOST_ATTRIBUTES:
            return False
        return self.filter is None or self.filter.matches(message.attributes, message.body)


@dataclass(slots=True)
class Topic:
    """A topic and its subscriptions by queue. It stores nothing: who subscribes later gets nothing that was
    published before."""

    name: str
    attributes: TopicAttributes
    memory: Memory
    subscriptions: dict[str, Subscription] = field(default_factory=dict)

    def refusal(self, message: Message) -> Refused | None:
        """Return why SNS refuses *message*, None where it does not ("Publish")."""
        fifo_only = self.fifo_refusal(message)
        if fifo_only is not None:
            return fifo_only
        if not message.body:
            return _invalid("Empty message")
        if size_of(message) > SNS_BYTES:
            return _invalid("Message too long")
        fault = attribute_fault(message.attributes)
        if fault:
            codes = ("InvalidParameter", "InvalidParameterValue")
            return Refused("ParameterValueInvalid", fault, or_codes=codes)
        return None

    def fifo_refusal(self, message: Message) -> Refused | None:
        """Return what is wrong with the ids of *message* for this kind of topic, None where nothing is."""
        if not self.attributes.fifo and message.deduplication is not None:
            return _invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter "
                "that is not valid for this topic type"
            )
        if self.attributes.fifo and message.group is None:
            return _invalid("The MessageGroupId parameter is required for FIFO topics")
        if self.attributes.fifo and deduplication_id(message, self.attributes.content_based) is None:
            return _invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                "provided explicitly"
            )
        return None

    def subscription_refusal(self, queue: Queue) -> Refused | None:
        """Return why *queue* cannot subscribe, None where it can.

        A FIFO topic delivers to standard queues as well, without order (SNS guide, "Amazon SNS message
        delivery for FIFO topics").
        """
        if queue.fifo and not self.attributes.fifo:
            return _invalid(
                "Invalid parameter: Endpoint Reason: "
                "FIFO SQS Queues can not be subscribed to standard SNS topics"
            )
        return None

    def for_queue(self, message: Message, queue: Queue) -> Message:
        """Return *message* as *queue* gets it: with the topic's de-duplication id in a FIFO queue; a standard
        queue gets no group from a FIFO topic ("Amazon SNS message grouping for FIFO topics")."""
        if not self.attributes.fifo:
            return message
        if not queue.fifo:
            return replace(message, group=None, deduplication=None)
        return replace(message, deduplication=deduplication_id(message, self.attributes.content_based))


def topic_name_refusal(name: str, fifo: bool) -> Refused | None:
    """Return why a topic cannot have *name*, None where it can ("CreateTopic")."""
    stem = name.removesuffix(".fifo") if fifo else name
    if _NAME.fullmatch(stem) and len(name) <= 256 and (not fifo or name.endswith(".fifo")):
        return None
    return _invalid("Topic Name")


def _invalid(reason: str) -> Refused:
    return Refused("InvalidParameter", f"Invalid parameter: {reason}")
