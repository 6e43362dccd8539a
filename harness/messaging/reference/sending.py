"""Messages on their way in: sent to a queue, or published to a topic and delivered to its queues."""

from collections.abc import Sequence

from harness.messaging.reference.copies import State
from harness.messaging.reference.deduplication import deduplication_id
from harness.messaging.reference.house import NO_QUEUE, NO_TOPIC, SQS, House, entry_ids
from harness.messaging.reference.limits import (
    SNS_BYTES,
    SQS_BYTES,
    batch_refusal,
    size_of,
    sqs_refusal,
    too_long,
)
from harness.messaging.reference.queue import Queue
from harness.messaging.reference.topic import Subscription, Topic
from harness.messaging.reference.values import Message, Refused, Sent

# SQS guide, "Amazon SQS message timers".
MOST_DELAY_S = 900


def send(house: House, queue: str, message: Message, now: float, delay_s: int | None) -> Sent | Refused:
    """Put *message* in *queue* ("SendMessage")."""
    if queue not in house.queues:
        return NO_QUEUE
    found = house.queues[queue]
    return _fifo_refusal(found, message, "MissingParameter") or _send(house, found, message, now, delay_s)


def send_batch(
    house: House,
    queue: str,
    messages: Sequence[Message],
    now: float,
    delays_s: Sequence[int | None] | None,
    ids: Sequence[str] | None,
) -> list[Sent | Refused] | Refused:
    """Put up to ten messages in *queue*, each with its own result ("SendMessageBatch").

    A FIFO queue refuses the whole batch where one entry lacks its group or its de-duplication id (recorded on
    AWS: LocalStack, test_send_batch_missing_message_group_id_for_fifo_queue and its neighbour).
    """
    if queue not in house.queues:
        return NO_QUEUE
    found = house.queues[queue]
    refusals = [
        batch_refusal(entry_ids(ids, messages)),
        too_long(messages, SQS_BYTES, SQS),
        *(_fifo_refusal(found, each, "InvalidParameterValue") for each in messages),
    ]
    for each in refusals:
        if each is not None:
            return each
    delays = [None] * len(messages) if delays_s is None else delays_s
    return [_send(house, found, each, now, delay) for each, delay in zip(messages, delays, strict=True)]


def _fifo_refusal(queue: Queue, message: Message, without_group: str) -> Refused | None:
    """Return what is wrong with the ids of *message* for this kind of queue; *without_group* is the code
    where the group is missing. A standard queue takes a group as well ("Amazon SQS fair queues")."""
    if not queue.fifo and message.deduplication is not None:
        return _invalid(
            f"Value {message.deduplication} for parameter MessageDeduplicationId is invalid. "
            "Reason: The request include parameter that is not valid for this queue type."
        )
    if queue.fifo and message.group is None:
        reason = "The request must contain the parameter MessageGroupId."
        return Refused(without_group, reason, or_codes=("MissingParameter", "InvalidParameterValue"))
    if queue.fifo and deduplication_id(message, queue.settings.now.content_based) is None:
        return _invalid(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided explicitly"
        )
    return None


def _delay_refusal(queue: Queue, delay_s: int | None) -> Refused | None:
    if delay_s is not None and not 0 <= delay_s <= MOST_DELAY_S:
        return _invalid(
            f"Value {delay_s} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {MOST_DELAY_S}."
        )
    if queue.fifo and delay_s:
        # A FIFO queue has one delay for all (recorded on AWS).
        return _invalid(
            f"Value {delay_s} for parameter DelaySeconds is invalid. "
            "Reason: The request include parameter that is not valid for this queue type."
        )
    return None


def _send(house: House, queue: Queue, message: Message, now: float, delay_s: int | None) -> Sent | Refused:
    limit = int(queue.settings.span("maximum_bytes", now).latest)
    refused = sqs_refusal(message, limit) or _delay_refusal(queue, delay_s)
    if refused is not None:
        return refused
    number = house.next_id()
    duplicate_of = _put(queue, number, message, now, delay_s=None if queue.fifo else delay_s)
    return Sent(number, {} if duplicate_of else {queue.name: number}, duplicate_of)


def publish(house: House, topic: str, message: Message, now: float) -> Sent | Refused:
    """Publish *message* to those who are subscribed to *topic* now ("Publish")."""
    if topic not in house.topics:
        return NO_TOPIC
    found = house.topics[topic]
    return found.refusal(message) or _publish(house, found, message, now)


def publish_batch(
    house: House, topic: str, messages: Sequence[Message], now: float, ids: Sequence[str] | None
) -> list[Sent | Refused] | Refused:
    """Publish up to ten messages, each with its own result ("PublishBatch")."""
    if topic not in house.topics:
        return NO_TOPIC
    found = house.topics[topic]
    refusals = [
        batch_refusal(entry_ids(ids, messages), prefix=""),
        too_long(messages, SNS_BYTES, ""),
        *(found.fifo_refusal(each) for each in messages),
    ]
    for each in refusals:
        if each is not None:
            return each
    return [found.refusal(each) or _publish(house, found, each, now) for each in messages]


def _publish(house: House, topic: Topic, message: Message, now: float) -> Sent:
    number = house.next_id()
    doubtful = False
    if topic.attributes.fifo:
        token = deduplication_id(message, topic.attributes.content_based) or ""
        earlier = topic.memory.duplicate_of(token, now)
        if earlier is not None:
            return Sent(number, {}, earlier)
        doubtful = topic.memory.undecided(token, now)
        topic.memory.remember(token, number, now)
    copies: dict[str, str] = {}
    for each in topic.subscriptions.values():
        if _deliver(house, topic, each, f"{number}@{each.queue}", message, now):
            copies[each.queue] = f"{number}@{each.queue}"
            if doubtful:
                house.queues[each.queue].copies[copies[each.queue]].doubt = State.DELETED
    return Sent(number, copies)


def _deliver(
    house: House, topic: Topic, to: Subscription, copy_id: str, message: Message, now: float
) -> bool:
    """Return True where the subscribed queue gets a copy."""
    queue = house.queues[to.queue]
    # What is over the queue's own limit cannot be delivered, which is a client-side error.
    if not to.takes(message) or size_of(message) > queue.settings.now.maximum_bytes:
        return False
    arrives = topic.for_queue(message, queue)
    if _put(queue, copy_id, arrives, now, within_s=house.delivery_s) is not None:
        return False
    if not to.raw:
        queue.copies[copy_id].topic = topic.name
    return True


def _put(
    queue: Queue,
    copy_id: str,
    message: Message,
    now: float,
    *,
    delay_s: int | None = None,
    within_s: float = 0.0,
) -> str | None:
    """Put *message* in *queue*, or return the message that it duplicates."""
    undecided = False
    if queue.fifo:
        token = deduplication_id(message, queue.settings.now.content_based) or ""
        earlier = queue.memory.duplicate_of(token, now)
        if earlier is not None:
            return earlier
        undecided = queue.memory.undecided(token, now)
        queue.memory.remember(token, copy_id, now)
    queue.put(copy_id, message, now, delay_s=delay_s, within_s=within_s)
    if undecided:
        queue.copies[copy_id].doubt = State.DELETED
    return None


def _invalid(reason: str) -> Refused:
    return Refused("InvalidParameterValue", reason)
