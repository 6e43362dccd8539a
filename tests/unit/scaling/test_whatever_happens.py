"""Random metrics under random policies, alarms and schedules: what holds for every run of the loop."""

from itertools import pairwise

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from written_resource import CPU, FAST_CPU, RESOURCE, Stage, Values, Written, only

from harness.scaling.activities import ActivityStatus
from harness.scaling.alarms import Alarm, AlarmState, Comparison, TreatMissing
from harness.scaling.events import ActivityChanged, AlarmChanged, ScheduledActionRan
from harness.scaling.policies import AdjustmentType, Policy, StepAdjustment, StepScaling, TargetTracking
from harness.scaling.schedule import ScheduledAction, parse_schedule

ABOVE = (StepAdjustment(0, 20, 1), StepAdjustment(20, None, 3))
BELOW = (StepAdjustment(None, -20, -2), StepAdjustment(-20, 0, -1))
COOLDOWNS = st.sampled_from([0.0, 60.0, 600.0])
RUN_S = 3600.0

tracking = st.builds(
    TargetTracking,
    st.sampled_from(["t1", "t2"]),
    st.sampled_from([20.0, 50.0]),
    st.sampled_from([CPU, FAST_CPU]),
    COOLDOWNS,
    COOLDOWNS,
    st.booleans(),
)
stepping = st.builds(
    StepScaling,
    st.sampled_from(["s1", "s2"]),
    st.sampled_from([AdjustmentType.CHANGE_IN_CAPACITY, AdjustmentType.PERCENT_CHANGE_IN_CAPACITY]),
    st.sampled_from([ABOVE, BELOW]),
    st.integers(0, 2),
    COOLDOWNS,
)
alarms = st.builds(
    Alarm,
    st.sampled_from(["a1", "a2", "a3"]),
    st.sampled_from([30.0, 60.0]),
    st.sampled_from(Comparison),
    treat_missing=st.sampled_from(TreatMissing),
    metric=st.just(CPU),
    alarm_actions=st.sampled_from([("s1",), ("s2",), ("s1", "s2")]),
    ok_actions=st.sampled_from([(), ("s2",)]),
)
schedules = st.builds(
    lambda name, minutes, bounds: ScheduledAction(name, parse_schedule(f"rate({minutes} minutes)"), *bounds),
    st.sampled_from(["morning", "evening"]),
    st.integers(2, 25),
    st.sampled_from([(1, 9), (2, 4), (3, None), (None, 2), (6, 6)]),
)
levels = st.lists(st.one_of(st.none(), st.floats(0, 120)), min_size=1, max_size=12)


def series(values: list[float | None]) -> Values:
    """Return a metric that takes each value for five minutes, and the last for good."""
    return lambda start: values[min(int(start // 300.0), len(values) - 1)] if start >= 0.0 else None


def play(
    values: list[float | None],
    policies: list[Policy],
    made: list[Alarm],
    actions: list[ScheduledAction],
    takes_s: float,
) -> Stage:
    stage = Stage(Written(series(values), 3, takes_s=takes_s))
    stage.scale(*policies, low=1, high=8)
    for alarm in made:
        stage.loop.put_alarm(alarm, 0.0)
    for action in actions:
        stage.loop.put_scheduled_action(RESOURCE, action, 0.0)
    stage.until(RUN_S)
    return stage


runs = st.builds(
    play,
    levels,
    st.lists(st.one_of(tracking, stepping), max_size=4),
    st.lists(alarms, max_size=3),
    st.lists(schedules, max_size=2),
    st.sampled_from([0.0, 45.0, 400.0]),
)


@pytest.mark.untraced
@settings(max_examples=EXAMPLES, deadline=None)
@given(stage=runs)
def test_the_rules_hold(stage: Stage) -> None:
    """Time forwards, capacities inside the bounds of their moment, states that really change."""
    moments = [each.at for each in stage.events]
    assert moments == sorted(moments)
    bounds = [(0.0, 1, 8)] + [
        (each.at, each.min_capacity, each.max_capacity) for each in only(stage.events, ScheduledActionRan)
    ]
    for at, asked in stage.resources[RESOURCE].calls:
        known = [(low, high) for since, low, high in bounds if since <= at]
        assert any(low <= asked <= high for low, high in known[-2:])
    for alarm in {each.name for each in only(stage.events, AlarmChanged)}:
        states = [each for each in only(stage.events, AlarmChanged) if each.name == alarm]
        assert all(one.state is next_one.previous is not next_one.state for one, next_one in pairwise(states))
        assert states[0].previous is AlarmState.INSUFFICIENT_DATA


@pytest.mark.untraced
@settings(max_examples=EXAMPLES, deadline=None)
@given(stage=runs)
def test_every_activity_ends_once(stage: Stage) -> None:
    """Pending, InProgress, Successful; at most one is under way."""
    stage.until(RUN_S + 3600.0)
    by_id: dict[str, list[ActivityStatus]] = {}
    for each in only(stage.events, ActivityChanged):
        by_id.setdefault(each.activity.activity_id, []).append(each.activity.status)
    whole = [ActivityStatus.PENDING, ActivityStatus.IN_PROGRESS, ActivityStatus.SUCCESSFUL]
    told = [found for found in by_id.values() if len(found) > 1]
    assert all(found in (whole, whole[:2], [whole[0], ActivityStatus.FAILED]) for found in told)
    assert sum(each.is_under_way for each in stage.loop.activities()) <= 1
