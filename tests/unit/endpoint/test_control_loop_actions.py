"""From a minute's metrics to an activity of the control loop: delays, refusals, quotas and cooldowns."""

from dataclasses import replace

import pytest
from control_story import POLICY, activities, put
from virtual_time import ENDPOINT, RESOURCE, STEADY, VARIANT, Story, config, only

from harness.endpoint import (
    ActivityChanged,
    ActivityStatus,
    AlarmChanged,
    AlarmState,
    ControlLoop,
    EndpointStatus,
    MetricPublished,
    Reason,
    ScalableTarget,
    ScalingSettings,
    TargetTracking,
)
from harness.scaling.settings import CooldownStart, NoCapacityStatus
from harness.scaling.targets import make_uuid

FAST = ScalingSettings(low_periods=3)
"""Scale-in after three low minutes, where a test is not about the fifteen."""


def reasons(story: Story) -> list[Reason]:
    return [decision.reason for _, decision in story.decisions()]


def busy_story(
    *, scaling: ScalingSettings | None = None, policy: TargetTracking = POLICY, high: int = 5
) -> Story:
    """Return a story whose first scale-out was decided: 70 calls a minute since 1020."""
    story = Story(scaling=scaling)
    story.scale(policy, 1020.0, high=high)
    story.traffic(70, 1020.0, 1320.0)
    assert story.acted()
    return story


def test_minutes_are_published_after_the_delay() -> None:
    """Each minute once, sixty seconds after its end, zeros included."""
    story = Story()
    published = only(story.events, MetricPublished)
    assert [each.at for each in published] == [each.minute.end_at + 60.0 for each in published]
    assert [each.minute.start_at for each in published] == [780.0, 840.0]
    assert {each.minute.invocations for each in published} == {0}


def test_the_decision_comes_three_minutes_a_publish_and_a_reaction_delay_later() -> None:
    """Breaching minutes 1020-1200 (aligned: 1020, 1080, 1140), visible at 1260, decided at 1290."""
    story = busy_story()
    alarm = next(each for each in only(story.events, AlarmChanged) if each.state is AlarmState.ALARM)
    assert alarm.at == 1260.0
    assert story.acted() == [(1290.0, 5)]


@pytest.mark.parametrize(
    ("publish", "reaction", "offset", "decided"), [(120, 0, 0, 1320), (60, 60, 15, 1335)]
)
def test_the_delays_are_settings(publish: int, reaction: int, offset: int, decided: int) -> None:
    """AWS's notebooks say one to two minutes; where in the minute the evaluation falls is open."""
    chosen = ScalingSettings(publish_delay_s=publish, reaction_delay_s=reaction, evaluation_offset_s=offset)
    story = Story(scaling=chosen)
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 1500.0)
    assert story.acted()[0] == (float(decided), 5)


def test_the_activity_goes_from_pending_to_successful() -> None:
    """Ended when the endpoint is InService with all of them; the cooldown starts there."""
    story = busy_story()
    story.until(1900.0)
    changes = [each.activity for each in only(story.events, ActivityChanged) if each.activity.is_scaled]
    assert [each.status for each in changes] == [
        ActivityStatus.PENDING,
        ActivityStatus.IN_PROGRESS,
        ActivityStatus.SUCCESSFUL,
    ]
    assert [each.is_under_way for each in changes] == [True, True, False]
    assert changes[1].status_message.endswith("Waiting for change to be fulfilled by sagemaker.")
    assert changes[2].ended_at == 1290.0 + 100.0 + 3 * 20.0 + 10.0
    assert changes[2].cause.startswith(f"monitor alarm TargetTracking-{RESOURCE}-AlarmHigh-")
    assert changes[2].cause.endswith("in state ALARM triggered policy tracking")
    assert (changes[2].from_capacity, changes[2].to_capacity) == (1, 5)
    assert story.world.loop.cooldowns(RESOURCE).out_until == changes[2].ended_at + 30.0


def test_a_cooldown_may_start_at_the_decision() -> None:
    """A setting: AWS says after a successful activity."""
    story = busy_story(scaling=ScalingSettings(cooldown_start=CooldownStart.DECISION))
    assert story.world.loop.cooldowns(RESOURCE).out_until == 1320.0
    story.until(1900.0)
    assert story.world.loop.cooldowns(RESOURCE).out_until == 1320.0


