"""One message in one queue, and when it can be seen."""

from dataclasses import dataclass
from enum import Enum

from harness.messaging.reference.values import Message


class State(Enum):
    """Where a copy is, as far as the model knows."""

    HERE = "here"
    DELETED = "deleted"
    EXPIRED = "expired"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Span:
    """A moment that AWS leaves open: somewhere from `earliest` to `latest`, seconds."""

    earliest: float
    latest: float

    def with_moment(self, moment: float) -> "Span":
        """Return the span that has *moment* in it as well."""
        return Span(min(self.earliest, moment), max(self.latest, moment))


@dataclass(slots=True)
class Copy:
    """A message in a queue.

    `visible`: when it can be received (next). `doubt`: what may have become of it already, where AWS leaves
    it open. `purge_by`: when a purge must have removed it. `arriving`: it may not have come from its source
    queue yet. `may_have_moved`: the other way round, a receive may have moved it to the dead-letter queue.
    """

    id: str
    message: Message
    enqueued: Span
    visible: Span
    topic: str | None = None
    state: State = State.HERE
    doubt: State | None = None
    purge_by: float | None = None
    receives: int = 0
    receipt: str = ""
    taken_at: float = 0.0
    moved: bool = False
    may_have_moved: bool = False
    arriving: bool = False

    @property
    def here(self) -> bool:
        """True where it is in the queue, or may be."""
        return self.state is State.HERE

    @property
    def group(self) -> str | None:
        """Its message group."""
        return self.message.group
