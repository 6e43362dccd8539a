"""Everything that happens to one case apart from its requests, compiled.

The counterpart of `World`, `EndpointModel` and `ControlLoop` for one policy on one variant that is InService
at moment 0. A data plane (exact or fluid) drives it: it asks what comes next, plays the requests up to there,
calls `move`, `tick` and `decide_due` in this order as far as they are due, and takes the `state.leaving`
instances away that a scale-in asks for.
"""

from typing import NamedTuple

import numpy as np

from harness.virtual.compiled import inlined, inner
from harness.virtual.control import (
    SCALE_IN,
    SCALE_OUT,
    WITHIN_TARGET,
    Flags,
    Floats,
    Minutes,
    Record,
    decide,
    in_alarm,
    last_visible,
)
from harness.virtual.instances import Crew, Draws, launch, put_in_service

IN_PROGRESS, SUCCESSFUL, FAILED = 0, 1, 2
"""Status of an activity in the log."""


class Log(NamedTuple):
    """What happened, in rows: activities (decided at, from, to, ended at, status), capacity changes (at,
    desired, in service) and, where there is room for any, decisions (at, reason, from, to, wanted, high)."""

    activities: Floats
    changes: Floats
    decisions: Floats


@inner
def begin(case: Record, rules: Record, state: Record, crew: Crew, draws: Draws, log: Log) -> None:
    """Put the first instances in service at moment 0, register the target and put its policy."""
    state.out_until = state.in_until = -np.inf
    state.finish_at = np.inf
    state.desired = case.initial
    state.least_shared, state.most_shared = case.most_instances + 1, -1
    for _ in range(case.initial):
        put_in_service(rules, state, crew, 0.0, 0.0, 0.0)
    _note_change(state, log, 0.0)
    period_s, offset_s = rules.evaluation_period_s, rules.evaluation_offset_s
    state.tick_at = (np.floor((0.0 - offset_s) / period_s) + 1.0) * period_s + offset_s
    bounded = min(max(case.initial, case.min_capacity), case.max_capacity)
    if bounded != case.initial:
        set_capacity(case, rules, state, crew, draws, log, bounded, False, 0.0)


@inlined
def next_move(state: Record, join_at: Floats, open_at: Floats) -> float:
    """Return when an instance joins or takes traffic next, or the update is over; infinity: never.

    This and the other steps of every minute take plain arrays: a tuple of arrays costs each call a hundred
    nanoseconds, and a day has thousands.
    """
    moment = state.finish_at
    if state.joined < state.joins:
        moment = min(moment, join_at[state.joined])
    if state.serving < state.active:
        moment = min(moment, open_at[state.serving])
    return moment  # type: ignore[no-any-return]


@inlined
def next_decision(state: Record, due_at: Floats) -> float:
    """Return when the next decision falls that an alarm has asked for; infinity: none is asked for."""
    return due_at[state.first_due] if state.due > 0 else np.inf


@inner
def move(case: Record, rules: Record, state: Record, crew: Crew, log: Log, now: float) -> None:
    """Let instances join and take traffic and the update end, as far as that is due at *now*."""
    while state.joined < state.joins and crew.join_at[state.joined] <= now:
        state.joined += 1
        put_in_service(rules, state, crew, state.launched_at, now, now + rules.join_to_traffic_s)
        _note_change(state, log, now)
    while state.serving < state.active and crew.open_at[state.serving] <= now:
        state.serving += 1
    if state.finish_at <= now:
        _finish(case, rules, state, log, now)


@inlined
def tick(
    case: Record,
    rules: Record,
    state: Record,
    value: Floats,
    published: Flags,
    due_at: Floats,
    due_high: Flags,
    due_low: Flags,
    now: float,
) -> None:
    """Evaluate both alarms at *now*; one in ALARM invokes the policy, again at every tick."""
    state.tick_at += rules.evaluation_period_s
    last = last_visible(now, rules.publish_delay_s)
    high = in_alarm(value, published, last, rules.high_periods, rules.range_extra, case.target_value, True)
    low = case.has_low_alarm and in_alarm(
        value, published, last, rules.low_periods, rules.range_extra, case.low_threshold, False
    )
    if high or low:
        turn = (state.first_due + state.due) % due_at.size
        due_at[turn] = now + rules.reaction_delay_s
        due_high[turn] = high
        due_low[turn] = low
        state.due += 1


