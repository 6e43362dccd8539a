"""Requests as a flow into the queues of instances, compiled: backlogs by the second, waits by the tables."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import compiled, inlined, inner, whole
from harness.virtual.control import Record
from harness.virtual.recursion import NO_CAPACITY, OK, QUEUE_FULL, TIMED_OUT, Floats
from harness.virtual.tally import BUCKETS, OUTCOMES, bucket_of
from harness.virtual.waiting import COARSE, CREWS, SHARES, UTILISATIONS, Table

RELAXATION_S = 30.0
"""Near full load a queue needs long to reach what is usual for the load: about service time / (1 -
utilisation)^2. Where that is longer than this, the tables are not believed and only the backlog speaks."""


FADE = 10.0
"""With so many requests in an instance's backlog half of the utilisation counts for waiting by chance: what
is in the backlog waits once, not twice. Fitted on a day of 100 policies."""


class Flow(NamedTuple):
    """Arrivals as they are needed inside: whole numbers that came before each second, the same smoothed, and
    the highest rate per second of each minute."""

    before: Floats
    smooth: Floats
    peak: Floats


class Measures(NamedTuple):
    """What is counted of one case: OK responses by bucket, requests by outcome, arrivals and bad ones per
    minute; `weight` is how many requests met each utilisation (by crew of the table) without a backlog."""

    responses: Floats
    outcomes: Floats
    arrived: Floats
    bad: Floats
    weight: Floats


@compiled
def make_measures(minutes: int, crews: int) -> Measures:
    """Return measures at zero."""
    return Measures(
        np.zeros(BUCKETS),
        np.zeros(OUTCOMES),
        np.zeros(minutes),
        np.zeros(minutes),
        np.zeros((crews, UTILISATIONS.size)),
    )


@inlined
def whole_before(before: Floats, moment: float) -> float:
    """Return how many whole requests came before *moment*."""
    second = int(moment)
    if second + 1 >= before.size:
        return before[before.size - 1]  # type: ignore[no-any-return]
    return np.floor(before[second] + (moment - second) * (before[second + 1] - before[second]) + 1e-9)  # type: ignore[no-any-return]


@inner
def bad_shares(table: Table, case: Record, rules: Record, limits: Floats) -> None:
    """Write into *limits* what share of the requests is bad at each utilisation without a backlog."""
    limit = min(case.latency_limit_s, rules.timeout_s) / case.service_scale
    for crew in range(limits.shape[0]):
        for level in range(limits.shape[1]):
            row = table.responses[crew, level]
            bad = 0.0
            for index in range(row.size - 1, -1, -1):
                if row[index] <= limit:
                    break
                bad += SHARES[index]
            away = table.turned_away[crew, level]
            limits[crew, level] = away + (1.0 - away) * bad


@inlined
def highest_utilisation(service_s: float) -> float:
    """Return the highest utilisation for which the tables are believed."""
    highest = min((UTILISATIONS.size - 1) * UTILISATIONS[1], 1.0 - np.sqrt(service_s / RELAXATION_S))
    return max(highest, 0.5)  # type: ignore[no-any-return]


@inlined
def row_of(table: Table, serving: int) -> int:
    """Return the table for so many instances: the nearest by ratio."""
    crews = table.turned_away.shape[0]
    found = 0
    while found + 1 < crews and serving * serving >= CREWS[found] * CREWS[found + 1]:
        found += 1
    return found


# In one piece: a step by itself would be handed all of the arrays for each second, seven words an array.
@inner
def pour(
    case: Record,
    rules: Record,
    flow: Flow,
    table: Table,
    limits: Floats,
    service_s: float,
    highest: float,
    backlog: Floats,
    serving: int,
    measures: Measures,
    minute: int,
    start: float,
    stop: float,
    count: float,
) -> bool:
    """Let *count* requests flow in from *start* to *stop*, in *minute*; return whether a backlog is left."""
    if serving == 0:
        measures.outcomes[NO_CAPACITY] += count
        measures.bad[minute] += count
        return False
    row = row_of(table, serving)
    speed = case.concurrency / service_s
    responses, outcomes, _, bad, weight = measures
    coarse, smooth = table.coarse, flow.smooth
    queue_limit, service_scale = case.queue_limit, case.service_scale
    timeout_s, limit_s = rules.timeout_s, case.latency_limit_s
    total = _between(smooth, start, stop)
    scale = count / total if total > 0.0 else 0.0
    now = start
    while now < stop:
        after_s = min(np.floor(now) + 1.0, stop)
        span_s = after_s - now
        each = _between(smooth, now, after_s) * scale / serving
        utilisation = min(each / (span_s * speed), highest)
        first = whole(0)
        while first < serving:
            last, before, after, away = _second(backlog, first, serving, each, speed * span_s, queue_limit)
            taken = (each - away) * (last - first)
            outcomes[QUEUE_FULL] += away * (last - first)
            bad[minute] += away * (last - first)
            waits = (before + after) / 2.0
            wait_s = waits / speed
            if wait_s == 0.0:
                calm(limits, bad, weight, minute, row, utilisation, taken)
            elif taken > 0.0:
                _late(
                    responses,
                    outcomes,
                    bad,
                    coarse,
                    minute,
                    row,
                    utilisation * FADE / (FADE + waits),
                    wait_s,
                    taken,
                    service_scale,
                    timeout_s,
                    limit_s,
                )
            first = last
        now = after_s
    waiting = False
    for lane in range(serving):
        waiting = waiting or backlog[lane] > 0.0
    return waiting


@inlined
def _between(smooth: Floats, start: float, stop: float) -> float:
    first, last = int(start), int(stop)
    size = smooth.size
    until = smooth[size - 1]
    if last + 1 < size:
        until = smooth[last] + (stop - last) * (smooth[last + 1] - smooth[last])
    since = smooth[size - 1]
    if first + 1 < size:
        since = smooth[first] + (start - first) * (smooth[first + 1] - smooth[first])
    return until - since  # type: ignore[no-any-return]


@inlined
def calm(
    limits: Floats, bad: Floats, weight: Floats, minute: int, row: int, utilisation: float, count: float
) -> None:
    """Count requests that meet no backlog, between two levels of the table."""
    position = utilisation / UTILISATIONS[1]
    level = min(int(position), UTILISATIONS.size - 2)
    share = min(position - level, 1.0)
    weight[row, level] += count * (1.0 - share)
    weight[row, level + 1] += count * share
    bad[minute] += count * (limits[row, level] * (1.0 - share) + limits[row, level + 1] * share)


@inlined
def _second(
    backlog: Floats,
    first: int,
    serving: int,
    each: float,
    drained: float,
    queue_limit: int,
) -> tuple[int, float, float, float]:
    """Let *each* flow into every instance from *first* on that has the same backlog, and *drained* out.

    Returns the first instance with another backlog, the backlog before and after, and how many requests each
    instance turned away.
    """
    before = backlog[first]
    after = max(0.0, before + each - drained)
    away = min(max(0.0, after - queue_limit), each)
    after = min(after, max(float(queue_limit), before))
    last = first
    while last < serving and backlog[last] == before:
        backlog[last] = after
        last += 1
    return last, before, after, away


@inlined
def _late(
    responses: Floats,
    outcomes: Floats,
    bad: Floats,
    coarse: npt.NDArray[np.float64],
    minute: int,
    row: int,
    utilisation: float,
    wait_s: float,
    count: float,
    service_scale: float,
    timeout_s: float,
    limit_s: float,
) -> None:
    """Count requests that wait for a backlog of *wait_s* besides what they wait by chance."""
    level = min(int(utilisation / UTILISATIONS[1] + 0.5), UTILISATIONS.size - 1)
    share = count / COARSE
    for part in range(COARSE):
        response_s = wait_s + coarse[row, level, part] * service_scale
        if response_s > timeout_s:
            outcomes[TIMED_OUT] += share
            bad[minute] += share
        else:
            outcomes[OK] += share
            responses[bucket_of(response_s)] += share
            if response_s > limit_s:
                bad[minute] += share


@inner
def spread(table: Table, case: Record, rules: Record, measures: Measures) -> None:
    """Turn the requests that met no backlog into response times, by the quantiles of the tables."""
    limit = rules.timeout_s / case.service_scale
    for crew in range(measures.weight.shape[0]):
        for level in range(measures.weight.shape[1]):
            weight = measures.weight[crew, level]
            if weight == 0.0:
                continue
            away = weight * table.turned_away[crew, level]
            measures.outcomes[QUEUE_FULL] += away
            for index in range(SHARES.size):
                share = (weight - away) * SHARES[index]
                response = table.responses[crew, level, index]
                if response > limit:
                    measures.outcomes[TIMED_OUT] += share
                else:
                    measures.outcomes[OK] += share
                    measures.responses[bucket_of(response * case.service_scale)] += share
