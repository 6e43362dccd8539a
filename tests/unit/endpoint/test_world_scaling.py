"""The world under every kind of scaling: other metrics, step policies, schedules, other resources."""

from dataclasses import replace

import pytest
from virtual_time import ENDPOINT, RESOURCE, STEADY, VARIANT, Story, config, only

from harness.endpoint import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    AdjustmentType,
    Alarm,
    AlarmState,
    Comparison,
    EndpointStatus,
    Fleet,
    Refusal,
    ScalableTarget,
    ScalingMetric,
    ScheduledActionRan,
    StatusChanged,
    StepAdjustment,
    StepScaling,
    TargetTracking,
    VariantMetrics,
    World,
)
from harness.endpoint.metrics import MINUTE_S
from harness.errors import ScenarioError
from harness.functions.provisioned import ProvisionedConcurrency
from harness.scaling.events import ResourceChanged
from harness.scaling.metrics import LAMBDA_UTILIZATION
from harness.scaling.schedule import ScheduledAction, parse_schedule

CPU = ScalingMetric("/aws/sagemaker/Endpoints", "CPUUtilization", "Average")
STEPS = StepScaling("steps", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(0, None, 2),))
ALIAS = "function:hello:live"
LAMBDA_TARGET = ScalableTarget(
    ALIAS, 1, 10, dimension="lambda:function:ProvisionedConcurrency", namespace="lambda"
)


def test_an_adopted_endpoint_is_in_service_at_once() -> None:
    """With all its instances, and its name is taken."""
    world = World(seed=1, endpoint_settings=STEADY)
    assert world.adopt_endpoint(ENDPOINT, config(count=3), 0.0) is None
    assert isinstance(world.adopt_endpoint(ENDPOINT, config(), 0.0), Refusal)
    view = world.endpoints[ENDPOINT].view()
    assert (view.status, view.variants[0].current_count) == (EndpointStatus.IN_SERVICE, 3)
    assert [each.at for each in world.advance(0.0) if isinstance(each, StatusChanged)] == [0.0]


def test_the_makers_reach_every_endpoint() -> None:
    """So that other fleets and metrics can take the place of the readable ones."""
    made: list[str] = []

    class Counted(VariantMetrics):
        pass

    def make_metrics(*, publish_delay_s: float, emit_zeros: bool) -> VariantMetrics:
        made.append("metrics")
        return Counted(publish_delay_s=publish_delay_s, emit_zeros=emit_zeros)

    world = World(seed=1, endpoint_settings=STEADY, make_fleet=Fleet, make_metrics=make_metrics)
    world.create_endpoint(ENDPOINT, config(), 0.0)
    assert made == ["metrics"]
    assert isinstance(world.endpoints[ENDPOINT].metrics(VARIANT), Counted)


def test_concurrency_scales_out_within_the_minute() -> None:
    """12 requests of 5 s in flight on one slot from 1200 on: 30 s of data, 10 s and 15 s of delay."""
    story = Story()
    story.scale(TargetTracking("p", 5.0, CONCURRENT_PER_MODEL), 1000.0)
    story.until(1200.0)
    for second in range(60):
        story.until(1200.0 + second)
        story.world.arrive(ENDPOINT, second, 1200.0 + second, service_s=5.0)
    story.until(1300.0)
    assert 1200.0 < story.acted()[0][0] <= 1265.0