def test_while_the_endpoint_updates_the_alarm_asks_in_vain_every_minute() -> None:
    """TargetServicePutResourceAsUnscalable, noted once per spell."""
    story = busy_story()
    story.traffic(70, 1320.0, 1460.0)
    assert reasons(story)[1:] == [Reason.UNSCALABLE] * 2
    not_scaled = story.world.loop.activities(RESOURCE, include_not_scaled=True)[0]
    assert not_scaled.description == "Attempting to scale due to alarm triggered"
    assert not_scaled.status is ActivityStatus.FAILED
    assert [each.code for each in not_scaled.not_scaled_reasons] == ["TargetServicePutResourceAsUnscalable"]
    assert len(activities(story, not_scaled=True)) == 2
    assert len(activities(story)) == 1


def test_each_refusal_may_be_noted() -> None:
    """A setting, since AWS does not say."""
    story = busy_story(scaling=ScalingSettings(repeat_not_scaled=True))
    story.traffic(70, 1320.0, 1460.0)
    assert len(activities(story, not_scaled=True)) == 3


def test_a_new_spell_is_noted_anew() -> None:
    """At the maximum, calm, at the maximum again."""
    story = Story()
    story.scale(POLICY, 1020.0, high=1)
    for start in (1020.0, 2220.0):
        story.traffic(70, start, start + 600.0)
        story.until(start + 1200.0)
    codes = [each.not_scaled_reasons[0].code for each in story.world.loop.activities(include_not_scaled=True)]
    assert codes == ["AlreadyAtMaxCapacity"] * 2


def test_the_quota_fails_the_activity_and_the_alarm_tries_again() -> None:
    """Whole request refused, Failed with SageMaker's text, every minute anew; no cooldown (case C4)."""
    story = Story(settings=replace(STEADY, quotas={"ml.m5.large": 2}))
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 1400.0)
    told = story.world.loop.activities(RESOURCE)
    assert [(each.status, each.started_at, each.ended_at) for each in told] == [
        (ActivityStatus.FAILED, 1350.0, 1350.0),
        (ActivityStatus.FAILED, 1290.0, 1290.0),
    ]
    assert told[0].status_message.startswith(
        "Failed to set desired instance count to 5. Reason: The account-level service limit 'ml.m5.large for "
        "endpoint usage' is 2 Instances"
    )
    assert "Error Code: ResourceLimitExceeded" in told[0].status_message
    assert story.world.endpoints[ENDPOINT].status is EndpointStatus.IN_SERVICE


@pytest.mark.parametrize("status", list(NoCapacityStatus))
def test_without_instances_to_give_the_activity_is_never_fulfilled(status: NoCapacityStatus) -> None:
    """It stays InProgress until a newer one overrides it (seen), or ends Unfulfilled (guide); no cooldown."""
    story = Story(scaling=ScalingSettings(no_capacity_status=status))
    story.world.withhold_capacity(True, 1000.0)
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 3000.0)
    story.until(3400.0)
    first = story.world.loop.activities(RESOURCE)[-1]
    assert first.status == status.value
    assert story.world.endpoints[ENDPOINT].variant(VARIANT).desired_count == 1  # type: ignore[union-attr]
    story.world.withhold_capacity(False, 3400.0)
    story.traffic(70, 3401.0, 5600.0)
    statuses = [each.status for each in reversed(story.world.loop.activities(RESOURCE))]
    assert ActivityStatus.SUCCESSFUL in statuses
    overridden = status is NoCapacityStatus.IN_PROGRESS
    assert statuses[0] is (ActivityStatus.OVERRIDDEN if overridden else ActivityStatus.UNFULFILLED)


def test_a_second_scale_out_waits_for_the_cooldown_unless_it_is_larger() -> None:
    """20 a minute to 2; then a little more load while the cooldown runs, then much more."""
    slow = replace(POLICY, scale_out_cooldown_s=3000.0)
    story = Story()
    story.scale(slow, 1020.0, high=9)
    story.traffic(20, 1020.0, 1500.0)
    story.traffic(29, 1500.0, 2400.0)
    assert [desired for _, desired in story.acted()] == [2, 3]
    story.traffic(29, 2400.0, 2700.0)
    assert len(story.acted()) == 2
    story.traffic(80, 2700.0, 3300.0)
    assert [desired for _, desired in story.acted()] == [2, 3, 8]


def test_data_that_stops_leaves_the_alarm_without_data() -> None:
    """The endpoint is deleted: INSUFFICIENT_DATA, and nothing is decided."""
    story = Story()
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 1250.0)
    story.world.delete_endpoint(ENDPOINT, 1250.0)
    story.until(3000.0)
    assert {each.state for each in story.world.loop.alarms()} == {AlarmState.INSUFFICIENT_DATA}
    assert story.acted() == []


def test_a_reaction_that_comes_after_the_end_finds_nobody() -> None:
    """The endpoint was deleted between the alarm and the decision."""
    story = Story()
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 1261.0)
    assert AlarmState.ALARM in {each.state for each in story.world.loop.alarms()}
    story.world.delete_endpoint(ENDPOINT, 1261.0)
    story.until(1300.0)
    assert story.decisions() == []


