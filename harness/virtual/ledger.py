"""The book of one variant's run: its trace, and what became of each request in it.

Thirteen bytes a request are kept: how long it waited, its outcome, its instance. When a request ended follows
from these: `at + queue_s` gives the start back to the last bit wherever `queue_s <= at` (Sterbenz), that is
everywhere but in the first minute. Only losses, which are few, have a moment of their own.
"""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.endpoint.metrics import MINUTE_S
from harness.virtual.draws import Floats
from harness.virtual.trace import Trace

Codes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]

NOBODY = 0
"""The instance number of a request that no instance took."""
_EDGE_S = 1e-6
"""How much further back a search looks than it must, for rounding errors."""


class Fate(IntEnum):
    """What became of a request, as `Requests.outcome` has it."""

    OK = 0
    TIMED_OUT = 1
    LOST = 2
    NO_CAPACITY = 3
    QUEUE_FULL = 4
    NOT_IN_SERVICE = 5
    """The endpoint did not serve, or did not have the variant; such a request is in no metric."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What became of the requests of one variant, in order of arrival.

    `queue_s` is the wait until the start, the time-out or the loss (NaN where no instance took the request),
    `outcome` a `Fate`, `instance` 0 or the number n of the instance `instance_ids[n - 1]`.
    """

    queue_s: Floats
    outcome: Codes
    instance: Numbers
    instance_ids: tuple[str, ...]


class Tally(NamedTuple):
    """The answers and the errors of one span of time; latencies in seconds, waiting included."""

    answers: int
    latency_sum: float
    latency_min: float
    latency_max: float
    errors: int


class Ledger:
    """Trace and fates of one variant, whichever of its fleets serve it.

    `served` says how many requests have their fate; the fleet brings it up to date when somebody asks.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.queue_s: Floats = np.empty(len(trace))
        self.outcome: Codes = np.zeros(len(trace), np.uint8)
        self.instance: Numbers = np.zeros(len(trace), np.int32)
        self.instance_ids: list[str] = []
        self.timeout_s = 0.0
        self.served = 0
        self._longest_s = 0.0
        self._lost_at: dict[int, float] = {}
        self._lost_in: Counter[int] = Counter()

    def enrol(self, instance_id: str) -> int:
        """Give an instance the number that it has in `instance`."""
        self.instance_ids.append(instance_id)
        return len(self.instance_ids)

    def turn_away(self, first: int, last: int, fate: Fate) -> None:
        """Note that the requests *first* up to *last* (not included) found nobody."""
        self.queue_s[first:last] = np.nan
        self.outcome[first:last] = fate
        self.served = last

    def close(self, first: int, last: int) -> None:
        """Take note that the fates of *first* up to *last* have been written."""
        stays = self.queue_s[first:last] + self.trace.service_s[first:last]
        longest_s = max(self._longest_s, float(np.fmax.reduce(stays, initial=0.0)))
        self._longest_s = min(longest_s, self.timeout_s)
        self.served = last

    def lose(self, number: int, now: float, gone_at: float) -> None:
        """Turn what instance *number* would answer after *gone_at* into losses at that moment.

        *now* is the present moment, which every request served so far has come before.
        """
        first = self._first_open(now)
        held = (self.instance[first : self.served] == number) & (self._ended(first, self.served) > gone_at)
        for row in (first + np.flatnonzero(held)).tolist():
            self.queue_s[row] = min(self.queue_s[row], gone_at - self.trace.at[row])
            self.outcome[row] = Fate.LOST
            if row in self._lost_at:
                self._lost_in[int(self._lost_at[row] // MINUTE_S)] -= 1
            self._lost_at[row] = gone_at
            self._lost_in[int(gone_at // MINUTE_S)] += 1

    def outstanding(self, at: float) -> Counts:
        """Return, by instance number, how many requests each holds at *at*, which nothing served is after."""
        first = self._first_open(at)
        held = self._ended(first, self.served) > at
        return np.bincount(self.instance[first : self.served][held], minlength=len(self.instance_ids) + 1)

    def work(self, first: int, last: int, *, finish_timed_out: bool) -> Floats:
        """Return, by instance number, the slot seconds given out to the requests *first* up to *last*."""
        outcome, service_s = self.outcome[first:last], self.trace.service_s[first:last]
        work = np.where(outcome <= Fate.TIMED_OUT, service_s, 0.0)
        if not finish_timed_out:
            late = outcome == Fate.TIMED_OUT
            work[late] = self.timeout_s - self.queue_s[first:last][late]
        given: Floats = np.bincount(
            self.instance[first:last], work, minlength=len(self.instance_ids) + 1
        ).astype(np.float64)
        return given

    def tally(self, minute: int) -> Tally:
        """Return the answers and errors of a *minute* that is over."""
        start_at, end_at = minute * MINUTE_S, (minute + 1) * MINUTE_S
        first = self._first_open(start_at)
        last = min(self.trace.rows_before(end_at), self.served)
        outcome, ended = self.outcome[first:last], self._ended(first, last)
        within = (ended >= start_at) & (ended < end_at)
        errors = self._lost_in[minute]
        if outcome.any():
            refused = (outcome == Fate.NO_CAPACITY) | (outcome == Fate.QUEUE_FULL)
            errors += int((refused & (self.trace.at[first:last] >= start_at)).sum())
            errors += int((within & (outcome == Fate.TIMED_OUT)).sum())
            within &= outcome == Fate.OK
        latency = (self.queue_s[first:last] + self.trace.service_s[first:last])[within]
        if not len(latency):
            return Tally(0, 0.0, 0.0, 0.0, errors)
        return Tally(len(latency), float(latency.sum()), float(latency.min()), float(latency.max()), errors)

    def requests(self, count: int) -> Requests:
        """Return what became of the first *count* requests, as views."""
        return Requests(
            self.queue_s[:count], self.outcome[:count], self.instance[:count], tuple(self.instance_ids)
        )

    def _first_open(self, at: float) -> int:
        """Return the first request that may have ended at *at* or later."""
        return min(self.trace.rows_before(at - self._longest_s - _EDGE_S), self.served)

    def _ended(self, first: int, last: int) -> Floats:
        """Return when the requests *first* up to *last* ended or will; NaN for those turned away."""
        at, outcome = self.trace.at[first:last], self.outcome[first:last]
        ended: Floats = at + self.queue_s[first:last]
        ended += self.trace.service_s[first:last]
        if outcome.any():
            late = outcome == Fate.TIMED_OUT
            ended[late] = at[late] + self.timeout_s
            for row in np.flatnonzero(outcome == Fate.LOST).tolist():
                ended[row] = self._lost_at[first + row]
        return ended
