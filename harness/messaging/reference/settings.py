"""The attributes of a queue, what AWS refuses of them, and which of them are in force."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from harness.messaging.reference.copies import Span
from harness.messaging.reference.values import QueueAttributes, Refused

# SetQueueAttributes: the ranges of the attributes, and how long a change may take.
_RANGES = {
    "visibility_s": ("VisibilityTimeout", 0, 43_200),
    "retention_s": ("MessageRetentionPeriod", 60, 1_209_600),
    "delay_s": ("DelaySeconds", 0, 900),
    "maximum_bytes": ("MaximumMessageSize", 1_024, 1_048_576),
}
CHANGE_TAKES_S = 60.0
RETENTION_TAKES_S = 900.0


class Settings:
    """The attributes of one queue over time. A change takes up to a minute, one of the retention period up to
    15 minutes ("SetQueueAttributes"): so long the old value may still be in force. The redrive policy and
    content-based de-duplication change at once here."""

    def __init__(self, attributes: QueueAttributes, now: float) -> None:
        self.now = attributes
        self._before: list[tuple[QueueAttributes, float]] = []

    def change(self, attributes: QueueAttributes, now: float) -> None:
        """Put *attributes* in force from *now* on."""
        self._before.append((self.now, now))
        self.now = attributes

    def span(self, field: str, now: float) -> Span:
        """Return the least and the most that *field* may be at *now*."""
        takes = RETENTION_TAKES_S if field == "retention_s" else CHANGE_TAKES_S
        value = getattr(self.now, field)
        span = Span(value, value)
        for attributes, replaced_at in self._before:
            if now < replaced_at + takes:
                span = span.with_moment(getattr(attributes, field))
        return span


def changed(attributes: QueueAttributes, changes: Mapping[str, Any]) -> QueueAttributes | Refused:
    """Return *attributes* with *changes*, or why SQS refuses them."""
    names = {each.name for each in fields(attributes)} - {"fifo"}
    for name in changes:
        if name not in names:
            # A queue cannot change its type.
            label = "FifoQueue" if name == "fifo" else name
            return Refused("InvalidAttributeName", f"Unknown Attribute {label}.")
    wanted = replace(attributes, **changes)
    return refusal_of(wanted) or wanted


def refusal_of(attributes: QueueAttributes) -> Refused | None:
    """Return why SQS refuses a queue with *attributes*, None where it does not."""
    for field, (label, least, most) in _RANGES.items():
        if not least <= getattr(attributes, field) <= most:
            return Refused("InvalidAttributeValue", f"Invalid value for the parameter {label}.")
    if attributes.content_based and not attributes.fifo:
        return Refused("InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication.")
    return None
