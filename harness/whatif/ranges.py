"""How far a simulated scaling activity may move: the same case played at every corner of what is not known.

An activity of the nominal run is found again in another by the capacity it leaves: the n-th time that the
desired count passes the next level from below, or from above. So a run that goes 1 to 3 at once and one that
goes over 2 tell of the same growth. Nothing here plays: `harness.whatif.simulate` does.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.journal import ActivityRange
from harness.scaling.activities import ActivityStatus, ScalingActivity

# How far a turn of the capacity itself may move: delays differ by 150 s, alarms are evaluated each minute.
SLACK_S = 300.0
# How those activities end that have set a capacity, or are about to.
_ACTED = (ActivityStatus.PENDING, ActivityStatus.IN_PROGRESS, ActivityStatus.SUCCESSFUL)


@dataclass(frozen=True, slots=True)
class Step:
    """One scaling activity that changed the desired capacity; moments count from the start of the traffic.

    `done_at` is when it was over, None where it was not.
    """

    activity_id: str
    at: float
    before: int
    after: int
    done_at: float | None


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
        )
        for each in activities
        if each.status in _ACTED and each.from_capacity != each.to_capacity and each.is_scaled
    ]
    return sorted(found, key=lambda step: step.at)


def ranges(nominal: Steps, corners: Iterable[Steps], at: float) -> list[ActivityRange]:
    """Return one range for each step of *nominal*, as far as its like moves over the *corners*."""
    played = list(corners)
    found = []
    for resource_id, steps in nominal.items():
        for number, step in enumerate(steps):
            likes = [step]
            certain = True
            for other in played:
                like = like_of(steps, number, other.get(resource_id, ()))
                certain = certain and like is not None
                likes += [like] if like is not None else []
            found.append(_range(resource_id, step, likes, certain, at))
    return found


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
