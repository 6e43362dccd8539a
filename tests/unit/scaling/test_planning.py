"""Scheduled actions on the calendar: bounds, the capacity only if outside, order, suspension, failures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_resource import CPU, RESOURCE, Stage, Written, only, steady

from harness.refusal import Refusal
from harness.scaling.activities import ActivityStatus
from harness.scaling.events import ScheduledActionRan
from harness.scaling.policies import ScalableTarget, TargetTracking
from harness.scaling.schedule import ScheduledAction, parse_schedule
from harness.scaling.settings import ScalingSettings

EPOCH_S = 1767225600.0  # 2026-01-01T00:00:00Z
PROMPT = ScalingSettings(schedule_delay_s=0.0)


def action(name: str, schedule: str, low: int | None = None, high: int | None = None) -> ScheduledAction:
    return ScheduledAction(name, parse_schedule(schedule), low, high)


def scheduled(
    *actions: ScheduledAction,
    desired: int = 2,
    chosen: ScalingSettings = PROMPT,
    low: int = 1,
    high: int = 5,
    takes_s: float = 100.0,
) -> Stage:
    """Return a target at 2026-01-01T00:00:00Z with *actions*."""
    stage = Stage(Written(steady(1.0), desired, takes_s=takes_s), settings=chosen, epoch_s=EPOCH_S)
    stage.scale(low=low, high=high)
    for each in actions:
        assert stage.loop.put_scheduled_action(RESOURCE, each, 0.0) is None
    return stage


def calls(stage: Stage) -> list[tuple[float, int]]:
    return stage.resources[RESOURCE].calls


def test_an_action_sets_the_bounds_and_moves_a_capacity_that_is_outside() -> None:
    """Two activities in the words of AWS's tutorial, the bounds first and without an end."""
    stage = scheduled(action("my-first-scheduled-action", "at(2026-01-01T00:10:00)", 3, 8))
    stage.until(800.0)
    moved, bounds = stage.loop.activities()
    assert (bounds.description, bounds.cause, bounds.status_message) == (
        "Setting min capacity to 3 and max capacity to 8",
        "scheduled action name my-first-scheduled-action was triggered",
        "Successfully set min capacity to 3 and max capacity to 8",
    )
    assert (bounds.status, bounds.started_at, bounds.ended_at) == (ActivityStatus.SUCCESSFUL, 600.0, None)
    assert (moved.cause, moved.started_at, moved.ended_at) == ("minimum capacity was set to 3", 600.0, 700.0)
    assert moved.status_message == (
        "Successfully set desired instance count to 3. Change successfully fulfilled by sagemaker."
    )
    assert stage.loop.targets() == (ScalableTarget(RESOURCE, 3, 8),)
    assert stage.loop.cooldowns(RESOURCE).out_until < 0.0


def test_a_capacity_inside_the_new_bounds_stays() -> None:
    """Only the bounds change."""
    stage = scheduled(action("wider", "at(2026-01-01T00:10:00)", 1, 50))
    stage.until(800.0)
    assert calls(stage) == []
    assert only(stage.events, ScheduledActionRan) == [
        ScheduledActionRan(600.0, RESOURCE, "wider", 600.0, 1, 50)
    ]


def test_one_bound_may_be_set_alone() -> None:
    """The other stays, and the words leave it out."""
    stage = scheduled(action("less", "at(2026-01-01T00:10:00)", None, 1))
    stage.until(800.0)
    assert stage.loop.activities()[1].description == "Setting max capacity to 1"
    assert stage.loop.activities()[0].cause == "maximum capacity was set to 1"
    assert stage.loop.targets()[0].max_capacity == 1


def test_actions_recur_and_come_a_little_late() -> None:
    """Up at every fifth minute, down at every tenth, 10 s later each by default."""
    stage = scheduled(
        action("up", "cron(5/10 * * * ? *)", 4, 5), action("down", "cron(0/10 * * * ? *)", 1, 1),
        chosen=ScalingSettings(), takes_s=30.0,
    )  # fmt: skip
    stage.until(1500.0)
    assert calls(stage) == [(310.0, 4), (610.0, 1), (910.0, 4), (1210.0, 1)]


def test_a_rate_counts_from_when_it_was_put() -> None:
    """Every seven minutes."""
    stage = scheduled()
    stage.until(100.0)
    stage.loop.put_scheduled_action(RESOURCE, action("often", "rate(7 minutes)", 1, 5), 100.0)
    stage.until(1000.0)
    assert [each.due_at for each in only(stage.events, ScheduledActionRan)] == [520.0, 940.0]


def test_actions_of_one_moment_keep_the_order_they_were_put_in() -> None:
    """The guide guarantees the order per target; the last one wins."""
    stage = scheduled(
        action("b", "at(2026-01-01T00:10:00)", 1, 4), action("a", "at(2026-01-01T00:10:00)", 2, 3)
    )
    stage.until(700.0)
    assert [each.action_name for each in only(stage.events, ScheduledActionRan)] == ["b", "a"]
    assert stage.loop.targets()[0].max_capacity == 3


def test_what_a_suspension_has_missed_is_not_run_later() -> None:
    """ScheduledScaling suspended at 00:10, resumed at 00:15: the next is at 00:20."""
    stage = scheduled(action("often", "cron(0/10 * * * ? *)", 3, 5))
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 5, suspended_scheduled=True), 0.0)
    stage.until(900.0)
    assert [each.why_not for each in only(stage.events, ScheduledActionRan)] == [
        "scheduled scaling is suspended (ScheduledScalingSuspended)"
    ]
    assert stage.loop.activities() == []
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 5), 900.0)
    stage.until(1300.0)
    assert calls(stage) == [(1200.0, 3)]


