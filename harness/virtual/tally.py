"""Response times in a histogram of fixed memory, and what became of all requests, for compiled code.

128 buckets per doubling from about 1 microsecond to over an hour: a bucket's middle is at most 0.4 % off.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import inlined, whole

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

FINE_BITS = 7
DOUBLINGS = 32
FIRST_EXPONENT = -20
BUCKETS = DOUBLINGS << FINE_BITS
OUTCOMES = 5
_SHIFT = np.int64(52 - FINE_BITS)
_OFFSET = np.int64((1023 + FIRST_EXPONENT) << FINE_BITS)


class Tally(NamedTuple):
    """Counts of one case: responses by bucket (OK ones only), requests by outcome, and per minute of arrival
    how many came and how many of them were bad."""

    responses: Counts
    outcomes: Counts
    arrived: Counts
    bad: Counts


def make_tally(minutes: int) -> Tally:
    """Return a tally at zero for *minutes* minutes."""
    return Tally(
        np.zeros(BUCKETS, np.int64),
        np.zeros(OUTCOMES, np.int64),
        np.zeros(minutes, np.int64),
        np.zeros(minutes, np.int64),
    )


@inlined
def bucket_of(seconds: float) -> int:
    """Return the bucket of a response time: its exponent and the first bits of its fraction, as stored."""
    bucket = (np.float64(seconds).view(np.int64) >> _SHIFT) - _OFFSET
    return min(max(bucket, whole(0)), whole(BUCKETS - 1))  # type: ignore[return-value]


def bucket_edges() -> Floats:
    """Return the BUCKETS + 1 edges of the buckets in seconds."""
    index = np.arange(BUCKETS + 1)
    fine = 1 << FINE_BITS
    return np.ldexp(1.0 + (index % fine) / fine, index // fine + FIRST_EXPONENT)


def quantile(responses: Counts | Floats, ratio: float) -> float:
    """Return the response time that *ratio* of the OK requests do not exceed; NaN where there are none.

    At most 0.8 % above or below the exact order statistic: it lies in the same bucket.
    """
    total = float(responses.sum())
    if total == 0.0:
        return float("nan")
    below = np.cumsum(responses, dtype=np.float64)
    index = int(np.searchsorted(below, ratio * total))
    index = min(index, len(responses) - 1)
    edges = bucket_edges()
    before = below[index - 1] if index else 0.0
    share = (ratio * total - before) / float(responses[index])
    return float(edges[index] + (edges[index + 1] - edges[index]) * share)
