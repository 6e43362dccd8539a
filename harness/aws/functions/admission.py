"""The account's concurrency on the gateway's loop: woken when something is due, its events acted on."""

import asyncio
import math
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import TypeVar

from harness.clock import Clock
from harness.endpoint.distributions import Distribution
from harness.functions.concurrency import Account, Event
from harness.functions.outcomes import Admitted, Source, Throttled
from harness.refusal import Refusal

# Event loops count in milliseconds.
LEAST_WAIT_S = 0.001

T = TypeVar("T")


class Admission:
    """*account* under *clock*; *tell* hears each event once, as soon as it is due."""

    def __init__(
        self, account: Account, clock: Clock, tell: Callable[[Event], None], concurrency: int
    ) -> None:
        self.account = account
        self.concurrency = concurrency  # of the account
        self._clock = clock
        self._tell = tell
        self._last_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._due_at = math.inf
        self._ends: list[tuple[float, int, bool, float]] = []  # a heap of what ends by the model
        self._to_end: set[int] = set()
        self._ended: dict[int, float] = {}  # what has, and when

    def now(self) -> float:
        """Return the model moment, never before one that was returned earlier."""
        self._last_at = max(self._last_at, self._clock.now())
        return self._last_at

    def admit(self, function: str, qualifier: str, source: Source) -> tuple[Admitted | Throttled, float]:
        """Return what becomes of an invocation that comes now, and that moment."""
        now = self.now()
        self._end_until(now)
        verdict = self.account.admit(function, qualifier, now, source)
        self._after(now)
        return verdict, now

    def finish(self, execution: int, *, failed: bool, lost: bool, duration_s: float) -> float:
        """End an execution, with its environment where that is *lost*; return the moment."""
        now = self.now()
        self._end_until(now)
        if execution in self._ended:
            return self._ended.pop(execution)
        self._to_end.discard(execution)  # it was given up before its moment came
        if lost:
            self.account.end(execution, now, duration_s=duration_s)
        else:
            self.account.finish(execution, now, failed=failed, duration_s=duration_s)
        self._after(now)
        return now

    def finish_at(self, at: float, execution: int, *, failed: bool, duration_s: float) -> None:
        """Let an execution end at the moment *at*; `finish` is told of it as well, whenever that comes."""
        self._to_end.add(execution)
        heappush(self._ends, (max(at, self.now()), execution, failed, duration_s))

    def _end_until(self, now: float) -> None:
        """End what by the model ended before *now*: whoever comes now finds those environments idle."""
        while self._ends and self._ends[0][0] <= now:
            at, execution, failed, duration_s = heappop(self._ends)
            if execution in self._to_end:
                self._to_end.discard(execution)
                self.account.finish(execution, at, failed=failed, duration_s=duration_s)
                self._ended[execution] = at

    def look(self) -> None:
        """Let happen what is due."""
        self._after(self.now())

    def put(self, function: str, init_time: Distribution | None) -> None:
        """Let there be a function."""
        self._change(lambda now: self.account.put_function(function, now, init_time=init_time))

    def remove(self, function: str) -> None:
        """Forget a function."""
        self._change(lambda now: self.account.remove_function(function, now))

    def replace(self, function: str) -> None:
        """Retire what runs $LATEST of a function: its code or configuration changed."""
        self._change(lambda now: self.account.replace(function, now))

    def point(self, function: str, alias: str, version: str, weights: Mapping[str, float]) -> None:
        """Let an alias lead to a version."""
        self._change(lambda now: self.account.point_alias(function, alias, version, now, weights or None))

    def drop_alias(self, function: str, alias: str) -> None:
        """Forget an alias."""
        self._change(lambda now: self.account.drop_alias(function, alias, now))

    def reserve(self, function: str, count: int | None) -> Refusal | None:
        """Reserve concurrency, or give it up; return AWS's refusal or None."""
        return self._change(lambda now: self.account.set_reserved(function, count, now))

    def provision(self, function: str, qualifier: str, count: int | None) -> Refusal | None:
        """Ask for provisioned concurrency, or take it away; return AWS's refusal or None."""
        return self._change(lambda now: self.account.set_provisioned(function, qualifier, count, now))

    def _change(self, work: Callable[[float], T]) -> T:
        now = self.now()
        self._end_until(now)
        answer = work(now)
        self._after(now)
        return answer

    def _after(self, now: float) -> None:
        self._end_until(now)
        for event in self.account.advance(now):
            self._tell(event)
        due_at = self.account.next_change()
        due_at = math.inf if due_at is None else due_at
        if due_at >= self._due_at or due_at == math.inf:
            return  # woken too early is woken again
        if self._timer is not None:
            self._timer.cancel()
        self._due_at = due_at
        wait_s = max(self._clock.real_until(due_at), LEAST_WAIT_S)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _ring(self) -> None:
        self._timer, self._due_at = None, math.inf
        self._after(self.now())

    def close(self) -> None:
        """Be woken no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