def test_an_action_on_something_that_is_changing_fails() -> None:
    """The bounds are set, the capacity is not, and nobody tries again."""
    stage = scheduled(action("late", "at(2026-01-01T00:10:00)", 3, 5))
    stage.until(590.0)
    stage.resources[RESOURCE].set_capacity(1, 590.0)
    stage.until(2000.0)
    failed = stage.loop.activities()[0]
    assert (failed.status, failed.started_at) == (ActivityStatus.FAILED, 600.0)
    assert failed.status_message.startswith(
        f"Failed to set desired instance count to 3. Reason: Resource Id [{RESOURCE}] is not scalable."
    )
    assert calls(stage) == [(590.0, 1)]
    assert stage.loop.targets()[0].min_capacity == 3


def test_bounds_that_would_be_reversed_fail_and_change_nothing() -> None:
    """Only a minimum, above the maximum there is."""
    stage = scheduled(action("wrong", "at(2026-01-01T00:10:00)", 9, None))
    stage.until(700.0)
    (failed,) = stage.loop.activities()
    assert failed.status is ActivityStatus.FAILED
    assert failed.status_message.startswith("Failed to set min capacity to 9. Reason: ")
    assert "Maximum capacity cannot be less than minimum capacity" in failed.status_message
    assert (calls(stage), stage.loop.targets()[0].min_capacity) == ([], 1)


def test_an_action_whose_resource_is_gone_sets_the_bounds_only() -> None:
    """There is nothing to move."""
    stage = scheduled(action("later", "at(2026-01-01T00:10:00)", 3, 5))
    stage.resources.clear()
    stage.until(700.0)
    assert [each.started_at for each in stage.loop.activities()] == [600.0]


def test_policies_go_on_inside_the_new_bounds() -> None:
    """The minimum of the schedule holds when the target would have less."""
    stage = scheduled(action("floor", "at(2026-01-01T00:10:00)", 3, 5), desired=5)
    stage.loop.put_policy(RESOURCE, TargetTracking("p", 50.0, CPU, scale_in_cooldown_s=0.0), 0.0)
    stage.until(4000.0)
    assert [desired for _, desired in calls(stage)] == [4, 3]


def test_actions_are_listed_replaced_and_deleted() -> None:
    """ObjectNotFoundException for what is not there; a moment that has passed is never run."""
    stage = scheduled(
        action("a", "at(2026-01-01T00:10:00)", 1, 4), action("past", "at(2025-01-01T00:00:00)", 1, 9)
    )
    assert [(each.action.name, each.next_at) for each in stage.loop.scheduled_actions()] == [
        ("a", 600.0),
        ("past", None),
    ]
    stage.loop.put_scheduled_action(RESOURCE, action("a", "at(2026-01-01T00:20:00)", 1, 4), 10.0)
    assert stage.loop.scheduled_actions(RESOURCE)[1].next_at == 1200.0
    assert stage.loop.scheduled_actions("endpoint/other/variant/v") == ()
    assert stage.loop.delete_scheduled_action(RESOURCE, "a") is None
    refusals = [
        stage.loop.delete_scheduled_action(RESOURCE, "a"),
        stage.loop.delete_scheduled_action("endpoint/other/variant/v", "a"),
        stage.loop.put_scheduled_action("endpoint/other/variant/v", action("a", "rate(1 day)", 1), 10.0),
    ]
    assert {each.code for each in refusals if isinstance(each, Refusal)} == {"ObjectNotFoundException"}
    assert len([each for each in refusals if each]) == 3
    stage.until(2000.0)
    assert stage.loop.activities() == []


@pytest.mark.parametrize("deregistered", [True, False])
def test_a_target_takes_its_actions_with_it(deregistered: bool) -> None:
    """AAS: scheduled actions are deleted with their target."""
    stage = scheduled(action("a", "at(2026-01-01T00:10:00)", 3, 5))
    if deregistered:
        stage.loop.deregister_target(RESOURCE, 100.0)
        assert stage.loop.next_deadline() is None
    stage.until(700.0)
    assert len(calls(stage)) == (0 if deregistered else 1)


bounds = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted)


@settings(max_examples=40, deadline=None)
@given(
    plan=st.lists(st.tuples(st.integers(1, 20), bounds), min_size=1, max_size=6), desired=st.integers(1, 8)
)
def test_after_every_action_the_capacity_is_inside(plan: list[tuple[int, list[int]]], desired: int) -> None:
    """Moved to the nearer bound and no further, each at its own moment."""
    actions = [
        action(str(number), f"at(2026-01-01T00:{minute:02d}:00)", low, high)
        for number, (minute, (low, high)) in enumerate(plan)
    ]
    stage = scheduled(*actions, desired=desired, high=8, takes_s=0.0)
    in_order = sorted(range(len(plan)), key=lambda each: plan[each][0])
    capacity = desired
    expected: list[tuple[float, int]] = []
    for number in in_order:
        minute, (low, high) = plan[number]
        moved = min(max(capacity, low), high)
        if moved != capacity and (not expected or expected[-1][0] != minute * 60.0):
            expected.append((minute * 60.0, moved))
            capacity = moved
        elif moved != capacity:
            return  # two at one moment: the second may find the first still under way
    stage.until(2000.0)
    assert calls(stage) == expected
