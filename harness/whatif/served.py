"""From the arrays of a played trace to journal records: each request, or a minute of them at a time.

Arrays are used up: what is not needed any more is overwritten, because a day of traffic has millions of
requests and each array of them takes 70 MB.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from harness import journal
from harness.journal import BINS_PER_DECADE, ServedMinute, ServedTotal
from harness.stats import QUANTILES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MINUTE_S = 60.0
# By the codes of `harness.virtual`: what became of a request, and InvokeEndpoint's HTTP status of it.
# What is throttled is a call of a function, which `play_functions` tells.
FATES = ("ok", "timed out", "lost", "no capacity", "queue full", "throttled")
STATUSES = (200, 424, 503, 503, 503)
ERRORS = ("", "ModelError", "ServiceUnavailable", "ServiceUnavailable", "ServiceUnavailable")
PIECE = 1 << 18  # so many requests at a time, where all at once would make an array as long as they are
FASTEST_S = 1e-5  # a time of zero still has a place in a histogram
SPREAD = tuple(QUANTILES.items())


class Answered(NamedTuple):
    """What became of the requests to one endpoint, by arrival: `queue_s` is NaN where nobody waited."""

    at: "Floats"
    service_s: "Floats"
    queue_s: "Floats"
    outcome: "NDArray[np.uint8]"


def one_by_one(answered: Mapping[str, Answered]) -> Iterator[journal.LoadRequest]:
    """Yield every request of each endpoint, in the order of arrival."""
    rows = []
    for endpoint, each in answered.items():
        columns = (each.at, each.queue_s, each.service_s, each.outcome)
        rows += [(at, endpoint, *rest) for at, *rest in zip(*(c.tolist() for c in columns), strict=True)]
    rows.sort(key=lambda row: row[0])
    for at, endpoint, queue_s, service_s, outcome in rows:
        waited = 0.0 if math.isnan(queue_s) else queue_s
        yield journal.LoadRequest(
            due_at=at,
            endpoint=endpoint,
            outcome="failed" if outcome else "ok",
            status=STATUSES[outcome],
            sent_at=at,
            received_at=at + waited + service_s if not outcome else None,
            queue_s=waited,
            service_s=0.0 if outcome else service_s,
            error=ERRORS[outcome],
        )


def by_minute(answered: Mapping[str, Answered], began_at: float, ended_at: float) -> list[journal.Record]:
    """Return a record for each minute of each endpoint, and the total; uses the arrays of *answered* up."""
    records: list[journal.Record] = []
    for endpoint, each in answered.items():
        np.add(each.queue_s, each.service_s, out=each.queue_s)  # from here on the response
        records += _minutes(endpoint, each, ended_at)
    records.append(_total(list(answered.values()), began_at, ended_at))
    return records


def _minutes(endpoint: str, each: Answered, ended_at: float) -> Iterator[ServedMinute]:
    count = max(math.ceil(ended_at / MINUTE_S), 1)
    cuts = np.searchsorted(each.at, np.arange(count + 1) * MINUTE_S)
    cuts[-1] = len(each.at)
    for number in range(count):
        part = slice(cuts[number], cuts[number + 1])
        outcome = each.outcome[part]
        good = outcome == 0
        response, service = each.queue_s[part][good], each.service_s[part][good]
        quantiles = spread_of(response, len(response))
        yield ServedMinute(
            at=number * MINUTE_S,
            endpoint=endpoint,
            period_s=MINUTE_S,
            offered=len(outcome),
            completed=len(response),
            failed=_failed(np.bincount(outcome, minlength=len(FATES))),
            response=histogram(response),
            service=histogram(service),
            p50_s=quantiles.get("p50"),
            p95_s=quantiles.get("p95"),
            p99_s=quantiles.get("p99"),
        )


def _total(answered: Sequence[Answered], began_at: float, ended_at: float) -> ServedTotal:
    counts = np.zeros(len(FATES), dtype=np.int64)
    for each in answered:
        for piece in _pieces(each.outcome):  # `bincount` makes eight bytes of each
            counts += np.bincount(each.outcome[piece], minlength=len(FATES))
    return ServedTotal(
        at=ended_at,
        began_at=began_at,
        offered=int(counts.sum()),
        completed=int(counts[0]),
        failed=_failed(counts),
        response=_spread_of_good([each.queue_s for each in answered], answered, int(counts[0])),
        service=_spread_of_good([each.service_s for each in answered], answered, int(counts[0])),
    )


def _pieces(values: "NDArray[Any]") -> Iterator[slice]:
    return (slice(begin, begin + PIECE) for begin in range(0, len(values), PIECE))


def _spread_of_good(values: "Sequence[Floats]", answered: Sequence[Answered], count: int) -> dict[str, float]:
    """Return the percentiles of the *values* of the good answers; nothing is copied for one endpoint."""
    for value, each in zip(values, answered, strict=True):
        for piece in _pieces(value):
            value[piece][each.outcome[piece] != 0] = math.inf  # sorts behind all that count
    whole = values[0] if len(values) == 1 else np.concatenate(values) if values else np.empty(0)
    return spread_of(whole, count)


def _failed(counts: Any) -> dict[str, int]:
    return {FATES[i]: int(counts[i]) for i in range(1, len(FATES)) if counts[i]}


def spread_of(values: "Floats", count: int) -> dict[str, float]:
    """Return p50, p90, p95, p99 (nearest rank, as `harness.stats`) and max of the *count* least of *values*.

    Reorders *values* in place.
    """
    if not count:
        return {}
    ranks = [max(math.ceil(round(q * count, 9)), 1) - 1 for _, q in SPREAD]
    values.partition(sorted({*ranks, count - 1}))
    found = {name: float(values[rank]) for (name, _), rank in zip(SPREAD, ranks, strict=True)}
    return found | {"max": float(values[count - 1])}


def histogram(values: "Floats") -> list[list[int]]:
    """Return [bin, count] of *values* (seconds) with the bins of `harness.journal.bin_start_s`."""
    if not len(values):
        return []
    logs = np.log10(np.maximum(values, FASTEST_S))
    bins = np.floor(np.round(logs * BINS_PER_DECADE, 9)).astype(np.int64)
    first = int(bins.min())
    counts = np.bincount(bins - first)
    return [[first + int(i), int(counts[i])] for i in np.flatnonzero(counts)]
