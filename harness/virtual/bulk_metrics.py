"""The metrics of one variant in virtual time: arrivals noted by the stretch, the rest asked of the ledger."""

import math
from collections.abc import Callable

from harness.endpoint.metrics import MINUTE_S, MinuteMetrics, VariantMetrics
from harness.virtual.ledger import Tally
from harness.virtual.trace import Counts, Trace


class BulkMetrics(VariantMetrics):
    """`VariantMetrics` of requests that come in stretches: the same figures, read in the same way.

    Until it is opened there are no latencies and no errors.
    """

    def __init__(self, *, publish_delay_s: float, emit_zeros: bool = True) -> None:
        super().__init__(publish_delay_s=publish_delay_s, emit_zeros=emit_zeros)
        self._tally: Callable[[int], Tally] | None = None

    def open(self, tally: Callable[[int], Tally]) -> None:
        """Take answers and errors of a minute from *tally* when the minute is read."""
        self._tally = tally

    def arrived_between(
        self, source: Trace | Counts, start_at: float, first: int, last: int, active: int
    ) -> None:
        """Count requests *first* up to *last* (not included), none before *start_at*, shared by *active*."""
        while first < last:
            minute = math.floor(start_at / MINUTE_S)
            start_at = (minute + 1) * MINUTE_S
            upto = min(last, source.rows_before(start_at))
            if upto > first:
                counts = self._turn_to(minute * MINUTE_S).by_capacity
                counts[active] = counts.get(active, 0) + upto - first
                first = upto

    def _freeze(self, number: int) -> MinuteMetrics | None:
        """Return minute *number*, which is over, with the answers and errors that fell in it."""
        found = self._tally(number) if self._tally else None
        if found is not None and (found.answers or found.errors):
            bucket = self._buckets.get(number) or self._turn_to(number * MINUTE_S)
            bucket.latency_sum, bucket.latency_count = found.latency_sum, found.answers
            bucket.latency_min, bucket.latency_max = found.latency_min, found.latency_max
            bucket.errors_5xx = found.errors
        return super()._freeze(number)
