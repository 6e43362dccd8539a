"""A queue and the function it feeds in virtual time: when each message is processed.

`predict` plays arrivals to their end; `SourceInTime` is the same as a part of a larger world, which asks it
for `next_deadline()` and lets it `advance(now)`. Admission is that of `harness.functions.concurrency`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any, Protocol

from harness.endpoint.distributions import Distribution
from harness.functions.event_sources import Batch, EventSource, Message, Outcome
from harness.functions.event_sources_arguments import SourceConfig
from harness.functions.event_sources_queue import Arrival, Copy, QueueRules, VirtualQueue
from harness.functions.event_sources_settings import EventSourceSettings
from harness.functions.outcomes import Admitted, Source, Throttled

# Whether the function fails: None for the whole batch, else the ids of the records that failed.
Fails = Callable[[Batch], frozenset[str] | None]


class Admission(Protocol):
    """Who admits invocations: `harness.functions.concurrency.Account`."""

    def admit(self, name: str, qualifier: str, now: float, source: Source = ...) -> Admitted | Throttled: ...
    def finish(self, execution: int, now: float) -> Any: ...
    def advance(self, now: float) -> Any: ...
    def next_change(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one message. `how`: "processed", "filtered", "dead-lettered" or "left" in the queue.

    `began_at` is when the invocation that processed it was admitted, None for a message that was not
    processed.
    """

    number: int
    sent_at: float
    how: str
    began_at: float | None
    ended_at: float | None
    receives: int


@dataclass(frozen=True, slots=True)
class BatchRun:
    """One try of a batch: admitted or throttled at `at`, of `records` of which `failed` came back."""

    at: float
    ended_at: float
    batch: int
    records: int
    failed: int
    throttled: bool
    cold: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """How many batches may be under way and how many are, from `at` on."""

    at: float
    limit: int
    in_flight: int


@dataclass(slots=True)
class Prediction:
    """What was processed when. `messages` in the order they were sent, `samples` at each change."""

    messages: list[Handled] = field(default_factory=list)
    batches: list[BatchRun] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    @property
    def throttles(self) -> int:
        """How many invocations were throttled."""
        return sum(each.throttled for each in self.batches)

    @property
    def peak_concurrency(self) -> int:
        """The most invocations that ran at once."""
        changes = [(each.at, 1) for each in self.batches if not each.throttled]
        changes += [(each.ended_at, -1) for each in self.batches if not each.throttled]
        most = running = 0
        for _, step in sorted(changes):
            running += step
            most = max(most, running)
        return most

    def ages_s(self) -> list[float]:
        """Return how long each processed message waited, from being sent until its invocation began."""
        return [each.began_at - each.sent_at for each in self.messages if each.began_at is not None]


@dataclass(slots=True, eq=False)
class _Running:
    """A try under way; `execution` is None for one that waits to be tried again."""

    batch: Batch
    execution: int | None
    began_at: float
    cold: bool


