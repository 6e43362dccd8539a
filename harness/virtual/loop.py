"""Everything that happens to one case apart from its requests, compiled: joins, ends of updates, ticks, decisions.

The counterpart of `World`, `EndpointModel` and `ControlLoop` for one policy on one variant that is InService
at moment 0. A data plane (exact or fluid) drives it: it asks what comes next, plays the requests up to there,
calls `move`, `tick` and `decide_due` in this order as far as they are due, and takes the `state.leaving`
instances away that a scale-in asks for.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import compiled, inlined
from harness.virtual.control import SCALE_IN, SCALE_OUT, WITHIN_TARGET, Minutes, Record, decide, in_alarm
from harness.virtual.control import last_visible

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STATE = np.dtype(
    [
        ("now", np.float64),
        ("tick_at", np.float64),
        ("finish_at", np.float64),
        ("out_until", np.float64),
        ("in_until", np.float64),
        ("instance_s", np.float64),
        ("in_service_s", np.float64),
        ("desired", np.int64),
        ("active", np.int64),
        ("serving", np.int64),
        ("named", np.int64),
        ("joins", np.int64),
        ("joined", np.int64),
        ("launches", np.int64),
        ("launched_at", np.float64),
        ("leaving", np.int64),
        ("out_capacity", np.int64),
        ("first_due", np.int64),
        ("due", np.int64),
        ("run_from", np.int64),
        ("run_to", np.int64),
        ("least_shared", np.int64),
        ("most_shared", np.int64),
        ("activities", np.int64),
        ("changes", np.int64),
        ("decisions", np.int64),
        ("updating", np.bool_),
        ("run_by_policy", np.bool_),
        ("full", np.bool_),
    ],
    align=True,
)
"""`named` instances have had a number; of `joins` planned, `joined` have come; `serving` of the `active` take
requests; arrivals of the present minute met from `least_shared` to `most_shared` instances; `due` decisions wait from `first_due` on; `full` says that a log or the launch draws did not suffice.
`instance_s` is paid time, from the request for an instance until it is gone."""

IN_PROGRESS, SUCCESSFUL, FAILED = 0, 1, 2
"""Status of an activity in the log."""


class Crew(NamedTuple):
    """The instances in service in order of joining, and when those asked for join.

    `open_at` is when an instance takes requests; decisions that wait have their moment and the alarms that
    called them in `due_at`, `due_high`, `due_low` (rings).
    """

    number: Counts
    zone: Counts
    launched_at: Floats
    open_at: Floats
    join_at: Floats
    by_zone: Counts
    due_at: Floats
    due_high: Flags
    due_low: Flags


class Log(NamedTuple):
    """What happened, in rows: activities (decided at, from, to, ended at, status), capacity changes (at,
    desired, in service) and, where there is room for any, decisions (at, reason, from, to, wanted, high)."""

    activities: Floats
    changes: Floats
    decisions: Floats


class Draws(NamedTuple):
    """As `cases.LaunchDraws`."""

    first_s: Floats
    gaps_s: Floats


@compiled
def make_crew(case: Record, rules: Record) -> Crew:
    """Return room for the instances of *case*; none is in service."""
    most = case.most_instances
    due = int(rules.reaction_delay_s / rules.evaluation_period_s) + 3
    return Crew(
        np.zeros(most, np.int64),
        np.zeros(most, np.int64),
        np.zeros(most),
        np.zeros(most),
        np.full(most + 1, np.inf),
        np.zeros(rules.zones, np.int64),
        np.zeros(due),
        np.zeros(due, np.bool_),
        np.zeros(due, np.bool_),
    )


@compiled
def begin(case: Record, rules: Record, state: Record, crew: Crew, draws: Draws, log: Log) -> None:
    """Put the first instances in service at moment 0, register the target and put its policy."""
    state.out_until = state.in_until = -np.inf
    state.finish_at = np.inf
    state.desired = case.initial
    state.least_shared, state.most_shared = case.most_instances + 1, -1
    for _ in range(case.initial):
        _put_in_service(rules, state, crew, 0.0, 0.0, 0.0)
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
    return due_at[state.first_due] if state.due > 0 else np.inf  # type: ignore[no-any-return]


@compiled
def move(case: Record, rules: Record, state: Record, crew: Crew, log: Log, now: float) -> None:
    """Let instances join and take traffic and the update end, as far as that is due at *now*."""
    while state.joined < state.joins and crew.join_at[state.joined] <= now:
        state.joined += 1
        _put_in_service(rules, state, crew, state.launched_at, now, now + rules.join_to_traffic_s)
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


@compiled
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


@compiled
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
    if reason == SCALE_OUT or reason == SCALE_IN:
        set_capacity(case, rules, state, crew, draws, log, desired, True, now)


@compiled
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
        _launch(rules, state, crew, draws, desired - state.active, now)
        _note_change(state, log, now)
    else:
        state.leaving = state.active - desired


@compiled
def _launch(rules: Record, state: Record, crew: Crew, draws: Draws, count: int, now: float) -> None:
    """Plan when *count* instances join (as `endpoint.capacity.plan_joins`)."""
    launch = state.launches
    if launch == draws.first_s.size or (not rules.joint and count - 1 > draws.gaps_s.shape[1]):
        state.full = True
        return
    state.launches += 1
    scale = 1.0
    if not rules.joint:
        spread_s = 0.0
        for each in range(count - 1):
            spread_s += draws.gaps_s[launch, each]
        if spread_s > 0.0:
            scale = min(1.0, rules.join_spread_limit_s / spread_s)
    at = now + draws.first_s[launch]
    for each in range(count):
        if each > 0 and not rules.joint:
            at += draws.gaps_s[launch, each - 1] * scale
        crew.join_at[each] = at
    state.joins, state.joined, state.launched_at = count, 0, now
    state.finish_at = at + rules.settle_s


@compiled
def _put_in_service(
    rules: Record, state: Record, crew: Crew, launched_at: float, now: float, open_at: float
) -> None:
    """Let the next instance join, in the zone with fewest (as `endpoint.capacity.next_zone`)."""
    place = state.active
    _count_zones(state, crew)
    zone = 0
    for each in range(1, crew.by_zone.size):
        if crew.by_zone[each] < crew.by_zone[zone]:
            zone = each
    state.named += 1
    crew.number[place] = state.named
    crew.zone[place] = zone
    crew.launched_at[place] = launched_at
    crew.open_at[place] = open_at
    state.active += 1
    if open_at <= now:
        state.serving += 1


@compiled
def pick_leaver(rules: Record, state: Record, crew: Crew) -> int:
    """Return the place of the instance a scale-in takes next (as `Variant.pick_leaver`)."""
    _count_zones(state, crew)
    most = 0
    for zone in range(crew.by_zone.size):
        most = max(most, crew.by_zone[zone])
    found = -1
    for each in range(state.active):
        if crew.by_zone[crew.zone[each]] == most and (found < 0 or rules.leaves_newest):
            found = each
    return found


@compiled
def _count_zones(state: Record, crew: Crew) -> None:
    for zone in range(crew.by_zone.size):
        crew.by_zone[zone] = 0
    for each in range(state.active):
        crew.by_zone[crew.zone[each]] += 1


@compiled
def remove(state: Record, crew: Crew, place: int, gone_at: float, until_s: float) -> None:
    """Take the instance at *place* out of service; it is paid for until *gone_at*."""
    state.instance_s += min(gone_at, until_s) - crew.launched_at[place]
    for each in range(place, state.active - 1):
        crew.number[each] = crew.number[each + 1]
        crew.zone[each] = crew.zone[each + 1]
        crew.launched_at[each] = crew.launched_at[each + 1]
        crew.open_at[each] = crew.open_at[each + 1]
    if place < state.serving:
        state.serving -= 1
    state.active -= 1


@compiled
def settle_leaving(rules: Record, state: Record, log: Log, gone_at: float, now: float) -> None:
    """Note that all `leaving` instances drain now and the last is gone at *gone_at*."""
    state.leaving = 0
    state.finish_at = max(gone_at, now + rules.scale_in_s) + rules.settle_s
    _note_change(state, log, now)


@compiled
def end(state: Record, crew: Crew, until_s: float) -> None:
    """Count what is paid for the instances that are there, or on their way, when the run ends."""
    for each in range(state.active):
        state.instance_s += until_s - crew.launched_at[each]
    state.instance_s += (state.joins - state.joined) * (until_s - state.launched_at)


@compiled
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


@compiled
def _start_cooldown(case: Record, state: Record, now: float) -> None:
    if state.run_to > state.run_from:
        state.out_until = now + case.scale_out_cooldown_s
        state.out_capacity = state.run_to
        state.in_until = -np.inf
    else:
        state.in_until = now + case.scale_in_cooldown_s


@compiled
def _note_change(state: Record, log: Log, now: float) -> None:
    row = state.changes
    if row == log.changes.shape[0]:
        state.full = True
        return
    log.changes[row, 0] = now
    log.changes[row, 1] = state.desired
    log.changes[row, 2] = state.active
    state.changes += 1
