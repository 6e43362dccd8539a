"""How far a simulated scaling activity may move: the same case played at every corner of what is not known.

An activity of the nominal run is found again in another by the capacity it leaves: the n-th time that the
desired count passes the next level from below, or from above. So a run that goes 1 to 3 at once and one that
goes over 2 tell of the same growth. Nothing here plays: `harness.whatif.simulate` does.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from harness.journal import ActivityRange
from harness.scaling.activities import ActivityStatus, ScalingActivity

# How far a turn of the capacity itself may move: delays differ by 150 s, alarms are evaluated each minute.
SLACK_S = 300.0
# What was refused is asked for again within a minute, or ten seconds: after a longer pause it is new.
SPELL_S = 120.0
# How those activities end that have set a capacity, or are about to.
_ACTED = (
    ActivityStatus.PENDING,
    ActivityStatus.IN_PROGRESS,
    ActivityStatus.SUCCESSFUL,
    ActivityStatus.UNFULFILLED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One scaling activity that changed the desired capacity; moments count from the start of the traffic.

    `done_at` is when it was over, None where it was not. `refused`: the service would not have it, as for
    want of quota; an alarm asks again, so there may be many in a row.
    """

    activity_id: str
    at: float
    before: int
    after: int
    done_at: float | None
    refused: bool = False


Steps = Mapping[str, Sequence[Step]]
"""The steps of a run by resource id, in time order."""


def steps_of(activities: Iterable[ScalingActivity], shift_s: float = 0.0) -> list[Step]:
    """Return the steps among *activities* in time order, *shift_s* taken off every moment."""
    found = [
        Step(
            each.activity_id,
            each.started_at - shift_s,
            each.from_capacity,
            each.to_capacity,
            each.ended_at - shift_s
            if each.ended_at is not None and each.status is ActivityStatus.SUCCESSFUL
            else None,
            each.status is ActivityStatus.FAILED,
        )
        for each in activities
        if each.status in (*_ACTED, ActivityStatus.FAILED)
        and each.from_capacity != each.to_capacity
        and each.is_scaled
    ]
    return sorted(found, key=lambda step: step.at)


def ranges(nominal: Steps, corners: Iterable[Steps], at: float) -> list[ActivityRange]:
    """Return one range for each step of *nominal*, as far as its like moves over the *corners*."""
    played = list(corners)
    found = []
    for resource_id, steps in nominal.items():
        others = [other.get(resource_id, ()) for other in played]
        acted, of_others = _only(steps), [_only(other) for other in others]
        found += _in_order(acted, [_found(resource_id, acted, n, of_others, at) for n in range(len(acted))])
        found += _of_refused(resource_id, _spells(steps), [_spells(other) for other in others], at)
    return found


def _only(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if not step.refused]


def _spells(steps: Sequence[Step]) -> list[list[Step]]:
    """Return what was refused again and again, as an alarm that stays in ALARM makes it, spell by spell."""
    spells: list[list[Step]] = []
    for step in steps:
        if step.refused and spells and _goes_on(spells[-1][-1], step):
            spells[-1].append(step)
        elif step.refused:
            spells.append([step])
    return spells


def _goes_on(before: Step, step: Step) -> bool:
    return step.at - before.at <= SPELL_S and (step.after > step.before) is (before.after > before.before)


def _of_refused(
    resource_id: str, spells: Sequence[list[Step]], others: Sequence[Sequence[list[Step]]], at: float
) -> list[ActivityRange]:
    """Return the ranges of what was refused: the first of a spell moves, and the others with it."""
    first, firsts = [spell[0] for spell in spells], [[spell[0] for spell in other] for other in others]
    found = []
    for number, spell in enumerate(spells):
        head = _found(resource_id, first, number, firsts, at)
        found += [_with(head, step, step.at - spell[0].at) for step in spell]
    return found


def _with(head: ActivityRange, step: Step, after_s: float) -> ActivityRange:
    return replace(
        head,
        activity_id=step.activity_id,
        at_low=head.at_low + after_s,
        at_high=head.at_high + after_s,
        to_low=min(head.to_low, step.after),
        to_high=max(head.to_high, step.after),
    )


