"""Step policies, scheduled actions, alarms and texts of a template as values of the model."""

from typing import Any

import botocore.loaders
import pytest
from request_arguments import ALIAS, STEP, VARIANT, Arguments, refused

from harness.errors import NotModelled, RequestRefused
from harness.scaling.alarms import Comparison, TreatMissing
from harness.scaling.policies import (
    AdjustmentType,
    Aggregation,
    StepAdjustment,
    StepScaling,
)
from harness.scaling.requests import (
    call_shapes,
    policy_of,
    scheduled_action_of,
)
from harness.scaling.requests.alarms import alarm_of, policy_name_of
from harness.scaling.requests.shapes import (
    Anything,
    Flag,
    Many,
    Members,
    Moment,
    Number,
    Shape,
    Text,
    Whole,
    coerced,
)
from harness.scaling.resource import ScalingMetric

OUT = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}


def steps(*adjustments: Arguments, **more: Any) -> Arguments:
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": list(adjustments), **more}
    return {**VARIANT, "PolicyName": "p", "PolicyType": "StepScaling", STEP: configuration}


def step(lower: float | None, upper: float | None, change: int = 1) -> Arguments:
    ends = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {name: end for name, end in ends.items() if end is not None} | {"ScalingAdjustment": change}


def scheduled(**more: Any) -> Arguments:
    given = {
        "ScheduledActionName": "s",
        "Schedule": "rate(1 hour)",
        "ScalableTargetAction": {"MinCapacity": 2},
    }
    return {**VARIANT, **given, **more}


