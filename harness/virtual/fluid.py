"""A policy over a day in half a millisecond: requests as a fluid, decisions as they are.

The control loop is the exact one, on counts of arrivals: what it decides rests on the number of requests in each
minute and the instances in service, and hardly on waits, so its decisions are those of the exact kernel but
for the second in which an instance joins. Requests are a flow into the instances' queues: an instance that
gets more than it can serve builds up a backlog, second by second, and whoever comes waits for it. What waits
by chance, without a backlog, is read from tables by utilisation (`waiting`). The result ranks policies;
`benchmarks/virtual_time.py` states how far its figures are from the exact ones.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.endpoint.distributions import Distribution
from harness.endpoint.metrics import MINUTE_S
from harness.endpoint.settings import EndpointSettings
from harness.scaling.settings import ScalingSettings
from harness.virtual.cases import CASE, KernelCase, LaunchDraws, Records, launch_draws, records_of, rules_of
from harness.virtual.compiled import compiled, inlined
from harness.virtual.control import Minutes, Record, close_alike, close_minute, count_arrivals, is_shared_alike
from harness.virtual.draws import draw_spans
from harness.virtual.kernel import LAUNCHES, ROWS, make_minutes
from harness.virtual.loop import (
    STATE,
    Crew,
    Draws,
    Log,
    begin,
    end,
    decide_due,
    make_crew,
    move,
    next_decision,
    next_move,
    pick_leaver,
    remove,
    settle_leaving,
    tick,
)
from harness.virtual.recursion import LOST, NO_CAPACITY, OK, QUEUE_FULL, TIMED_OUT, Floats
from harness.virtual.results import KernelResult, result_of
from harness.virtual.tally import BUCKETS, OUTCOMES, Tally, bucket_edges, bucket_of
from harness.virtual.trace import Trace
from harness.virtual.waiting import COARSE, CREWS, SHARES, UTILISATIONS, Table, WaitingTables

SMOOTH_S = 10
"""Arrivals are a rate over so many seconds: shorter bursts are chance, which the tables hold already."""

RELAXATION_S = 30.0
"""Near full load a queue needs long to reach what is usual for the load: about service time / (1 - utilisation)^2.
Where that is longer than this, the tables are not believed and only the fluid's backlog speaks."""

DISPERSION = 4.0
"""Variance over mean of the bad requests of a minute: they come in clusters, because a long wait is shared. With it
the expected minutes in breach were within 4 of 500 on average (two days, 60 policies); with 1 (independent ones) 34."""


class Flow(NamedTuple):
    """Arrivals as they are needed inside: whole numbers that came before each second, the same smoothed, and the
    highest rate per second of each minute."""

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


