"""Series of a run whose requests were kept by the minute, not one by one. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness import journal
from harness.journal import ServedMinute, ServedTotal, bin_start_s
from harness.stats import nice_step
from harness.summary import ByType

if TYPE_CHECKING:
    from reports.figures.series import Latency, Traffic

MINUTE_STEPS_S = (60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0)


def traffic(minutes: Sequence[ServedMinute], end: float, most: int) -> "Traffic":
    """Return what was offered, served and failed, in at most *most* windows of whole minutes up to *end*."""
    from reports.figures.series import Traffic

    step = nice_step(max(end, 60.0), most, MINUTE_STEPS_S)
    size = int(-(-max(end, 60.0) // step))
    offered, served = [0] * size, [0] * size
    for minute in minutes:
        window = min(int(minute.at // step), size - 1)
        offered[window] += minute.offered
        served[window] += minute.completed
    failed = [all_of - good for all_of, good in zip(offered, served, strict=True)]
    return Traffic(0.0, step, offered, served, failed)


def latency(seen: ByType) -> "Latency | None":
    """Return the times of all answers from the minutes' histograms; None where nobody was answered.

    The percentiles over time are those of the busiest endpoint of each minute, exact.
    """
    from reports.figures.series import Latency

    minutes, total = seen.all(ServedMinute), seen.last(ServedTotal)
    if total is None or not total.completed:
        return None
    response, service = (_merged(getattr(m, name) for m in minutes) for name in ("response", "service"))
    first = min([*response, *service])
    last = max([*response, *service])
    rows = {m.at: m for m in sorted(minutes, key=lambda m: m.completed) if m.completed}
    return Latency(
        requests=total.completed,
        edges=[bin_start_s(number) for number in range(first, last + 2)],
        response=[response[number] for number in range(first, last + 1)],
        service=[service[number] for number in range(first, last + 1)],
        quantiles=dict(total.response),
        service_quantiles=dict(total.service),
        start=min(rows),
        end=max(rows) + 60.0,
        over_time=[_row(rows[at]) for at in sorted(rows)],
    )


def _row(minute: ServedMinute) -> tuple[float, float, float, float]:
    return (minute.at + 30.0, minute.p50_s or 0.0, minute.p95_s or 0.0, minute.p99_s or 0.0)


def _merged(histograms: Iterable[list[list[int]]]) -> Counter[int]:
    merged: Counter[int] = Counter()
    for rows in histograms:
        for number, count in rows:
            merged[number] += count
    return merged


def during(seen: ByType, endpoint: str, start: float, end: float) -> tuple[int, int, float | None]:
    """Return calls and lost calls of the minutes that lie wholly in *start* to *end*, and their worst p99."""
    within = [
        m
        for m in seen.all(journal.ServedMinute)
        if m.endpoint == endpoint and start <= m.at and m.at + m.period_s <= end
    ]
    offered = sum(m.offered for m in within)
    worst = max((m.p99_s for m in within if m.p99_s is not None), default=None)
    return offered, offered - sum(m.completed for m in within), worst