@inner
def decide_due(
    case: Record,
    rules: Record,
    state: Record,
    crew: Crew,
    minutes: Minutes,
    draws: Draws,
    log: Log,
    now: float,
) -> None:
    """Make the decisions that are due at *now*; one to scale in leaves `leaving` instances to take away."""
    while state.due > 0 and crew.due_at[state.first_due] <= now:
        turn = state.first_due
        state.first_due = turn + 1 if turn + 1 < crew.due_at.size else 0
        state.due -= 1
        _decide(case, rules, state, crew, minutes, draws, log, crew.due_high[turn], crew.due_low[turn], now)


@inner
def _decide(
    case: Record,
    rules: Record,
    state: Record,
    crew: Crew,
    minutes: Minutes,
    draws: Draws,
    log: Log,
    high: bool,
    low: bool,
    now: float,
) -> None:
    reason, desired, wanted = decide(case, rules, state, minutes, high, low, now)
    if reason == WITHIN_TARGET:
        return
    if log.decisions.shape[0] > 0:
        row = state.decisions
        if row == log.decisions.shape[0]:
            state.full = True
            return
        log.decisions[row, 0] = now
        log.decisions[row, 1] = reason
        log.decisions[row, 2] = state.desired
        log.decisions[row, 3] = desired
        log.decisions[row, 4] = wanted
        log.decisions[row, 5] = high
    state.decisions += 1
    if reason in (SCALE_OUT, SCALE_IN):
        set_capacity(case, rules, state, crew, draws, log, desired, True, now)


@inner
def set_capacity(
    case: Record,
    rules: Record,
    state: Record,
    crew: Crew,
    draws: Draws,
    log: Log,
    desired: int,
    by_policy: bool,
    now: float,
) -> None:
    """Begin the update to *desired* instances: launch what is missing, or have `leaving` taken away."""
    row = state.activities
    if row == log.activities.shape[0]:
        state.full = True
        return
    state.activities += 1
    log.activities[row, 0] = now
    log.activities[row, 1] = state.desired
    log.activities[row, 2] = desired
    log.activities[row, 3] = np.nan
    log.activities[row, 4] = IN_PROGRESS
    if desired < 1:
        # SageMaker refuses a count below 1 (ProductionVariant, InitialInstanceCount).
        log.activities[row, 3] = now
        log.activities[row, 4] = FAILED
        return
    state.run_from, state.run_to, state.run_by_policy = state.desired, desired, by_policy
    state.updating = True
    state.desired = desired
    if by_policy and rules.cooldown_at_decision:
        _start_cooldown(case, state, now)
    if desired > state.active:
        launch(rules, state, crew, draws, desired - state.active, now)
        _note_change(state, log, now)
    else:
        state.leaving = state.active - desired


@inner
def settle_leaving(rules: Record, state: Record, log: Log, gone_at: float, now: float) -> None:
    """Note that all `leaving` instances drain now and the last is gone at *gone_at*."""
    state.leaving = 0
    state.finish_at = max(gone_at, now + rules.scale_in_s) + rules.settle_s
    _note_change(state, log, now)


@inner
def end(state: Record, crew: Crew, until_s: float) -> None:
    """Count what is paid for the instances that are there, or on their way, when the run ends."""
    for each in range(state.active):
        state.instance_s += until_s - crew.launched_at[each]
    state.instance_s += (state.joins - state.joined) * (until_s - state.launched_at)


@inner
def _finish(case: Record, rules: Record, state: Record, log: Log, now: float) -> None:
    """The update is over: the endpoint is InService, the activity successful, its cooldown begins."""
    state.finish_at = np.inf
    state.updating = False
    row = state.activities - 1
    while log.activities[row, 4] == FAILED:
        row -= 1
    log.activities[row, 3] = now
    log.activities[row, 4] = SUCCESSFUL
    if state.run_by_policy and not rules.cooldown_at_decision:
        _start_cooldown(case, state, now)


@inner
def _start_cooldown(case: Record, state: Record, now: float) -> None:
    if state.run_to > state.run_from:
        state.out_until = now + case.scale_out_cooldown_s
        state.out_capacity = state.run_to
        state.in_until = -np.inf
    else:
        state.in_until = now + case.scale_in_cooldown_s


@inner
def _note_change(state: Record, log: Log, now: float) -> None:
    row = state.changes
    if row == log.changes.shape[0]:
        state.full = True
        return
    log.changes[row, 0] = now
    log.changes[row, 1] = state.desired
    log.changes[row, 2] = state.active
    state.changes += 1
