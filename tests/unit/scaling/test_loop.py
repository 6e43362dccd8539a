"""The loop over any resource: alarms that somebody made, 10 s ticks, several policies, activities' words."""

from dataclasses import replace

import pytest
from written_resource import CPU, RESOURCE, Stage, Values, Written, jumps, only, steady

from harness.errors import ScenarioError
from harness.refusal import Refusal
from harness.scaling.activities import ActivityStatus
from harness.scaling.alarms import Alarm, AlarmState, Comparison
from harness.scaling.events import AlarmChanged
from harness.scaling.observation import Reason
from harness.scaling.policies import (
    LAMBDA_UTILIZATION,
    AdjustmentType,
    ScalableTarget,
    StepAdjustment,
    StepScaling,
    TargetTracking,
)
from harness.scaling.settings import ScalingSettings, StepPoints
from harness.scaling.targets import PolicyView

CHANGE = AdjustmentType.CHANGE_IN_CAPACITY
OUT = StepScaling("out", CHANGE, (StepAdjustment(0, 20, 1), StepAdjustment(20, None, 3)), cooldown_s=0.0)
IN = StepScaling("in", CHANGE, (StepAdjustment(None, 0, -1),), cooldown_s=0.0)
ARN = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:x"
NOBODY = "endpoint/nobody/variant/v"


def alarm(
    name: str = "cpu-high",
    threshold: float = 60.0,
    comparison: Comparison = Comparison.GREATER_OR_EQUAL,
    *actions: str,
    periods: int = 2,
) -> Alarm:
    return Alarm(
        name,
        threshold,
        comparison,
        evaluation_periods=periods,
        datapoints_to_alarm=periods,
        metric=CPU,
        alarm_actions=actions or ("out",),
    )


def stepping(values: Values, *alarms: Alarm, desired: int = 2, takes_s: float = 100.0) -> Stage:
    """Return a target with a policy out and one in, and the alarms."""
    stage = Stage(Written(values, desired, takes_s=takes_s))
    stage.scale(OUT, IN)
    for each in alarms:
        assert stage.loop.put_alarm(each, 0.0) is None
    return stage


def test_an_alarm_that_somebody_made_invokes_its_step_policy() -> None:
    """Two minutes above 60, a minute to publish, 30 s to react; again once it can be scaled."""
    stage = stepping(jumps((0.0, 10.0), (600.0, 70.0)), alarm())
    stage.until(1000.0)
    (changed,) = [each for each in only(stage.events, AlarmChanged) if each.state is AlarmState.ALARM]
    assert (changed.at, changed.resource_id, changed.policy_name) == (780.0, RESOURCE, "out")
    assert stage.acted() == [(810.0, 3), (930.0, 4)]
    assert stage.told()[0][1:] == (
        "Setting desired instance count to 3.",
        "monitor alarm cpu-high in state ALARM triggered policy out",
        "",
    )


def test_the_size_of_the_breach_chooses_the_step() -> None:
    """20 above and more: three at once."""
    stage = stepping(steady(85.0), alarm())
    stage.until(400.0)
    assert stage.acted()[0][1] == 5


@pytest.mark.parametrize(
    ("points", "desired"), [(StepPoints.WINDOW, 3), (StepPoints.LAST, 5), (StepPoints.ALARM, 3)]
)
def test_which_datapoints_are_aggregated_is_a_setting(points: StepPoints, desired: int) -> None:
    """61 and 90 are 75.5 on average; the last alone is 30 above."""
    written = Written(jumps((0.0, 61.0), (60.0, 90.0)), 2)
    stage = Stage(written, settings=ScalingSettings(step_points=points))
    stage.scale(OUT)
    stage.loop.put_alarm(alarm(), 0.0)
    stage.until(220.0)
    assert stage.acted() == [(210.0, desired)]


