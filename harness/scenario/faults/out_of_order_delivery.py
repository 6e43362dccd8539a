"""Messages that later ones overtake."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.faults.queues import check_not_fifo, of_queue, queue_name
from harness.scenario.faults.windows import check_share, check_window, percent, window
from harness.scenario.faults.words import Words
from harness.scenario.messaging import Queue


@dataclass(frozen=True, slots=True)
class OutOfOrderDelivery:
    """A *share* of the messages of *queue* (all standard queues with None) is overtaken by later ones: handed
    out last of those received together, or, where there are no others, a second later (SQS developer guide,
    "Amazon SQS standard queues": best-effort ordering)."""

    KIND: ClassVar[str] = "out-of-order delivery"
    FORM: ClassVar[str] = "reorder:[QUEUE:]SHARE"

    queue: Queue | str | None
    share: float
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_not_fifo("OutOfOrderDelivery", self.queue)
        check_share("OutOfOrderDelivery", self.share)
        check_window("OutOfOrderDelivery", self.after_s, self.until_s)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        queue = words.name("queue") if words.left > 1 else None
        return cls(queue, words.share(), *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {queue_name(self.queue)}".rstrip()

    @property
    def detail(self) -> str:
        """What happens, for people."""
        hit = f"{percent(self.share)} of the messages of {of_queue(self.queue)} are overtaken by later ones"
        return hit + window(self.after_s, self.until_s)
