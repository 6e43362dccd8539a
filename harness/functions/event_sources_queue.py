"""A queue in virtual time, as far as the pollers of a mapping meet it: visibility, receive counts, groups.

The whole of SQS is in `harness.messaging.reference`; this is the part that decides when a message is
processed, for many thousand of them.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that is sent at `at`, of a message group in a FIFO queue."""

    at: float
    group: str = ""
    body: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """A queue's attributes: its visibility time-out, and after how many receives a message is dead."""

    visibility_s: float = 30.0
    max_receive_count: int | None = None
    fifo: bool = False
    delay_s: float = 0.0


# Not frozen: it is received. Compared by identity.
@dataclass(slots=True, eq=False)
class Copy:
    """A message in the queue; `visible_at` is when it can be received, infinite once it is gone."""

    number: int
    arrival: Arrival
    visible_at: float
    receives: int = 0


class VirtualQueue:
    """The messages that are not yet deleted. `dead` are those that went to the dead-letter queue."""

    def __init__(self, rules: QueueRules) -> None:
        self.rules = rules
        self.dead: list[Copy] = []
        self._left: dict[int, Copy] = {}
        self._numbers = 0
        self._visible: list[tuple[float, int]] = []  # of a standard queue; entries may be out of date
        self._groups: dict[str, deque[Copy]] = {}
        self._locked: dict[str, float] = {}  # until when messages of a group are in flight
        self._out: dict[str, set[int]] = {}  # which messages these are

    def left(self) -> tuple[Copy, ...]:
        """Return the messages that are still there."""
        return tuple(self._left.values())

    def __len__(self) -> int:
        return len(self._left)

    def put(self, arrivals: Iterable[Arrival], now: float) -> None:
        """Take in messages that are sent now."""
        for arrival in arrivals:
            copy = Copy(self._numbers, arrival, now + self.rules.delay_s)
            self._numbers += 1
            self._left[copy.number] = copy
            if self.rules.fifo:
                self._groups.setdefault(arrival.group, deque()).append(copy)
            else:
                heappush(self._visible, (copy.visible_at, copy.number))

    def receive(self, count: int, now: float) -> list[Copy]:
        """Return up to *count* visible messages, hidden from now on; the dead ones among them are moved."""
        return self._receive_fifo(count, now) if self.rules.fifo else self._receive(count, now)

    def delete(self, copy: Copy) -> None:
        """Remove a message; nothing happens to one that is gone."""
        if self._left.pop(copy.number, None) is None:
            return
        copy.visible_at = math.inf
        if self.rules.fifo:
            self._let_go(copy)

    def next_visible(self) -> float | None:
        """Return when the next message can be received, which may be in the past; None when none is left."""
        if self.rules.fifo:
            return min(map(self._group_at, self._groups), default=None)
        while self._visible and not self._is_true(*self._visible[0]):
            heappop(self._visible)
        return self._visible[0][0] if self._visible else None

    # -- standard -----

    def _is_true(self, at: float, number: int) -> bool:
        copy = self._left.get(number)
        return copy is not None and copy.visible_at == at

    def _receive(self, count: int, now: float) -> list[Copy]:
        found: list[Copy] = []
        while len(found) < count and self._visible and self._visible[0][0] <= now:
            at, number = heappop(self._visible)
            if self._is_true(at, number) and self._hide(self._left[number], now):
                found.append(self._left[number])
                heappush(self._visible, (self._left[number].visible_at, number))
        return found

    def _hide(self, copy: Copy, now: float) -> bool:
        """Count one receive; return False for a message that is dead by it."""
        copy.receives += 1
        most = self.rules.max_receive_count
        if most is not None and copy.receives > most:
            copy.receives -= 1  # it was not received again
            copy.visible_at = math.inf
            del self._left[copy.number]
            self.dead.append(copy)
            return False
        copy.visible_at = now + self.rules.visibility_s
        return True

    # -- FIFO: one batch of a group at a time, in order -----

    def _group_at(self, group: str) -> float:
        head = self._groups[group][0]
        return max(self._locked.get(group, -math.inf), head.arrival.at + self.rules.delay_s)

    def _receive_fifo(self, count: int, now: float) -> list[Copy]:
        found: list[Copy] = []
        ready = sorted(
            (self._groups[each][0].number, each) for each in self._groups if self._group_at(each) <= now
        )
        for _, group in ready:
            found += self._of_group(group, count - len(found), now)
            if len(found) >= count:
                break
        return found

    def _of_group(self, group: str, count: int, now: float) -> list[Copy]:
        found: list[Copy] = []
        for copy in list(self._groups[group]):
            if len(found) >= count or copy.arrival.at + self.rules.delay_s > now:
                break
            if self._hide(copy, now):
                found.append(copy)
            else:
                self._groups[group].remove(copy)
        self._locked.pop(group, None)
        if found:
            self._locked[group] = now + self.rules.visibility_s
            self._out[group] = {copy.number for copy in found}
        elif not self._groups[group]:
            del self._groups[group]
        return found

    def _let_go(self, copy: Copy) -> None:
        group = copy.arrival.group
        self._groups[group].remove(copy)
        self._out[group].discard(copy.number)
        if not self._out[group]:
            self._locked.pop(group, None)
        if not self._groups[group]:
            del self._groups[group]