class FluidTraffic:
    """Arrivals of one variant by the second, and the tables of waits for its service times."""

    def __init__(self, counts_per_second: npt.NDArray[np.int64], service_s: Floats) -> None:
        """*service_s* are service times to sample from, not necessarily one for each request."""
        before = np.concatenate([[0.0], np.cumsum(counts_per_second, dtype=np.float64)])
        width = 2 * (SMOOTH_S // 2) + 1
        padded = np.pad(before, width // 2, mode="edge")
        smooth = np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
        rates = np.diff(smooth)
        minutes = max(1, math.ceil(len(rates) / MINUTE_S))
        rates.resize(minutes * int(MINUTE_S))
        self.flow = Flow(before, smooth, rates.reshape(minutes, -1).max(axis=1))
        self.mean_s = float(service_s.mean()) if len(service_s) else 1e-3
        self.until_s = float(len(counts_per_second))
        self.tables = WaitingTables(service_s)

    @classmethod
    def of_trace(cls, trace: Trace, until_s: float) -> "FluidTraffic":
        """Return the arrivals of *trace* before *until_s*, which is taken to the next whole second."""
        moments = np.arange(math.ceil(until_s) + 1, dtype=np.float64)
        return cls(np.diff(np.searchsorted(trace.at, moments)), trace.service_s)

    @classmethod
    def of_counts(
        cls, per_minute: Sequence[int] | npt.NDArray[np.int64], service_time: Distribution, seed: str | int
    ) -> "FluidTraffic":
        """Return arrivals spread evenly over each minute, with service times drawn from *service_time*."""
        counts = np.asarray(per_minute, dtype=np.int64)
        second = np.arange(61)
        before = np.floor(counts[:, None] * second[None, :] / 60.0 + 0.5).astype(np.int64)
        return cls(np.diff(before, axis=1).ravel(), draw_spans(service_time, 30_000, seed, "service"))


@dataclass(frozen=True, slots=True)
class FluidSummary:
    """The figures of many cases, one row each: see `KernelResult` for what they mean.

    `response_s` has the columns of `RATIOS`, `outcomes` those of `recursion` (OK, TIMED_OUT, ...);
    `minutes_in_breach` is an expectation.
    """

    instance_s: Floats
    in_service_s: Floats
    activities: npt.NDArray[np.int64]
    outcomes: Floats
    response_s: Floats
    minutes_in_breach: Floats


RATIOS = (0.5, 0.9, 0.95, 0.99)


class FluidRun:
    """Many cases over one flow of arrivals with the same settings: what they share is made once."""

    def __init__(
        self,
        traffic: FluidTraffic,
        endpoint_settings: EndpointSettings,
        scaling_settings: ScalingSettings,
        *,
        until_s: float,
        own: str = "1/endpoint/AllTraffic",
    ) -> None:
        self._traffic = traffic
        self._endpoint_settings = endpoint_settings
        self._scaling_settings = scaling_settings
        self._until_s = min(until_s, traffic.until_s)
        self._own = own
        self._rules = rules_of(endpoint_settings, scaling_settings)

    def play(self, case: KernelCase) -> KernelResult:
        """Return the estimate for one case."""
        launches, rows = LAUNCHES, ROWS
        record = records_of([case], self._scaling_settings)[0]
        table = self._table(case)
        while True:
            draws = launch_draws(self._own, self._endpoint_settings, launches, case.most_instances)
            state: Any = np.zeros(1, STATE)[0]
            log = Log(np.empty((rows, 5)), np.empty((rows * 4, 3)), np.empty((0, 6)))
            measures = make_measures(self._minutes, len(table.turned_away))
            play_fluid(
                record,
                self._rules,
                state,
                self._traffic.flow,
                self._traffic.mean_s,
                table,
                Draws(draws.first_s, draws.gaps_s),
                measures,
                log,
                self._until_s,
            )
            if not state["full"]:
                tally = Tally(measures.responses, measures.outcomes, measures.arrived, measures.bad)
                return result_of(state, tally, log, None, 0)
            launches, rows = launches * 4, rows * 4

    def play_all(
        self, cases: Sequence[KernelCase], *, workers: int = 1, bad_ratio: float = 0.01
    ) -> FluidSummary:
        """Return the estimates for all *cases*, in their order; the same for any number of *workers* (threads).

        A minute is in breach when more than *bad_ratio* of its requests are bad.
        """
        summary = _empty_summary(len(cases))
        groups: dict[tuple[int, int, bool], list[int]] = {}
        records = records_of(cases, self._scaling_settings)
        for index, case in enumerate(cases):
            least = bool(records[index]["least"])
            groups.setdefault((case.concurrency, case.queue_limit, least), []).append(index)
        most = max((each.most_instances for each in cases), default=1)
        draws = launch_draws(self._own, self._endpoint_settings, LAUNCHES, most)
        pieces = [
            (key, np.array(members[first :: workers], np.int64))
            for key, members in groups.items()
            for first in range(min(workers, len(members)))
        ]
        tables = {key: self._traffic.tables.table(*key) for key in groups}

        def work(piece: tuple[tuple[int, int, bool], npt.NDArray[np.int64]]) -> None:
            key, members = piece
            self._play_some(records, members, tables[key], draws, summary, bad_ratio)

        if workers == 1:
            for piece in pieces:
                work(piece)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, pieces))
        return summary

    def _play_some(
        self,
        records: Records,
        members: npt.NDArray[np.int64],
        table: Table,
        draws: LaunchDraws,
        summary: FluidSummary,
        bad_ratio: float,
    ) -> None:
        rows, waiting = ROWS, members
        while len(waiting):
            finished = np.zeros(len(waiting), np.bool_)
            play_fluid_many(
                records,
                waiting,
                self._rules,
                self._traffic.flow,
                self._traffic.mean_s,
                table,
                Draws(draws.first_s, draws.gaps_s),
                self._until_s,
                self._minutes,
                rows,
                bad_ratio,
                np.array(RATIOS),
                finished,
                Rows(
                    summary.instance_s,
                    summary.in_service_s,
                    summary.activities,
                    summary.outcomes,
                    summary.response_s,
                    summary.minutes_in_breach,
                ),
            )
            waiting = waiting[~finished]
            rows *= 4
            if len(waiting):
                draws = launch_draws(
                    self._own, self._endpoint_settings, 4 * len(draws.first_s), draws.gaps_s.shape[1] + 1
                )

    @property
    def _minutes(self) -> int:
        return max(1, math.ceil(self._until_s / MINUTE_S))

    def _table(self, case: KernelCase) -> Table:
        least = bool(records_of([case], self._scaling_settings)[0]["least"])
        return self._traffic.tables.table(case.concurrency, case.queue_limit, least)