@pytest.mark.parametrize(("points", "acted"), [(StepPoints.WINDOW, []), (StepPoints.ALARM, [(419.0, 3)])])
def test_whether_datapoints_are_read_again_after_the_alarm_is_a_setting(
    points: StepPoints, acted: list[tuple[float, int]]
) -> None:
    """A minute of 70, seen by the alarm at 359 s; 60 s later the next minute is there, and is quiet."""
    written = Written(jumps((0.0, 10.0), (180.0, 70.0), (240.0, 10.0)), 2)
    settings = ScalingSettings(step_points=points, evaluation_offset_s=59.0, reaction_delay_s=60.0)
    stage = Stage(written, settings=settings)
    stage.scale(OUT)
    stage.loop.put_alarm(alarm(periods=1), 0.0)
    stage.until(600.0)
    assert stage.acted() == acted


def test_out_and_in_by_two_alarms() -> None:
    """Busy, then idle."""
    low = alarm("cpu-low", 20.0, Comparison.LESS, "in", periods=3)
    stage = stepping(jumps((0.0, 70.0), (300.0, 5.0)), alarm(), low)
    stage.until(1200.0)
    assert [desired for _, desired in stage.acted()] == [3, 4, 3, 2, 1]
    assert stage.decisions()[-1][1].reason is Reason.ALREADY_AT_MIN_CAPACITY


def test_an_alarm_may_invoke_a_policy_by_its_arn_and_in_any_state() -> None:
    """OK and INSUFFICIENT_DATA have actions too, repeated while the alarm stays in the state."""
    own = f"{ARN}:resource/sagemaker/{RESOURCE}:policyName/in"
    watched = replace(
        alarm(), alarm_actions=(ARN,), ok_actions=(own,), insufficient_data_actions=("elsewhere",)
    )
    stage = Stage(Written(jumps((0.0, 10.0), (900.0, 70.0)), 3))
    stage.scale(IN)
    stage.loop.put_policy(RESOURCE, OUT, 0.0, policy_arn=ARN)
    stage.loop.put_alarm(watched, 0.0)
    stage.until(1200.0)
    assert [desired for _, desired in stage.acted()] == [2, 1, 2]
    assert stage.told()[0][2] == "monitor alarm cpu-high in state OK triggered policy in"


def test_an_alarm_put_again_keeps_its_state() -> None:
    """CloudWatch leaves it as it is; the new threshold counts from the next evaluation."""
    stage = stepping(steady(70.0), alarm())
    stage.until(200.0)
    stage.loop.put_alarm(alarm(threshold=90.0), 201.0)
    (view,) = stage.loop.alarms()
    assert (view.state, view.alarm.threshold) == (AlarmState.ALARM, 90.0)
    stage.until(300.0)
    assert stage.loop.alarms()[0].state is AlarmState.OK


def test_what_was_put_can_be_deleted_and_what_was_not_cannot() -> None:
    """ResourceNotFound; an alarm without a metric is refused."""
    stage = stepping(steady(70.0), alarm())
    assert stage.loop.delete_alarm("cpu-high", 1.0) is None
    gone = stage.loop.delete_alarm("cpu-high", 1.0)
    assert isinstance(gone, Refusal)
    assert gone.code == "ResourceNotFound"
    nothing = stage.loop.put_alarm(replace(alarm(), metric=None), 1.0)
    assert isinstance(nothing, Refusal)
    assert stage.loop.next_deadline() is None
    stage.until(1000.0)
    assert stage.acted() == []


@pytest.mark.parametrize("what", ["alarm", "policy"])
def test_a_step_whose_alarm_or_policy_goes_before_the_decision_does_nothing(what: str) -> None:
    """Deleted between the alarm and the reaction."""
    stage = stepping(steady(70.0), alarm())
    stage.until(181.0)
    assert stage.loop.alarms()[0].state is AlarmState.ALARM
    if what == "alarm":
        stage.loop.delete_alarm("cpu-high", 182.0)
    else:
        stage.loop.delete_policy(RESOURCE, "out", 182.0)
    stage.until(1000.0)
    assert stage.decisions() == []


def test_an_alarm_that_names_nobody_only_changes_its_state() -> None:
    """Its metric must name its dimensions; without them nobody knows whose it is."""
    stage = Stage(Written(steady(70.0)))
    stage.scale(OUT)
    whose = replace(CPU, dimensions=(("EndpointName", "e"),))
    for name, metric in (("named", whose), ("nameless", CPU)):
        stage.loop.put_alarm(replace(alarm(name), metric=metric, alarm_actions=()), 0.0)
    stage.until(400.0)
    assert [each.state for each in stage.loop.alarms()] == [AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA]
    assert (stage.loop.alarms()[0].resource_id, stage.decisions()) == ("", [])


