"""The account of a run's messages: queues and webhooks, the copies that came to each, and how each ended.

expected = processed + dead-lettered + expired + purged + still there + lost
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.journal import DeliveryRefused, InventoryTaken, MessagePublished
from harness.messaging.correlation import DEFAULT_RETENTION_S

PROCESSED, DEAD_LETTERED, EXPIRED = "processed", "dead_lettered", "expired"
PURGED, STILL_THERE, LOST = "purged", "still_there", "lost"
ENDS = (PROCESSED, DEAD_LETTERED, EXPIRED, PURGED, STILL_THERE, LOST)


@dataclass(slots=True, eq=False)
class Copy:
    """One message in one queue or at one webhook, and all that happened to it there.

    `publication` is None where nobody published it through the rehearsal: S3 sent it, say. `keys` are the
    keys it was seen with. `end` is one of ENDS, "" for a copy that nothing should have put there.
    """

    target: str
    publication: MessagePublished | None = None
    publication_id: str = ""
    message: str = ""
    key: str = ""
    receives: int = 0
    deletions: int = 0
    first_received_at: float | None = None
    ended_at: float | None = None
    seen_at: float | None = None
    found: bool = False
    purged: bool = False
    dead_lettered: bool = False
    end: str = ""

    @property
    def name(self) -> str:
        """The id that messages call it by: SQS's where it is known."""
        return self.message or self.publication_id


@dataclass(slots=True, eq=False)
class Target:
    """The account of one queue or webhook. Copies in the order of their publication; `seen` in the order in
    which they were first received or, at the end of the run, found."""

    name: str
    copies: list[Copy] = field(default_factory=list)
    wrong: list[Copy] = field(default_factory=list)
    unexplained: list[Copy] = field(default_factory=list)
    seen: list[Copy] = field(default_factory=list)
    dead_letters: list[Copy] = field(default_factory=list)
    filtered: int = 0
    refused: int = 0
    retention_s: float = DEFAULT_RETENTION_S
    dead_letter: str = ""
    is_queue: bool = False
    counted: InventoryTaken | None = None
    deepest: int | None = None
    oldest_s: float | None = None

    def ended(self, how: str) -> list[Copy]:
        """Return the copies that ended *how*, one of ENDS."""
        return [copy for copy in self.copies if copy.end == how]

    @property
    def delivered(self) -> list[Copy]:
        """The expected copies that a consumer got at least once."""
        return [copy for copy in self.copies if copy.receives or copy.deletions]

    @property
    def duplicates(self) -> list[Copy]:
        """The copies that were processed more than once."""
        return [copy for copy in self.everything if copy.deletions > 1]

    @property
    def redeliveries(self) -> int:
        """How many receives were not the first of their copy."""
        return sum(max(copy.receives - 1, 0) for copy in self.everything)

    @property
    def everything(self) -> Iterator[Copy]:
        """Every copy that was here, whoever put it there."""
        yield from self.copies
        yield from self.wrong
        yield from self.unexplained
        yield from self.dead_letters

    def first_receive_s(self) -> list[float]:
        """Return the seconds from each due publication to the first receive of its copy."""
        return _since_due((copy, copy.first_received_at) for copy in self.copies)

    def deletion_s(self) -> list[float]:
        """Return the seconds from each due publication to the first deletion of its copy."""
        return _since_due((copy, copy.ended_at) for copy in self.copies)


@dataclass(slots=True, eq=False)
class Account:
    """The account of a run. `published` in journal order, those without copies among them."""

    published: list[MessagePublished]
    targets: dict[str, Target]
    refusals: list[DeliveryRefused]

    def target(self, name: str) -> Target:
        """Return the account of the queue or webhook called *name*, an empty one where nothing came to it."""
        return self.targets.get(name) or Target(name)

    def total(self, how: str) -> int:
        """Return how many expected copies ended *how*."""
        return sum(len(target.ended(how)) for target in self.targets.values())

    @property
    def expected(self) -> int:
        """How many copies AWS's rules ask for."""
        return sum(len(target.copies) for target in self.targets.values())

    def to_topic(self, topic: str) -> list[MessagePublished]:
        """Return what was published to *topic*, without what it had already (deduplicated)."""
        return [one for one in self.published if one.topic == topic and not one.deduplicated]

    def to_queue(self, queue: str) -> list[MessagePublished]:
        """Return what was sent to *queue* itself, without what it had already (deduplicated)."""
        return [one for one in self.published if one.queue == queue and not one.deduplicated]


def _since_due(moments: Iterable[tuple[Copy, float | None]]) -> list[float]:
    return [at - copy.publication.due_at for copy, at in moments if copy.publication and at is not None]
