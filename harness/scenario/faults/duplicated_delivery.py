"""Messages that come again after they were deleted."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.faults.queues import check_not_fifo, of_queue, queue_name
from harness.scenario.faults.windows import check_share, check_window, percent, window
from harness.scenario.faults.words import Words
from harness.scenario.messaging import Queue


@dataclass(frozen=True, slots=True)
class DuplicatedDelivery:
    """A *share* of the messages of *queue* (all standard queues without one) is delivered once more after
    its consumer has deleted it, with the same MessageId (SQS developer guide, "At-least-once delivery": a
    server that holds a copy may have been unavailable when it was deleted)."""

    KIND: ClassVar[str] = "duplicated delivery"
    FORM: ClassVar[str] = "duplicate:[QUEUE:]SHARE"

    share: float
    queue: Queue | str | None = None
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_not_fifo("DuplicatedDelivery", self.queue)
        check_share("DuplicatedDelivery", self.share)
        check_window("DuplicatedDelivery", self.after_s, self.until_s)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        queue = words.name("queue") if words.left > 1 else None
        return cls(words.share(), queue, *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {queue_name(self.queue)}".rstrip()

    @property
    def detail(self) -> str:
        """What happens, for people."""
        hit = f"{percent(self.share)} of the messages of {of_queue(self.queue)} come again once deleted"
        return hit + window(self.after_s, self.until_s)
