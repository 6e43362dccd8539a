"""A declared scaling as AWS's calls: valid for the real API, and read back as what was declared."""

import re
from pathlib import Path
from typing import Any

import pytest
from declared import an_endpoint

from harness.scaling.alarms import Comparison, TreatMissing
from harness.scaling.policies import INVOCATIONS, TargetTracking
from harness.scaling.requests import alarm_of, policy_of, scheduled_action_of, target_of
from harness.scaling.steps import AdjustmentType, Aggregation, StepAdjustment
from harness.scaling.steps import StepScaling as PlainSteps
from harness.scenario import (
    CONCURRENT_PER_MODEL,
    Alarm,
    Scaling,
    ScalingMetric,
    ScheduledAction,
    Step,
    StepScaling,
    Tracking,
    above,
)
from harness.scenario.plans.deployment import Call, FromAnswer, scaling, unscaling
from harness.sessions import shared_session

LATENCY = ScalingMetric("AWS/SageMaker", "ModelLatency", "Average", unit="Microseconds")
BUSY = StepScaling(
    "busy",
    (Step(10, lower=0, upper=60), Step(50, lower=60)),
    Alarm(INVOCATIONS, Comparison.GREATER_OR_EQUAL, 60, 5, 3, TreatMissing.NOT_BREACHING),
    adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
    min_adjustment_magnitude=2,
    cooldown_s=120,
    aggregation=Aggregation.MAXIMUM,
)
CALM = StepScaling("calm", (Step(-1, upper=0),), above(LATENCY, 1.0, periods=1, name="calm-alarm"))
NIGHT = ScheduledAction("night", "cron(0 22 * * ? *)", max_capacity=2, timezone="Europe/Berlin")
DAY = ScheduledAction("day", "rate(5 minutes)", min_capacity=2, max_capacity=6)
EVERYTHING = an_endpoint(
    scaling=Scaling(
        1, 4, (Tracking(60), Tracking(5, CONCURRENT_PER_MODEL, policy_name="fast"), BUSY, CALM), (NIGHT, DAY)
    )
)
ARN = (
    "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:12:resource/sagemaker/"
    "endpoint/ranker/variant/AllTraffic:policyName/busy"
)


def arguments(method: str, calls: list[Call] | None = None) -> list[dict[str, Any]]:
    answers = {f"scaling policy {name} of ranker": {"PolicyARN": ARN} for name in ("busy", "calm")}
    made = calls if calls is not None else list(scaling([EVERYTHING]))
    return [call.filled(answers) for call in made if call.method == method]


def test_every_call_is_valid_for_the_real_api() -> None:
    """botocore's own validation, from AWS's service models, accepts each call."""
    from botocore.validate import ParamValidator

    for call in (*scaling([EVERYTHING]), *unscaling([EVERYTHING])):
        service = shared_session().client(
            call.service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        operation = service.meta.method_to_api_mapping[call.method]
        shape = service.meta.service_model.operation_model(operation).input_shape
        (given,) = arguments(call.method, [call])
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), f"{call.what}: {report.generate_report()}"


def test_the_target_comes_first_and_an_alarm_after_its_policy() -> None:
    """What a call names exists by then."""
    methods = [call.method for call in scaling([EVERYTHING])]
    policy, alarm, action = "put_scaling_policy", "put_metric_alarm", "put_scheduled_action"
    assert methods == [
        "register_scalable_target",
        policy,
        policy,
        policy,
        alarm,
        policy,
        alarm,
        action,
        action,
    ]


def test_policies_are_the_declared_ones() -> None:
    """Read as the gateway reads them, they are what was declared."""
    invocations, fast, busy, calm = map(policy_of, arguments("put_scaling_policy"))
    assert invocations == TargetTracking("SageMakerEndpointInvocationScalingPolicy", 60.0)
    assert fast == TargetTracking("fast", 5.0, CONCURRENT_PER_MODEL)
    assert busy == PlainSteps(
        "busy",
        AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
        (StepAdjustment(0, 60, 10), StepAdjustment(60, None, 50)),
        2,
        120.0,
        Aggregation.MAXIMUM,
    )
    assert calm == PlainSteps("calm", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(None, 0, -1),))
    (target,) = map(target_of, arguments("register_scalable_target"))
    assert (target.min_capacity, target.max_capacity) == (1, 4)


def test_alarms_invoke_the_policy_that_was_just_put() -> None:
    """The ARN is what PutScalingPolicy answered; the metric is that of the endpoint's own variant."""
    put = [call for call in scaling([EVERYTHING]) if call.method == "put_metric_alarm"]
    waiting = [call.arguments["AlarmActions"] for call in put]
    assert waiting == [
        [FromAnswer(f"scaling policy {name} of ranker", "PolicyARN")] for name in ("busy", "calm")
    ]
    busy, calm = map(alarm_of, arguments("put_metric_alarm"))
    assert (busy.name, calm.name) == ("ranker-busy", "calm-alarm")
    assert busy.alarm_actions == (ARN,)
    assert (busy.evaluation_periods, busy.datapoints_to_alarm) == (5, 3)
    assert (busy.comparison, busy.treat_missing) == (Comparison.GREATER_OR_EQUAL, TreatMissing.NOT_BREACHING)
    assert busy.metric is not None
    assert busy.metric.dimensions == (("EndpointName", "ranker"), ("VariantName", "AllTraffic"))
    assert calm.metric is not None
    assert (calm.metric.name, calm.metric.unit) == ("ModelLatency", "Microseconds")


def test_scheduled_actions_are_the_declared_ones() -> None:
    """A bound that is not given is not sent, so that it stays as it is."""
    night, day = map(scheduled_action_of, arguments("put_scheduled_action"))
    assert (night.name, night.min_capacity, night.max_capacity) == ("night", None, 2)
    assert (day.min_capacity, day.max_capacity) == (2, 6)
    assert [each["Timezone"] for each in arguments("put_scheduled_action")] == ["Europe/Berlin", "UTC"]


def test_a_customised_metric_is_the_variants_own() -> None:
    """Without dimensions of its own it gets EndpointName and VariantName."""
    tracked = an_endpoint(scaling=Scaling(1, 2, (Tracking(1000, LATENCY),)))
    (put,) = [call.arguments for call in scaling([tracked]) if call.method == "put_scaling_policy"]
    (policy,) = [policy_of(put)]
    assert isinstance(policy, TargetTracking)
    assert dict(policy.metric.dimensions)["EndpointName"] == "ranker"


@pytest.mark.parametrize("declared", [EVERYTHING, an_endpoint()])
def test_what_does_not_go_with_the_target_is_deleted(declared: Any) -> None:
    """Alarms that somebody made stay when the target goes: they are deleted by name."""
    removed = [name for call in unscaling([declared]) for name in call.arguments.get("AlarmNames", [])]
    assert removed == (["ranker-busy", "calm-alarm"] if declared is EVERYTHING else [])


def test_the_guide_to_scaling_an_endpoint_works_word_for_word() -> None:
    """What it declares is a scaling whose calls AWS would take."""
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "scale-an-endpoint.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    said: dict[str, Any] = {}
    exec(code, said)
    calls = list(scaling([an_endpoint(scaling=said["scaling"])]))
    answers = {call.what: {"PolicyARN": ARN} for call in calls}
    given = [(call.method, call.filled(answers)) for call in calls]
    assert len([policy_of(each) for method, each in given if method == "put_scaling_policy"]) == 3
    assert len([alarm_of(each) for method, each in given if method == "put_metric_alarm"]) == 2
    assert len([scheduled_action_of(each) for method, each in given if method == "put_scheduled_action"]) == 1