class Rows(NamedTuple):
    """The columns of a `FluidSummary`."""

    instance_s: Floats
    in_service_s: Floats
    activities: npt.NDArray[np.int64]
    outcomes: Floats
    response_s: Floats
    minutes_in_breach: Floats


def _empty_summary(count: int) -> FluidSummary:
    return FluidSummary(
        np.zeros(count),
        np.zeros(count),
        np.zeros(count, np.int64),
        np.zeros((count, OUTCOMES)),
        np.zeros((count, len(RATIOS))),
        np.zeros(count),
    )


_EDGES = bucket_edges()


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


@compiled
def play_fluid_many(
    records: Records,
    members: npt.NDArray[np.int64],
    rules: Record,
    flow: Flow,
    mean_s: float,
    table: Table,
    draws: Draws,
    until_s: float,
    minutes: int,
    rows: int,
    bad_ratio: float,
    ratios: Floats,
    finished: npt.NDArray[np.bool_],
    out: Rows,
) -> None:
    """Play the cases *members* and write their figures; *finished* says which had room enough."""
    states = np.zeros(members.size, STATE)
    log = Log(np.empty((rows, 5)), np.empty((rows * 4, 3)), np.empty((0, 6)))
    for index in range(members.size):
        member = members[index]
        state = states[index]
        measures = make_measures(minutes, table.turned_away.shape[0])
        play_fluid(records[member], rules, state, flow, mean_s, table, draws, measures, log, until_s)
        if state.full:
            continue
        finished[index] = True
        out.instance_s[member] = state.instance_s
        out.in_service_s[member] = state.in_service_s
        out.activities[member] = state.activities
        for outcome in range(OUTCOMES):
            out.outcomes[member, outcome] = measures.outcomes[outcome]
        out.minutes_in_breach[member] = _minutes_in_breach(measures.bad, measures.arrived, bad_ratio)
        _quantiles(measures.responses, ratios, out.response_s[member])


@compiled
def _minutes_in_breach(bad: Floats, arrived: Floats, bad_ratio: float) -> float:
    """Return in how many minutes more than *bad_ratio* of the requests are to be expected bad."""
    expected = 0.0
    for minute in range(bad.size):
        if bad[minute] > 0.0:
            beyond = np.floor(bad_ratio * arrived[minute]) + 0.5 - bad[minute]
            expected += 0.5 * math.erfc(beyond / math.sqrt(2.0 * DISPERSION * bad[minute]))
    return expected