class SourceInTime:
    """One mapping in virtual time. *duration* is that of an invocation without its initialisation."""

    def __init__(
        self,
        config: SourceConfig,
        rules: QueueRules,
        account: Admission,
        function: str,
        *,
        qualifier: str = "",
        duration: Distribution,
        seed: int,
        settings: EventSourceSettings | None = None,
        fails: Fails = lambda _batch: frozenset(),
        now: float = 0.0,
    ) -> None:
        self.queue = VirtualQueue(rules)
        self.source = EventSource(config, settings or EventSourceSettings(), now)
        self.found = Prediction()
        self._account = account
        self._function = function
        self._qualifier = qualifier
        self._duration = duration
        self._random = Random(f"{seed}/event source {function}")
        self._fails = fails
        self._due: list[tuple[float, int, _Running]] = []
        self._count = 0
        self._processed: dict[int, Handled] = {}
        self._sampled = (-1, -1)
        self._now = now

    def put(self, arrivals: Sequence[Arrival], now: float) -> None:
        """Send messages; `advance` to the same moment receives them."""
        self.queue.put(arrivals, now)

    def next_deadline(self) -> float | None:
        """Return when something is due, None when all is processed that will be; it may be in the past."""
        moments = [self._due[0][0]] if self._due else []
        polls = self.source.want(self._now) is not None
        for moment in (self.source.next_moment(), self.queue.next_visible() if polls else None):
            if moment is not None:
                moments.append(moment)
        return min(moments, default=None)

    def advance(self, now: float) -> None:
        """Let happen what is due by *now*, which must not be after the next deadline."""
        self._now = now
        while self._due and self._due[0][0] <= now:
            running = heappop(self._due)[2]
            if running.execution is None:
                self._invoke(running.batch, now)
            else:
                self._end(running, running.execution, now)
        self._poll(now)
        self._sample(now)

    def conclude(self) -> Prediction:
        """Return all that happened; messages that are still in the queue are "left"."""
        dead = {copy.number: copy for copy in self.queue.dead}
        for copy in (*dead.values(), *self.queue.left()):
            how = "dead-lettered" if copy.number in dead else "left"
            told = Handled(copy.number, copy.arrival.at, how, None, None, copy.receives)
            self._processed.setdefault(copy.number, told)
        self.found.messages = [self._processed[number] for number in sorted(self._processed)]
        return self.found

    # -- inside -----

    def _poll(self, now: float) -> None:
        """Receive and invoke as long as there is something to receive and a place for it."""
        while True:
            while (batch := self.source.next_batch(now)) is not None:
                self._invoke(batch, now)
            want = self.source.want(now)
            if want is None:
                return
            copies = self.queue.receive(want.count, now)
            for message in self.source.received([self._message(each) for each in copies], now):
                self._delete(message, "filtered", None, now)
            if not copies:
                return

    def _message(self, copy: Copy) -> Message:
        sent = copy.arrival
        return Message(str(copy.number), sent.body, sent.size, sent.group, copy.visible_at, {}, copy)

    def _invoke(self, batch: Batch, now: float) -> None:
        self._account.advance(now)
        taken = self._account.admit(self._function, self._qualifier, now, Source.EVENT_SOURCE)
        if isinstance(taken, Throttled):
            self.found.batches.append(
                BatchRun(now, now, batch.number, len(batch.messages), 0, throttled=True, cold=False)
            )
            verdict = self.source.ended(batch, Outcome.THROTTLED, now)
            if verdict.retry_at is not None:
                self._later(verdict.retry_at, _Running(batch, None, now, cold=False))
            return
        ends_at = now + taken.init_s + self._duration.draw(self._random)
        self._later(ends_at, _Running(batch, taken.execution, now, taken.cold))

    def _later(self, at: float, running: _Running) -> None:
        self._count += 1
        heappush(self._due, (at, self._count, running))

    def _end(self, running: _Running, execution: int, now: float) -> None:
        self._account.advance(now)
        self._account.finish(execution, now)
        batch, failed = running.batch, self._fails(running.batch)
        outcome = Outcome.FAILED if failed is None else Outcome.DONE
        verdict = self.source.ended(batch, outcome, now, failed)
        self.found.batches.append(
            BatchRun(
                running.began_at,
                now,
                batch.number,
                len(batch.messages),
                len(verdict.returned),
                False,
                running.cold,
            )
        )
        for message in verdict.delete:
            self._delete(message, "processed", running.began_at, now)

    def _delete(self, message: Message, how: str, began_at: float | None, now: float) -> None:
        copy: Copy = message.handle
        # A message whose time-out was over may be processed twice: the first time counts.
        self._processed.setdefault(
            copy.number, Handled(copy.number, copy.arrival.at, how, began_at, now, copy.receives)
        )
        # A receipt handle of a FIFO queue ends with the visibility time-out (SQS guide, "Exactly-once
        # processing").
        if not (self.queue.rules.fifo and now >= message.hidden_until):
            self.queue.delete(copy)

    def _sample(self, now: float) -> None:
        seen = (self.source.limit, self.source.in_flight)
        if seen != self._sampled:
            self._sampled = seen
            self.found.samples.append(Sample(now, *seen))


def predict(source: SourceInTime, arrivals: Sequence[Arrival], *, until_s: float = math.inf) -> Prediction:
    """Return what becomes of *arrivals* (ascending moments) when nothing else uses the function.

    It ends when the queue is empty and no batch is under way, or at *until_s*.
    """
    position = 0
    while True:
        moments = [arrivals[position].at] if position < len(arrivals) else []
        due_at = source.next_deadline()
        if due_at is not None and (moments or len(source.queue) or source.source.in_flight):
            moments.append(due_at)
        if not moments or (now := min(moments)) > until_s:
            return source.conclude()
        end = position
        while end < len(arrivals) and arrivals[end].at <= now:
            end += 1
        source.put(arrivals[position:end], now)
        position = end
        source.advance(now)
