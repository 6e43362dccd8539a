"""The pure world on an event loop: given its moments, woken when something is due, its events told."""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import TypeVar

from harness.clock import Clock
from harness.endpoint.events import Event
from harness.endpoint.outcomes import Accepted, Rejected
from harness.endpoint.world import World

log = logging.getLogger(__name__)

# Event loops count in milliseconds; a shorter wait would be rounded to none and spin until the moment comes.
LEAST_WAIT_S = 0.001

T = TypeVar("T")


class LivingWorld:
    """*world* under *clock*; *tell* hears each event once. Everything here runs on the gateway's loop."""

    def __init__(self, world: World, clock: Clock, tell: Callable[[Event], None]) -> None:
        self.world = world
        self._clock = clock
        self._tell = tell
        self._last_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._due_at = math.inf  # the moment the timer is set for
        self._changes_at = math.inf  # when something other than an answer is due

    def now(self) -> float:
        """Return the model moment, never before one that was returned earlier."""
        now = self._clock.now()
        if now > self._last_at:
            self._last_at = now
        return self._last_at

    def call(self, work: Callable[[float], T]) -> T:
        """Return what *work* on the world returns at this moment, after telling what it caused."""
        answer = work(self.now())
        self.advance()
        return answer

    def advance(self) -> None:
        """Let happen what is due, tell it, and come back when the next is due."""
        self._tell_all(self.world.advance(self.now()))
        changes_at = self.world.next_change()
        self._changes_at = math.inf if changes_at is None else changes_at
        self._come_back()

    def _come_back(self) -> None:
        due_at = self.world.next_deadline()
        if due_at is not None:
            self._wake_at(due_at)

    def arrive(self, endpoint: str, number: int, variant: str | None) -> Accepted | Rejected:
        """Return where request *number* goes now. The answer of an accepted one is an event."""
        now = self._clock.now()
        if now > self._last_at:
            self._last_at = now
        else:
            now = self._last_at
        if now >= self._changes_at:  # told first: who serves may have changed
            self.advance()
            now = self._last_at
        taken = self.world.arrive(endpoint, number, now, variant=variant)
        if type(taken) is Accepted and (self._timer is None or taken[4] < self._due_at):
            self._wake_at(taken[4])
        return taken

    def _wake_at(self, due_at: float) -> None:
        if self._timer is not None:
            if due_at >= self._due_at:
                return
            self._timer.cancel()
        self._due_at = due_at
        wait_s = self._clock.real_until(due_at)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(wait_s, LEAST_WAIT_S) if wait_s > 0.0 else 0.0, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._due_at = math.inf
        now = self.now()
        if now >= self._changes_at:
            self.advance()
        else:  # only answers are due, which change nothing else: the next change is known
            self._tell_all(self.world.advance(now))
            self._come_back()

    def _tell_all(self, events: list[Event]) -> None:
        for event in events:
            try:
                self._tell(event)
            except (
                Exception
            ):  # one that cannot be told must not keep the others, and the clock, from going on
                log.exception("could not tell %s", type(event).__name__)
