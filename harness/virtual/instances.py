"""The instances of one case, compiled: when they join, in which zone, which one a scale-in takes.

The counterparts are `endpoint.capacity`, `endpoint.variant` and `endpoint.crew`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import inner
from harness.virtual.control import Flags, Floats, Record

Counts = npt.NDArray[np.int64]

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
requests; arrivals of the present minute met from `least_shared` to `most_shared` instances; `due` decisions
wait from `first_due` on; `full` says that a log or the launch draws did not suffice. `instance_s` is paid
time, from the request for an instance until it is gone."""


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


class Draws(NamedTuple):
    """As `cases.LaunchDraws`."""

    first_s: Floats
    gaps_s: Floats


@inner
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


@inner
def launch(rules: Record, state: Record, crew: Crew, draws: Draws, count: int, now: float) -> None:
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


@inner
def put_in_service(
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


@inner
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


@inner
def _count_zones(state: Record, crew: Crew) -> None:
    for zone in range(crew.by_zone.size):
        crew.by_zone[zone] = 0
    for each in range(state.active):
        crew.by_zone[crew.zone[each]] += 1


@inner
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
