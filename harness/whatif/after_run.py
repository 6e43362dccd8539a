"""What virtual time adds to a run over HTTP when it is over: ranges of its activities, and profiles.

The requests that really arrived are played again at the corners of what is not known. Where the replay with
the run's own settings does not scale as the run did (a program changed the endpoint meanwhile), nothing is
said about ranges. What the replay does after the end of the run, without traffic, the run has not shown.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from harness import journal
from harness.journal import ActivityRange, Record
from harness.scenario.faults import ZoneFailure
from harness.scenario.resources import Endpoint
from harness.scenario.spec import Scenario
from harness.summary import ByType, is_invocation
from harness.virtual.trace import trace_of_times
from harness.whatif.case import Case
from harness.whatif.corners import Corner, Depth
from harness.whatif.from_scenario import config_of, instance_of_endpoint, scaled_of
from harness.whatif.options import Container
from harness.whatif.profile import Profile, profile_of
from harness.whatif.ranges import Step, ranges
from harness.whatif.simulate import corners_of, play_corner, play_corners

MINUTE_S = 60.0
# How much longer than the run its corners are played: what came last here may come so much later.
MORE_S = 1_800.0


def ranges_after(scenario: Scenario, seed: int, records: Sequence[Record], now: float) -> list[ActivityRange]:
    """Return the range of each scaling activity of the run of *scenario* that left *records*."""
    seen = ByType(records)
    found: list[ActivityRange] = []
    for endpoint in scenario.endpoints:
        steps = _steps(seen, endpoint.resource_id)
        if steps and endpoint.scaling is not None:
            found += _ranges(scenario, endpoint, seed, seen, steps, now)
    return found


def _ranges(
    scenario: Scenario, endpoint: Endpoint, seed: int, seen: ByType, steps: list[Step], now: float
) -> list[ActivityRange]:
    began_at = _registered_at(seen, endpoint.resource_id)
    case = _case(scenario, endpoint, seed, seen, began_at)
    same = Corner(case.scaling_settings, case.endpoint_settings, case.function_settings, 0.0)
    name = endpoint.resource_id
    again = [step for step in play_corner(case, same)[name] if step.at <= now - began_at]
    if _shape(again) != _shape(steps):
        return []
    nominal = [_moved(step, -began_at) for step in steps]
    found = ranges({name: nominal}, play_corners(case, corners_of(case, Depth.MOST)), now)
    return [_placed(each, began_at) for each in found]


def _case(scenario: Scenario, endpoint: Endpoint, seed: int, seen: ByType, began_at: float) -> Case:
    instance = instance_of_endpoint(endpoint, Container())
    arrivals = sorted(
        call.at - began_at
        for call in seen.all(journal.Exchange)
        if is_invocation(call) and call.endpoint == endpoint.name and call.at >= began_at
    )
    ends_s = max((at + began_at for at in arrivals), default=0.0) - began_at
    last = max(step.done_at or step.at for step in _steps(seen, endpoint.resource_id)) - began_at
    return Case(
        name=scenario.name,
        description="",
        endpoints={endpoint.name: config_of(endpoint, instance)},
        scaled=(scaled_of(endpoint),),
        traffic={
            endpoint.resource_id: trace_of_times(arrivals, service_time=instance.service_time, seed=seed)
        },
        traffic_ends_s=ends_s,
        until_s=math.ceil(max(last, 0.0) / MINUTE_S) * MINUTE_S + MORE_S,
        seed=seed,
        endpoint_settings=scenario.endpoint_settings,
        scaling_settings=scenario.scaling_settings,
        given=frozenset(scenario.settings),
        faults=tuple(
            replace(fault, after_s=at - began_at)
            for fault, at in zip(_zone_failures(scenario), _zones_failed_at(seen), strict=False)
        ),
    )


def _zone_failures(scenario: Scenario) -> list[ZoneFailure]:
    return [fault for fault in scenario.faults if isinstance(fault, ZoneFailure)]


def _zones_failed_at(seen: ByType) -> list[float]:
    return [one.at for one in seen.all(journal.FaultInjected) if one.fault == ZoneFailure.KIND]


def _registered_at(seen: ByType, resource_id: str) -> float:
    """Return the minute of CloudWatch in which the target was registered."""
    at = next(t.at for t in seen.all(journal.TargetRegistered) if t.resource_id == resource_id)
    return math.floor(at / MINUTE_S) * MINUTE_S


def _steps(seen: ByType, resource_id: str) -> list[Step]:
    stages: defaultdict[str, list[journal.ScalingActivity]] = defaultdict(list)
    for record in seen.all(journal.ScalingActivity):
        if record.resource_id == resource_id and record.from_capacity != record.to_capacity:
            stages[record.activity_id].append(record)
    steps = [
        Step(
            activity_id=name,
            at=rows[0].at,
            before=rows[-1].from_capacity,
            after=rows[-1].to_capacity,
            done_at=next((row.at for row in rows if row.status == "Successful"), None),
            refused=rows[-1].status == "Failed",
        )
        for name, rows in stages.items()
        if rows[-1].status in ("Pending", "InProgress", "Successful", "Unfulfilled", "Failed")
    ]
    return sorted(steps, key=lambda step: step.at)


def _shape(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Return which way the capacity went; how often a change was refused depends on the last minute."""
    return [(step.before, step.after) for step in steps if not step.refused]


def _moved(step: Step, by_s: float) -> Step:
    return replace(step, at=step.at + by_s, done_at=None if step.done_at is None else step.done_at + by_s)


def _placed(found: ActivityRange, by_s: float) -> ActivityRange:
    """Return *found* on the run's own time."""
    low, high = found.in_service_low, found.in_service_high
    return replace(
        found,
        at_low=found.at_low + by_s,
        at_high=found.at_high + by_s,
        in_service_low=None if low is None else low + by_s,
        in_service_high=None if high is None else high + by_s,
    )


def profiles_after(scenario: Scenario, records: Sequence[Record]) -> list[Profile]:
    """Return a profile of each endpoint whose model has answered often enough to say something."""
    answers: defaultdict[str, list[journal.Exchange]] = defaultdict(list)
    for record in records:
        if isinstance(record, journal.Exchange) and record.predict_s and record.status == 200:
            answers[record.endpoint].append(record)
    found = [
        profile_of(
            endpoint.name,
            endpoint.instance_type,
            endpoint.concurrency,
            [each.predict_s for each in answers[endpoint.name]],
            saturated_rps=_saturated_rps(answers[endpoint.name]),
        )
        for endpoint in scenario.endpoints
    ]
    return [each for each in found if each is not None]


def _saturated_rps(answers: Sequence[journal.Exchange]) -> float | None:
    """Return the most answers a second that one instance gave over a minute in which every request waited."""
    minutes: defaultdict[tuple[str, int], list[journal.Exchange]] = defaultdict(list)
    for each in answers:
        minutes[each.instance, int((each.at + each.queue_s + each.service_s) // MINUTE_S)].append(each)
    full = [len(each) for each in minutes.values() if all(one.queue_s > 0 for one in each)]
    return max(full) / MINUTE_S if full else None
