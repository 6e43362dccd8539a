"""What a receipt handle can do: delete a message, change its visibility; and the purge, which needs none."""

from collections.abc import Iterable

from harness.messaging.reference.copies import Copy, Span, State
from harness.messaging.reference.queue import PURGE_TAKES_S, Queue
from harness.messaging.reference.values import Done, Refused

# SQS guide, "Amazon SQS visibility timeout": 12 hours from when the message is received.
MOST_VISIBILITY_S = 43_200

_INVALID = Refused(
    "ReceiptHandleIsInvalid", "The input receipt handle is invalid.", or_codes=("InvalidParameterValue",)
)
# Recorded on AWS: LocalStack, test_fifo_delete_message_with_expired_receipt_handle.
_EXPIRED = Refused(
    "InvalidParameterValue",
    "Value <receipt> for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
)
_NOT_IN_FLIGHT = Refused(
    "MessageNotInflight",
    "The specified message isn't in flight.",
    or_codes=("AWS.SimpleQueueService.MessageNotInflight", "InvalidParameterValue"),
)
_UNAVAILABLE = Refused(
    "InvalidParameterValue",
    "Value <receipt> for parameter ReceiptHandle is invalid. "
    "Reason: Message does not exist or is not available for visibility timeout change.",
    or_codes=("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
)


def delete(queue: Queue, receipt: str, now: float, others: Iterable[Queue]) -> Done | Refused:
    """Delete the message that *receipt* was given for ("DeleteMessage"); *others* may have it by redrive."""
    copy = _find(queue, receipt, others)
    if copy is None:
        return _INVALID
    queue.advance(now)
    if not copy.here:
        # Deleting twice succeeds. Whether a FIFO queue calls the handle expired when the message is gone by
        # other means is left open.
        return Done(certain=not queue.fifo or copy.state is State.DELETED)
    if copy.receipt != receipt or copy.id not in queue.copies:
        return _delete_by_old(queue, copy)
    if not queue.fifo or not queue.visible_perhaps(copy, now):
        copy.state = State.DELETED
        return Done()
    if queue.visible_surely(copy, now):
        return _EXPIRED
    copy.doubt = State.DELETED
    return Done(certain=False, reason="the visibility time-out ends just about now")


def _delete_by_old(queue: Queue, copy: Copy) -> Done | Refused:
    if queue.fifo:
        return _EXPIRED
    # "Otherwise, the request succeeds, but the message will not be deleted"; the newer text says might not.
    copy.doubt = State.DELETED
    return Done(certain=False, reason="not the most recent receipt handle: the message might not be deleted")


def change_visibility(
    queue: Queue, receipt: str, seconds: int, now: float, others: Iterable[Queue]
) -> Done | Refused:
    """Hide the message for *seconds* from *now* ("ChangeMessageVisibility")."""
    if not 0 <= seconds <= MOST_VISIBILITY_S:
        return Refused(
            "InvalidParameterValue",
            f"Value {seconds} for parameter VisibilityTimeout is invalid. "
            f"Reason: Must be between 0 and {MOST_VISIBILITY_S}, if provided.",
        )
    copy = _find(queue, receipt, others)
    if copy is None:
        return _INVALID
    queue.advance(now)
    if not copy.here or copy.id not in queue.copies:
        return _UNAVAILABLE
    if copy.receipt != receipt:
        return _EXPIRED if queue.fifo else _perhaps(copy, now + seconds, "not the most recent receipt handle")
    if queue.visible_surely(copy, now):
        return _NOT_IN_FLIGHT
    return _change(queue, copy, seconds, now)


def _change(queue: Queue, copy: Copy, seconds: int, now: float) -> Done | Refused:
    total = now - copy.taken_at + seconds
    if total > MOST_VISIBILITY_S + queue.tolerance_s:
        return Refused(
            "InvalidParameterValue",
            f"Total VisibilityTimeout for the message is beyond the limit [{MOST_VISIBILITY_S} seconds]",
        )
    if total > MOST_VISIBILITY_S - queue.tolerance_s:
        return _perhaps(copy, now + seconds, "just about the 12 hours that a message may be hidden for")
    if queue.visible_perhaps(copy, now):
        return _perhaps(copy, now + seconds, "the visibility time-out ends just about now")
    if copy.doubt is not None:
        return _perhaps(copy, now + seconds, "the message may be gone")
    copy.visible = Span(now + seconds, now + seconds)
    return Done()


def _perhaps(copy: Copy, moment: float, reason: str) -> Done:
    copy.visible = copy.visible.with_moment(moment)
    return Done(certain=False, reason=reason)


def purge(queue: Queue, now: float) -> Done | Refused:
    """Empty *queue*: what is in it may come for another minute, then no more ("PurgeQueue")."""
    since = PURGE_TAKES_S * 2 if queue.purged_at is None else now - queue.purged_at
    if since < PURGE_TAKES_S - queue.tolerance_s:
        return Refused(
            "AWS.SimpleQueueService.PurgeQueueInProgress",
            f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
        )
    queue.advance(now)
    certain = since >= PURGE_TAKES_S + queue.tolerance_s
    for copy in queue.present():
        copy.doubt = State.PURGED
        if certain:
            copy.purge_by = now + PURGE_TAKES_S
    queue.purged_at = now
    return Done(certain=certain)


def _find(queue: Queue, receipt: str, others: Iterable[Queue]) -> Copy | None:
    copy_id = queue.receipts.get(receipt)
    if copy_id is None:
        return None
    holders = (each.copies[copy_id] for each in (queue, *others) if copy_id in each.copies)
    return next(holders, None)
