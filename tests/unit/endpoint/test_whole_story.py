"""One afternoon in virtual time: min 1, max 5, target 10, cooldowns 600 and 30, as one pipeline has it."""

from itertools import pairwise

import pytest
from virtual_time import ENDPOINT, Story, only

from harness.endpoint import (
    ActivityStatus,
    CapacityChanged,
    Completed,
    EndpointSettings,
    InstanceJoined,
    InstanceLeft,
    Outcome,
    Reason,
    TargetTracking,
)

BEGIN, END = 3600.0, 4500.0
"""70 calls a minute from the first to the second."""
POLICY = TargetTracking("tracking", 10.0, scale_in_cooldown_s=600.0, scale_out_cooldown_s=30.0)


@pytest.fixture(scope="module", params=[1, 2, 3])
def story(request: pytest.FixtureRequest) -> Story:
    """Return the story told to its end, with the default settings and launch times left to chance."""
    told = Story(settings=EndpointSettings(), instance_type="ml.t3.medium", seed=request.param)
    told.until(BEGIN)
    told.scale(POLICY, BEGIN)
    told.traffic(70, BEGIN, END)
    told.until(12_000.0)
    return told


def acted(story: Story, reason: Reason) -> list[float]:
    return [at for at, decision in story.decisions() if decision.reason is reason]


def test_no_scale_out_before_three_breaching_minutes_and_the_publish_delay(story: Story) -> None:
    """Three minutes, 60 s until they are published, 30 s of reaction: 270 s; AWS says 4 to 5 minutes."""
    assert acted(story, Reason.SCALE_OUT)[0] == BEGIN + 180.0 + 60.0 + 30.0


def test_one_decision_takes_it_from_one_to_five(story: Story) -> None:
    """Seven are wanted; the sentence has every figure."""
    decision = next(each for _, each in story.decisions() if each.reason is Reason.SCALE_OUT)
    assert (decision.previous, decision.desired, decision.wanted) == (1, 5, 7)
    assert len(acted(story, Reason.SCALE_OUT)) == 1
    assert decision.sentence.startswith(
        "Invocations per instance were 70.0, 70.0 and 70.0 over the last 3 minutes"
    )


def test_instances_join_one_at_a_time(story: Story) -> None:
    """Two, three, four, five, each between 5 and 30 s after the one before."""
    joined = [each.at for each in only(story.events, InstanceJoined) if each.at > BEGIN]
    gaps = [later - earlier for earlier, later in pairwise(joined)]
    assert len(joined) == 4
    assert all(5.0 <= gap <= 30.0 for gap in gaps)
    grown = [each.in_service for each in only(story.events, CapacityChanged) if BEGIN < each.at <= joined[-1]]
    assert grown == [1, 2, 3, 4, 5]


def test_scale_in_waits_for_fifteen_low_minutes(story: Story) -> None:
    """The last minute with traffic is over at END; fifteen low ones, the publish delay and the reaction."""
    assert acted(story, Reason.SCALE_IN)[0] == END + 15 * 60.0 + 60.0 + 30.0


def test_each_step_down_waits_for_the_cooldown_of_the_one_before(story: Story) -> None:
    """600 s from the end of the activity, then the next evaluation."""
    steps = [
        each for each in reversed(story.world.loop.activities()) if each.to_capacity < each.from_capacity
    ]
    assert [each.to_capacity for each in steps] == [4, 3, 2, 1]
    for earlier, later in pairwise(steps):
        assert earlier.ended_at is not None
        assert 600.0 <= later.started_at - earlier.ended_at <= 660.0


def test_in_the_end_one_instance_is_left_and_the_reason_is_the_minimum(story: Story) -> None:
    """Four have gone, one at a time, and nothing more happens."""
    assert len(only(story.events, InstanceLeft)) == 4
    view = story.world.endpoints[ENDPOINT].view().variants[0]
    assert (view.current_count, view.desired_count) == (1, 1)
    assert story.decisions()[-1][1].reason is Reason.ALREADY_AT_MIN_CAPACITY


def test_every_activity_succeeded_and_every_request_was_answered(story: Story) -> None:
    """1,050 calls."""
    assert {each.status for each in story.world.loop.activities()} == {ActivityStatus.SUCCESSFUL}
    answered = only(story.events, Completed)
    assert len(answered) == story.sent == 1050
    assert {each.outcome for each in answered} == {Outcome.OK}
