"""Registration, policies and alarms, ticks, decisions, activities: what clients of Auto Scaling see."""

from dataclasses import replace

import pytest
from control_story import POLICY, activities, put
from virtual_time import ENDPOINT, RESOURCE, VARIANT, Story

from harness.endpoint import (
    ActivityStatus,
    AlarmState,
    CapacityChange,
    PolicyView,
    Refusal,
    ScalableTarget,
    ScalingSettings,
    resource_id_of,
    split_resource_id,
)
from harness.errors import ScenarioError
from harness.scaling.resource import ScalingMetric


def test_registration_moves_the_capacity_inside_the_bounds() -> None:
    """At once, with AWS's cause, and no policy is needed."""
    story = Story()
    assert story.world.register_target(ScalableTarget(RESOURCE, 3, 5), 1000.0) is None
    story.until(1500.0)
    assert activities(story) == [(ActivityStatus.SUCCESSFUL, "minimum capacity was set to 3", 1000.0, 1130.0)]
    assert story.world.endpoints[ENDPOINT].variant(VARIANT).current_count == 3  # type: ignore[union-attr]


def test_registration_again_with_a_lower_maximum_shrinks() -> None:
    """The maximum is the cause then; no cooldown comes of it."""
    story = Story(count=4)
    story.world.register_target(ScalableTarget(RESOURCE, 1, 4), 1000.0)
    story.world.register_target(ScalableTarget(RESOURCE, 1, 2), 1001.0)
    story.until(1500.0)
    assert [cause for _, cause, _, _ in activities(story)] == ["maximum capacity was set to 2"]
    assert story.world.loop.cooldowns(RESOURCE).in_until < 0.0
    assert story.world.loop.targets() == (ScalableTarget(RESOURCE, 1, 2),)


def test_registration_of_an_endpoint_that_is_updating_moves_nothing() -> None:
    """Not if the resource is not active (AAS guide)."""
    story = Story()
    story.world.update_weights_and_capacities(ENDPOINT, [CapacityChange(VARIANT, 2)], 1000.0)
    assert story.world.register_target(ScalableTarget(RESOURCE, 4, 5), 1001.0) is None
    story.until(2000.0)
    assert activities(story) == []


@pytest.mark.parametrize(
    "resource_id", ["endpoint/nobody/variant/AllTraffic", f"endpoint/{ENDPOINT}/variant/nobody"]
)
def test_only_what_exists_can_be_registered(resource_id: str) -> None:
    """The refusal names the resource."""
    refusal = Story().world.register_target(ScalableTarget(resource_id, 1, 2), 1000.0)
    assert refusal is not None
    assert resource_id in refusal.message


def test_burstable_t2_cannot_be_registered_and_t3_can() -> None:
    """The guide says "such as T2"; for t3 it is silent, so a setting decides."""
    target = ScalableTarget(RESOURCE, 1, 2)
    refusal = Story(instance_type="ml.t2.medium").world.register_target(target, 1000.0)
    assert refusal is not None
    assert "burstable" in refusal.message
    assert Story(instance_type="ml.t3.medium").world.register_target(target, 1000.0) is None
    strict = ScalingSettings(unscalable_families=("t2", "t3"))
    assert (
        Story(instance_type="ml.t3.medium", scaling=strict).world.register_target(target, 1000.0) is not None
    )


@pytest.mark.parametrize(
    "wrong", ["service/x", "endpoint/e/variant/", "endpoint//variant/v", "endpoint/e/variants/v"]
)
def test_a_resource_id_has_four_parts(wrong: str) -> None:
    """What is no variant is said to be none."""
    assert split_resource_id(resource_id_of("e", "v")) == ("e", "v")
    with pytest.raises(ScenarioError, match="ResourceId"):
        split_resource_id(wrong)