def test_an_alarm_may_watch_another_resource_than_it_scales() -> None:
    """The first that has the metric, in the order of registration."""
    busy, scaled = Written(steady(70.0)), Written(steady(0.0), 2)
    scaled.covered = lambda metric: not metric.dimensions
    stage = Stage(scaled)
    stage.resources["endpoint/front/variant/v"] = busy
    stage.loop.register_target(ScalableTarget("endpoint/front/variant/v", 1, 5), 0.0)
    stage.scale(OUT)
    front = replace(CPU, dimensions=(("EndpointName", "front"),))
    stage.loop.put_alarm(replace(alarm(), metric=front), 0.0)
    stage.until(220.0)
    assert (scaled.calls, busy.calls) == ([(210.0, 3)], [])


def test_a_policy_is_shown_with_its_alarms() -> None:
    """Those that were made for it, or those that somebody made and that name it."""
    stage = stepping(steady(10.0), alarm(), alarm("other", 60.0, Comparison.GREATER, "nobody"))
    stage.loop.put_policy(RESOURCE, TargetTracking("t", 50.0, CPU), 0.0)
    views = {each.policy.policy_name: each for each in stage.loop.policies()}
    assert [each.alarm.name for each in views["out"].alarms] == ["cpu-high"]
    assert views["in"].alarms == ()
    assert [each.alarm.comparison for each in views["t"].alarms] == [Comparison.GREATER, Comparison.LESS]


def test_a_policy_of_another_kind_takes_the_name() -> None:
    """The alarms that were made for target tracking go."""
    stage = Stage(Written(steady(10.0)))
    stage.scale(TargetTracking("p", 50.0, CPU))
    assert len(stage.loop.alarms()) == 2
    stage.loop.put_policy(RESOURCE, replace(OUT, policy_name="p"), 0.0)
    assert stage.loop.alarms() == ()
    back = stage.loop.put_policy(RESOURCE, TargetTracking("p", 50.0, CPU), 0.0)
    assert isinstance(back, PolicyView)
    assert len(back.alarms) == 2


def test_a_metric_that_the_resource_does_not_have_is_refused() -> None:
    """Rather than never scaling; a resource that is not there yet is given the benefit of the doubt."""
    written = Written(steady(0.0))
    written.covered = lambda _metric: False
    stage = Stage(written)
    with pytest.raises(ScenarioError, match=r"'ProvisionedConcurrencyUtilization' \(Average, every 60 s\)"):
        stage.scale(TargetTracking("p", 0.7, LAMBDA_UTILIZATION))
    stage.resources.clear()
    assert isinstance(
        stage.loop.put_policy(RESOURCE, TargetTracking("p", 0.7, LAMBDA_UTILIZATION), 0.0), PolicyView
    )


def test_resuming_evaluates_the_alarms_that_are_in_breach() -> None:
    """At once and not with the next minute; nothing when nothing is in breach."""
    stage = stepping(steady(70.0), alarm())
    stopped = ScalableTarget(RESOURCE, 1, 20, suspended_out=True)
    stage.loop.register_target(stopped, 0.0)
    stage.until(451.0)
    assert {each.reason for _, each in stage.decisions()} == {Reason.SCALE_OUT_SUSPENDED}
    stage.loop.register_target(replace(stopped, suspended_out=False), 451.0)
    stage.until(500.0)
    assert stage.acted() == [(481.0, 3)]


def test_resuming_in_calm_does_nothing() -> None:
    """Scale-in is allowed again, no alarm is in breach."""
    stage = stepping(steady(30.0), alarm())
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 20, suspended_in=True), 0.0)
    stage.until(400.0)
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 20), 425.0)
    stage.until(800.0)
    assert stage.decisions() == []


