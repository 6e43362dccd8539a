"""The model of EC2 on an event loop: given its moments, woken when something is due, its events told."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from harness.clock import Clock
from harness.compute.events import Event
from harness.compute.world import Compute

LEAST_WAIT_S = 0.001  # event loops count in milliseconds
T = TypeVar("T")


class LivingCompute:
    """*world* under *clock*; *tell* hears each event once, in order. All on the gateway's loop."""

    def __init__(self, world: Compute, clock: Clock, tell: Callable[[Event], None]) -> None:
        self.world = world
        self._clock = clock
        self._tell = tell
        self._last_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def now(self) -> float:
        """Return the model moment, never before one that was returned earlier."""
        self._last_at = max(self._last_at, self._clock.now())
        return self._last_at

    def call(self, work: Callable[[float], T]) -> T:
        """Return what *work* on the world returns at this moment, after telling what it caused."""
        answer = work(self.now())
        self._settle()
        return answer

    def advance(self) -> None:
        """Let happen what is due, tell it, and come back when the next is due."""
        self.world.advance(self.now())
        self._settle()

    def close(self) -> None:
        """Let nothing happen any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _settle(self) -> None:
        while told := self.world.take():
            for event in told:
                self._tell(event)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_at = self.world.next_deadline()
        if due_at is not None and not self._closed:
            wait_s = max(LEAST_WAIT_S, self._clock.real_until(due_at))
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.advance)
