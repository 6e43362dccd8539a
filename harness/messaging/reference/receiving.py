"""What the subject returned to a receive, held against what AWS's documents allow."""

import base64
import json
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from harness.messaging.attributes import Attribute
from harness.messaging.reference.copies import Copy, State
from harness.messaging.reference.queue import Queue
from harness.messaging.reference.values import Difference, Given, Severity

_LOGIC = "SQS guide, FIFO queue delivery logic"
_AT_LEAST_ONCE = "SQS guide, Amazon SQS at-least-once delivery"
_ONCE = "SQS guide, Exactly-once processing in Amazon SQS"
_REDRIVE = "SQS guide, Using dead-letter queues in Amazon SQS"
_RECEIVE = "SQS API reference, ReceiveMessage"
_POLLING = "SQS guide, Amazon SQS short and long polling"


class Receive:
    """One answer of ReceiveMessage on *queue*, compared message by message and applied."""

    def __init__(
        self, queues: Mapping[str, Queue], queue: Queue, now: float, visibility_s: int | None
    ) -> None:
        self._queues = queues
        self._queue = queue
        self._now = now
        self._visibility_s = visibility_s
        self._locked = queue.locked_groups(now)
        self._given: set[str] = set()
        self.differences: list[Difference] = []

    def compare(self, given: Sequence[Given], most: int, wait_s: int) -> tuple[Difference, ...]:
        """Return what AWS would not have done, and leave the queue as the subject has it now."""
        sure = self._queue.offer(self._now, most).sure
        if len(given) > most:
            self._differs("forbidden", "too-many", f"{len(given)} messages though at most {most}", _RECEIVE)
        if sure and not given and wait_s > 0:
            # Long polling eliminates false empty responses; short polling may miss messages.
            text = f"nothing came in a long poll though {len(sure)} messages could be received"
            self._differs("unusual", "empty-long-poll", text, _POLLING)
        for each in given:
            self._one(each)
        self._redrive()
        if wait_s > 0 and len(given) < most:
            self._settle()
        return tuple(self.differences)

    def _one(self, given: Given) -> None:
        name = given.message
        copy = self._queue.copies.get(name or "") or self._from_source(given)
        if copy is None:
            text = (
                "a message came that was not sent to this queue, or was filtered out, or is no longer in it"
            )
            self._differs("forbidden", "unknown-message", text, _RECEIVE, name)
            self._queue.receipts[given.receipt] = name or ""
            return
        if copy.id in self._given:
            severity: Severity = "forbidden" if self._queue.fifo else "unusual"
            self._differs(severity, "twice-in-one-answer", f"{copy.id} came twice at once", _ONCE, copy.id)
        else:
            self._check_presence(copy)
            self._check_order(copy)
        self._given.add(copy.id)
        self._check_receipt(copy, given)
        self._check_content(copy, given)
        self._queue.take(copy, given.receipt, self._now, self._visibility_s)
        self._check_count(copy, given)

    def _from_source(self, given: Given) -> Copy | None:
        """Return the copy that the subject has moved here by redrive, when the model has not; else None."""
        for source in self._queues.values():
            redrive = source.settings.now.redrive
            copy = source.copies.get(given.message or "")
            if copy is None or redrive is None or redrive.dead_letter != self._queue.name:
                continue
            source.advance(self._now)
            if copy.here and source.exhausted(copy) and source.visible_perhaps(copy, self._now):
                if not copy.may_have_moved:
                    text = f"{copy.id} was in the dead-letter queue before another receive asked for it"
                    self._differs("unusual", "early-redrive", text, _REDRIVE, copy.id)
                source.hand_over(copy, self._queue, self._now)
                return copy
        return None

    def _check_presence(self, copy: Copy) -> None:
        queue, now = self._queue, self._now
        if copy.state is State.DELETED:
            severity: Severity = "forbidden" if queue.fifo else "unusual"
            source = _ONCE if queue.fifo else _AT_LEAST_ONCE
            self._differs(severity, "after-delete", f"{copy.id} came after its deletion", source, copy.id)
        elif copy.state is not State.HERE:
            how = copy.state.value
            self._differs("forbidden", how, f"{copy.id} came although it had {_HOW[how]}", _RECEIVE, copy.id)
        elif queue.exhausted(copy):
            text = f"{copy.id} came once more after {copy.receives} receives, which maxReceiveCount allows"
            self._differs("forbidden", "redrive", text, _REDRIVE, copy.id)
        elif not queue.visible_perhaps(copy, now) and copy.receives == 0:
            early = copy.visible.earliest - now
            text = f"{copy.id} came {early:.3f} s before its delay was over"
            self._differs("forbidden", "delay", text, "SQS guide, Amazon SQS delay queues", copy.id)
        elif not queue.visible_perhaps(copy, now):
            early = copy.visible.earliest - now
            severity = "forbidden" if queue.fifo else "unusual"
            text = f"{copy.id} came {early:.3f} s before its visibility time-out was over"
            self._differs(severity, "visibility", text, "SQS guide, Amazon SQS visibility timeout", copy.id)
        # Where it came all the same, it is there.
        copy.state = State.HERE

    def _check_order(self, copy: Copy) -> None:
        queue = self._queue
        if not queue.fifo:
            return
        if copy.group in self._locked and queue.visible_perhaps(copy, self._now):
            text = f"{copy.id} came while another message of its group {copy.group} was in flight"
            self._differs("forbidden", "group-lock", text, _LOGIC, copy.id)
            return
        for earlier in list(takewhile(lambda each: each is not copy, queue.present())):
            if earlier.group == copy.group and earlier.id not in self._given and not self._passed(earlier):
                text = f"{copy.id} came before {earlier.id}, which is ahead of it in group {copy.group}"
                self._differs("forbidden", "order", text, _LOGIC, copy.id)
                return

    def _passed(self, earlier: Copy) -> bool:
        """Return True where *earlier* may be gone; that a later one came tells that it is."""
        queue, now = self._queue, self._now
        if earlier.doubt is not None:
            earlier.state = earlier.doubt
        elif queue.expired_perhaps(earlier, now):
            earlier.state = State.EXPIRED
        elif queue.exhausted(earlier) and queue.visible_perhaps(earlier, now):
            self._hand_over(earlier)
        else:
            return earlier.arriving
        return True

    def _check_receipt(self, copy: Copy, given: Given) -> None:
        if given.receipt in self._queue.receipts:
            text = f"{copy.id} came with a receipt handle that an earlier receive gave"
            self._differs("forbidden", "receipt", text, "SQS API reference, DeleteMessage", copy.id)

    def _check_content(self, copy: Copy, given: Given) -> None:
        if given.group is not None and given.group != copy.group:
            text = f"{copy.id} came in group {given.group} instead of {copy.group}"
            self._differs("forbidden", "group", text, _LOGIC, copy.id)
        if not _body_fits(copy, given.body):
            self._differs(
                "forbidden", "body", f"the body of {copy.id} is not the one sent", _RECEIVE, copy.id
            )
        wanted = copy.message.attributes if copy.topic is None else {}
        if given.attributes is not None and dict(given.attributes) != dict(wanted):
            text = f"the attributes of {copy.id} are not those sent"
            self._differs("forbidden", "attributes", text, _RECEIVE, copy.id)

    def _check_count(self, copy: Copy, given: Given) -> None:
        # ApproximateReceiveCount counts "across all queues": what it begins with after redrive is left open.
        if given.receive_count is None or copy.moved or given.receive_count == copy.receives:
            return
        text = f"{copy.id} came with receive count {given.receive_count} instead of {copy.receives}"
        self._differs("unusual", "receive-count", text, _RECEIVE, copy.id)

    def _redrive(self) -> None:
        """Move what this receive would have returned once too often: surely, or perhaps."""
        queue, now = self._queue, self._now
        for copy in list(queue.present()):
            if copy.id in self._given or copy.group in self._locked or not queue.exhausted(copy):
                continue
            if queue.visible_surely(copy, now):
                self._hand_over(copy)
            elif queue.visible_perhaps(copy, now):
                copy.may_have_moved = True

    def _hand_over(self, copy: Copy) -> None:
        redrive = self._queue.settings.now.redrive
        assert redrive is not None  # only an exhausted copy is moved
        self._queue.hand_over(copy, self._queues[redrive.dead_letter], self._now)

    def _settle(self) -> None:
        """A long poll that had room to spare looked everywhere: what was to be moved has arrived."""
        redrive = self._queue.settings.now.redrive
        if redrive is not None:
            for copy in self._queues[redrive.dead_letter].present():
                copy.arriving = False

    def _differs(
        self, severity: Severity, rule: str, text: str, source: str, message: str | None = None
    ) -> None:
        sentence = f"Queue {self._queue.name}: {text}."
        self.differences.append(Difference(severity, rule, sentence, source, message))


_HOW = {"expired": "outlived its retention period", "purged": "been purged"}


def _body_fits(copy: Copy, body: str | None) -> bool:
    if body is None:
        return True
    if copy.topic is None:
        return body == copy.message.body
    return _is_envelope(body, copy)


def _is_envelope(body: str, copy: Copy) -> bool:
    """Return True for the JSON that SNS wraps a message in ("Parsing Amazon SNS message formats")."""
    try:
        envelope = json.loads(body)
    except ValueError:
        return False
    if not isinstance(envelope, dict):
        return False
    attributes = envelope.get("MessageAttributes", {})
    return (
        envelope.get("Type") == "Notification"
        and envelope.get("Message") == copy.message.body
        and str(envelope.get("TopicArn")).endswith(f":{copy.topic}")
        and attributes == {name: _wrapped(each) for name, each in copy.message.attributes.items()}
    )


def _wrapped(attribute: Attribute) -> dict[str, Any]:
    value = attribute.value
    text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return {"Type": attribute.data_type, "Value": text}