@compiled
def _quantiles(responses: Floats, ratios: Floats, found: Floats) -> None:
    total = 0.0
    for bucket in range(responses.size):
        total += responses[bucket]
    below = 0.0
    turn = 0
    for each in range(found.size):
        found[each] = np.nan
    for bucket in range(responses.size):
        here = responses[bucket]
        while turn < ratios.size and here > 0.0 and below + here >= ratios[turn] * total:
            share = (ratios[turn] * total - below) / here
            found[turn] = _EDGES[bucket] + (_EDGES[bucket + 1] - _EDGES[bucket]) * share
            turn += 1
        below += here


@compiled
def play_fluid(
    case: Record,
    rules: Record,
    state: Record,
    flow: Flow,
    mean_s: float,
    table: Table,
    draws: Draws,
    measures: Measures,
    log: Log,
    until_s: float,
) -> None:
    """Play one case into *state*, *measures* and *log*."""
    minutes = make_minutes(case, measures.arrived.size)
    crew = make_crew(case, rules)
    backlog = np.zeros(case.most_instances)
    service_s = mean_s * case.service_scale
    limits = np.zeros(table.turned_away.shape)
    _bad_shares(table, case, rules, limits)
    begin(case, rules, state, crew, draws, log)
    minute = np.int64(0)
    if state.leaving > 0:
        _shrink(case, rules, state, crew, backlog, service_s, measures, log, state.now, until_s)
    served = 0.0
    open_lanes = state.serving
    speed = case.concurrency / service_s
    highest = _highest(service_s)
    table_row = _row_of(table, open_lanes)
    waiting = False
    value, capacity, published, by_capacity, _ = minutes
    _, _, _, open_at, join_at, _, due_at, due_high, due_low = crew
    arrivals, _, peak = flow
    _, _, arrived, bad, weight = measures
    while not state.full:
        minute_end = (minute + 1) * 60.0
        move_at = next_move(state, join_at, open_at)
        now = min(min(move_at, next_decision(state, due_at)), min(state.tick_at, minute_end))
        stop = min(now, until_s)
        if stop > state.now:
            before = served
            served = _whole(arrivals, stop)
            count = served - before
            count_arrivals(state, by_capacity, count)
            span_s = stop - state.now
            if waiting or peak[minute] > speed * open_lanes:
                waiting = _flow(
                    case, rules, flow, table, limits, service_s, highest, backlog, open_lanes, measures,
                    minute, state.now, stop, count,
                )
            elif count > 0.0:
                utilisation = min(count / (span_s * speed * open_lanes), highest)
                _calm(limits, bad, weight, minute, table_row, utilisation, count)
            arrived[minute] += count
            state.in_service_s += state.active * span_s
            state.now = stop
        if now > until_s:
            break
        if now == minute_end:
            if is_shared_alike(state):
                close_alike(state, value, capacity, published, by_capacity, minute)
            else:
                close_minute(state, minutes, minute, rules.emit_zeros)
            minute += 1
        if move_at <= now:
            move(case, rules, state, crew, log, now)
            open_lanes = _open(case, state, backlog, open_lanes)
            table_row = _row_of(table, open_lanes)
        if state.tick_at <= now:
            tick(case, rules, state, value, published, due_at, due_high, due_low, now)
        if next_decision(state, due_at) <= now:
            decide_due(case, rules, state, crew, minutes, draws, log, now)
            if state.leaving > 0:
                _shrink(case, rules, state, crew, backlog, service_s, measures, log, now, until_s)
                open_lanes = state.serving
                table_row = _row_of(table, open_lanes)
    end(state, crew, until_s)
    _spread(table, case, rules, measures)