def alarm(**more: Any) -> Arguments:
    given = {
        "AlarmName": "a",
        "MetricName": "Invocations",
        "Namespace": "AWS/SageMaker",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 10,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return {name: value for name, value in {**given, **more}.items() if value is not None}


def test_a_step_policy_with_all_it_may_have() -> None:
    """Every member finds its place."""
    given = steps(
        step(0, 10.5, 20),
        step(10.5, None, 50),
        AdjustmentType="PercentChangeInCapacity",
        MinAdjustmentMagnitude=2,
        Cooldown=60,
        MetricAggregationType="Maximum",
    )
    assert policy_of(given) == StepScaling(
        "p",
        AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
        (StepAdjustment(0.0, 10.5, 20), StepAdjustment(10.5, None, 50)),
        min_adjustment_magnitude=2,
        cooldown_s=60.0,
        aggregation=Aggregation.MAXIMUM,
    )


def test_what_a_step_policy_need_not_say() -> None:
    """300 s and the average."""
    policy = policy_of(steps(step(None, 0, -1)))
    assert isinstance(policy, StepScaling)
    assert (policy.cooldown_s, policy.aggregation, policy.min_adjustment_magnitude) == (300.0, "Average", 0)


@pytest.mark.parametrize(
    ("given", "said", "field"),
    [
        (steps(OUT, AdjustmentType=None), "Adjustment type must be specified", "AdjustmentType"),
        (steps(), "At least one step adjustment", "StepAdjustments"),
        (
            steps(*[step(i, i + 1) for i in range(20)], step(20, None)),
            "There can be at most 20 step adjustments per scaling policy",
            "StepAdjustments",
        ),
        (steps(step(None, None)), "Both lower and upper bounds", "StepAdjustments[0]"),
        (
            steps(OUT, step(5, 5)),
            "Lower bound must be less than upper bound",
            "StepAdjustments[1].MetricIntervalUpperBound",
        ),
        (steps(step(None, -5), step(None, 0)), "At most one .* unspecified lower bound", "StepAdjustments"),
        (steps(step(0, None), step(5, None)), "At most one .* unspecified upper bound", "StepAdjustments"),
        (steps(step(-5, 0)), "unspecified lower bound when one .* negative lower bound", "StepAdjustments"),
        (steps(step(0, 5)), "unspecified upper bound when one .* positive upper bound", "StepAdjustments"),
        (steps(step(0, 10), step(5, None)), "cannot overlap", "StepAdjustments"),
        (steps(step(0, 10), step(15, None)), "cannot have gaps between them", "StepAdjustments"),
        (
            steps(step(0, None, -1), AdjustmentType="ExactCapacity"),
            "cannot be less than 0 when adjustment type is ExactCapacity",
            "StepAdjustments[0].ScalingAdjustment",
        ),
        (
            steps(OUT, MinAdjustmentMagnitude=2),
            "only allowed for adjustment type PercentChangeInCapacity",
            "MinAdjustmentMagnitude",
        ),
        (
            steps(OUT, AdjustmentType="PercentChangeInCapacity", MinAdjustmentMagnitude=0),
            "greater than 0",
            "MinAdjustmentMagnitude",
        ),
        (
            steps({"MetricIntervalLowerBound": 0}),
            "scalingAdjustment'.*not be null",
            "StepAdjustments[0].ScalingAdjustment",
        ),
        (steps(step(0, None, 1.5)), "Invalid type", "StepAdjustments[0].ScalingAdjustment"),  # type: ignore[arg-type]
        (steps(OUT, Cooldown=-1), "greater than or equal to 0", "Cooldown"),
    ],
)
def test_steps_aws_would_refuse(given: Arguments, said: str, field: str) -> None:
    """AWS's sentence, and the member it is about."""
    with pytest.raises(RequestRefused, match=said) as error:
        policy_of(given)
    assert error.value.field == f"{STEP}.{field}"


def test_step_scaling_is_not_for_every_service() -> None:
    """PutScalingPolicy: not for DynamoDB, Lambda and others."""
    error = refused(policy_of, steps(OUT) | ALIAS)
    assert (error.field, "not supported for the lambda" in error.message) == ("PolicyType", True)


@pytest.mark.parametrize(
    "start", [1767225600, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01"]
)
def test_a_scheduled_action(start: Any) -> None:
    """Moments in any form that a request may have them; the bounds that are not named stay None."""
    action = scheduled_action_of(scheduled(StartTime=start, EndTime=1767312000.0, Timezone="Europe/Berlin"))
    assert (action.name, action.min_capacity, action.max_capacity) == ("s", 2, None)
    assert (action.start_epoch_s, action.end_epoch_s) == (1767225600.0, 1767312000.0)


@pytest.mark.parametrize(
    ("given", "said", "field"),
    [
        (scheduled(Schedule=None), "Schedule must be set", "Schedule"),
        (scheduled(Schedule="cron(0 8 * * * *)"), "Invalid CRON expression", "Schedule"),
        (scheduled(Timezone="Nowhere"), "Invalid timezone", "Timezone"),
        (scheduled(StartTime=20, EndTime=20), "StartTime must be before EndTime", "StartTime"),
        (scheduled(StartTime="soon"), "Invalid type for parameter StartTime", "StartTime"),
        (scheduled(StartTime=float("inf")), "Invalid type for parameter StartTime", "StartTime"),
        (scheduled(StartTime=True), "Invalid type for parameter StartTime", "StartTime"),
        (scheduled(ScalableTargetAction=None), "ScalableTargetAction must be set", "ScalableTargetAction"),
        (scheduled(ScalableTargetAction={}), "At least one of minimum capacity", "ScalableTargetAction"),
        (
            scheduled(ScalableTargetAction={"MinCapacity": 3, "MaxCapacity": 2}),
            "Maximum capacity cannot be less",
            "ScalableTargetAction.MaxCapacity",
        ),
        (
            scheduled(ScalableTargetAction={"MinCapacity": 0}),
            "scalableTargetAction.MinCapacity'.*greater than or equal to 1",
            "ScalableTargetAction.MinCapacity",
        ),
        (scheduled(ScheduledActionName="a/b"), "regular expression pattern", "ScheduledActionName"),
    ],
)
def test_a_scheduled_action_aws_would_refuse(given: Arguments, said: str, field: str) -> None:
    """AWS's sentence, and the member it is about."""
    with pytest.raises(RequestRefused, match=said) as error:
        scheduled_action_of(given)
    assert error.value.field == field


POLICY_ARN = (
    "arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:resource/sagemaker/endpoint/e/variant/v:policyName/out"
)


def test_an_alarm_with_what_the_model_knows() -> None:
    """Of its actions those that are policies stay, by name or ARN."""
    given = alarm(
        DatapointsToAlarm=2,
        TreatMissingData="notBreaching",
        AlarmDescription="d",
        Dimensions=[{"Name": "EndpointName", "Value": "e"}],
        AlarmActions=[POLICY_ARN, "arn:aws:sns:us-east-1:1:topic"],
        OKActions=["in"],
    )
    made = alarm_of(given)
    assert made.metric == ScalingMetric("AWS/SageMaker", "Invocations", "Sum", (("EndpointName", "e"),))
    assert (made.threshold, made.comparison, made.period_s) == (10.0, Comparison.GREATER, 60.0)
    assert (made.evaluation_periods, made.datapoints_to_alarm) == (3, 2)
    assert made.treat_missing is TreatMissing.NOT_BREACHING
    assert (made.alarm_actions, made.ok_actions, made.insufficient_data_actions) == (
        (POLICY_ARN,),
        ("in",),
        (),
    )


def test_an_alarm_whose_actions_are_off() -> None:
    """ActionsEnabled false leaves an alarm that only shows its state."""
    assert alarm_of(alarm(AlarmActions=["out"], ActionsEnabled=False)).alarm_actions == ()


def test_an_alarm_on_a_percentile() -> None:
    """ExtendedStatistic takes the place of Statistic."""
    metric = alarm_of(alarm(Statistic=None, ExtendedStatistic="p99", Period=10)).metric
    assert metric is not None
    assert (metric.statistic, metric.is_high_resolution) == ("p99", True)


@pytest.mark.parametrize(
    ("action", "name"), [("out", "out"), (POLICY_ARN, "out"), (POLICY_ARN + ":createdBy/u", "out")]
)
def test_the_policy_behind_an_action(action: str, name: str) -> None:
    """By name or by ARN, whoever made it."""
    assert policy_name_of(action) == name


@pytest.mark.parametrize(
    ("given", "said", "field"),
    [
        (alarm(Threshold=None), "Threshold is required", "Threshold"),
        (alarm(ExtendedStatistic="p99"), "Exactly one of", "Statistic"),
        (alarm(Statistic=None), "Exactly one of", "Statistic"),
        (alarm(Period=45), "Period must be 10, 20, 30 or a multiple of 60", "Period"),
        (alarm(EvaluationPeriods=1441), "more than a day", "EvaluationPeriods"),
        (alarm(Period=3600, EvaluationPeriods=169), "a week", "EvaluationPeriods"),
        (alarm(DatapointsToAlarm=4), "DatapointsToAlarm must be less than or equal", "DatapointsToAlarm"),
        (alarm(TreatMissingData="zero"), "'zero'", "TreatMissingData"),
        (alarm(ComparisonOperator=">"), "enum value set", "ComparisonOperator"),
        (alarm(AlarmActions=list("abcdef")), "length less than or equal to 5", "AlarmActions"),
        (alarm(AlarmActions="out"), "Invalid type for parameter AlarmActions", "AlarmActions"),
        (alarm(Namespace=":x"), "regular expression pattern", "Namespace"),
        (alarm(AlarmName=""), "must not be null", "AlarmName"),
        (alarm(Dimensions=[1]), "Invalid type for parameter Dimensions\\[0\\]", "Dimensions[0]"),
        (alarm(MetricName=""), "length greater than or equal to 1", "MetricName"),
    ],
)
def test_an_alarm_cloudwatch_would_refuse(given: Arguments, said: str, field: str) -> None:
    """The member is named."""
    with pytest.raises(RequestRefused, match=said) as error:
        alarm_of(given)
    assert error.value.field == field


@pytest.mark.parametrize(
    "more",
    [
        {"Metrics": [{"Id": "e1"}]},
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        {"ThresholdMetricId": "ad1"},
        {"EvaluationInterval": 60},
    ],
)
def test_an_alarm_the_model_does_not_know(more: Arguments) -> None:
    """Metric math, bands and what CloudWatch added later."""
    with pytest.raises(NotModelled):
        alarm_of(alarm(**more))


@pytest.mark.parametrize(
    ("value", "shape", "expected"),
    [
        ("12", Whole(), 12),
        (" -3 ", Whole(), -3),
        ("1.5", Whole(), "1.5"),
        (4.0, Whole(), 4),
        (4.5, Whole(), 4.5),
        ("1e3", Number(), 1000.0),
        ("nan", Number(), "nan"),
        ("TRUE", Flag(), True),
        ("yes", Flag(), "yes"),
        (5, Text(), "5"),
        ("x", Text(), "x"),
        (None, Whole(), None),
        ([{"a": "1", "b": "2"}], Many(Members({"a": Whole()})), [{"a": 1, "b": "2"}]),
    ],
)
def test_texts_of_a_template_become_what_the_shape_asks_for(value: Any, shape: Shape, expected: Any) -> None:
    """What does not convert stays, for the check to refuse."""
    found = coerced(value, shape)
    assert (found, type(found)) == (expected, type(expected))


def _model(service: str) -> dict[str, Any]:
    found: dict[str, Any] = botocore.loaders.Loader().load_service_model(service, "service-2")["shapes"]
    return found


def _differences(shape: Shape, name: str, model: dict[str, Any], path: str) -> list[str]:
    """Return where *shape* says something else than the shape *name* of botocore's model."""
    theirs = model[name]
    if isinstance(shape, Anything):
        return []
    if isinstance(shape, Members):
        found = []
        if list(shape.required) != theirs.get("required", []):
            found.append(f"{path}: required {theirs.get('required')}")
        if set(shape.members) != set(theirs["members"]):
            found.append(f"{path}: members {set(shape.members) ^ set(theirs['members'])}")
        for member, each in shape.members.items():
            inner = theirs["members"].get(member)
            found += _differences(each, inner["shape"], model, f"{path}.{member}") if inner else []
        return found
    if isinstance(shape, Many):
        found = [] if shape.most == theirs.get("max") else [f"{path}: max {theirs.get('max')}"]
        return found + _differences(shape.each, theirs["member"]["shape"], model, f"{path}[]")
    if isinstance(shape, Text):
        same = set(shape.choices) == set(theirs.get("enum", ()))
        same = same and (shape.least or None, shape.most) == (theirs.get("min") or None, theirs.get("max"))
        return [] if same and theirs["type"] == "string" else [f"{path}: {theirs}"]
    kinds: dict[type, str] = {Whole: "integer", Number: "double", Flag: "boolean", Moment: "timestamp"}
    return [] if theirs["type"] == kinds[type(shape)] else [f"{path}: {theirs['type']}"]


@pytest.mark.parametrize(
    ("service", "name", "shape"),
    [
        ("application-autoscaling", "RegisterScalableTargetRequest", call_shapes.SCALABLE_TARGET),
        ("application-autoscaling", "PutScalingPolicyRequest", call_shapes.SCALING_POLICY),
        ("application-autoscaling", "PutScheduledActionRequest", call_shapes.SCHEDULED_ACTION),
        ("cloudwatch", "PutMetricAlarmInput", call_shapes.METRIC_ALARM),
    ],
)
def test_the_shapes_are_those_of_the_service_model(service: str, name: str, shape: Members) -> None:
    """Members, requirements, choices and lengths are botocore's."""
    assert _differences(shape, name, _model(service), name) == []
