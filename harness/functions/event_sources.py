"""The pollers of one event source mapping of an SQS queue, as one machine.

It decides for live pollers and in virtual time alike; whoever drives it receives, invokes and deletes:

    want = source.want(now)                     how many messages to ask for, and how long to wait for them
    received = source.received(messages, now)   which to delete unseen (filtered out)
    batch = source.next_batch(now)              a batch to invoke the function with, until there is none
    verdict = source.ended(batch, outcome, now) what to delete, what comes back by itself, when to try again

Sources: Lambda developer guide, "Using Lambda with Amazon SQS" and its pages on scaling, errors and
filtering. A record that failed is only left alone: the role of a poller needs no right to change its
visibility (AWSLambdaSQSQueueExecutionRole), it comes back when its visibility time-out is over.

Where AWS runs pollers side by side, here one of them gathers after the other: with few messages batches are
as full as they can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from harness.functions.event_sources_arguments import SourceConfig
from harness.functions.event_sources_scaling import Scaling
from harness.functions.event_sources_settings import (
    LONGEST_POLL_S,
    MOST_PAYLOAD_BYTES,
    MOST_RECEIVED,
    EventSourceSettings,
)

# The brackets and key around the records of an event, and the comma between two.
_FRAME_BYTES = 64


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received: *size* is what its record takes in the event, in bytes.

    `hidden_until` is when its visibility time-out is over; `handle` is the driver's own.
    """

    id: str
    body: str = ""
    size: int = 0
    group: str = ""
    hidden_until: float = float("inf")
    record: Mapping[str, Any] = field(default_factory=dict, compare=False)
    handle: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Want:
    """Ask for *count* messages and wait at most *wait_s* seconds for the first of them."""

    count: int
    wait_s: float


# Not frozen: it is tried again. Compared by identity.
@dataclass(slots=True, eq=False)
class Batch:
    """Messages that the function is invoked with; `opened_at` is when the first of them was received."""

    number: int
    messages: tuple[Message, ...]
    opened_at: float
    began_at: float
    attempts: int = 1

    @property
    def hidden_until(self) -> float:
        """When the first of its messages becomes visible again."""
        return min(each.hidden_until for each in self.messages)