@inlined
def _whole(before: Floats, moment: float) -> float:
    """Return how many whole requests came before *moment*."""
    second = int(moment)
    if second + 1 >= before.size:
        return before[before.size - 1]  # type: ignore[no-any-return]
    return np.floor(before[second] + (moment - second) * (before[second + 1] - before[second]) + 1e-9)  # type: ignore[no-any-return]


@compiled
def _bad_shares(table: Table, case: Record, rules: Record, limits: Floats) -> None:
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
def _highest(service_s: float) -> float:
    """Return the highest utilisation for which the tables are believed."""
    highest = min((UTILISATIONS.size - 1) * UTILISATIONS[1], 1.0 - np.sqrt(service_s / RELAXATION_S))
    return max(highest, 0.5)  # type: ignore[no-any-return]


@inlined
def _row_of(table: Table, serving: int) -> int:
    """Return the table for so many instances: the nearest by ratio."""
    crews = table.turned_away.shape[0]
    found = 0
    while found + 1 < crews and serving * serving >= CREWS[found] * CREWS[found + 1]:
        found += 1
    return found


@compiled
def _flow(
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
    """Let *count* requests flow in from *start* to *stop*, all in *minute*; return whether a backlog is left."""
    if serving == 0:
        measures.outcomes[NO_CAPACITY] += count
        measures.bad[minute] += count
        return False
    row = _row_of(table, serving)
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
        first = np.int64(0)
        while first < serving:
            last, before, after, away = _second(backlog, first, serving, each, speed * span_s, queue_limit)
            taken = (each - away) * (last - first)
            outcomes[QUEUE_FULL] += away * (last - first)
            bad[minute] += away * (last - first)
            wait_s = (before + after) / 2.0 / speed
            if wait_s == 0.0:
                _calm(limits, bad, weight, minute, row, utilisation, taken)
            elif taken > 0.0:
                _late(
                    responses,
                    outcomes,
                    bad,
                    coarse,
                    minute,
                    row,
                    utilisation,
                    wait_s,
                    taken,
                    service_scale,
                    timeout_s,
                    limit_s,
                )
            first = last
        now = after_s
    for lane in range(serving):
        if backlog[lane] > 0.0:
            return True
    return False


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
def _calm(
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
    """Let *each* request flow into the instances from *first* on that have the same backlog, and *drained* out.

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


@compiled
def _open(case: Record, state: Record, backlog: Floats, open_lanes: int) -> int:
    """Let new instances begin without a backlog, or with their share of it where the queue is shared."""
    if state.serving > open_lanes:
        total = 0.0
        for lane in range(state.serving):
            if lane >= open_lanes:
                backlog[lane] = 0.0
            total += backlog[lane]
        if case.least:
            for lane in range(state.serving):
                backlog[lane] = total / state.serving
    return state.serving  # type: ignore[no-any-return]


@compiled
def _shrink(
    case: Record,
    rules: Record,
    state: Record,
    crew: Crew,
    backlog: Floats,
    service_s: float,
    measures: Measures,
    log: Log,
    now: float,
    until_s: float,
) -> None:
    """Let the leaving instances drain; what their backlog holds beyond the drain limit is lost."""
    last_gone_at = now
    for _ in range(state.leaving):
        place = pick_leaver(rules, state, crew)
        gone_at = now
        if place < state.serving:
            needs_s = backlog[place] * service_s / case.concurrency + service_s
            gone_at = now + min(needs_s, rules.drain_limit_s)
            lost = max(0.0, needs_s - rules.drain_limit_s) / service_s * case.concurrency
            measures.outcomes[LOST] += lost
            for each in range(place, state.serving - 1):
                backlog[each] = backlog[each + 1]
        remove(state, crew, place, gone_at, until_s)
        last_gone_at = max(last_gone_at, gone_at)
    settle_leaving(rules, state, log, last_gone_at, now)


@compiled
def _spread(table: Table, case: Record, rules: Record, measures: Measures) -> None:
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
