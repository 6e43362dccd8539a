"""What SQS and SNS refuse of a message or a batch, before anything else happens to it."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from harness.messaging.attributes import Attribute
from harness.messaging.reference.values import Message, Refused

# SQS guide, "Amazon SQS message quotas": 1 MiB (since August 2025) for a message and for a batch together,
# 10 attributes, 10 entries. SNS API reference, Publish: 256 KB, attributes included.
SQS_BYTES = 1_048_576
SNS_BYTES = 262_144
MOST_ATTRIBUTES = 10
MOST_ENTRIES = 10

# SendMessage: the XML characters that a body may hold.
_OTHER_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# SendMessage, MessageDeduplicationId and MessageGroupId: up to 128 alphanumeric and punctuation characters.
_FIFO_ID = re.compile(r"[!-~]{1,128}")
# SQS guide, "Amazon SQS message metadata": names of attributes. SendMessageBatchRequestEntry: ids.
_ATTRIBUTE_NAME = re.compile(r"(?!AWS\.|Amazon\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)", re.IGNORECASE)
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_TYPES = ("String", "Number", "Binary")


def size_of(message: Message) -> int:
    """Return the bytes that count: the body, and name, type and value of each attribute."""
    return len(message.body.encode("utf-8", "surrogatepass")) + sum(
        len(name.encode()) + len(each.data_type.encode()) + len(_as_bytes(each.value))
        for name, each in message.attributes.items()
    )


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def sqs_refusal(message: Message, maximum_bytes: int) -> Refused | None:
    """Return why SQS refuses *message* whatever the type of the queue, None where it does not."""
    if not message.body:
        return Refused("MissingParameter", "The request must contain the parameter MessageBody.")
    if _OTHER_CHARACTERS.search(message.body):
        return Refused("InvalidMessageContents", "Invalid characters found in the message body.")
    count = len(message.attributes)
    if count > MOST_ATTRIBUTES:
        return _invalid(
            f"Number of message attributes [{count}] exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
        )
    if size_of(message) > maximum_bytes:
        return _invalid(
            f"One or more parameters are invalid. Reason: Message must be shorter than {maximum_bytes} bytes."
        )
    reason = attribute_fault(message.attributes)
    return _invalid(reason) if reason else fifo_id_refusal(message)


def fifo_id_refusal(message: Message) -> Refused | None:
    """Return why the group or de-duplication id of *message* is none, None where they are right."""
    for label, value in (
        ("MessageGroupId", message.group),
        ("MessageDeduplicationId", message.deduplication),
    ):
        if value is not None and not _FIFO_ID.fullmatch(value):
            return _invalid(
                f"Value {value} for parameter {label} is invalid. Reason: {label} can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length."
            )
    return None


def attribute_fault(attributes: Mapping[str, Attribute]) -> str:
    """Return what is wrong with *attributes*, "" where nothing is ("Amazon SQS message metadata")."""
    for name, attribute in attributes.items():
        kind = attribute.data_type.split(".")[0]
        if not _ATTRIBUTE_NAME.fullmatch(name):
            return f"The message (user) attribute name {name!r} is invalid."
        if kind not in _TYPES or len(attribute.data_type) > 256:
            return (
                f"The type of message (user) attribute '{name}' is invalid. You must use only the following "
                "supported type prefixes: Binary, Number, String."
            )
        if not attribute.value or isinstance(attribute.value, bytes) != (kind == "Binary"):
            return f"The message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        if kind == "Number" and not _is_number(attribute.value):
            return f"Can't cast the value of message (user) attribute '{name}' to a number."
    return ""


def _is_number(value: str | bytes) -> bool:
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def batch_refusal(ids: Sequence[str], prefix: str = "AWS.SimpleQueueService.") -> Refused | None:
    """Return why a batch with these entry ids is refused as a whole, None where it is not."""
    if not ids:
        reason = "There should be at least one entry in the request."
        return Refused(prefix + "EmptyBatchRequest", reason)
    if len(ids) > MOST_ENTRIES:
        reason = f"Maximum number of entries per request are {MOST_ENTRIES}. You have sent {len(ids)}."
        return Refused(prefix + "TooManyEntriesInBatchRequest", reason)
    if not all(_ENTRY_ID.fullmatch(each) for each in ids):
        reason = (
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long."
        )
        return Refused(prefix + "InvalidBatchEntryId", reason)
    if len(set(ids)) < len(ids):
        twice = next(each for each in ids if ids.count(each) > 1)
        return Refused(prefix + "BatchEntryIdsNotDistinct", f"Id {twice} repeated.")
    return None


def too_long(messages: Sequence[Message], most: int, prefix: str) -> Refused | None:
    """Return the refusal of a batch whose messages are together longer than *most* bytes, else None."""
    total = sum(size_of(each) for each in messages)
    if total <= most:
        return None
    reason = f"Batch requests cannot be longer than {most} bytes. You have sent {total} bytes."
    return Refused(prefix + "BatchRequestTooLong", reason)


def _invalid(reason: str) -> Refused:
    return Refused("InvalidParameterValue", reason)