def _found(
    resource_id: str, steps: Sequence[Step], number: int, others: Sequence[Sequence[Step]], at: float
) -> ActivityRange:
    likes = [like_of(steps, number, other) for other in others]
    known = [like for like in likes if like is not None]
    return _range(resource_id, steps[number], [steps[number], *known], len(known) == len(likes), at)


def _in_order(steps: Sequence[Step], found: Sequence[ActivityRange]) -> list[ActivityRange]:
    """Return *found*, widened until what follows in one direction begins and ends later at both ends.

    A run in which a step stands for none, or for two at once, says nothing of one of them; its neighbours do:
    what comes before is no later, and what comes after no sooner.
    """
    rows: list[ActivityRange] = []
    for _, wave in groupby(zip(steps, found, strict=True), key=lambda pair: pair[0].after > pair[0].before):
        own = [each for _, each in wave]
        for n in range(len(own) - 2, -1, -1):
            own[n] = _no_later_than(own[n], own[n + 1])
        for n in range(1, len(own)):
            own[n] = _no_sooner_than(own[n], own[n - 1])
        rows += own
    return rows


def _no_later_than(each: ActivityRange, following: ActivityRange) -> ActivityRange:
    return replace(
        each,
        at_low=min(each.at_low, following.at_low),
        in_service_low=_either(min, each.in_service_low, following.in_service_low),
    )


def _no_sooner_than(each: ActivityRange, before: ActivityRange) -> ActivityRange:
    return replace(
        each,
        at_high=max(each.at_high, before.at_high),
        in_service_high=_either(max, each.in_service_high, before.in_service_high),
    )


def _either(choose: Callable[[float, float], float], own: float | None, other: float | None) -> float | None:
    """Return the one of both that *choose* prefers; what has no moment of its own gets none."""
    return own if own is None or other is None else choose(own, other)


def _range(resource_id: str, step: Step, likes: Sequence[Step], certain: bool, at: float) -> ActivityRange:
    done = [like.done_at for like in likes if like.done_at is not None]
    return ActivityRange(
        at=at,
        activity_id=step.activity_id,
        resource_id=resource_id,
        at_low=max(min(like.at for like in likes), 0.0),
        at_high=max(like.at for like in likes),
        in_service_low=max(min(done), 0.0) if done else None,
        in_service_high=max(done) if done else None,
        to_low=min(like.after for like in likes),
        to_high=max(like.after for like in likes),
        certain=certain,
    )


def like_of(steps: Sequence[Step], number: int, others: Sequence[Step]) -> Step | None:
    """Return the step of *others* that stands for step *number* of *steps*, None where there is none.

    It is the one that, for the same time in that run, leaves the capacity the step came from: the decision is
    the same whether it goes to 4 instances or to 5. Where the other run has grown further, it is the one with
    the same number since the capacity turned round: of the two the one nearer in time. What comes only after
    the capacity has turned round again, or before it had, is another growth.
    """
    step = steps[number]
    up = step.after > step.before
    turns = [each.at for each in steps if (each.after > each.before) is not up]
    since = max((at for at in turns if at < step.at), default=-math.inf)
    until = min((at for at in turns if at > step.at), default=math.inf)
    crosses = _rises if up else _falls
    level = step.before + 1 if up else step.before - 1
    nth = sum(crosses(each, level) for each in steps[: number + 1])
    crossing = [each for each in others if crosses(each, level)][nth - 1 : nth]
    place = sum(1 for each in steps[:number] if each.at > since)
    same_way = [each for each in others if (each.after > each.before) is up]
    in_wave = [each for each in same_way if since - SLACK_S < each.at < until + SLACK_S]
    likes = [each for each in (*crossing, *in_wave[place : place + 1]) if each in in_wave]
    return min(likes, key=lambda like: abs(like.at - step.at), default=None)


def _rises(step: Step, level: int) -> bool:
    return step.before < level <= step.after


def _falls(step: Step, level: int) -> bool:
    return step.before > level >= step.after
