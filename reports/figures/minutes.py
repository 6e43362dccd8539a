"""Series of a run whose requests were kept by the minute, not one by one. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness import journal
from harness.journal import ServedMinute, ServedTotal, bin_start_s
from harness.stats import nice_step
from harness.summary import ByType

if TYPE_CHECKING:
    from reports.figures.series import Traffic
    from reports.figures.times import HeatCells, Latency

MOST_ROWS = 300  # of percentiles over time: more would be finer than a pixel
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
    from reports.figures.times import Latency, counted_spectrum

    minutes, total = seen.all(ServedMinute), seen.last(ServedTotal)
    if total is None or not total.completed:
        return None
    response, service = (_merged(getattr(m, name) for m in minutes) for name in ("response", "service"))
    first = min([*response, *service])
    last = max([*response, *service])
    rows = {m.at: m for m in sorted(minutes, key=lambda m: m.completed) if m.completed}
    edges = [bin_start_s(number) for number in range(first, last + 2)]
    counts, service_counts = (
        [each[number] for number in range(first, last + 1)] for each in (response, service)
    )
    return Latency(
        requests=total.completed,
        edges=edges,
        response=counts,
        service=service_counts,
        quantiles=dict(total.response),
        service_quantiles=dict(total.service),
        start=min(rows),
        end=max(rows) + 60.0,
        over_time=_thinned([_row(rows[at]) for at in sorted(rows)]),
        spectrum=counted_spectrum(counts, edges, total.response["max"]),
        service_spectrum=counted_spectrum(service_counts, edges, total.service["max"]),
        heat=_heat([m for m in minutes if m.completed], min(rows), max(rows) + 60.0, first, last),
    )


def _thinned(rows: list[tuple[float, float, float, float]]) -> list[tuple[float, float, float, float]]:
    """Return at most `MOST_ROWS` of *rows*, of each bucket the one with the slowest p99."""
    size = -(-len(rows) // MOST_ROWS)
    return [max(rows[i : i + size], key=lambda row: row[3]) for i in range(0, len(rows), size)]


def _heat(minutes: Sequence[ServedMinute], start: float, end: float, first: int, last: int) -> "HeatCells":
    from reports.figures.times import HEAT_ROWS, WINDOWS, HeatCells, cells_of

    step = nice_step(end - start, WINDOWS, MINUTE_STEPS_S)
    size = -(-(last + 1 - first) // HEAT_ROWS)  # bins of the journal in a row of the map
    response: Counter[tuple[int, int]] = Counter()
    service: Counter[tuple[int, int]] = Counter()
    for minute in minutes:
        column = int((minute.at - start) // step)
        for counts, histogram in ((response, minute.response), (service, minute.service)):
            for number, count in histogram:
                counts[column, (number - first) // size] += count
    edges = [bin_start_s(number) for number in range(first, last + size + 1, size)]
    return HeatCells(start, step, edges, cells_of(response), cells_of(service))


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
