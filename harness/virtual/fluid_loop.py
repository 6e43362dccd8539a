"""One case as a fluid, compiled: the control loop of `loop` over the flow of `flow`."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.virtual.cases import Records
from harness.virtual.compiled import compiled, inner, whole
from harness.virtual.control import Record, close_alike, close_minute, count_arrivals, is_shared_alike
from harness.virtual.flow import (
    Flow,
    Measures,
    bad_shares,
    calm,
    highest_utilisation,
    make_measures,
    pour,
    row_of,
    spread,
    whole_before,
)
from harness.virtual.instances import STATE, Crew, Draws, make_crew, pick_leaver, remove
from harness.virtual.kernel import make_minutes
from harness.virtual.loop import (
    Log,
    begin,
    decide_due,
    end,
    move,
    next_decision,
    next_move,
    settle_leaving,
    tick,
)
from harness.virtual.recursion import LOST, Floats
from harness.virtual.tally import OUTCOMES, bucket_edges
from harness.virtual.waiting import Table

DISPERSION = 4.0
"""Variance over mean of the bad requests of a minute: they come in clusters, because a long wait is shared.
With it the expected minutes in breach were within 4 of 500 on average (two days, 60 policies); with 1, as if
they were independent, 34."""

_EDGES = bucket_edges()


class Rows(NamedTuple):
    """The columns of a `FluidSummary`."""

    instance_s: Floats
    in_service_s: Floats
    activities: npt.NDArray[np.int64]
    outcomes: Floats
    response_s: Floats
    minutes_in_breach: Floats


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


@inner
def _minutes_in_breach(bad: Floats, arrived: Floats, bad_ratio: float) -> float:
    """Return in how many minutes more than *bad_ratio* of the requests are to be expected bad."""
    expected = 0.0
    for minute in range(bad.size):
        if bad[minute] > 0.0:
            beyond = np.floor(bad_ratio * arrived[minute]) + 0.5 - bad[minute]
            expected += 0.5 * math.erfc(beyond / math.sqrt(2.0 * DISPERSION * bad[minute]))
    return expected


@inner
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


# In one piece: a minute by itself would be handed all of the arrays again, seven words an array.
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
    bad_shares(table, case, rules, limits)
    begin(case, rules, state, crew, draws, log)
    minute = whole(0)
    if state.leaving > 0:
        _shrink(case, rules, state, crew, backlog, service_s, measures, log, state.now, until_s)
    served = 0.0
    open_lanes = state.serving
    speed = case.concurrency / service_s
    highest = highest_utilisation(service_s)
    table_row = row_of(table, open_lanes)
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
            served = whole_before(arrivals, stop)
            count = served - before
            count_arrivals(state, by_capacity, count)
            span_s = stop - state.now
            if waiting or peak[minute] > speed * open_lanes:
                waiting = pour(
                    case,
                    rules,
                    flow,
                    table,
                    limits,
                    service_s,
                    highest,
                    backlog,
                    open_lanes,
                    measures,
                    minute,
                    state.now,
                    stop,
                    count,
                )
            elif count > 0.0:
                utilisation = min(count / (span_s * speed * open_lanes), highest)
                calm(limits, bad, weight, minute, table_row, utilisation, count)
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
            table_row = row_of(table, open_lanes)
        if state.tick_at <= now:
            tick(case, rules, state, value, published, due_at, due_high, due_low, now)
        if next_decision(state, due_at) <= now:
            decide_due(case, rules, state, crew, minutes, draws, log, now)
            if state.leaving > 0:
                _shrink(case, rules, state, crew, backlog, service_s, measures, log, now, until_s)
                open_lanes = state.serving
                table_row = row_of(table, open_lanes)
    end(state, crew, until_s)
    spread(table, case, rules, measures)


@inner
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


@inner
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
