"""The data plane compiled: `recursion.serve` on the arrays of a ledger. Importing this imports numba."""

from collections.abc import Sequence

import numpy as np

from harness.virtual import recursion
from harness.virtual.ledger import Ledger
from harness.virtual.rules import Rules

_FIRST_LANES = 8


class ExactPlane:
    """The serving instances of one fleet on flat arrays; the same fates as `PlainPlane` to the last bit."""

    def __init__(self, rules: Rules) -> None:
        self._active = 0
        self._lanes = recursion.make_lanes(
            _FIRST_LANES, rules.concurrency, rules.queue_limit, least=rules.least
        )
        self._rules = recursion.Rules(rules.queue_limit, rules.timeout_s, rules.finish_timed_out, rules.least)
        # Moments of answers are the ledger's to know; the recursion writes them to a ring of one.
        self._ended_at = np.zeros(1)

    def join(self, number: int, since: float) -> None:
        """Put instance *number*, free since *since*, behind those that serve already."""
        if self._active == len(self._lanes.number):
            self._lanes = recursion.more_lanes(self._lanes, 2 * self._active)
        self._active = recursion.join(self._lanes, self._active, number, since)

    def leave(self, place: int) -> None:
        """Take the instance at *place* out; those behind it move up."""
        self._active = recursion.leave(self._lanes, self._active, place)

    def slots(self, place: int) -> Sequence[float]:
        """Return when each slot of the instance at *place* is free."""
        return tuple(self._lanes.free_at[place].tolist())

    def serve(self, ledger: Ledger, first: int, last: int) -> None:
        """Write the fates of the requests *first* up to *last* (not included); somebody serves."""
        trace = ledger.trace
        fates = recursion.Fates(ledger.queue_s, ledger.outcome, ledger.instance, self._ended_at)
        recursion.serve(
            trace.at, trace.service_s, trace.place, first, last, self._lanes, self._active, self._rules, fates
        )
