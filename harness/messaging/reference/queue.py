"""One SQS queue: what it holds, who may see it when, and what becomes of it.

What a receive may return is `offer`; what the subject returned is compared in `receiving`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.messaging.reference.copies import Copy, Span, State
from harness.messaging.reference.deduplication import Memory
from harness.messaging.reference.settings import Settings
from harness.messaging.reference.values import Account, Counts, Message, Offer, QueueAttributes

# PurgeQueue: "The message deletion process takes up to 60 seconds."
PURGE_TAKES_S = 60.0


@dataclass(slots=True)
class Totals:
    """How many copies came in and left by another way than their state says."""

    sent: int = 0
    moved_in: int = 0
    moved_out: int = 0


@dataclass(slots=True)
class Queue:
    """A queue; `copies` are all it ever held, in their order, without those that were moved away."""

    name: str
    settings: Settings
    memory: Memory
    tolerance_s: float
    copies: dict[str, Copy] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    purged_at: float | None = None

    @classmethod
    def made(cls, name: str, attributes: QueueAttributes, now: float, tolerance_s: float) -> "Queue":
        """Return an empty queue."""
        return cls(name, Settings(attributes, now), Memory(tolerance_s), tolerance_s)

    @property
    def fifo(self) -> bool:
        """True for a FIFO queue."""
        return self.settings.now.fifo

    # -- in ----------------------------------------------------------------------------------------------

    def put(
        self, copy_id: str, message: Message, now: float, *, delay_s: int | None, within_s: float
    ) -> None:
        """Take in a message that arrives *within_s* seconds from *now*, and hide it while it is delayed.

        A delay of the message goes before that of the queue (SQS guide, "Amazon SQS message timers").
        """
        default = self.settings.span("delay_s", now)
        delay = default if delay_s is None else Span(delay_s, delay_s)
        copy = Copy(
            copy_id,
            message,
            enqueued=Span(now, now + within_s),
            visible=Span(now + delay.earliest, now + within_s + delay.latest),
        )
        # PurgeQueue: what is sent after the call "might be deleted while the queue is being purged".
        if self.purged_at is not None and now < self.purged_at + PURGE_TAKES_S:
            copy.doubt = State.PURGED
        self.copies[copy_id] = copy
        self.totals.sent += 1

    def change(self, attributes: QueueAttributes, now: float) -> None:
        """Put *attributes* in force. A new delay of a FIFO queue goes for the messages in it as well, that of
        a standard queue does not ("Amazon SQS delay queues")."""
        before = self.settings.now.delay_s
        self.settings.change(attributes, now)
        if not self.fifo or attributes.delay_s == before:
            return
        for copy in self.present():
            if copy.receives == 0 and now < copy.visible.latest + self.tolerance_s:
                copy.visible = copy.visible.with_moment(copy.enqueued.latest + attributes.delay_s)

    # -- time --------------------------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let go what has certainly expired, and what a purge has certainly removed."""
        for copy in self.present():
            if self.expired_surely(copy, now):
                copy.state = State.EXPIRED
            elif copy.purge_by is not None and now >= copy.purge_by + self.tolerance_s:
                copy.state = State.PURGED

    def present(self) -> Iterator[Copy]:
        """Yield the copies that are in the queue or may be, in their order."""
        return (each for each in list(self.copies.values()) if each.here)

    def visible_perhaps(self, copy: Copy, now: float) -> bool:
        """Return True where *copy* may be received at *now*."""
        return now >= copy.visible.earliest - self.tolerance_s

    def visible_surely(self, copy: Copy, now: float) -> bool:
        """Return True where nothing hides *copy* at *now*."""
        return now >= copy.visible.latest + self.tolerance_s

    def expired_perhaps(self, copy: Copy, now: float) -> bool:
        """Return True where the retention period of *copy* may be over."""
        ends = copy.enqueued.earliest + self.settings.span("retention_s", now).earliest
        return now >= ends - self.tolerance_s

    def expired_surely(self, copy: Copy, now: float) -> bool:
        """Return True where the retention period of *copy* is over. It counts from when the message was first
        put in a queue, in a standard dead-letter queue too ("Setting-up dead-letter queue retention")."""
        ends = copy.enqueued.latest + self.settings.span("retention_s", now).latest
        return now >= ends + self.tolerance_s

    def exhausted(self, copy: Copy) -> bool:
        """Return True where the next receive moves *copy* to the dead-letter queue instead of returning it
        ("Using dead-letter queues": when the receive count exceeds maxReceiveCount)."""
        redrive = self.settings.now.redrive
        return redrive is not None and copy.receives >= redrive.most

    def in_flight_surely(self, copy: Copy, now: float) -> bool:
        """Return True where *copy* was received and its visibility time-out certainly runs."""
        return copy.receives > 0 and copy.doubt is None and not self.visible_perhaps(copy, now)

    def certain(self, copy: Copy, now: float) -> bool:
        """Return True where *copy* is certainly there, visible or not."""
        return copy.doubt is None and not copy.arriving and not self.expired_perhaps(copy, now)

    # -- out ---------------------------------------------------------------------------------------------

    def offer(self, now: float, most: int) -> Offer:
        """Return what a receive may give."""
        self.advance(now)
        groups = tuple(tuple(each.id for each in group) for group in self._sequences(now))
        fits = [self.copies[each] for group in groups for each in group]
        sure = frozenset(
            each.id
            for each in fits
            if self.visible_surely(each, now) and self.certain(each, now) and not self.held_up(each, now)
        )
        if self.fifo:
            return Offer(frozenset(), tuple(group for group in groups if group), sure, most)
        return Offer(frozenset(each.id for each in fits), (), sure, most)

    def _sequences(self, now: float) -> list[list[Copy]]:
        if not self.fifo:
            return [
                [
                    each
                    for each in self.present()
                    if self.visible_perhaps(each, now) and not self.exhausted(each)
                ]
            ]
        members: dict[str | None, list[Copy]] = {}
        for copy in self.present():
            members.setdefault(copy.group, []).append(copy)
        locked = self.locked_groups(now)
        return [self._head(each, now) for group, each in members.items() if group not in locked]

    def _head(self, group: list[Copy], now: float) -> list[Copy]:
        # A copy that is not to be seen yet holds up those behind it, unless it may be gone.
        head: list[Copy] = []
        for copy in group:
            if self.visible_perhaps(copy, now):
                head += [] if self.exhausted(copy) else [copy]
            elif self.certain(copy, now):
                break
        return head

    def held_up(self, copy: Copy, now: float) -> bool:
        """Return True where another of its group, in flight or gone as it may be, may hold *copy* up."""
        return self.fifo and any(
            each.group == copy.group and each.receives > 0 and not self.visible_surely(each, now)
            for each in self.present()
            if each is not copy
        )

    def locked_groups(self, now: float) -> frozenset[str | None]:
        """Return the groups of which a message is in flight: no other of them is returned until it is deleted
        or visible again ("FIFO queue delivery logic")."""
        if not self.fifo:
            return frozenset()
        return frozenset(each.group for each in self.present() if self.in_flight_surely(each, now))

    def take(self, copy: Copy, receipt: str, now: float, visibility_s: int | None) -> None:
        """Hide *copy* because it was received: for *visibility_s*, or as the queue has it."""
        default = self.settings.span("visibility_s", now)
        hidden = default if visibility_s is None else Span(visibility_s, visibility_s)
        copy.visible = Span(now + hidden.earliest, now + hidden.latest)
        copy.receives += 1
        copy.receipt, copy.taken_at = receipt, now
        copy.arriving = copy.may_have_moved = False
        # It is there, whatever was open; a purge may still come to it.
        copy.doubt = State.PURGED if copy.doubt is State.PURGED else None
        self.receipts[receipt] = copy.id

    def hand_over(self, copy: Copy, target: "Queue", now: float) -> None:
        """Move *copy* to its dead-letter queue, at a moment until *now*.

        The enqueue timestamp stays in standard queues and is reset in FIFO queues ("Setting-up dead-letter
        queue retention"). The receive count goes on: it is that of all queues (ReceiveMessage).
        """
        del self.copies[copy.id]
        since = min(copy.visible.latest, now)
        copy.visible = Span(since, now)
        if self.fifo:
            copy.enqueued = Span(since, now)
        copy.moved = copy.arriving = True
        copy.may_have_moved = False
        target.copies[copy.id] = copy
        self.totals.moved_out += 1
        target.totals.moved_in += 1

    # -- sums --------------------------------------------------------------------------------------------

    def moments(self, now: float) -> Iterator[float]:
        """Yield the moments at which time alone does something to what is in the queue."""
        for copy in self.present():
            yield from (copy.visible.earliest, copy.visible.latest)
            yield copy.enqueued.latest + self.settings.span("retention_s", now).latest
            if copy.purge_by is not None:
                yield copy.purge_by

    def counts(self, now: float) -> Counts:
        """Return how many copies can be seen, are in flight and are delayed."""
        self.advance(now)
        present = list(self.present())
        sure = [each for each in present if each.doubt is None]
        hidden = [each for each in sure if now < each.visible.latest]
        in_flight = sum(each.receives > 0 for each in hidden)
        return Counts(len(sure) - len(hidden), in_flight, len(hidden) - in_flight, len(present) - len(sure))

    def account(self, now: float) -> Account:
        """Return where all copies are."""
        counts = self.counts(now)
        states = [each.state for each in self.copies.values()]
        return Account(
            self.totals.sent,
            self.totals.moved_in,
            states.count(State.DELETED),
            states.count(State.EXPIRED),
            states.count(State.PURGED),
            self.totals.moved_out,
            counts,
        )
