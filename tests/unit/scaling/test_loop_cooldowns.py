"""The loop keeps the cooldown of the policy that changed the capacity, from the moment the change is done."""

from dataclasses import replace

from written_resource import CPU, FAST_CPU, RESOURCE, Stage, Written, only, steady

from harness.scaling.alarms import Alarm, Comparison
from harness.scaling.events import ActivityChanged
from harness.scaling.observation import Reason
from harness.scaling.policies import AdjustmentType, ScalableTarget, StepAdjustment, StepScaling
from harness.scaling.settings import CooldownStart, ScalingSettings

CHANGE = AdjustmentType.CHANGE_IN_CAPACITY
OUT = StepScaling("out", CHANGE, (StepAdjustment(0, None, 1),), cooldown_s=300.0)
IN = StepScaling("in", CHANGE, (StepAdjustment(None, 0, -1),), cooldown_s=300.0)
ABOVE = Alarm(
    "cpu-high",
    60.0,
    Comparison.GREATER_OR_EQUAL,
    evaluation_periods=1,
    datapoints_to_alarm=1,
    metric=CPU,
    alarm_actions=("out",),
)
BELOW = replace(ABOVE, name="cpu-low", threshold=20.0, comparison=Comparison.LESS, alarm_actions=("in",))


def staged(value: float, alarm: Alarm, settings: ScalingSettings | None = None) -> Stage:
    """Return a resource of four whose changes take 100 s, its metric at *value* all the time."""
    stage = Stage(Written(steady(value), 4, takes_s=100.0), settings=settings)
    stage.scale(OUT, IN)
    stage.loop.put_alarm(alarm, 0.0)
    return stage


def test_one_step_out_a_cooldown() -> None:
    """The first is done at 250: until 550 what it added counts against what the step wants."""
    stage = staged(70.0, ABOVE)
    stage.until(900.0)
    assert stage.acted() == [(150.0, 5), (570.0, 6)]


def test_one_step_in_a_cooldown() -> None:
    """Between the two nothing happens, and the loop says why."""
    stage = staged(5.0, BELOW)
    stage.until(900.0)
    assert stage.acted() == [(150.0, 3), (570.0, 2)]
    waiting = {each.reason for at, each in stage.decisions() if 250.0 < at < 550.0}
    assert waiting == {Reason.SCALE_IN_COOLDOWN}


def test_by_setting_the_cooldown_runs_from_the_decision() -> None:
    """150 and 300 are 450."""
    stage = staged(5.0, BELOW, ScalingSettings(cooldown_start=CooldownStart.DECISION))
    stage.until(600.0)
    assert stage.acted() == [(150.0, 3), (450.0, 2)]


def test_bounds_move_the_capacity_without_a_cooldown() -> None:
    """No policy asked for it: the next step in may follow as soon as the change is done."""
    stage = staged(5.0, BELOW)
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 3), 0.0)
    stage.until(400.0)
    assert stage.acted()[0] == (150.0, 2)


def test_resuming_scale_in_evaluates_its_alarms_at_once() -> None:
    """Not with the next minute: suspended until 451, it has reacted by 481."""
    stage = staged(5.0, BELOW)
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 20, suspended_in=True), 0.0)
    stage.until(451.0)
    assert stage.acted() == []
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 20), 451.0)
    stage.until(500.0)
    assert stage.acted() == [(481.0, 3)]


def test_resuming_waits_for_no_retry() -> None:
    """An alarm of ten seconds may invoke every minute only while it rings; on resuming it does at once."""
    fast = replace(ABOVE, metric=FAST_CPU, period_s=10.0)
    settings = ScalingSettings(high_resolution_retry_s=60.0)
    stage = Stage(Written(steady(70.0), 4, takes_s=100.0), settings=settings)
    stage.scale(OUT)
    stage.loop.put_alarm(fast, 0.0)
    stopped = ScalableTarget(RESOURCE, 1, 20, suspended_out=True)
    stage.loop.register_target(stopped, 0.0)
    stage.until(304.0)
    asked = [at for at, _ in stage.decisions()]
    assert asked == [asked[0] + 60.0 * number for number in range(len(asked))]
    resumed_at = asked[-1] + 5.0
    stage.loop.register_target(replace(stopped, suspended_out=False), resumed_at)
    stage.until(resumed_at + 30.0)
    assert [desired for _, desired in stage.acted()] == [5]


def test_what_was_not_scaled_is_told_with_the_capacity_as_it_stays() -> None:
    """An activity that Failed, from the capacity there is to the same, with sentence and cause."""
    stage = Stage(Written(steady(5.0), 1, takes_s=100.0))
    stage.scale(IN)
    stage.loop.put_alarm(BELOW, 0.0)
    stage.until(400.0)
    (told,) = only(stage.events, ActivityChanged)
    activity = told.activity
    assert (activity.from_capacity, activity.to_capacity) == (1, 1)
    assert (activity.started_at, activity.ended_at) == (150.0, 150.0)
    assert activity.cause == "monitor alarm cpu-low in state ALARM triggered policy in"
    assert "but the minimum of 1 is reached" in activity.sentence
    assert [each.code for each in activity.not_scaled_reasons] == ["AlreadyAtMinCapacity"]