def test_a_reaction_that_comes_after_the_calm_sees_the_calm() -> None:
    """The load was gone before Auto Scaling got round to the alarm: the last datapoint asks for nothing."""
    story = Story(scaling=ScalingSettings(reaction_delay_s=200.0))
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 1200.0)
    story.until(1500.0)
    assert reasons(story) == [Reason.ALREADY_AT_DESIRED_CAPACITY]


def test_a_slow_reaction_acts_for_the_alarm_that_invoked_it() -> None:
    """AlarmLow of an idle hour, still on its way when AlarmHigh fires, does not scale out in its place."""
    story = Story(scaling=ScalingSettings(reaction_delay_s=200.0))
    story.until(3600.0)
    story.scale(POLICY, 3600.0)
    story.traffic(70, 3600.0, 4200.0)
    assert story.acted() == [(3840.0 + 200.0, 5)]


def test_an_update_of_the_configuration_respects_scaled_variants() -> None:
    """No other instance type, no removal; another model is fine."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    other = replace(config().variants[0], name="Other")
    changed = story.world.update_endpoint(ENDPOINT, config("c", instance_type="ml.c5.large"), 1000.0)
    removed = story.world.update_endpoint(ENDPOINT, replace(config("c"), variants=(other,)), 1000.0)
    assert changed is not None
    assert removed is not None
    assert ("changed to ml.c5.large" in changed.message, "removed" in removed.message) == (True, True)
    assert story.world.update_endpoint(ENDPOINT, config("c"), 1000.0) is None


def test_scaled_variants_of_other_endpoints_do_not_matter() -> None:
    """Each endpoint by itself."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    story.world.create_endpoint("other", config(), 1000.0)
    story.until(2000.0)
    assert story.world.update_endpoint("other", config(instance_type="ml.c5.large"), 2000.0) is None


def test_a_target_whose_variant_is_gone_is_left_alone() -> None:
    """Registered, then the endpoint was made anew under the same name with another variant."""
    story = Story()
    story.scale(POLICY, 1020.0)
    story.world.delete_endpoint(ENDPOINT, 1020.0)
    story.until(1300.0)
    other = replace(config("new"), variants=(replace(config().variants[0], name="Other"),))
    story.world.create_endpoint(ENDPOINT, other, 1300.0)
    story.until(2000.0)
    assert story.world.update_endpoint(ENDPOINT, replace(other, name="newer"), 2000.0) is None
    assert story.decisions() == []


def test_a_loop_by_itself_refuses_time_that_runs_back() -> None:
    """A moment before the last one is the caller's mistake; without endpoints nothing is due."""
    loop = ControlLoop(lambda _resource_id: None, seed="s")
    assert loop.next_deadline() is None
    assert loop.advance(10.0) == []
    with pytest.raises(ValueError, match="time runs back"):
        loop.advance(9.0)


def test_names_are_drawn_from_the_seed() -> None:
    """Version 4 UUIDs, the same for the same seed."""
    names = [put(story, POLICY, 1000.0).high.alarm.name for story in registered(1, 1, 2)]
    assert names[0] == names[1] != names[2]
    uuid = make_uuid(__import__("random").Random(1))
    assert [len(part) for part in uuid.split("-")] == [8, 4, 4, 4, 12]
    assert (uuid[14], uuid[19] in "89ab") == ("4", True)


def registered(*seeds: int) -> list[Story]:
    stories = [Story(seed=seed) for seed in seeds]
    for story in stories:
        story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    return stories


def test_scale_in_after_low_minutes_is_an_activity_too() -> None:
    """Cause AlarmLow, cooldown of its own."""
    story = Story(count=3, scaling=FAST)
    story.scale(POLICY, 1020.0)
    story.until(1200.0)
    assert story.acted()[0] == (1110.0, 2)
    told = story.world.loop.activities(RESOURCE)[0]
    assert "AlarmLow" in told.cause
    assert story.world.loop.cooldowns(RESOURCE).in_until == told.ended_at + 600.0  # type: ignore[operator]


def test_what_the_loop_has_to_tell_is_due_at_once() -> None:
    """A loop used without a world says so by its deadline."""
    story = Story()
    loop = ControlLoop(story.world.resource, seed="s")
    loop.advance(1000.0)
    loop.register_target(ScalableTarget(RESOURCE, 2, 5), 1000.0)
    assert loop.next_deadline() == 1000.0
    assert only(loop.advance(1000.0), ActivityChanged)
    assert loop.next_deadline() is None