def test_a_step_policy_on_cpu_with_an_alarm_that_somebody_made() -> None:
    """One slot always busy; alarm of one minute, publish and reaction delay."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    story.world.put_policy(RESOURCE, STEPS, 1000.0, policy_arn="arn:steps")
    alarm = Alarm("busy", 50.0, Comparison.GREATER, 60.0, 1, 1, metric=CPU, alarm_actions=("arn:steps",))
    assert story.world.put_alarm(alarm, 1000.0) is None
    for number in range(60):
        story.until(1020.0 + 5.0 * number)
        story.world.arrive(ENDPOINT, number, 1020.0 + 5.0 * number, service_s=5.0)
    story.until(1400.0)
    assert story.acted()[0] == (1170.0, 3)
    assert (
        story.world.loop.activities(RESOURCE)[0].cause
        == "monitor alarm busy in state ALARM triggered policy steps"
    )
    assert story.world.delete_alarm("busy", 1400.0) is None
    assert isinstance(story.world.delete_alarm("busy", 1400.0), Refusal)


def test_a_scheduled_action_runs_on_the_calendar() -> None:
    """Moment 0 is 1970-01-01T00:00:00Z unless said otherwise."""
    story = Story()
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    action = ScheduledAction("up", parse_schedule("at(1970-01-01T00:30:00)"), 3, 5)
    assert story.world.put_scheduled_action(RESOURCE, action, 1000.0) is None
    once_more = replace(action, name="never")
    story.world.put_scheduled_action(RESOURCE, once_more, 1000.0)
    assert story.world.delete_scheduled_action(RESOURCE, "never", 1001.0) is None
    story.until(2500.0)
    assert [each.due_at for each in only(story.events, ScheduledActionRan)] == [1800.0]
    assert story.world.loop.activities(RESOURCE)[0].started_at == 1810.0
    assert story.world.endpoints[ENDPOINT].variant(VARIANT).current_count == 3  # type: ignore[union-attr]


def test_an_epoch_moves_the_calendar() -> None:
    """The same action, in a world that begins a quarter of an hour later."""
    world = World(seed=1, endpoint_settings=STEADY, epoch_s=900.0)
    world.adopt_endpoint(ENDPOINT, config(), 0.0)
    world.register_target(ScalableTarget(RESOURCE, 1, 5), 0.0)
    world.put_scheduled_action(
        RESOURCE, ScheduledAction("up", parse_schedule("at(1970-01-01T00:30:00)"), 3, 5), 0.0
    )
    assert world.loop.scheduled_actions()[0].next_at == 900.0


def lambda_world() -> tuple[World, ProvisionedConcurrency]:
    world = World(seed=1)
    alias = ProvisionedConcurrency(ALIAS, 2, seed=1)
    world.add_resource(ALIAS, alias, 0.0)
    return world, alias


def test_a_function_scales_in_the_same_world() -> None:
    """Two environments always busy against 0.7: to three, successful when they are allocated."""
    world, alias = lambda_world()
    assert world.register_target(LAMBDA_TARGET, 0.0) is None
    world.put_policy(ALIAS, TargetTracking("p", 0.7, LAMBDA_UTILIZATION, 0.0, 0.0), 0.0)
    events = world.advance(0.0)
    for second in range(600):
        events += world.advance(float(second))
        alias.arrive(float(second), 2.0)
    assert alias.current_capacity == 3
    told = [(each.desired, each.current) for each in events if isinstance(each, ResourceChanged)]
    assert told == [(2, 2), (3, 2), (3, 3)]
    (activity,) = [each for each in world.loop.activities() if each.is_scaled]
    assert activity.status_message.endswith("Change successfully fulfilled by lambda.")
    assert activity.ended_at is not None
    assert 60.0 <= activity.ended_at - activity.started_at <= 121.0


def test_a_resource_id_is_used_once() -> None:
    """Neither for a variant nor for another resource."""
    world, alias = lambda_world()
    with pytest.raises(ScenarioError, match=ALIAS):
        world.add_resource(ALIAS, alias, 0.0)
    with pytest.raises(ScenarioError, match="used once"):
        Story().world.add_resource(RESOURCE, alias, 1000.0)


def test_only_what_is_there_can_be_registered() -> None:
    """An id of no known form, an endpoint and a variant that are not there."""
    world = Story().world
    for wrong in ("function:f:live", "endpoint/nobody/variant/v", f"endpoint/{ENDPOINT}/variant/nobody"):
        refusal = world.register_target(ScalableTarget(wrong, 1, 2), 1000.0)
        assert isinstance(refusal, Refusal)
        assert refusal.message == f"No variant found for resource ID: {wrong}"


def test_which_metrics_are_covered() -> None:
    """By the resource that has the id."""
    world, _ = lambda_world()
    assert world.covers(ALIAS, LAMBDA_UTILIZATION)
    assert not world.covers(ALIAS, INVOCATIONS)
    assert not world.covers("nobody", INVOCATIONS)
    assert Story().world.covers(RESOURCE, INVOCATIONS)


def test_a_name_that_is_used_again_is_another_resource() -> None:
    """The metrics of the old endpoint are not those of the new one."""
    story = Story()
    first = story.world.resource(RESOURCE)
    assert story.world.resource(RESOURCE) is first
    story.world.delete_endpoint(ENDPOINT, 1000.0)
    story.until(1300.0)
    assert story.world.resource(RESOURCE) is None
    story.world.create_endpoint(ENDPOINT, config(), 1300.0)
    assert story.world.resource(RESOURCE) not in (None, first)


def test_the_next_change_is_not_an_answer() -> None:
    """A minute that is published, an instance that joins; None in an empty world."""
    assert World(seed=1).next_change() is None
    story = Story()
    story.world.arrive(ENDPOINT, 1, 1000.0, service_s=5.0)
    assert story.world.next_deadline() == 1005.0
    assert story.world.next_change() == 16 * MINUTE_S + 60.0


def test_alarms_without_a_policy_are_told_too() -> None:
    """They change their state and invoke nobody."""
    story = Story()
    alarm = Alarm(
        "watch",
        5.0,
        Comparison.GREATER,
        60.0,
        1,
        1,
        metric=replace(INVOCATIONS, dimensions=(("EndpointName", ENDPOINT), ("VariantName", VARIANT))),
    )
    story.world.register_target(ScalableTarget(RESOURCE, 1, 5), 1000.0)
    story.world.put_alarm(alarm, 1000.0)
    story.traffic(70, 1020.0, 1300.0)
    assert [each.state for each in story.world.loop.alarms()] == [AlarmState.ALARM]
