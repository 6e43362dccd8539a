"""SNS and SQS together: every call that a history makes, answered as AWS's documents have it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.messaging.reference import handles, sending, wiring
from harness.messaging.reference.house import NO_QUEUE, SQS, House, entry_ids
from harness.messaging.reference.limits import batch_refusal
from harness.messaging.reference.queue import Queue
from harness.messaging.reference.receiving import Receive
from harness.messaging.reference.values import (
    Account,
    Counts,
    Difference,
    Done,
    Given,
    Message,
    Offer,
    QueueAttributes,
    Refused,
    Sent,
    TopicAttributes,
)

# SQS guide, "Amazon SQS message quotas": in flight, standard and FIFO queues alike.
IN_FLIGHT_LIMIT = 120_000

_NOTHING = Offer(frozenset(), (), frozenset(), 0)


class World:
    """All queues and topics of one account and region. `now` must never run back.

    `tolerance_s`: moments (a visibility time-out ends, a message expires) that are nearer than this to `now`
    are open: both answers are allowed. A history on the wall clock needs some 0.2 to 1 s of it; give `now` as
    the moment when the answer came. `delivery_s`: SNS may take that long to deliver.
    """

    def __init__(
        self, *, tolerance_s: float = 0.0, delivery_s: float = 0.0, in_flight_limit: int = IN_FLIGHT_LIMIT
    ) -> None:
        self._house = House(tolerance_s, delivery_s)
        self._queues = self._house.queues
        self._in_flight_limit = in_flight_limit

    # -- wiring ------------------------------------------------------------------------------------------

    def create_queue(self, name: str, attributes: QueueAttributes, now: float) -> Done | Refused:
        """Make a queue; one of the same name and attributes is there already."""
        return wiring.create_queue(self._house, name, attributes, now)

    def set_attributes(self, queue: str, changes: Mapping[str, Any], now: float) -> Done | Refused:
        """Change the fields of `QueueAttributes` named in *changes* (`{"visibility_s": 5}`)."""
        return wiring.set_attributes(self._house, queue, changes, now)

    def create_topic(self, name: str, attributes: TopicAttributes, now: float) -> Done | Refused:
        """Make a topic; one of the same name and attributes is there already."""
        return wiring.create_topic(self._house, name, attributes)

    def subscribe(
        self,
        topic: str,
        queue: str,
        now: float,
        *,
        raw: bool = False,
        filter_policy: Mapping[str, Any] | str | None = None,
        scope: str = "MessageAttributes",
    ) -> Done | Refused:
        """Subscribe *queue* to what is published from now on. The queue's policy is not looked at; a filter
        policy acts at once (AWS: within 15 minutes)."""
        return wiring.subscribe(self._house, topic, queue, raw, filter_policy, scope)

    # -- sending -----------------------------------------------------------------------------------------

    def send(self, queue: str, message: Message, now: float, *, delay_s: int | None = None) -> Sent | Refused:
        """Put *message* in *queue*."""
        return sending.send(self._house, queue, message, now, delay_s)

    def send_batch(
        self,
        queue: str,
        messages: Sequence[Message],
        now: float,
        *,
        delays_s: Sequence[int | None] | None = None,
        ids: Sequence[str] | None = None,
    ) -> list[Sent | Refused] | Refused:
        """Put up to ten messages in *queue*, each with its own result."""
        return sending.send_batch(self._house, queue, messages, now, delays_s, ids)

    def publish(self, topic: str, message: Message, now: float) -> Sent | Refused:
        """Publish *message* to those who are subscribed to *topic* now."""
        return sending.publish(self._house, topic, message, now)

    def publish_batch(
        self, topic: str, messages: Sequence[Message], now: float, *, ids: Sequence[str] | None = None
    ) -> list[Sent | Refused] | Refused:
        """Publish up to ten messages, each with its own result."""
        return sending.publish_batch(self._house, topic, messages, now, ids)

    # -- receiving ---------------------------------------------------------------------------------------

    def receive(
        self, queue: str, now: float, *, most: int = 10, visibility_s: int | None = None, wait_s: int = 0
    ) -> Offer | Refused:
        """Return what a receive with these parameters may give, or its refusal. Changes nothing: `took`
        does."""
        if queue not in self._queues:
            return NO_QUEUE
        for label, value, least, limit in (
            ("MaxNumberOfMessages", most, 1, 10),
            ("VisibilityTimeout", visibility_s or 0, 0, handles.MOST_VISIBILITY_S),
            ("WaitTimeSeconds", wait_s, 0, 20),
        ):
            if not least <= value <= limit:
                return Refused(
                    "InvalidParameterValue",
                    f"Value {value} for parameter {label} is invalid. "
                    f"Reason: Must be between {least} and {limit}, if provided.",
                )
        return self._offer(self._queues[queue], now, most)

    def _offer(self, queue: Queue, now: float, most: int) -> Offer | Refused:
        room = self._in_flight_limit - queue.counts(now).in_flight
        if room > 0:
            return queue.offer(now, min(most, room))
        # Standard queues answer OverLimit; a FIFO queue returns no error, and no message.
        refused = Refused(SQS + "OverLimit", "Too many messages in flight.", or_codes=("OverLimit",))
        return _NOTHING if queue.fifo else refused

    def receivable(self, queue: str, now: float) -> Offer:
        """Return what a receive of 10 may give; an empty offer where it would be refused."""
        offer = self.receive(queue, now)
        return _NOTHING if isinstance(offer, Refused) else offer

    def took(
        self,
        queue: str,
        given: Sequence[Given],
        now: float,
        *,
        most: int = 10,
        visibility_s: int | None = None,
        wait_s: int = 0,
    ) -> tuple[Difference, ...]:
        """Apply what the subject returned to a receive of *queue*, which must exist, and return what AWS
        would not have done: () is agreement.

        To be called after every receive, one that gave nothing too: a receive moves exhausted messages to the
        dead-letter queue.
        """
        found = self._queues[queue]
        found.advance(now)
        return Receive(self._queues, found, now, visibility_s).compare(given, most, wait_s)

    def missing(self, queue: str, now: float) -> tuple[Difference, ...]:
        """Return a difference for every message that must be receivable in *queue*: lost, when repeated long
        polls have just given nothing."""
        source = "SQS guide, Amazon SQS message lifecycle: kept until it is deleted or its retention ends"
        return tuple(
            Difference("forbidden", "lost", f"Queue {queue}: {each} never came.", source, each)
            for each in sorted(self.receivable(queue, now).sure)
        )

    # -- receipts ----------------------------------------------------------------------------------------

    def delete(self, queue: str, receipt: str, now: float) -> Done | Refused:
        """Delete the message that came with *receipt* ("DeleteMessage")."""
        if queue not in self._queues:
            return NO_QUEUE
        return handles.delete(self._queues[queue], receipt, now, self._queues.values())

    def delete_batch(
        self, queue: str, receipts: Sequence[str], now: float, *, ids: Sequence[str] | None = None
    ) -> list[Done | Refused] | Refused:
        """Delete up to ten messages, each with its own result ("DeleteMessageBatch")."""
        return self._batch(queue, receipts, ids, lambda each: self.delete(queue, each, now))

    def change_visibility(self, queue: str, receipt: str, seconds: int, now: float) -> Done | Refused:
        """Hide the message that came with *receipt* for *seconds* from now ("ChangeMessageVisibility")."""
        if queue not in self._queues:
            return NO_QUEUE
        return handles.change_visibility(self._queues[queue], receipt, seconds, now, self._queues.values())

    def change_visibility_batch(
        self,
        queue: str,
        changes: Sequence[tuple[str, int]],
        now: float,
        *,
        ids: Sequence[str] | None = None,
    ) -> list[Done | Refused] | Refused:
        """Change up to ten, each with its own result ("ChangeMessageVisibilityBatch")."""
        return self._batch(
            queue, changes, ids, lambda each: self.change_visibility(queue, each[0], each[1], now)
        )

    def _batch(
        self,
        queue: str,
        entries: Sequence[Any],
        ids: Sequence[str] | None,
        one: Callable[[Any], Done | Refused],
    ) -> list[Done | Refused] | Refused:
        if queue not in self._queues:
            return NO_QUEUE
        return batch_refusal(entry_ids(ids, entries)) or [one(each) for each in entries]

    def purge(self, queue: str, now: float) -> Done | Refused:
        """Empty *queue* ("PurgeQueue")."""
        return NO_QUEUE if queue not in self._queues else handles.purge(self._queues[queue], now)

    # -- sums --------------------------------------------------------------------------------------------

    def counts(self, queue: str, now: float) -> Counts:
        """Return what *queue*, which must exist, holds."""
        return self._queues[queue].counts(now)

    def account(self, queue: str, now: float) -> Account:
        """Return where everything is that ever was in *queue*, which must exist."""
        return self._queues[queue].account(now)

    def next_moment(self, now: float) -> float | None:
        """Return the next moment at which time alone changes something (visible again, delay over, expired),
        None where there is none."""
        moments = (each for queue in self._queues.values() for each in queue.moments(now))
        return min((each for each in moments if each > now), default=None)
