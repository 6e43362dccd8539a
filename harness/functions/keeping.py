"""The lives of execution environments: which are kept how long, which are made ready, which end.

One agenda holds the next moment of each environment that is idle and of each change of provisioned
concurrency; an entry that has been overtaken is put right when its turn comes.
"""

import math
from heapq import heappop, heappush

from harness.functions.allocation import ProvisionedChanged
from harness.functions.environments import (
    Ending,
    Environment,
    EnvironmentEnded,
    EnvironmentStarted,
    Ready,
)
from harness.functions.members import Member

_Entry = tuple[float, int, Environment | Ready, Member]


class Keeping:
    """Keeps the environments of every function of an account."""

    def __init__(self) -> None:
        self._agenda: list[_Entry] = []
        self._entries = 0
        self._outbox: list[EnvironmentStarted | EnvironmentEnded | ProvisionedChanged] = []

    # -- time -----

    def next_change(self) -> float | None:
        """Return when something happens next, None where nothing will."""
        while self._agenda:
            at, _, thing, member = self._agenda[0]
            due_at = _due(thing, at)
            if due_at == at:
                return at
            self._overtaken(thing, member, due_at)
        return None

    def pass_until(self, now: float) -> None:
        """Let happen what is due up to *now*, in its order."""
        while self._agenda and self._agenda[0][0] <= now:
            at, _, thing, member = self._agenda[0]
            due_at = _due(thing, at)
            if due_at != at:
                self._overtaken(thing, member, due_at)
                continue
            heappop(self._agenda)
            if isinstance(thing, Ready):
                self.look_after(member, thing, at)
            else:
                thing.is_on_agenda = False
                member.idle_of(thing.version).remove(thing)
                self.end(thing, Ending.IDLE, at)

    def told(self) -> list[EnvironmentStarted | EnvironmentEnded | ProvisionedChanged]:
        """Return what happened and was not yet told."""
        told, self._outbox = self._outbox, []
        return told

    # -- on demand -----

    def idle(self, environment: Environment, member: Member, now: float) -> None:
        """Let *environment* be given up after its idle lifetime, unless it is used before."""
        environment.expires_at = now + environment.idle_lifetime_s
        if not environment.is_on_agenda and environment.expires_at < math.inf:
            environment.is_on_agenda = True
            self._put(environment.expires_at, environment, member)

    def busy(self, environment: Environment) -> None:
        """Keep *environment*: it works."""
        environment.expires_at = math.inf

    def end(self, environment: Environment, why: Ending, now: float) -> None:
        """Give *environment* up."""
        environment.expires_at = math.inf
        function = environment.name.partition("/")[0]
        self._outbox.append(EnvironmentEnded(now, environment.name, function, environment.version, why))

    def died(self, environment: Environment, member: Member, now: float) -> None:
        """Give up an environment that ended with its invocation; a provisioned one is replaced at once."""
        ready = environment.ready
        if ready is not None:
            ready.busy -= 1
        self.end(environment, Ending.DIED, now)
        if ready is not None:
            self.look_after(member, ready, now)

    # -- provisioned -----

    def back(self, ready: Ready, environment: Environment, now: float) -> None:
        """Let a provisioned environment that worked be idle, or go where there are more than allocated."""
        ready.busy -= 1
        if ready.usable >= ready.pool.current_capacity:
            self.end(environment, Ending.RELEASED, now)
        else:
            ready.idle.put(environment)

    def look_after(self, member: Member, ready: Ready, now: float) -> None:
        """Bring the environments of *ready* to what is allocated, and prepare what was asked for."""
        self._outbox += ready.pool.advance(now)
        allocated, desired = ready.pool.current_capacity, ready.pool.desired_capacity
        while ready.usable < allocated:
            ready.idle.put(
                ready.preparing.pop(0) if ready.preparing else self._start(member, ready, now, now)
            )
        while ready.usable > allocated and len(ready.idle):
            self.end(ready.idle.take_oldest(), Ending.RELEASED, now)
        wanted = max(desired - allocated, 0)
        while len(ready.preparing) < wanted:
            ready.preparing.append(self._start(member, ready, now, ready.pool.ready_at))
        while len(ready.preparing) > wanted:
            self.end(ready.preparing.pop(), Ending.RELEASED, now)
        if ready.pool.ready_at < math.inf:
            self._put(ready.pool.ready_at, ready, member)

    def release(self, ready: Ready, why: Ending, now: float) -> None:
        """Give up all that is ready; what works belongs to nobody any more."""
        for environment in (*ready.idle.take_all(), *ready.preparing):
            self.end(environment, why, now)
        ready.preparing.clear()
        ready.pool.give_up(now)
        self._outbox += ready.pool.advance(now)

    def _start(self, member: Member, ready: Ready, now: float, ready_at: float) -> Environment:
        environment = member.start(ready.version, ready)
        self._outbox.append(
            EnvironmentStarted(now, environment.name, member.name, ready.version, True, ready_at)
        )
        return environment

    # -- the agenda -----

    def _put(self, at: float, thing: Environment | Ready, member: Member) -> None:
        self._entries += 1
        heappush(self._agenda, (at, self._entries, thing, member))

    def _overtaken(self, thing: Environment | Ready, member: Member, due_at: float) -> None:
        """Replace the first entry, whose moment is not that of its thing any more."""
        heappop(self._agenda)
        if isinstance(thing, Ready):
            return  # every change of it has an entry of its own
        thing.is_on_agenda = due_at < math.inf
        if thing.is_on_agenda:
            self._put(due_at, thing, member)


def _due(thing: Environment | Ready, at: float) -> float:
    """Return when *thing*, on the agenda for *at*, really is due, infinity for never."""
    if isinstance(thing, Environment):
        return thing.expires_at
    # Whoever scales the pool may have let its change be complete before its turn came here.
    return at if thing.usable < thing.pool.current_capacity else thing.pool.ready_at
