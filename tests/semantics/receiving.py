"""Steps that take messages out of queues, hide them, and count what is there."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from answers import Copy, Remark, check_received, received_attributes
from ground import Ground, as_remark, compare
from sending import entry
from steps import ChangeVisibility, Count, Delete, DeleteBatch, Receive
from subject import TOLERANCE_S, Failure

from harness.messaging.reference import values as model

MADE_UP = "AQEBnobodys"
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Receiving:
    """What consumers do; `given` is how many messages the last receive gave."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.given = 0

    def receive(self, step: Receive) -> Iterator[Remark]:
        """Receive, and again while less came than must be there: short polling may miss what is there (SQS
        guide, "Short and long polling"), but an emulator has no other server to look at."""
        ground, self.given = self._ground, 0
        asked: dict[str, Any] = {"WaitTimeSeconds": 0}
        asked |= {} if step.visibility is None else {"VisibilityTimeout": step.visibility}
        asked |= {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        left, given_up_at = step.most, time.monotonic() + ground.stage.subject.patience_s
        while True:
            asked["MaxNumberOfMessages"] = left
            now = ground.moment()
            offer = ground.world.receive(step.queue, now, most=left, visibility_s=step.visibility)
            answer = ground.ask(
                "ReceiveMessage",
                now,
                offer,
                lambda: ground.stage.on_queue("receive_message", step.queue, **asked),
            )
            if isinstance(offer, model.Refused) or answer is None or isinstance(answer, Failure):
                yield from compare("ReceiveMessage", offer, answer)
                return
            messages = answer.get("Messages", [])
            yield from self._received(step, messages, offer, now, left)
            if len(messages) >= min(left, len(offer.sure)):
                return
            left -= len(messages)
            if not messages and time.monotonic() >= given_up_at:
                yield from map(as_remark, ground.world.missing(step.queue, now))
                return

    def _received(
        self, step: Receive, messages: Sequence[dict[str, Any]], offer: model.Offer, now: float, most: int
    ) -> Iterator[Remark]:
        ground, fifo = self._ground, self._ground.fifo.get(step.queue, False)
        placed = [self._place(step.queue, each, offer) for each in messages]
        given = [
            model.Given(
                None if copy is None else copy.id,
                each["ReceiptHandle"],
                receive_count=int(each["Attributes"]["ApproximateReceiveCount"]),
                group=each["Attributes"].get("MessageGroupId") if fifo else None,
            )
            for each, copy in zip(messages, placed, strict=True)
        ]
        differences = ground.world.took(step.queue, given, now, most=most, visibility_s=step.visibility)
        self.given += len(messages)
        ground.receipts[step.queue] += [each["ReceiptHandle"] for each in messages]
        yield from map(as_remark, differences)
        for each, copy in zip(messages, placed, strict=True):
            if copy is not None:
                copy.first_received_at.setdefault(step.queue, now)
                yield from check_received(each, copy, step.queue, ground.clock.epoch, fifo=fifo)

    def _place(self, queue: str, message: Mapping[str, Any], offer: model.Offer) -> Copy | None:
        """Return the copy that *message* is, by its MessageId, or one not seen yet that looks like it."""
        ground = self._ground
        known = ground.copies.get(message["MessageId"])
        if known is not None:
            return known
        offered = {*offer.any_of, *(copy for group in offer.ordered for copy in group)}
        alike = [copy for copy in ground.unseen.get(queue, []) if copy.is_in(message)]
        told, sent_at = received_attributes(message), int(message["Attributes"]["SentTimestamp"]) / 1000
        alike.sort(
            key=lambda copy: (
                copy.attributes != told and copy.raw,
                copy.id not in offered,
                abs(sent_at - ground.clock.epoch - copy.sent_at) > TOLERANCE_S,
            )
        )
        if not alike:
            return None
        ground.unseen[queue].remove(alike[0])
        ground.copies[message["MessageId"]] = alike[0]
        return alike[0]

    def _receipt(self, queue: str, back: int, mark: str = "") -> str:
        receipts = self._ground.receipts.get(queue, [])
        return receipts[-1 - back] if 0 <= back < len(receipts) else MADE_UP + mark

    def delete(self, step: Delete) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        receipt = self._receipt(step.queue, step.receipt)
        expected = ground.world.delete(step.queue, receipt, now)
        answer = ground.ask(
            "DeleteMessage",
            now,
            expected,
            lambda: ground.stage.on_queue("delete_message", step.queue, ReceiptHandle=receipt),
        )
        yield from compare("DeleteMessage", expected, answer)

    def delete_batch(self, step: DeleteBatch) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        receipts = [self._receipt(step.queue, each, str(index)) for index, each in enumerate(step.receipts)]
        ids = [str(index) for index in range(len(receipts))]
        entries = [
            {"Id": each, "ReceiptHandle": receipt} for each, receipt in zip(ids, receipts, strict=True)
        ]
        expected = ground.world.delete_batch(step.queue, receipts, now, ids=ids)
        answer = ground.ask(
            "DeleteMessageBatch",
            now,
            expected,
            lambda: ground.stage.on_queue("delete_message_batch", step.queue, Entries=entries),
        )
        if isinstance(expected, model.Refused) or answer is None or isinstance(answer, Failure):
            yield from compare("DeleteMessageBatch", expected, answer)
            return
        for each, wanted in zip(ids, expected, strict=True):
            yield from compare("DeleteMessageBatch entry", wanted, entry(answer, each))

    def change_visibility(self, step: ChangeVisibility) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        receipt = self._receipt(step.queue, step.receipt)
        expected = ground.world.change_visibility(step.queue, receipt, step.seconds, now)
        given = {"ReceiptHandle": receipt, "VisibilityTimeout": step.seconds}
        answer = ground.ask(
            "ChangeMessageVisibility",
            now,
            expected,
            lambda: ground.stage.on_queue("change_message_visibility", step.queue, **given),
        )
        yield from compare("ChangeMessageVisibility", expected, answer)

    def count(self, step: Count) -> Iterator[Remark]:
        """Compare the three counts once they are at rest."""
        ground = self._ground
        given_up_at = time.monotonic() + ground.stage.subject.patience_s
        if step.queue not in ground.receipts:
            return
        while True:
            now = ground.moment()
            answer = ground.make(
                now,
                lambda: ground.stage.on_queue(
                    "get_queue_attributes", step.queue, AttributeNames=list(COUNTS)
                ),
            )
            counts = ground.world.counts(step.queue, now)
            if isinstance(answer, Failure):
                yield from compare("GetQueueAttributes", model.Done(), answer)
                return
            told = tuple(int(answer["Attributes"].get(name, -1)) for name in COUNTS)
            wanted = (counts.visible, counts.in_flight, counts.delayed)
            off = sum(abs(here - there) for here, there in zip(told, wanted, strict=True))
            if off <= counts.unsure + 2 * ground.open_copies(step.queue, now):
                return
            if time.monotonic() >= given_up_at:
                sentence = f"visible, in flight, delayed are {told}, not {wanted}"
                yield Remark("counts", sentence, "SQS API reference, GetQueueAttributes")
                return