def test_a_policy_gets_two_alarms_named_as_aws_names_them() -> None:
    """TargetTracking-<ResourceId>-AlarmHigh-<uuid>, in INSUFFICIENT_DATA at first."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    view = story.world.put_policy(RESOURCE, POLICY, 1000.0, policy_arn="arn:aws:autoscaling:x")
    assert isinstance(view, PolicyView)
    assert view.low is not None
    assert view.high.alarm.name.startswith(f"TargetTracking-{RESOURCE}-AlarmHigh-")
    assert view.low.alarm.name.startswith(f"TargetTracking-{RESOURCE}-AlarmLow-")
    assert view.high.alarm.description == (
        "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy arn:aws:autoscaling:x."
    )
    assert (view.high.state, view.high.reason) == (
        AlarmState.INSUFFICIENT_DATA,
        "Unchecked: Initial alarm creation",
    )
    assert [each.alarm.name for each in story.world.loop.alarms()] == [
        view.high.alarm.name,
        view.low.alarm.name,
    ]


def test_a_policy_put_again_keeps_its_alarms_with_new_thresholds() -> None:
    """Names and states stay."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    before = put(story, POLICY, 1000.0)
    story.until(1200.0)
    after = put(story, replace(POLICY, target_value=20.0), 1200.0)
    assert after.high.alarm.name == before.high.alarm.name
    assert (after.high.alarm.threshold, after.high.state) == (20.0, AlarmState.OK)
    assert len(story.world.loop.policies(RESOURCE)) == 1
    assert story.world.loop.policies("endpoint/other/variant/v") == ()


def test_whether_a_low_alarm_is_made_under_disable_scale_in_is_a_setting() -> None:
    """Not documented; toggling the policy makes and drops it."""
    story = Story(scaling=ScalingSettings(create_low_alarm_when_disabled=False))
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    only_out = replace(POLICY, disable_scale_in=True)
    assert put(story, only_out, 1000.0).low is None
    assert put(story, POLICY, 1000.0).low is not None
    assert put(story, only_out, 1000.0).low is None
    assert len(story.world.loop.alarms()) == 1
    story.traffic(70, 1020.0, 1320.0)
    assert [desired for _, desired in story.acted()] == [5]


def test_what_is_not_registered_is_not_found() -> None:
    """ObjectNotFoundException with namespace, resource and dimension."""
    world = Story().world
    refusals = [
        world.put_policy(RESOURCE, POLICY, 1000.0),
        world.deregister_target(RESOURCE, 1000.0),
        world.delete_policy(RESOURCE, "tracking", 1000.0),
    ]
    world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    refusals.append(world.delete_policy(RESOURCE, "nobody", 1000.0))
    for refusal in refusals:
        assert isinstance(refusal, Refusal)
        assert refusal.code == "ObjectNotFoundException"
        assert refusal.message.endswith(
            f"resource ID: {RESOURCE}, scalable dimension: sagemaker:variant:DesiredInstanceCount"
        )


def test_a_metric_that_is_not_modelled_is_said_to_be_so() -> None:
    """Rather than never scaling."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    disk = ScalingMetric("/aws/sagemaker/Endpoints", "DiskUtilization", "Average")
    with pytest.raises(ScenarioError, match="DiskUtilization"):
        story.world.put_policy(RESOURCE, replace(POLICY, metric=disk), 1000.0)


@pytest.mark.parametrize("how", ["policy", "target"])
def test_without_a_policy_nothing_scales_any_more(how: str) -> None:
    """Deleting it, or deregistering the target, also takes back a decision on its way."""
    story = Story()
    story.scale(POLICY, 1020.0)
    story.traffic(70, 1020.0, 1260.0)
    assert [each.state for each in story.world.loop.alarms()].count(AlarmState.ALARM) == 1
    if how == "policy":
        assert story.world.delete_policy(RESOURCE, "tracking", 1261.0) is None
    else:
        assert story.world.deregister_target(RESOURCE, 1261.0) is None
    story.traffic(70, 1262.0, 1800.0)
    assert story.acted() == []
    assert story.world.loop.alarms() == ()


def test_the_loop_keeps_ticking_for_the_policies_that_remain() -> None:
    """One of two is deleted."""
    story = Story()
    story.scale(POLICY, 1020.0)
    put(story, replace(POLICY, policy_name="other", target_value=7.0), 1020.0)
    story.world.delete_policy(RESOURCE, "tracking", 1030.0)
    story.traffic(14, 1030.0, 1600.0)
    assert [desired for _, desired in story.acted()] == [2]
