"""Plays a case on the virtual clock and returns its records; and again at the corners of the unknown.

Nothing here reads a clock or the disk: the same case gives the same records.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.aws.telling import Teller
from harness.clock import VirtualCalendar
from harness.endpoint.events import Event
from harness.endpoint.world import World
from harness.journal import Record
from harness.scaling.policies import INVOCATIONS, StepScaling, TargetTracking
from harness.virtual.driver import COUNTED, EXACT_FROM, Engine
from harness.virtual.trace import Trace
from harness.whatif.case import Case, world_of
from harness.whatif.corners import MIDDLE_S, SHIFTS_S, Corner, Depth, corners
from harness.whatif.covered import fidelities
from harness.whatif.from_policy import shifted
from harness.whatif.play_case import Result, hearing, name_of, play_case, records_of_aliases
from harness.whatif.ranges import Steps, ranges, steps_of
from harness.whatif.served import by_minute, one_by_one

if TYPE_CHECKING:
    from harness.scenario.faults import ZoneFailure

# An activity that was begun is played to its end, but not for ever: without capacity it ends after 34 min.
FINISH_WITHIN_S = 7_200.0
# What the nominal run decides last may come so much later in a corner. With the tail of the nominal run this
# stays below the 15 minutes without traffic after which any policy scales in.
LATER_S = 540.0
# A corner costs 5 ms an hour: up to here all are played, beyond it those that move most. So it is where the
# requests themselves must be played.
THOROUGH_UP_TO_S = 3 * 3_600.0
FEWEST_CORNERS = 25
# What spills over an alias is played one by one, 3 us each.
MOST_INVOCATIONS = 10_000
SCOPE = "us-east-1:123456789012"


@dataclass(frozen=True, slots=True)
class Story:
    """What a simulation came to: its records between first and last, and the moment it ends."""

    records: list[Record]
    ended_at: float
    engine: str
    corners: int


def simulate(case: Case, engine: Engine, *, with_ranges: bool = True) -> Story:
    """Play *case* and return what happened, requests and ranges included."""
    records: list[Record] = list(fidelities(case.functions is not None))
    records += [journal.Finding(0.0, "simulation-note", "note", case.name, note, "") for note in case.notes]
    records.append(journal.PhaseStarted(0.0, "load", case.description))
    result, nominal, ended_at = _play_once(case, engine, records)
    gc.collect()  # the world that was played holds an array as long as the traffic
    # Before the arrays of the requests are used up.
    found, count = _ranges(case, nominal, ended_at) if with_ranges else ([], 0)
    records += [*_served(case, result, engine), *found]
    return Story(records, ended_at, result.engine, count)


def _play_once(case: Case, engine: Engine, records: list[Record]) -> tuple[Result, Steps, float]:
    """Play *case* into *records*; return what became of the requests, the steps, and when it ended."""
    world = world_of(case)
    teller = Teller(world, records.append, None, VirtualCalendar(case.epoch_s), SCOPE)
    for scaled in case.scaled:
        teller.target_registered(scaled.target, 0.0)
    for view in world.loop.policies():
        teller.policy_put(view, "", 0.0)
    happenings = tuple((fault.after_s + case.shift_s, _breaks(fault, records)) for fault in case.faults)
    tell = hearing(teller.tell, records.append)
    result = play_case(world, case, engine, tell, happenings)
    ended_at = _finish(world, case.until_s, tell)
    if case.until_s > case.traffic_ends_s:
        records.append(journal.PhaseStarted(case.traffic_ends_s, "settle", "no more traffic"))
    records += records_of_aliases(case, result, case.traffic_ends_s)
    return result, _steps(world, case, 0.0), ended_at


def _breaks(fault: "ZoneFailure", records: list[Record]) -> Callable[[World, float], None]:
    def happen(world: World, now: float) -> None:
        zones = ", ".join(fault.zones)
        records.append(journal.FaultInjected(now, "zone failure", f"zones {zones} failed"))
        for zone in fault.zones:
            world.fail_zone(zone, now)

    return happen


def _finish(world: World, until_s: float, tell: Callable[[Event], None]) -> float:
    """Let what was begun come to its end, without traffic; return the moment it has."""
    now = until_s
    while any(each.is_under_way for each in world.loop.activities()):
        due_at = world.next_deadline()
        if due_at is None or due_at > until_s + FINISH_WITHIN_S:
            break
        now = max(now, due_at)
        for event in world.advance(now):
            tell(event)
    return now


def _served(case: Case, result: Result, engine: Engine) -> list[Record]:
    """Return the records of the requests and invocations, empty where the engine keeps none."""
    records: list[Record] = []
    answered = dict(result.answered)
    if case.functions is not None:
        from harness.whatif import play_functions

        played = play_functions.play_functions(case.functions, case.function_settings, case.seed, engine)
        records += play_functions.declared(case.functions)
        if case.keeps_requests:
            records += play_functions.one_by_one(played)
        else:
            records += play_functions.by_minute(played)
            answered |= play_functions.answered(played)
    if not answered:
        return records
    if case.keeps_requests:
        return [*one_by_one(answered), *records]
    return [*by_minute(answered, case.shift_s, case.traffic_ends_s), *records]


# --- ranges ------------------------------------------------------------------------------------------------


def _ranges(case: Case, steps: Steps, ended_at: float) -> tuple[list[journal.ActivityRange], int]:
    nominal = {name: each for name, each in steps.items() if each}
    if not nominal:
        return [], 0
    moving = _only(case, nominal)
    around = corners_of(moving)
    return ranges(nominal, play_corners(moving, around), ended_at), len(around)


def play_corners(case: Case, around: Sequence[Corner]) -> list[Steps]:
    """Return the steps of *case* at each corner."""
    played = [play_corner(case, around[0])]  # imports what it needs, which then is nobody's garbage
    with _quiet_collector():
        played += [play_corner(case, corner) for corner in around[1:]]
    return played


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """Let the collector of cyclic garbage leave alone what is there: looking through it takes long.

    Where somebody has frozen what is there already, it stays so.
    """
    was_enabled, is_mine = gc.isenabled(), gc.get_freeze_count() == 0
    if is_mine:
        gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if is_mine:
            gc.unfreeze()
        if was_enabled:
            gc.enable()


def _only(case: Case, nominal: Steps) -> Case:
    """Return *case* with the endpoints that scale: the others change nothing for them."""
    names = {name_of(resource_id) for resource_id in nominal}
    return replace(
        case,
        endpoints={name: config for name, config in case.endpoints.items() if name in names},
        provisioned={name: count for name, count in case.provisioned.items() if name in names},
        scaled=tuple(scaled for scaled in case.scaled if scaled.target.resource_id in nominal),
        traffic={key: trace for key, trace in case.traffic.items() if name_of(key) in names},
    )


def corners_of(case: Case, depth: Depth | None = None) -> list[Corner]:
    """Return the corners of what is unknown in *case*, those left out that cannot matter to it.

    As many as *depth* says; None leaves it to what they would cost.
    """
    depth = depth or _affordable(case)
    fixed = case.given | frozenset(_without_effect(case))
    shifts = (0.0,) if case.aligned else SHIFTS_S if depth is Depth.ALL else (0.0, MIDDLE_S)
    settings = (case.scaling_settings, case.endpoint_settings, case.function_settings)
    return corners(*settings, fixed=fixed, shifts=shifts, depth=depth)


def _affordable(case: Case) -> Depth:
    if case.provisioned and sum(map(len, case.traffic.values())) > MOST_INVOCATIONS:
        return Depth.EXTREMES
    cheap = metrics_of(case) <= COUNTED or case.provisioned
    return Depth.ALL if cheap and case.until_s <= THOROUGH_UP_TO_S else Depth.MOST


def _without_effect(case: Case) -> Iterator[str]:
    """Yield the names of the settings with a range that nothing in *case* depends on."""
    policies = [policy for scaled in case.scaled for policy in scaled.policies]
    tracking = [policy for policy in policies if isinstance(policy, TargetTracking)]
    metrics = [p.metric for p in tracking] + [a.metric for s in case.scaled for a in s.alarms if a.metric]
    names = {item.name for item in _fields(case.scaling_settings)}
    if not any(metric.is_high_resolution for metric in metrics):
        yield from (name for name in names if name.startswith("high_resolution"))
    if not any(isinstance(policy, StepScaling) for policy in policies):
        yield "step_points"
    if not any(scaled.scheduled for scaled in case.scaled):
        yield "schedule_delay_s"
    if all(metric == INVOCATIONS for metric in metrics) and case.scaling_settings.emit_zeros:
        yield "evaluation_range_extra"  # no minute lacks data
    yield "scale_in_percent"  # of the mode 'percent', which no corner takes
    # They say what is listed of activities, not when one begins.
    yield from ("repeat_not_scaled", "no_capacity_status", "create_low_alarm_when_disabled")
    other = case.endpoint_settings if case.provisioned else case.function_settings
    yield from (item.name for item in _fields(other))


def _fields(settings: Any) -> tuple[Any, ...]:
    from dataclasses import fields

    return fields(settings)


def play_corner(case: Case, corner: Corner) -> Steps:
    """Play *case* as *corner* has it and return its steps, in seconds from the start of the traffic."""
    shift_s, engine = corner.shift_s, engine_for(case)
    moved = replace(
        case,
        scaling_settings=corner.scaling,
        endpoint_settings=corner.endpoint,
        function_settings=corner.function,
        until_s=case.until_s + shift_s + LATER_S,
        traffic={name: _shifted(trace, shift_s, engine) for name, trace in case.traffic.items()},
        shift_s=case.shift_s + shift_s,
        epoch_s=case.epoch_s - shift_s,
    )
    world = world_of(moved, tells_minutes=False)
    happenings = tuple((fault.after_s + moved.shift_s, _breaks(fault, [])) for fault in case.faults)
    play_case(world, moved, engine, happenings=happenings)
    _finish(world, moved.until_s, lambda _event: None)
    steps = _steps(world, case, shift_s)
    if engine is not Engine.COUNTS or case.until_s > THOROUGH_UP_TO_S:
        del world
        gc.collect()  # a world refers to itself in many places; only what is new is looked through
    return steps


def engine_for(case: Case) -> Engine:
    """Return the quickest engine that decides as the exact one does: counts, where no policy needs waits.

    Else the compiled one, as soon as all corners together have more requests than its import is worth.
    """
    if metrics_of(case) <= COUNTED:
        return Engine.COUNTS
    arrivals = sum(map(len, case.traffic.values()))
    return Engine.EXACT if arrivals * FEWEST_CORNERS >= EXACT_FROM else Engine.REFERENCE


def metrics_of(case: Case) -> set[str]:
    """Return the names of the metrics that the policies and alarms of *case* read."""
    policies = [policy for scaled in case.scaled for policy in scaled.policies]
    names = {policy.metric.name for policy in policies if isinstance(policy, TargetTracking)}
    return names | {alarm.metric.name for scaled in case.scaled for alarm in scaled.alarms if alarm.metric}


class _Later(Trace):
    """The arrivals of *trace*, *shift_s* later: for engines that only count them, so nothing is copied."""

    __slots__ = ("_shift_s", "_trace")

    def __init__(self, trace: Trace, shift_s: float) -> None:
        self._trace, self._shift_s = trace, shift_s
        self.service_s, self.place = trace.service_s, trace.place

    def __len__(self) -> int:
        return len(self._trace)

    def rows_before(self, moment: float) -> int:
        """Return how many requests arrive before *moment*."""
        return self._trace.rows_before(moment - self._shift_s)

    def rows_until(self, moment: float) -> int:
        """Return how many requests arrive up to *moment*, that moment included."""
        return self._trace.rows_until(moment - self._shift_s)


def _shifted(trace: Trace, shift_s: float, engine: Engine) -> Trace:
    if not shift_s:
        return trace
    return _Later(trace, shift_s) if engine is Engine.COUNTS else shifted(trace, shift_s)


def _steps(world: World, case: Case, shift_s: float) -> Steps:
    names = [scaled.target.resource_id for scaled in case.scaled]
    return {name: steps_of(world.loop.activities(name), shift_s) for name in names}