def test_a_resource_that_takes_changes_at_any_time_overrides_the_one_under_way() -> None:
    """The older activity ends Overridden (AAS guide: a new one began before it completed)."""
    written = Written(steady(70.0), 2, takes_s=200.0, busy=False)
    stage = Stage(written)
    stage.scale(OUT)
    stage.loop.put_alarm(alarm(), 0.0)
    stage.until(299.0)
    assert [desired for _, desired in stage.acted()] == [3, 4]
    assert [each.status for each in stage.loop.activities()] == [
        ActivityStatus.IN_PROGRESS,
        ActivityStatus.OVERRIDDEN,
    ]


def test_a_function_is_scaled_in_the_words_of_its_service() -> None:
    """As pasted for a Lambda alias, 2022-07-02."""
    name = "function:hello:live"
    target = ScalableTarget(
        name, 1, 20, dimension="lambda:function:ProvisionedConcurrency", namespace="lambda"
    )
    stage = Stage(Written(steady(0.9), 3), resource_id=name)
    stage.loop.register_target(target, 0.0)
    stage.loop.put_policy(name, TargetTracking("p", 0.7, LAMBDA_UTILIZATION), 0.0)
    stage.until(371.0)
    at, description, cause, message = stage.told()[-1]
    assert (at, description) == (370.0, "Setting desired concurrency to 4.")
    assert cause.startswith(f"monitor alarm TargetTracking-{name}-AlarmHigh-")
    assert message == "Successfully set desired concurrency to 4. Change successfully fulfilled by lambda."


def test_an_unknown_dimension_has_general_words() -> None:
    """Nothing is made up for it."""
    stage = Stage(Written(steady(0.0), 5))
    target = ScalableTarget(RESOURCE, 1, 3, dimension="other:thing:Count", namespace="other")
    stage.loop.register_target(target, 0.0)
    assert stage.loop.activities()[0].status_message == (
        "Successfully set desired capacity to 3. Waiting for change to be fulfilled by other."
    )


def test_what_is_not_there_is_not_found() -> None:
    """Refusals name namespace and dimension, those of a function where the id is a function's."""
    loop = Stage(Written(steady(0.0))).loop
    unknown = loop.register_target(ScalableTarget(NOBODY, 1, 2), 0.0)
    assert isinstance(unknown, Refusal)
    assert unknown.code == "ValidationException"
    gone = loop.deregister_target("function:f:live", 0.0)
    assert isinstance(gone, Refusal)
    assert gone.message.endswith(
        "namespace: lambda, resource ID: function:f:live, scalable dimension: "
        "lambda:function:ProvisionedConcurrency"
    )


def test_what_has_settled_without_being_asked_changes_nothing() -> None:
    """A change of somebody else's."""
    stage = Stage(Written(steady(0.0)))
    stage.loop.settled(RESOURCE, 0.0)
    stage.scale()
    stage.loop.settled(RESOURCE, 0.0)
    assert stage.loop.told() == []


def test_a_resource_that_goes_away_is_left_alone() -> None:
    """Between the alarm and the decision, and while a change is under way."""
    stage = stepping(steady(70.0), alarm(), takes_s=300.0)
    stage.until(211.0)
    assert stage.loop.activities()[0].is_under_way
    del stage.resources[RESOURCE]
    stage.loop.settled(RESOURCE, 212.0)
    assert stage.loop.activities()[0].status is ActivityStatus.IN_PROGRESS
    stage.until(1000.0)
    assert len(stage.acted()) == 1


def test_every_target_has_its_own_alarms() -> None:
    """Two resources with one policy each; only the busy one grows."""
    idle, busy = Written(steady(10.0), 1), Written(steady(70.0), 1)
    stage = Stage(idle)
    stage.resources[NOBODY] = busy
    stage.scale(TargetTracking("p", 60.0, CPU))
    stage.loop.register_target(ScalableTarget(NOBODY, 1, 5), 0.0)
    stage.loop.put_policy(NOBODY, TargetTracking("p", 60.0, CPU), 0.0)
    stage.until(300.0)
    assert (idle.calls, busy.calls) == ([], [(270.0, 2)])
    assert len({each.alarm.name for each in stage.loop.alarms()}) == 4
