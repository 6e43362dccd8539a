"""What a simulation is told about its traffic."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from harness.scenario.rates import Rate

Counts = NDArray[np.int64]
Times = NDArray[np.float64]

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """The arrivals of one endpoint: either `counts` or `times` is there.

    `counts` are arrivals per minute from the first minute on; `times` are moments in seconds from the start,
    ascending. `start_epoch_s` is the start in seconds since 1970 where the source says it. `rate` is there
    for stages: it knows how the rate moves inside a minute, `counts` is then what it comes to. `notes` say
    what was assumed.
    """

    source: str
    counts: Counts | None = None
    times: Times | None = None
    start_epoch_s: float | None = None
    rate: "Rate | None" = None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of arrivals."""
        if self.counts is not None:
            return int(self.counts.sum())
        return 0 if self.times is None else len(self.times)

    @property
    def duration_s(self) -> float:
        """Return how long the traffic lasts; whole minutes but for stages."""
        if self.rate is not None:
            return self.rate.duration_s
        if self.counts is not None:
            return len(self.counts) * MINUTE_S
        if self.times is None or not len(self.times):
            return 0.0
        return (int(self.times[-1] // MINUTE_S) + 1) * MINUTE_S

    def per_minute(self) -> Counts:
        """Return the arrivals of each minute, counted from `times` where those are given."""
        if self.counts is not None:
            return self.counts
        if self.times is None or not len(self.times):
            return np.zeros(0, dtype=np.int64)
        minutes = (self.times // MINUTE_S).astype(np.int64)
        return np.bincount(minutes, minlength=int(minutes[-1]) + 1).astype(np.int64)


def whole_counts(expected: NDArray[np.float64]) -> Counts:
    """Return *expected* numbers a minute as whole ones; the sum up to any minute is off by a half at most."""
    ends = np.rint(np.cumsum(expected)).astype(np.int64)
    return np.diff(ends, prepend=np.int64(0))
