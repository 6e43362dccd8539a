"""Invocations through the account one after the other: what the compiled loop must equal."""

from collections.abc import Callable
from heapq import heappop, heappush

from harness.functions.concurrency import Account, Event
from harness.functions.outcomes import Admitted
from harness.virtual.calls import FATES, Calls, Fate, Fates


class PlainAdmission:
    """Takes the invocations of *calls* through *account*, each event told."""

    def __init__(self, account: Account, calls: Calls, tell: Callable[[Event], None]) -> None:
        self.fates = Fates.of(len(calls))
        self._account, self._calls, self._tell = account, calls, tell
        self._next = 0
        self._ends: list[tuple[float, int, int]] = []
        self._started_by: dict[str, int] = {}
        self._turns = {name: iter(calls.turns(name).tolist()) for name, _ in calls.targets}

    def look(self) -> None:
        """Nothing is kept beside the account."""

    def until(self, moment: float) -> None:
        """Let all invocations before *moment* arrive, and what ends by it end."""
        calls = self._calls
        last = int(calls.at.searchsorted(moment))
        at, target = calls.at[self._next : last].tolist(), calls.target[self._next : last].tolist()
        for now, which in zip(at, target, strict=True):
            self._finish(now)
            self._arrive(self._next, now, *calls.targets[which])
            self._next += 1
        self._finish(moment)
        self._hear(moment)

    def _arrive(self, index: int, now: float, name: str, qualifier: str) -> None:
        account, fates = self._account, self.fates
        member = account.member(name)
        _, ready = member.resolve(qualifier)
        if ready is not None:
            fates.ready[index], fates.busy[index] = ready.pool.current_capacity, ready.busy
        answer = account.admit(name, qualifier, now)
        if not isinstance(answer, Admitted):
            fates.fate[index] = FATES[answer.reason]
            return
        fates.fate[index] = (
            Fate.PROVISIONED if answer.provisioned else Fate.COLD if answer.cold else Fate.WARM
        )
        fates.init_s[index] = answer.init_s
        if answer.cold:
            self._started_by[answer.environment] = index
        fates.started_by[index] = self._started_by.get(answer.environment, -1)
        fates.of_function[index], fates.of_target[index] = member.running, member.running_by[qualifier]
        fates.in_all[index], fates.shared[index] = account.running(), account.shared_running
        drawn = fates.drawn[index] = next(self._turns[name]) if self._calls.in_turn else index
        ends_at = now + answer.init_s + float(self._calls.duration_s[drawn])
        heappush(self._ends, (ends_at, answer.execution, index))

    def _finish(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            at, execution, index = heappop(self._ends)
            drawn = self.fates.drawn[index]
            duration_s = float(self._calls.duration_s[drawn])
            if self._calls.dies[drawn]:
                self._account.end(execution, at, duration_s=duration_s)
            else:
                self._account.finish(execution, at, duration_s=duration_s)

    def _hear(self, now: float) -> None:
        for event in self._account.advance(now):
            self._tell(event)
