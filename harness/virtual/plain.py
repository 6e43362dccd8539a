"""The data plane in plain Python, to be read: one arrival after the other through the instances of a fleet.

This is what `endpoint.fleet` does with a request, for requests that are all known beforehand. Numpy only
hands the trace out in lists and takes the fates back.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from math import inf, nan

import numpy as np

from harness.virtual.ledger import NOBODY, Fate, Ledger
from harness.virtual.rules import Rules

PIECE = 1 << 13
"""How many requests are in lists at once: their memory, and what stays in the processor's cache."""


class PlainPlane:
    """The serving instances of one fleet, by their place in the order of joining."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._numbers: list[int] = []
        self._slots: list[list[float]] = []
        """Of each instance a heap: when each slot is free."""
        self._queues: list[deque[float]] = []
        """When each of the last `queue_limit` requests that queued leaves the queue, ascending."""
        self._levels: list[int] = []
        """How many requests each instance holds; only for LEAST_OUTSTANDING_REQUESTS, like the next."""
        self._pending: list[tuple[float, int]] = [(inf, -1)]
        """A heap: when each request ends, and its instance. The last entry never ends."""

    def join(self, number: int, since: float) -> None:
        """Put instance *number*, free since *since*, behind those that serve already."""
        limit = self._rules.queue_limit
        self._numbers.append(number)
        self._slots.append([since] * self._rules.concurrency)
        # The moments ascend, so a queue is full as long as the limit-th last lies in the future.
        self._queues.append(deque([-inf] * limit, limit) if limit else deque([inf]))
        self._levels.append(0)

    def leave(self, place: int) -> None:
        """Take the instance at *place* out; those behind it move up."""
        for each in (self._numbers, self._slots, self._queues, self._levels):
            del each[place]
        self._pending = [
            (ended_at, held_by - (held_by > place)) for ended_at, held_by in self._pending if held_by != place
        ]
        heapify(self._pending)

    def slots(self, place: int) -> Sequence[float]:
        """Return when each slot of the instance at *place* is free."""
        return tuple(self._slots[place])

    def serve(self, ledger: Ledger, first: int, last: int) -> None:
        """Write the fates of the requests *first* up to *last* (not included); somebody serves."""
        for begin in range(first, last, PIECE):
            self._serve_piece(ledger, begin, min(begin + PIECE, last))

    def _serve_piece(self, ledger: Ledger, first: int, last: int) -> None:
        at, draws = ledger.trace.at[first:last], ledger.trace.place[first:last]
        # A memoryview makes each number when its turn comes: half the time of a list of all.
        moments, services = at.data, ledger.trace.service_s[first:last].data
        if self._rules.least:
            chosen: list[int] = []
            starts, refused, late = self._run(
                moments, services, self._least_busy(moments, draws.data, chosen)
            )
            places = np.array(chosen)
        else:
            places = (draws * np.float64(len(self._numbers))).astype(np.int64)
            starts, refused, late = self._run(moments, services, places.tolist())
        np.subtract(np.fromiter(starts, np.float64, len(starts)), at, out=ledger.queue_s[first:last])
        instance, outcome = ledger.instance[first:last], ledger.outcome[first:last]
        np.take(np.array(self._numbers, np.int32), places, out=instance)
        outcome[late] = Fate.TIMED_OUT
        outcome[refused] = Fate.QUEUE_FULL
        instance[refused] = NOBODY

    def _run(
        self, moments: Iterable[float], services: Iterable[float], places: Iterable[int]
    ) -> tuple[list[float], list[int], list[int]]:
        """Return when each request starts or gives up, and the indexes of those refused and timed out."""
        all_slots, queues, levels, pending = self._slots, self._queues, self._levels, self._pending
        timeout_s, least = self._rules.timeout_s, self._rules.least
        alone = self._rules.concurrency == 1  # a heap of one needs no order
        starts: list[float] = []
        refused: list[int] = []
        late: list[int] = []
        for place, now, service_s in zip(places, moments, services):  # noqa: B905 - a check for each would cost
            slots = all_slots[place]
            start_at = slots[0]
            if start_at > now:
                queue = queues[place]
                if queue[0] > now:
                    refused.append(len(starts))
                    starts.append(nan)
                    continue
                queue.append(start_at)
                end_at = start_at + service_s
                if end_at > now + timeout_s:
                    late.append(len(starts))
                    starts.append(self._give_up(place, start_at, end_at, now + timeout_s))
                    continue
                starts.append(start_at)
            else:
                end_at = now + service_s
                if service_s > timeout_s and end_at > now + timeout_s:
                    late.append(len(starts))
                    starts.append(self._give_up(place, now, end_at, now + timeout_s))
                    continue
                starts.append(now)
            if alone:
                slots[0] = end_at
            else:
                heapreplace(slots, end_at)
            if least:
                levels[place] += 1
                heappush(pending, (end_at, place))
        return starts, refused, late

    def _give_up(self, place: int, start_at: float, end_at: float, give_up_at: float) -> float:
        """Let a request time out at *give_up_at*; return when it left the queue."""
        if self._rules.finish_timed_out:
            heapreplace(self._slots[place], end_at)
        elif start_at < give_up_at:
            heapreplace(self._slots[place], give_up_at)
        else:
            self._queues[place][-1] = give_up_at
        if self._rules.least:
            self._levels[place] += 1
            heappush(self._pending, (give_up_at, place))
        return min(start_at, give_up_at)

    def _least_busy(
        self, moments: Iterable[float], draws: Iterable[float], chosen: list[int]
    ) -> Iterator[int]:
        """Yield for each request the instance with fewest outstanding ones, and keep it in *chosen*.

        Each is chosen when it is asked for, after all requests before have been placed.
        """
        levels, pending = self._levels, self._pending
        for now, draw in zip(moments, draws, strict=True):
            while pending[0][0] <= now:
                levels[heappop(pending)[1]] -= 1
            lowest = min(levels)
            place = levels.index(lowest)
            for _ in range(int(draw * levels.count(lowest))):
                place = levels.index(lowest, place + 1)
            chosen.append(place)
            yield place
