"""Messages that come late."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.errors import ScenarioError
from harness.scenario.faults.queues import check_not_fifo, of_queue, queue_name
from harness.scenario.faults.windows import LONGEST_HIDDEN_S, check_share, check_window, percent, window
from harness.scenario.faults.words import Words
from harness.scenario.messaging import Queue


@dataclass(frozen=True, slots=True)
class DelayedDelivery:
    """A *share* of the messages of *queue* (all standard queues with None) is hidden for *by_s* seconds,
    once, when it would have been received. Whole seconds: SQS counts visibility in them."""

    KIND: ClassVar[str] = "delayed delivery"
    FORM: ClassVar[str] = "delay:[QUEUE:]SHARE:by=SECONDS"

    queue: Queue | str | None
    share: float
    by_s: float
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_not_fifo("DelayedDelivery", self.queue)
        check_share("DelayedDelivery", self.share)
        check_window("DelayedDelivery", self.after_s, self.until_s)
        if self.by_s % 1 or not 1 <= self.by_s <= LONGEST_HIDDEN_S:
            raise ScenarioError(
                f"DelayedDelivery: by_s is {self.by_s:g}; give whole seconds from 1 to {LONGEST_HIDDEN_S}"
            )

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        queue = words.name("queue") if words.left > 1 else None
        return cls(queue, words.share(), words.seconds("by"), *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {queue_name(self.queue)}".rstrip()

    @property
    def detail(self) -> str:
        """What happens, for people."""
        hit = f"{percent(self.share)} of the messages of {of_queue(self.queue)} come {self.by_s:g} s later"
        return hit + window(self.after_s, self.until_s)
