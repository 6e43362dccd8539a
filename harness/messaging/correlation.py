"""Which publication a message in a queue is of: from its id, its envelope or the digest of its body.

A copy is expected from the moment its publication is accepted, seen once a consumer gets it, and gone when it
is deleted, purged or moved to a dead-letter queue. What has been gone for a while is forgotten: a run of many
hours needs no more memory than one of a few minutes. Queues are known by their AWS names.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from harness.messaging.ages import Ages
from harness.messaging.envelope import key_of, publication_of

DEFAULT_RETENTION_S = 345_600.0  # SQS API reference, CreateQueue, MessageRetentionPeriod: 4 days
DEFAULT_VISIBILITY_S = 30.0  # the same, VisibilityTimeout
DEFAULT_KEY = "id"
# SQS may hand out a deleted message once more, "on rare occasions", and names no time (developer guide,
# "At-least-once delivery"): within this one it is known as the message that it was. FIFO repeats end before.
FORGOTTEN_AFTER_S = 900.0

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What of a queue's attributes decides when a message leaves it."""

    retention_s: float = DEFAULT_RETENTION_S
    visibility_s: float = DEFAULT_VISIBILITY_S
    dead_letter: str = ""
    max_receive_count: int = 0


@dataclass(frozen=True, slots=True)
class Publication:
    """One accepted message. `digest` is the MD5 of its body as SQS gives it (MD5OfBody); `member` names the
    member of the body that `key` was read from."""

    id: str
    at: float
    key: str
    member: str
    digest: str


@dataclass(slots=True, eq=False)
class Copy:
    """One message in one queue. `message` is its SQS MessageId, "" until it was seen; `handle` its last
    receipt handle, after the `earlier` ones; `expected` whether AWS's rules put it there; `gone_at` is the
    moment at which it was last `gone`; `known` until it is forgotten."""

    queue: str
    publication: str
    key: str
    sent_at: float
    expected: bool = True
    message: str = ""
    receives: int = 0
    received_at: float = 0.0
    handle: str = ""
    ended: bool = False
    gone: bool = False
    gone_at: float = 0.0
    earlier: tuple[str, ...] = ()
    known: bool = True


