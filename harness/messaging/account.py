"""From the records of a run to the account of its messages: each expected copy has one end, and what is none
of them is said apart (`statement.py`).

Records may come in any order that a run writes them in: a copy may be seen before its publication is told.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from harness.journal import (
    DeliveryRefused,
    InventoryTaken,
    MessageEnded,
    MessageFound,
    MessagePublished,
    MessageReceived,
    QueueDeclared,
    QueueSampled,
    Record,
)
from harness.messaging.statement import (
    DEAD_LETTERED,
    EXPIRED,
    LOST,
    PROCESSED,
    PURGED,
    STILL_THERE,
    Account,
    Copy,
    Target,
)


def account(records: Iterable[Record]) -> Account:
    """Return what became of every message in *records*; linear in their number."""
    kept: defaultdict[type[Any], list[Any]] = defaultdict(list)
    for record in records:
        kept[type(record)].append(record)
    work = _Accounting()
    for one in kept[QueueDeclared]:
        work.declare(one)
    for one in kept[MessagePublished]:
        work.publish(one)
    for one in kept[MessageReceived]:
        work.receive(one)
    for one in kept[MessageEnded]:
        work.end(one)
    for one in kept[MessageFound]:
        work.find(one)
    for one in kept[InventoryTaken]:
        work.target(one.queue).counted = one
    for one in kept[QueueSampled]:
        work.sample(one)
    work.close()
    return Account(kept[MessagePublished], work.targets, kept[DeliveryRefused])


class _Accounting:
    """Builds an account, record by record."""

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self._publications: dict[str, MessagePublished] = {}
        self._expected: dict[tuple[str, str], Copy] = {}  # target, publication
        self._by_message: dict[tuple[str, str], Copy] = {}  # target, SQS MessageId
        self._last: dict[str, Copy] = {}  # SQS MessageId -> the expected copy that has it
        self._sources: dict[str, list[str]] | None = None

    def target(self, name: str) -> Target:
        found = self.targets.get(name)
        if found is None:
            found = self.targets[name] = Target(name)
        return found

    def declare(self, one: QueueDeclared) -> None:
        target = self.target(one.queue)
        target.is_queue = True
        target.retention_s, target.dead_letter = one.retention_s, one.dead_letter or target.dead_letter

    def sample(self, one: QueueSampled) -> None:
        target = self.target(one.queue)
        target.is_queue = True
        target.deepest = max(target.deepest or 0, one.visible + one.in_flight + one.delayed)
        if one.oldest_s is not None:
            target.oldest_s = max(target.oldest_s or 0.0, one.oldest_s)

    def publish(self, one: MessagePublished) -> None:
        for name in one.filtered:
            self.target(name).filtered += 1
        for name in one.refused:
            self.target(name).refused += 1
        if one.deduplicated:
            return
        self._publications[one.publication] = one
        for name in one.copies:
            if (name, one.publication) not in self._expected:
                copy = Copy(name, one, one.publication, key=one.key)
                self._expected[name, one.publication] = copy
                self.target(name).copies.append(copy)

    def receive(self, one: MessageReceived) -> None:
        copy = self._copy(one)
        copy.receives += 1
        if copy.first_received_at is None:
            copy.first_received_at = one.at
        self._see(copy, one)

    def end(self, one: MessageEnded) -> None:
        copy = self._copy(one)
        if one.how == PURGED:
            copy.purged = True
            return
        copy.deletions += 1
        if copy.ended_at is None:
            copy.ended_at = one.at
        self._see(copy, one)

    def find(self, one: MessageFound) -> None:
        self.target(one.queue).is_queue = True
        copy = self._copy(one)
        copy.found = True
        self._see(copy, one)

    def _see(self, copy: Copy, one: MessageReceived | MessageEnded | MessageFound) -> None:
        copy.key = one.key or copy.key
        if copy.seen_at is None:
            copy.seen_at = one.at
            self.target(copy.target).seen.append(copy)

    # -- which copy -----

    def _copy(self, one: MessageReceived | MessageEnded | MessageFound) -> Copy:
        name, message = one.queue, one.message
        copy = self._by_message.get((name, message)) if message else None
        if copy is None:
            copy = self._first(name, message, one.publication)
            if message:
                copy.message = message
                self._by_message[name, message] = copy
        return copy

    def _first(self, name: str, message: str, publication: str) -> Copy:
        expected = self._expected.get((name, publication))
        if expected is not None and expected.message in ("", message):
            self._last[message] = expected
            return expected
        source = self._source(name, message, publication)
        target = self.target(name)
        known = self._publications.get(publication)
        copy = Copy(name, known, publication)
        if source is not None:
            source.dead_lettered = True
            target.dead_letters.append(copy)
        elif known is not None:
            target.wrong.append(copy)
        else:
            target.unexplained.append(copy)
        return copy

    def _source(self, name: str, message: str, publication: str) -> Copy | None:
        """Return the expected copy that came to *name* as to its dead-letter queue.

        A message keeps its id there; one that no consumer was seen to get is known by its publication.
        """
        queues = self._sources_of(name)
        known = self._last.get(message)
        if known is not None and known.target in queues:
            return known
        found = (self._expected.get((queue, publication)) for queue in queues)
        return next((copy for copy in found if copy and not copy.dead_lettered and not copy.deletions), None)

    def _sources_of(self, name: str) -> list[str]:
        """Return the queues whose messages may end in the queue *name*, directly or by way of others."""
        if self._sources is None:
            self._sources = {}
            for target in list(self.targets.values()):
                for dead_letter in self._chain(target):
                    self._sources.setdefault(dead_letter, []).append(target.name)
        return self._sources.get(name, [])

    def _chain(self, target: Target) -> list[str]:
        found: list[str] = []
        while target.dead_letter and target.dead_letter not in found:
            found.append(target.dead_letter)
            target = self.targets.get(target.dead_letter) or Target("")
        return found

    # -- how each ended -----

    def close(self) -> None:
        for target in list(self.targets.values()):
            open_copies = []
            for copy in target.copies:
                copy.end = _end_of(copy)
                if not copy.end:
                    open_copies.append(copy)
            _close_open(target, open_copies)


def _end_of(copy: Copy) -> str:
    """Return how *copy* is seen to have ended, "" where nothing says so."""
    if copy.deletions:
        return PROCESSED
    if copy.dead_lettered:
        return DEAD_LETTERED
    if copy.purged:
        return PURGED
    return STILL_THERE if copy.found else ""


def _close_open(target: Target, copies: list[Copy]) -> None:
    """Decide about *copies* that nothing more was seen of.

    A queue that was never counted may hold them still; of one that was, as many as its backend counted and
    nobody could read (delayed ones, say) are taken to be the youngest.
    """
    if target.is_queue and target.counted is None:
        for copy in copies:
            copy.end = STILL_THERE
        return
    unread = max(target.counted.said - target.counted.found, 0) if target.counted else 0
    cut = len(copies) - unread
    for index, copy in enumerate(copies):
        copy.end = STILL_THERE if index >= cut else EXPIRED if _is_expired(copy, target) else LOST


def _is_expired(copy: Copy, target: Target) -> bool:
    if copy.publication is None or target.counted is None:
        return False
    return copy.publication.at + target.retention_s <= target.counted.at
