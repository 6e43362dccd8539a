"""Asynchronous invocations on the gateway's loop: queued, tried as Lambda tries them, their ends told.

`harness.functions.asynchronous` decides when; here it is done.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harness import journal
from harness.aws.functions.configurations import AsyncConfig
from harness.aws.functions.results import Result
from harness.clock import Clock
from harness.functions.asynchronous import Ended, Events

log = logging.getLogger(__name__)

LEAST_WAIT_S = 0.001


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that Lambda holds: it answered 202 to whoever sent it."""

    function: str
    qualifier: str
    payload: bytes
    request: str
    trigger: str
    caller: str
    config: AsyncConfig
    accepted_at: float
    client_context: str = ""


# (event, attempt, when it was due or None for now) -> what the invocation comes to
Try = Callable[[Accepted, int, float | None], Awaitable[Result]]
# (event, how it ended, what the last attempt came to) -> ARN of what got the record of it, "" for none
Conclude = Callable[[Accepted, Ended, Result | None], Awaitable[str]]


class EventQueue:
    """Holds events from `accept` until they end. *is_stopped* tells of a reserved concurrency of 0."""

    def __init__(
        self,
        events: Events,
        clock: Clock,
        now: Callable[[], float],
        attempt: Try,
        conclude: Conclude,
        is_stopped: Callable[[str], bool],
        record: Callable[[journal.Record], None],
    ) -> None:
        self._events = events
        self._clock = clock
        self._now = now
        self._attempt = attempt
        self._conclude = conclude
        self._is_stopped = is_stopped
        self._record = record
        self._held: dict[str, Accepted] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due_at = math.inf
        self._closed = False

    @property
    def pending(self) -> int:
        """How many events have not ended, the records of the last ones included."""
        return len(self._held)

    def accept(self, event: Accepted) -> None:
        """Take an event; it is tried at once."""
        self._held[event.request] = event
        self._events.accept(
            event.request,
            self._now(),
            max_attempts=1 + event.config.retries,
            max_age_s=event.config.max_age_s,
            function=event.function,
            qualifier=event.qualifier,
        )
        self._look()

    def next_due(self) -> float | None:
        """Return the model moment of the next attempt, None where none waits."""
        return self._events.next_due()

    def close(self) -> None:
        """Try nothing any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()

    def _look(self) -> None:
        """Try what is due, and come back when the next is."""
        now = self._now()
        for request, attempt in self._events.due(now):
            self._spawn(self._try(self._held[request], attempt))
        due_at = self._events.next_due()
        if due_at is None or due_at >= self._due_at or self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due_at = due_at
        wait_s = max(self._clock.real_until(due_at), LEAST_WAIT_S)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _ring(self) -> None:
        self._timer, self._due_at = None, math.inf
        self._look()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, event: Accepted, attempt: int) -> None:
        result: Result | None = None
        try:
            result = await self._attempt(event, attempt, event.accepted_at if attempt == 1 else None)
        except Exception:  # a system error: Lambda keeps the event and tries again
            log.exception("an asynchronous invocation of %s could not be carried out", event.function)
        ended = self._noted(event, result)
        self._look()
        if ended is not None:
            await self._end(event, ended, result)

    def _noted(self, event: Accepted, result: Result | None) -> Ended | None:
        now = self._now()
        if result is None or result.status == "throttled":
            stopped = result is not None and self._is_stopped(event.function)
            return self._events.throttled(event.request, now, stopped=stopped)
        if result.status == "ok":
            return self._events.succeeded(event.request, now)
        return self._events.failed(event.request, now)

    async def _end(self, event: Accepted, ended: Ended, result: Result | None) -> None:
        try:
            destination = await self._conclude(event, ended, result)
        finally:
            self._held.pop(event.request, None)
        self._record(
            journal.FunctionEventEnded(
                ended.at,
                ended.accepted_at,
                event.function,
                event.request,
                ended.how.value,
                ended.attempts,
                destination,
            )
        )