class Correlation:
    """Every copy there is, by what is known of it, and each that is gone for FORGOTTEN_AFTER_S model seconds.

    `keys`: queue -> the member of a body that is its key.
    """

    def __init__(self, keys: Mapping[str, str] | None = None) -> None:
        self.rules: dict[str, QueueRules] = {}
        self.ages: Ages[Copy] = Ages()
        self._keys = keys or {}
        self._publications: dict[str, Publication] = {}
        self._by_digest: dict[str, Publication] = {}  # the last of each
        self._unseen: dict[str, dict[str, Copy]] = {}  # queue -> publication -> copy
        self._raw: dict[tuple[str, str], deque[Copy]] = {}  # queue, digest -> copies, first published first
        self._seen: dict[tuple[str, str], Copy] = {}  # queue, message -> copy
        self._last_seen: dict[str, Copy] = {}  # message -> copy, wherever it was last seen
        self._handles: dict[tuple[str, str], Copy] = {}  # queue, receipt handle -> copy
        self._copies: Counter[str] = Counter()  # publication -> how many copies of it are known
        self._gone: deque[Copy] = deque()  # in the order in which they went
        self._now = 0.0

    def rules_of(self, queue: str) -> QueueRules:
        """Return the rules of *queue*, AWS's defaults where nothing is known of it."""
        return self.rules.get(queue, QueueRules())

    def knows(self, publication: str) -> bool:
        """Return whether that id was published before, and is not forgotten."""
        return publication in self._publications

    # -- what happens -----

    def published(self, publication: Publication, targets: Iterable[tuple[str, bool]]) -> None:
        """Expect a copy in each of *targets*: a queue, and whether it gets the body without an envelope."""
        self._pass(publication.at)
        self._publications[publication.id] = publication
        self._by_digest[publication.digest] = publication
        for queue, raw in targets:
            copy = self._new(Copy(queue, publication.id, publication.key, publication.at))
            self._unseen.setdefault(queue, {})[publication.id] = copy
            if raw:
                self._raw.setdefault((queue, publication.digest), deque()).append(copy)
        if publication.id not in self._copies:  # it goes nowhere: nothing of it is left to wait for
            self._copies[publication.id] = 1
            self._went(Copy("", publication.id, "", publication.at))

    def find(self, queue: str, message: str, body: str, digest: str) -> Copy | None:
        """Return the copy that *message* in *queue* is, None where nothing known so far puts it there.

        A message keeps its id in the dead-letter queue; a raw one is of the first publication with its body
        that this queue has not shown yet. Attributes do not tell such messages apart: a consumer is only
        given those it asks for.
        """
        copy = self._seen.get((queue, message))
        if copy is None:
            copy = self._first_sight(queue, message, body, digest)
            if copy is not None:
                self._note(copy, message, body)
        return copy

    def stranger(self, queue: str, message: str, body: str, digest: str, at: float) -> Copy:
        """Return a new copy for a message that `find` does not know.

        Either its publication is known, and nothing puts it here; or S3 sent it, say, and not we.
        """
        named = publication_of(body)
        known = self._publications.get(named) or self._by_digest.get(digest)
        copy = Copy(queue, known.id if known else named, "", known.at if known else at, expected=False)
        self._note(self._new(copy), message, body)
        return copy

    def received(self, copy: Copy, handle: str, at: float, count: int = 0) -> int:
        """Note that a consumer got *copy*; return how often it has been received (*count* where SQS says)."""
        self._pass(at)
        copy.receives = max(copy.receives + 1, count)
        copy.received_at = at
        copy.earlier += (copy.handle,) if copy.handle else ()
        copy.handle = handle
        if copy.gone:  # it comes although it was thought gone
            copy.gone = False
            self.ages.add(copy)
        self._handles[copy.queue, handle] = copy
        return copy.receives

    def held(self, queue: str, handle: str) -> Copy | None:
        """Return the copy that was received under *handle*, None where that is unknown or used up."""
        return self._handles.get((queue, handle))

    def deleted(self, copy: Copy, handle: str, *, gone: bool = True) -> None:
        """Note that *copy* was deleted under *handle*, which is used up by it.

        Not *gone*: its consumer was told so, but it will come again.
        """
        self._handles.pop((copy.queue, handle), None)
        copy.ended = True
        copy.gone = False
        if gone:
            self._went(copy)

    def purged(self, queue: str) -> list[Copy]:
        """Return all copies that were in *queue*, which are gone."""
        found = [copy for copy in self.copies_in(queue) if not copy.gone]
        for copy in found:
            copy.ended = True
            self._went(copy)
        self._unseen.pop(queue, None)
        for key in [key for key in self._raw if key[0] == queue]:
            del self._raw[key]
        return found

    # -- what is known -----

    def copies_in(self, queue: str) -> Iterator[Copy]:
        """Yield every copy that was expected or seen in *queue*, but for those that are forgotten."""
        yield from list(self._unseen.get(queue, {}).values())
        yield from [copy for (name, _), copy in self._seen.items() if name == queue]

    def in_flight(self, queue: str) -> list[Copy]:
        """Return the copies in *queue* that were received and may be hidden still."""
        return [copy for copy in self.copies_in(queue) if copy.handle and not copy.gone]

    def oldest_s(self, queue: str, now: float) -> float | None:
        """Return the age in seconds of the oldest message of *queue*, None where it has none.

        What was received as often as the queue's redrive policy allows, and is visible again, counts as in
        the dead-letter queue, with its age: SQS developer guide, "Configuring a dead-letter queue".
        """
        rules = self.rules_of(queue)
        while (copy := self.ages.oldest(queue)) is not None:
            if copy.sent_at + rules.retention_s < now:
                self._went(copy)
            elif rules.dead_letter and _is_spent(copy, rules, now):
                self._move(copy, rules.dead_letter)
            else:
                return now - copy.sent_at
        return None

    # -- how -----

    def _first_sight(self, queue: str, message: str, body: str, digest: str) -> Copy | None:
        unseen = self._unseen.get(queue, {})
        if (copy := unseen.pop(message, None)) is not None:  # sent to the queue itself
            return copy
        publication = publication_of(body)
        if publication and (copy := unseen.pop(publication, None)) is not None:
            return copy
        if (copy := self._first_raw(unseen, queue, digest)) is not None:
            return copy
        before = self._last_seen.get(message)
        return self._move(before, queue) if before is not None else None

    def _first_raw(self, unseen: dict[str, Copy], queue: str, digest: str) -> Copy | None:
        raw = self._raw.get((queue, digest))
        if raw is None:
            return None
        found = None
        while raw and found is None:
            found = unseen.pop(raw.popleft().publication, None)
        if not raw:
            del self._raw[queue, digest]
        return found

    def _move(self, copy: Copy, queue: str) -> Copy:
        """Return a copy in *queue* for one that was moved there; its age goes with it."""
        self._went(copy)
        moved = Copy(queue, copy.publication, copy.key, copy.sent_at, copy.expected, copy.message)
        moved.receives = copy.receives
        self._seen[queue, copy.message] = moved
        self._last_seen[copy.message] = moved
        return self._new(moved)

    def _note(self, copy: Copy, message: str, body: str) -> None:
        copy.message = message
        self._seen[copy.queue, message] = copy
        self._last_seen[message] = copy
        member = self._keys.get(copy.queue, DEFAULT_KEY)
        known = self._publications.get(copy.publication)
        copy.key = known.key if known and known.member == member else key_of(body, member)

    def _new(self, copy: Copy) -> Copy:
        self._copies[copy.publication] += 1
        self.ages.add(copy)
        return copy

    # -- what is forgotten -----

    def _pass(self, now: float) -> None:
        """Forget what went too long before *now*."""
        self._now = max(self._now, now)
        while self._gone and self._gone[0].gone_at + FORGOTTEN_AFTER_S <= self._now:
            copy = self._gone.popleft()
            if copy.gone and copy.known:  # it has not come again
                self._forget(copy)

    def _went(self, copy: Copy) -> None:
        copy.gone, copy.gone_at = True, self._now
        self._gone.append(copy)

    def _forget(self, copy: Copy) -> None:
        copy.known = False
        _drop(self._seen, (copy.queue, copy.message), copy)
        _drop(self._last_seen, copy.message, copy)
        _drop(self._unseen.get(copy.queue, {}), copy.publication, copy)
        for handle in (*copy.earlier, copy.handle):
            self._handles.pop((copy.queue, handle), None)
        publication = self._publications.get(copy.publication)
        if publication is not None:
            self._forget_raw(copy.queue, publication.digest)
        self._copies[copy.publication] -= 1
        if self._copies[copy.publication] <= 0:
            del self._copies[copy.publication]
            if publication is not None:
                del self._publications[publication.id]
                _drop(self._by_digest, publication.digest, publication)

    def _forget_raw(self, queue: str, digest: str) -> None:
        """Let go of those that nobody saw in time."""
        raw = self._raw.get((queue, digest))
        while raw and not raw[0].known:
            raw.popleft()
        if raw is not None and not raw:
            del self._raw[queue, digest]


def _drop(known: dict[K, V], key: K, value: V) -> None:
    """Take *value* out of *known*, unless another has its place."""
    if known.get(key) is value:
        del known[key]


def _is_spent(copy: Copy, rules: QueueRules, now: float) -> bool:
    return copy.receives >= rules.max_receive_count and copy.received_at + rules.visibility_s < now