class Outcome(Enum):
    """What became of an invocation, as far as its batch goes."""

    DONE = "done"  # the function answered; which records failed is said beside it
    FAILED = "failed"  # it raised, timed out or was killed
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a batch: *delete* these, leave *returned* alone, or invoke again at *retry_at*."""

    delete: tuple[Message, ...] = ()
    returned: tuple[Message, ...] = ()
    retry_at: float | None = None


class EventSource:
    """One mapping. `in_flight` batches are invoked or wait to be; `gathered` messages wait to be a batch."""

    def __init__(self, config: SourceConfig, settings: EventSourceSettings, now: float) -> None:
        self.config = config
        self.in_flight = 0
        self.peak = 0
        self._settings = settings
        self._scaling = Scaling(config, settings, now)
        self._gathered: list[Message] = []
        self._bytes = _FRAME_BYTES  # of the event that the gathered messages make
        self._opened_at = now
        self._batches = 0
        self._groups: dict[str, int] = {}  # batches under way of each message group

    @property
    def limit(self) -> int:
        """How many batches may be under way."""
        return self._scaling.limit

    @property
    def gathered(self) -> int:
        """How many messages are received and in no batch yet."""
        return len(self._gathered)

    def want(self, now: float) -> Want | None:
        """Return what to receive now, None while no further batch may begin, or one is complete."""
        self._scaling.advance(now)
        if self.in_flight >= self.limit or self._is_complete(now):
            return None
        count = min(self.config.batch_size - len(self._gathered), MOST_RECEIVED)
        if not self._gathered:
            return Want(count, LONGEST_POLL_S)
        return Want(count, min(self._opened_at + self.config.window_s - now, LONGEST_POLL_S))

    def received(self, messages: Sequence[Message], now: float) -> tuple[Message, ...]:
        """Take in what was received; return the messages to be deleted because no filter takes them."""
        taken = [each for each in messages if self.config.filters.takes(each.body, each.record)]
        if taken and not self._gathered:
            self._opened_at = now
        self._gather(taken)
        if len(taken) == len(messages):
            return ()
        kept = {id(each) for each in taken}
        return tuple(each for each in messages if id(each) not in kept)

    def next_batch(self, now: float) -> Batch | None:
        """Return a batch to invoke the function with, None while there is none or no place for it."""
        self._scaling.advance(now)
        if self.in_flight >= self.limit or not self._is_complete(now):
            return None
        count = self._cut()
        if not count:
            return None  # of a group that is still being worked on
        messages, rest = tuple(self._gathered[:count]), self._gathered[count:]
        self._gathered, self._bytes = [], _FRAME_BYTES
        self._gather(rest)
        self._batches += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        for group in _groups(messages):
            self._groups[group] = self._groups.get(group, 0) + 1
        self._note(now)
        return Batch(self._batches, messages, self._opened_at, now)

    def ended(
        self, batch: Batch, outcome: Outcome, now: float, failed: frozenset[str] | None = frozenset()
    ) -> Verdict:
        """Return what becomes of *batch*; *failed* are the ids of records that failed, None for all.

        A verdict with a `retry_at` leaves the batch under way.
        """
        if outcome is Outcome.THROTTLED:
            self._scaling.failed(now)
            retry_at = now + self._retry_after(batch.attempts)
            if retry_at < batch.hidden_until:
                batch.attempts += 1
                return Verdict(retry_at=retry_at)
            return self._close(batch, batch.messages, now)
        if outcome is Outcome.FAILED or failed is None:
            # With ReportBatchItemFailures Lambda does not scale down when invocations fail.
            if not self.config.reports_item_failures:
                self._scaling.failed(now)
            return self._close(batch, batch.messages, now)
        self._scaling.succeeded(now)
        return self._close(batch, tuple(each for each in batch.messages if each.id in failed), now)

    def give_up(self) -> tuple[Message, ...]:
        """Forget what is gathered and in no batch, and return it: it comes back by itself."""
        given, self._gathered, self._bytes = tuple(self._gathered), [], _FRAME_BYTES
        return given

    def next_moment(self) -> float | None:
        """Return when there is something to do if nothing is received and no batch ends."""
        if self._gathered and self.in_flight < self.limit and not self._blocked():
            return self._opened_at + self.config.window_s
        return self._scaling.next_step()

    # -- inside -----

    def _gather(self, messages: Sequence[Message]) -> None:
        self._gathered += messages
        self._bytes += sum(each.size + 1 for each in messages)

    def _is_complete(self, now: float) -> bool:
        """Return whether what is gathered is a batch: full, too large for more, or its window is over."""
        if not self._gathered:
            return False
        full = len(self._gathered) >= self.config.batch_size or self._bytes > MOST_PAYLOAD_BYTES
        # The epsilon: a driver that wakes at the very end of the window may see a little less than it.
        return full or now >= self._opened_at + self.config.window_s - 1e-6

    def _cut(self) -> int:
        """Return how many of the gathered messages make the next batch."""
        count = min(self._cut_by_size(), self.config.batch_size)
        return self._cut_by_group(count) if self.config.fifo else count

    def _cut_by_size(self) -> int:
        size = _FRAME_BYTES
        for count, each in enumerate(self._gathered):
            size += each.size + 1
            if size > MOST_PAYLOAD_BYTES and count:
                return count
        return len(self._gathered)

    def _cut_by_group(self, most: int) -> int:
        """A group's messages go to one invocation after the other."""
        for count, each in enumerate(self._gathered[:most]):
            if each.group in self._groups:
                return count
        return most

    def _blocked(self) -> bool:
        return self.config.fifo and self._gathered[0].group in self._groups

    def _close(self, batch: Batch, returned: tuple[Message, ...], now: float) -> Verdict:
        self.in_flight -= 1
        for group in _groups(batch.messages):
            self._groups[group] -= 1
            if not self._groups[group]:
                del self._groups[group]
        if self.config.fifo and returned:
            # What follows in the group waits until these have come back.
            late = _groups(returned)
            kept_back = [each for each in self.give_up() if each.group not in late]
            self._gather(kept_back)
        self._note(now)
        kept = {id(each) for each in returned}
        return Verdict(tuple(each for each in batch.messages if id(each) not in kept), returned)

    def _note(self, now: float) -> None:
        self._scaling.seen(now, busy=self.in_flight >= self.limit)

    def _retry_after(self, attempt: int) -> float:
        wait_s = self._settings.throttle_retry_s * 2.0 ** min(attempt - 1, 30)
        return min(wait_s, self._settings.throttle_retry_most_s)


def _groups(messages: Iterable[Message]) -> set[str]:
    return {each.group for each in messages}
