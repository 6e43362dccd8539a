"""One target tracking policy over one trace, control loop and data plane compiled into one.

What `World` does with a policy on InvocationsPerInstance and an endpoint that is InService at moment 0 with
the policy put then, event by event: the same decisions, capacities and waits (property tests hold it to
that), some hundred times faster. Everything that happens at one moment happens in World's order: a minute
ends, instances join and take traffic, an update is over, alarms are evaluated, decisions fall; requests of
that moment come last.
"""

import math
from typing import Any

import numpy as np

from harness.endpoint.metrics import MINUTE_S
from harness.endpoint.settings import EndpointSettings
from harness.scaling.settings import ScalingSettings
from harness.virtual.cases import (
    KernelCase,
    LaunchDraws,
    launch_draws,
    records_of,
    rules_of,
)
from harness.virtual.compiled import compiled, inner, whole
from harness.virtual.control import (
    Minutes,
    Record,
    close_alike,
    close_minute,
    count_arrivals,
    is_shared_alike,
)
from harness.virtual.instances import STATE, Crew, Draws, make_crew, pick_leaver, remove
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
from harness.virtual.plane import Traffic, lose, serve_until
from harness.virtual.recursion import (
    Fates,
    Lanes,
    busy_until,
    join,
    leave,
    make_fates,
    make_lanes,
    ring_size,
)
from harness.virtual.results import KernelResult, result_of
from harness.virtual.tally import Tally, make_tally
from harness.virtual.trace import Trace

LAUNCHES = 64
"""How many launches are drawn at first; more are when they do not suffice."""

ROWS = 256
"""Room for activities and capacity changes at first; more is made when it does not suffice."""


def run_exact(
    trace: Trace,
    case: KernelCase,
    endpoint_settings: EndpointSettings,
    scaling_settings: ScalingSettings,
    *,
    until_s: float,
    own: str = "1/endpoint/AllTraffic",
    keep_requests: bool = False,
) -> KernelResult:
    """Play *case* over *trace* from moment 0 to *until_s*; requests from *until_s* on are left out.

    *own* is "SEED/ENDPOINT/VARIANT", which names the streams of the launches. With *keep_requests* the result
    has the fate of every request, and every decision; without, only what is counted.
    """
    exact = ExactRun(trace, endpoint_settings, scaling_settings, until_s=until_s, own=own)
    return exact.play(case, keep_requests=keep_requests)


class ExactRun:
    """Many cases over one trace with the same settings: what they share is made once.

    `play` may be called from several threads at once; it does its work without the interpreter's lock.
    """

    def __init__(
        self,
        trace: Trace,
        endpoint_settings: EndpointSettings,
        scaling_settings: ScalingSettings,
        *,
        until_s: float,
        own: str = "1/endpoint/AllTraffic",
    ) -> None:
        self._traffic = Traffic(trace.at, trace.service_s, trace.place)
        self._endpoint_settings = endpoint_settings
        self._scaling_settings = scaling_settings
        self._until_s = until_s
        self._own = own
        self._rules = rules_of(endpoint_settings, scaling_settings)
        self._ring = ring_size(trace.at, endpoint_settings.invocation_timeout_s)
        self._draws = LaunchDraws(np.empty(0), np.empty((0, 0)))

    def play(self, case: KernelCase, *, keep_requests: bool = False) -> KernelResult:
        """Return what becomes of *case* (see `run_exact`)."""
        launches, rows = LAUNCHES, ROWS
        while True:
            draws = self.drawn(launches, case.most_instances)
            result = self._attempt(case, draws, rows, keep_requests)
            if result is not None:
                return result
            launches, rows = launches * 4, rows * 4

    def drawn(self, launches: int, instances: int) -> LaunchDraws:
        """Return the draws of at least so many launches of so many instances."""
        known = self._draws
        if known.first_s.size < launches or known.gaps_s.shape[1] < instances - 1:
            launches = max(launches, known.first_s.size)
            instances = max(instances, known.gaps_s.shape[1] + 1)
            known = self._draws = launch_draws(self._own, self._endpoint_settings, launches, instances)
        return known

    def _attempt(
        self, case: KernelCase, draws: LaunchDraws, rows: int, keep_requests: bool
    ) -> KernelResult | None:
        record = records_of([case], self._scaling_settings)[0]
        minutes = max(1, math.ceil(self._until_s / MINUTE_S))
        requests = self._traffic.at.size
        ring = 1 << max(requests - 1, 1).bit_length() if keep_requests else self._ring
        fates = make_fates(ring, ring)
        tally = make_tally(minutes)
        decisions = 2 + math.ceil(self._until_s / self._scaling_settings.evaluation_period_s)
        log = Log(
            np.empty((rows, 5)), np.empty((rows * 4, 3)), np.empty((decisions if keep_requests else 0, 6))
        )
        state: Any = np.zeros(1, STATE)[0]
        served = play_exact(
            record,
            self._rules,
            state,
            self._traffic,
            Draws(draws.first_s, draws.gaps_s),
            fates,
            tally,
            log,
            self._until_s,
        )
        if state["full"]:
            return None
        return result_of(state, tally, log, fates if keep_requests else None, served)


