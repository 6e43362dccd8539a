"""What the calls share: the queues and topics there are, and the answers about those there are not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.messaging.reference.queue import Queue
from harness.messaging.reference.topic import Topic
from harness.messaging.reference.values import Refused

SQS = "AWS.SimpleQueueService."
NO_QUEUE = Refused(
    SQS + "NonExistentQueue", "The specified queue does not exist.", or_codes=("QueueDoesNotExist",)
)
NO_TOPIC = Refused("NotFound", "Topic does not exist", or_codes=("NotFoundException",))


@dataclass(slots=True)
class House:
    """The queues and topics of one account and region, by their names."""

    tolerance_s: float
    delivery_s: float
    queues: dict[str, Queue] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    count: int = 0

    def next_id(self) -> str:
        """Return an id that no message has yet."""
        self.count += 1
        return f"m{self.count}"


def entry_ids(ids: Sequence[str] | None, entries: Sequence[Any]) -> Sequence[str]:
    """Return the ids of the entries of a batch: those given, else numbers."""
    return [str(number) for number in range(len(entries))] if ids is None else ids
