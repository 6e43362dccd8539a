"""How long answers took, as series small enough to be drawn however many there were. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness import journal
from harness.stats import histogram, logarithmic_edges, nice_step, percentile, spread, window_count
from harness.summary import ByType, is_invocation, response_s
from harness.summary.load import has_time
from reports.figures import minutes
from reports.figures.series import STEPS_S

WINDOWS = 80  # of percentiles and of the heat map
BINS = 36  # of a distribution
HEAT_ROWS = 24
FASTEST_S = 1e-5
PER_HALF = 5  # points of a spectrum in each half of the distance to 100 %, as HdrHistogram gives them
Cells = list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class HeatCells:
    """Counts over time: cells (column, row, count) of columns `step` long and rows between `edges` (s)."""

    start: float
    step: float
    edges: list[float]
    response: Cells
    service: Cells


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers took, from the intended start (response) and on the instance (service), in seconds.

    `response` and `service` hold the count in each bin between the logarithmic `edges`; `over_time` holds
    (moment, p50, p95, p99) of the response by the moment of the intended start, over `start` to `end`;
    the spectra hold (1 / (1 - q), value at the quantile q), the last of them the slowest.
    """

    requests: int
    edges: list[float]
    response: list[int]
    service: list[int]
    quantiles: dict[str, float]
    service_quantiles: dict[str, float]
    start: float
    end: float
    over_time: list[tuple[float, float, float, float]]
    spectrum: list[tuple[float, float]]
    service_spectrum: list[tuple[float, float]]
    heat: HeatCells


def latency(seen: ByType) -> Latency | None:
    """Return the times of the load's answers, else of the invocations (see harness.summary).

    None where nobody was answered, or no time was modelled.
    """
    if seen.all(journal.ServedTotal):
        return minutes.latency(seen)
    if seen.all(journal.LoadRequest):
        answered = [r for r in seen.all(journal.LoadRequest) if has_time(r)]
        return _latency([(r.due_at, response_s(r), r.service_s) for r in answered])
    calls = [e for e in seen.all(journal.Exchange) if is_invocation(e) and 200 <= e.status < 300]
    return _latency([(e.at, e.queue_s + e.service_s, e.service_s) for e in calls])


def _latency(found: Sequence[tuple[float, float, float]]) -> Latency | None:
    """Return what is shown of (moment, response, service)."""
    # A modelled time of zero still has a place on a logarithmic axis.
    rows = [(at, max(waited, FASTEST_S), max(served, FASTEST_S)) for at, waited, served in found]
    response, service = (sorted(row[i] for row in rows) for i in (1, 2))
    if not response or response[-1] == FASTEST_S:
        return None
    low, high = min(response[0], service[0]), max(response[-1], service[-1])
    edges = logarithmic_edges(low, high, bins_per_decade(high / low))
    start, end = min(at for at, *_ in rows), max(at for at, *_ in rows)
    return Latency(
        requests=len(response),
        edges=edges,
        response=histogram(response, edges),
        service=histogram(service, edges),
        quantiles=spread(response),
        service_quantiles=spread(service),
        start=start,
        end=end,
        over_time=_over_time(rows, start, end),
        spectrum=spectrum(response),
        service_spectrum=spectrum(service),
        heat=_heat(rows, start, end, low, high),
    )


def bins_per_decade(ratio: float, bins: int = BINS) -> int:
    """Return how finely to cut a range of this *ratio* for about *bins*; a narrow one is not a single bar."""
    return min(max(round(bins / max(math.log10(ratio), 0.01)), 10 if bins == BINS else 4), 200)


def window_of(start: float, end: float) -> float:
    """Return the length of the windows that cut *start* to *end*."""
    return nice_step(max(end - start, 1.0), WINDOWS, STEPS_S)


def _over_time(
    rows: Sequence[tuple[float, float, float]], start: float, end: float
) -> list[tuple[float, float, float, float]]:
    step = window_of(start, end)
    windows: list[list[float]] = [[] for _ in range(window_count(start, end, step))]
    for at, waited, _ in rows:
        windows[min(int((at - start) / step), len(windows) - 1)].append(waited)
    found = []
    for number, values in enumerate(windows):
        if values:
            values.sort()
            p50, p95, p99 = (percentile(values, q) for q in (0.5, 0.95, 0.99))
            found.append((start + (number + 0.5) * step, p50, p95, p99))
    return found


def spectrum(ordered: Sequence[float]) -> list[tuple[float, float]]:
    """Return (1 / (1 - q), the value at quantile q) of the ascending *ordered*, by nearest rank.

    Half of the way that is left to 100 % has `PER_HALF` points, as in HdrHistogram's percentile output, as
    long as that way holds a value; the last point is the slowest, at 1 / (1 - q) = the number of values.
    """
    return _spectrum(len(ordered), lambda q: percentile(ordered, q))


def _spectrum(count: int, at: Callable[[float], float]) -> list[tuple[float, float]]:
    found, number = [(1.0, at(0.0))], 1
    while (beyond := 2.0 ** (number / PER_HALF)) < count:
        found.append((beyond, at(1 - 1 / beyond)))
        number += 1
    return [*found, (float(max(count, 2)), at(1.0))]


def counted_spectrum(
    counts: Sequence[int], edges: Sequence[float], slowest: float
) -> list[tuple[float, float]]:
    """Return the spectrum of *counts* in bins between *edges*: the end of the bin, at most the *slowest*."""
    total, upto, seen = sum(counts), [], 0
    for count in counts:
        seen += count
        upto.append(seen)

    def at(quantile: float) -> float:
        rank = max(math.ceil(round(quantile * total, 9)), 1)
        row = next(i for i, reached in enumerate(upto) if reached >= rank)
        return min(edges[row + 1], slowest)

    return _spectrum(total, at)


def _heat(
    rows: Iterable[tuple[float, float, float]], start: float, end: float, low: float, high: float
) -> HeatCells:
    step = window_of(start, end)
    per_decade = bins_per_decade(high / low, HEAT_ROWS)
    edges = logarithmic_edges(low, high, per_decade)
    last_column, last_row = window_count(start, end, step) - 1, len(edges) - 2
    first = round(math.log10(edges[0]) * per_decade)
    response: Counter[tuple[int, int]] = Counter()
    service: Counter[tuple[int, int]] = Counter()
    log10 = math.log10
    for at, waited, served in rows:
        column = min(int((at - start) / step), last_column)
        response[column, min(int(log10(waited) * per_decade - first), last_row)] += 1
        service[column, min(int(log10(served) * per_decade - first), last_row)] += 1
    return HeatCells(start, step, edges, cells_of(response), cells_of(service))


def cells_of(counts: Counter[tuple[int, int]]) -> Cells:
    """Return *counts* by (column, row) as cells in order."""
    return [(column, row, count) for (column, row), count in sorted(counts.items())]
