"""What a scenario says of scaling is refused where AWS, or common sense, would refuse it."""

from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scenario import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    AdjustmentType,
    Alarm,
    Comparison,
    Scaling,
    ScalingMetric,
    ScheduledAction,
    Step,
    StepScaling,
    TargetTracking,
    Tracking,
    above,
    below,
)
from harness.scenario.scaling import whole

BUSY = above(INVOCATIONS, 60)


def steps(**changes: Any) -> StepScaling:
    given: dict[str, Any] = {"policy_name": "busy", "steps": (Step(1, lower=0),), "alarm": BUSY}
    return StepScaling(**(given | changes))


def test_target_tracking_is_short_for_a_scaling_with_one_policy() -> None:
    """The short form says the same as the long one."""
    short = TargetTracking(60, 1, 4, scale_in_cooldown_s=30, metric=CONCURRENT_PER_MODEL)
    policy = Tracking(60, CONCURRENT_PER_MODEL, scale_in_cooldown_s=30)
    assert whole(short) == Scaling(1, 4, (policy,)) == whole(whole(short))


def test_alarms_on_either_side() -> None:
    """Three periods on end unless said otherwise; all of them must breach."""
    assert Alarm(INVOCATIONS, Comparison.GREATER, 60, 3) == BUSY
    assert below(INVOCATIONS, 6, periods=15).comparison is Comparison.LESS
    assert (BUSY.needed, Alarm(INVOCATIONS, Comparison.LESS, 6, 5, 2).needed) == (3, 2)


def test_step_policies_are_told_apart() -> None:
    """Only these have alarms of their own to be made."""
    assert Scaling(1, 4, (Tracking(60), steps())).step_policies == (steps(),)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"steps": ()}, "one step adjustment at least"),
        ({"steps": (Step(1, 0, 10), Step(2, 5))}, "overlap"),
        ({"steps": (Step(1, 0, 10), Step(2, 15))}, "no step adjustment covers 10 to 15"),
        ({"cooldown_s": 0.5}, "'busy': cooldown_s is 0.5; give whole seconds"),
        ({"min_adjustment_magnitude": 2}, "only allowed for adjustment type PercentChangeInCapacity"),
        (
            {"adjustment_type": AdjustmentType.EXACT_CAPACITY, "steps": (Step(-1, 0),)},
            "an exact capacity must not be negative",
        ),
    ],
)
def test_a_step_policy_that_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """The message names the policy and what is wrong with it."""
    with pytest.raises(ScenarioError, match=sentence):
        steps(**changes)


@pytest.mark.parametrize("period_s", [10, 20, 30, 60, 300])
def test_periods_that_cloudwatch_takes(period_s: float) -> None:
    """10, 20, 30 and multiples of 60."""
    metric = ScalingMetric("AWS/SageMaker", "Invocations", "Sum", period_s=period_s)
    assert above(metric, 1).metric.period_s == period_s


@pytest.mark.parametrize("period_s", [0, 15, 45, 90])
def test_other_periods_are_refused(period_s: float) -> None:
    """The message says which there are."""
    with pytest.raises(ScenarioError, match="takes 10, 20, 30 and multiples of 60"):
        above(ScalingMetric("AWS/SageMaker", "Invocations", "Sum", period_s=period_s), 1)


def test_more_datapoints_than_periods_are_refused() -> None:
    """M of N needs M within N."""
    with pytest.raises(ScenarioError, match="datapoints_to_alarm"):
        Alarm(INVOCATIONS, Comparison.GREATER, 60, periods=2, datapoints=3)


@pytest.mark.parametrize("kind", [Tracking, TargetTracking])
def test_a_customised_metric_is_tracked_by_the_minute(kind: Any) -> None:
    """CustomizedMetricSpecification has no period."""
    fast = ScalingMetric("AWS/SageMaker", "Invocations", "Sum", period_s=10)
    with pytest.raises(ScenarioError, match="by the minute"):
        kind(60, metric=fast)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule": "cron(0 22 * * ? *)"}, "sets neither min_capacity nor max_capacity"),
        ({"schedule": "cron(0 22 * *)", "min_capacity": 1}, "'night': Invalid schedule expression|'night': "),
        ({"schedule": "at noon", "min_capacity": 1}, "'night': Invalid schedule expression"),
        ({"schedule": "rate(1 day)", "min_capacity": 0}, "min_capacity is 0; a variant needs at least 1"),
        ({"schedule": "rate(1 day)", "max_capacity": 0}, r"max_capacity \(0\) is below min_capacity \(1\)"),
        ({"schedule": "rate(1 day)", "min_capacity": 3, "max_capacity": 2}, "raise the first or lower"),
        (
            {"schedule": "rate(1 day)", "min_capacity": 3, "timezone": "Mars"},
            "'night': Invalid timezone",
        ),
    ],
)
def test_a_scheduled_action_that_cannot_work_is_refused(given: dict[str, Any], sentence: str) -> None:
    """The message names the action; a schedule nobody can read gets AWS's words."""
    with pytest.raises(ScenarioError, match=sentence):
        ScheduledAction("night", **given)


def test_names_must_differ() -> None:
    """A second policy of the same name would replace the first."""
    with pytest.raises(ScenarioError, match="2 policies are called 'busy'"):
        Scaling(1, 4, (steps(), steps(alarm=below(INVOCATIONS, 5))))
    night = ScheduledAction("night", "rate(1 day)", min_capacity=1)
    with pytest.raises(ScenarioError, match="2 scheduled actions are called 'night'"):
        Scaling(1, 4, scheduled=(night, night))


def test_a_metric_is_tracked_once() -> None:
    """AWS takes one target tracking policy for a metric."""
    with pytest.raises(ScenarioError, match="Only one TargetTrackingScaling policy"):
        Scaling(1, 4, (Tracking(60), Tracking(70, policy_name="again")))


def test_bounds_are_looked_at() -> None:
    """As those of TargetTracking."""
    with pytest.raises(ScenarioError, match="Scaling: min_capacity is 0"):
        Scaling(0, 4)
