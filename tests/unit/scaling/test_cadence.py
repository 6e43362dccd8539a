"""Alarms every 10 s, periods longer than a minute, and metrics that stop."""

from dataclasses import replace

import pytest
from written_resource import CPU, FAST_CPU, RESOURCE, Stage, Written, jumps, steady

from harness.refusal import Refusal
from harness.scaling.activities import ActivityStatus
from harness.scaling.alarms import Alarm, AlarmState, Comparison, TreatMissing
from harness.scaling.observation import Reason
from harness.scaling.policies import (
    CONCURRENT_PER_MODEL,
    LAMBDA_UTILIZATION,
    AdjustmentType,
    ScalableTarget,
    StepAdjustment,
    StepScaling,
    TargetTracking,
)
from harness.scaling.settings import ScalingSettings


def test_a_high_resolution_policy_decides_within_a_minute() -> None:
    """30 s of data from 600 on, 10 s to publish, 15 s to react: 655, as 51-61 s were seen."""
    stage = Stage(Written(jumps((0.0, 1.0), (600.0, 12.0))))
    stage.scale(TargetTracking("p", 5.0, CONCURRENT_PER_MODEL))
    stage.until(660.0)
    assert stage.acted() == [(655.0, 3)]
    assert "were 12.0, 12.0 and 12.0 over the last 30 seconds, above" in stage.decisions()[0][1].sentence


def test_a_high_resolution_scale_in_takes_fifteen_minutes_too() -> None:
    """SageMaker guide: at the same rate as standard metrics; 90 datapoints of 10 s."""
    stage = Stage(Written(steady(1.0), 5))
    stage.until(1000.0)
    stage.scale(TargetTracking("p", 5.0, CONCURRENT_PER_MODEL), now=1000.0)
    stage.resources[RESOURCE].values = jumps((0.0, 5.0), (1200.0, 1.0))
    stage.until(2200.0)
    assert stage.acted()[0] == (1200.0 + 900.0 + 10.0 + 15.0, 4)


@pytest.mark.parametrize(("retry_s", "count"), [(10.0, 11), (60.0, 2)])
def test_how_often_a_high_resolution_alarm_tries_again_is_a_setting(retry_s: float, count: int) -> None:
    """Every 10 s as seen (C4), or once a minute as the guide says; each refusal fails an activity."""
    written = Written(steady(12.0))
    written.refusal = Refusal("ResourceLimitExceeded", "The limit is 1.")
    stage = Stage(written, settings=ScalingSettings(high_resolution_retry_s=retry_s))
    stage.scale(TargetTracking("p", 5.0, CONCURRENT_PER_MODEL))
    stage.until(155.0)
    assert stage.acted()[0][0] == 55.0
    assert len(written.calls) == count
    last = stage.loop.activities()[0]
    assert last.status is ActivityStatus.FAILED
    assert last.status_message == (
        "Failed to set desired instance count to 3. Reason: The limit is 1. (Service: AmazonSageMaker; "
        "Status Code: 400; Error Code: ResourceLimitExceeded)"
    )


def test_policies_of_both_resolutions_agree_before_they_scale_in() -> None:
    """The fast one is idle after 15 minutes, the slow one is not: nothing goes."""
    stage = Stage(Written(steady(4.0), 5))
    stage.scale(TargetTracking("slow", 4.2, CPU), TargetTracking("fast", 9.0, FAST_CPU))
    stage.until(1400.0)
    assert {decision.reason for _, decision in stage.decisions()} == {Reason.POLICIES_DISAGREE}
    assert stage.acted() == []


def test_long_periods_slide_by_a_minute() -> None:
    """Datapoints of five minutes, evaluated every minute (CloudWatch guide): 900 + 60 + 30."""
    long = replace(CPU, period_s=300.0)
    stage = Stage(Written(lambda start: 70.0 if start >= 0.0 else 10.0))
    stage.scale(TargetTracking("p", 60.0, long))
    stage.until(2000.0)
    assert stage.acted()[0] == (990.0, 2)


def test_without_data_nothing_is_decided() -> None:
    """INSUFFICIENT_DATA, and the capacity stays where it was (Lambda without traffic)."""
    stage = Stage(Written(jumps((0.0, 0.9), (600.0, None)), 5))
    stage.scale(TargetTracking("p", 1.0, LAMBDA_UTILIZATION), high=5)
    stage.until(5000.0)
    assert {each.state for each in stage.loop.alarms()} == {AlarmState.INSUFFICIENT_DATA}
    assert stage.acted() == []


@pytest.mark.parametrize(("extra", "state"), [(0, AlarmState.INSUFFICIENT_DATA), (2, AlarmState.ALARM)])
def test_how_far_an_alarm_looks_back_is_a_setting(extra: int, state: AlarmState) -> None:
    """One breach two minutes ago: inside a range of three, not of one; an alarm may have its own range."""
    chosen = ScalingSettings(evaluation_range_extra=extra)
    stage = Stage(Written(jumps((0.0, 70.0), (60.0, None))), settings=chosen)
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 2), 0.0)
    whose = replace(CPU, dimensions=(("EndpointName", "e"),))
    stage.loop.put_alarm(Alarm("a", 60.0, Comparison.GREATER, 60.0, 1, 1, metric=whose), 0.0)
    stage.until(250.0)
    assert stage.loop.alarms()[0].state is state
    own = Alarm("own", 60.0, Comparison.GREATER, 60.0, 1, 1, evaluation_range=4, metric=whose)
    stage.loop.put_alarm(own, 250.0)
    assert [each.alarm.points_wanted for each in stage.loop.alarms()] == [1 + extra, 4]


def test_missing_data_that_counts_as_breaching_has_no_value_to_step_by() -> None:
    """ALARM without a datapoint: the policy is invoked and finds nothing to measure."""
    stage = Stage(Written(steady(None)))
    stage.scale(StepScaling("out", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(0, None, 1),)))
    alarm = Alarm(
        "a",
        60.0,
        Comparison.GREATER,
        treat_missing=TreatMissing.BREACHING,
        metric=CPU,
        alarm_actions=("out",),
    )
    stage.loop.put_alarm(alarm, 0.0)
    stage.until(400.0)
    assert {decision.reason for _, decision in stage.decisions()} == {Reason.NO_STEP}