@inner
def make_minutes(case: Record, count: int) -> Minutes:
    """Return room for *count* minutes, nothing published."""
    return Minutes(
        np.zeros(count),
        np.zeros(count),
        np.zeros(count, np.bool_),
        np.zeros(case.most_instances + 1),
        np.zeros(count, np.int64),
    )


@compiled
def play_exact(
    case: Record,
    rules: Record,
    state: Record,
    traffic: Traffic,
    draws: Draws,
    fates: Fates,
    tally: Tally,
    log: Log,
    until_s: float,
) -> int:
    """Play one case into *state*, *fates*, *tally* and *log*; return how many requests it served."""
    lanes = make_lanes(case.most_instances, case.concurrency, case.queue_limit, case.least)
    minutes = make_minutes(case, tally.arrived.size)
    crew = make_crew(case, rules)
    begin(case, rules, state, crew, draws, log)
    served = minute = whole(0)
    open_lanes = _open(state, crew, lanes, whole(0), state.now)
    if state.leaving > 0:
        _shrink(
            case, rules, state, crew, lanes, traffic, served, fates, tally, minutes, log, state.now, until_s
        )
        open_lanes = state.serving
    value, capacity, published, by_capacity, ended = minutes
    _, _, _, open_at, join_at, _, due_at, due_high, due_low = crew
    while not state.full:
        minute_end = (minute + 1) * 60.0
        move_at = next_move(state, join_at, open_at)
        now = min(min(move_at, next_decision(state, due_at)), min(state.tick_at, minute_end))
        stop = min(now, until_s)
        before = served
        served = serve_until(
            traffic, served, stop, minute, lanes, open_lanes, case, rules, fates, tally, ended
        )
        count_arrivals(state, by_capacity, float(served - before))
        state.in_service_s += state.active * (stop - state.now)
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
            open_lanes = _open(state, crew, lanes, open_lanes, now)
        if state.tick_at <= now:
            tick(case, rules, state, value, published, due_at, due_high, due_low, now)
        if next_decision(state, due_at) <= now:
            decide_due(case, rules, state, crew, minutes, draws, log, now)
            if state.leaving > 0:
                _shrink(
                    case, rules, state, crew, lanes, traffic, served, fates, tally, minutes, log, now, until_s
                )
                open_lanes = state.serving
    end(state, crew, until_s)
    return served


@inner
def _open(state: Record, crew: Crew, lanes: Lanes, open_lanes: int, now: float) -> int:
    """Give every instance a lane that takes requests from *now* on."""
    while open_lanes < state.serving:
        open_lanes = join(lanes, open_lanes, crew.number[open_lanes], now)
    return open_lanes


@inner
def _shrink(
    case: Record,
    rules: Record,
    state: Record,
    crew: Crew,
    lanes: Lanes,
    traffic: Traffic,
    served: int,
    fates: Fates,
    tally: Tally,
    minutes: Minutes,
    log: Log,
    now: float,
    until_s: float,
) -> None:
    """Let the leaving instances drain from *now* on; what they cannot finish in time is lost."""
    last_gone_at = now
    for _ in range(state.leaving):
        place = pick_leaver(rules, state, crew)
        gone_at = now
        if place < state.serving:
            free_at = busy_until(lanes, place)
            gone_at = min(max(now, free_at), now + rules.drain_limit_s)
            number = crew.number[place]
            leave(lanes, state.serving, place)
            if gone_at < free_at:
                lose(traffic, served, number, now, gone_at, case, rules, fates, tally, minutes.ended)
        remove(state, crew, place, gone_at, until_s)
        last_gone_at = max(last_gone_at, gone_at)
    settle_leaving(rules, state, log, last_gone_at, now)
