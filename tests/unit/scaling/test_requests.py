"""Arguments of AWS calls as values of the model, and what AWS refuses."""

from collections.abc import Callable
from typing import Any

import botocore.loaders
import pytest

from harness.errors import NotModelled, RequestRefused
from harness.scaling.alarms import Comparison, TreatMissing
from harness.scaling.policies import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    LAMBDA_UTILIZATION,
    AdjustmentType,
    Aggregation,
    ScalableTarget,
    StepAdjustment,
    StepScaling,
    TargetTracking,
)
from harness.scaling.requests import (
    call_shapes,
    check_together,
    policy_of,
    scheduled_action_of,
    target_of,
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

Arguments = dict[str, Any]

RESOURCE = "endpoint/ranker/variant/AllTraffic"
VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": RESOURCE,
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ALIAS = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:score:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
TRACKING, STEP = "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"
PREDEFINED, CUSTOMISED = "PredefinedMetricSpecification", "CustomizedMetricSpecification"
BY_INVOCATIONS = {PREDEFINED: {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}
CPU = {"MetricName": "CPUUtilization", "Namespace": "/aws/sagemaker/Endpoints", "Statistic": "Average"}
OUT = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}


def bounds(least: Any = 1, most: Any = 4, **more: Any) -> Arguments:
    return {**VARIANT, "MinCapacity": least, "MaxCapacity": most, **more}


def tracking(configuration: Arguments, **more: Any) -> Arguments:
    return {
        **VARIANT,
        "PolicyName": "p",
        "PolicyType": "TargetTrackingScaling",
        TRACKING: configuration,
        **more,
    }


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


def refused(make: Callable[[Arguments], object], given: Arguments) -> RequestRefused:
    with pytest.raises(RequestRefused) as error:
        make(given)
    return error.value


# -- targets -----


def test_a_target_with_all_it_may_have() -> None:
    """Every member finds its place."""
    state = {"DynamicScalingInSuspended": True, "ScheduledScalingSuspended": True}
    assert target_of(bounds(2, 9, SuspendedState=state)) == ScalableTarget(RESOURCE, 2, 9, True, False, True)


def test_a_second_registration_changes_what_it_names() -> None:
    """ "Any parameters that you don't specify are not changed" (RegisterScalableTarget)."""
    known = ScalableTarget(RESOURCE, 2, 9, True, False, False)
    given = {**VARIANT, "MaxCapacity": 5, "SuspendedState": {"DynamicScalingOutSuspended": True}}
    assert target_of(given, known) == ScalableTarget(RESOURCE, 2, 5, True, True, False)
    assert target_of({**VARIANT, "MinCapacity": 3}, known).min_capacity == 3


def test_the_provisioned_concurrency_of_an_alias() -> None:
    """Its minimum may be 0."""
    target = target_of({**ALIAS, "MinCapacity": 0, "MaxCapacity": 50})
    assert (target.namespace, target.dimension) == ("lambda", "lambda:function:ProvisionedConcurrency")
    assert (target.min_capacity, target.max_capacity) == (0, 50)


@pytest.mark.parametrize(
    ("given", "said", "field"),
    [
        (bounds(4, 2), "Maximum capacity cannot be less than minimum capacity", "MaxCapacity"),
        (bounds(0), "at 'minCapacity'.*greater than or equal to 1", "MinCapacity"),
        (bounds(-1), "Value '-1' at 'minCapacity'.*greater than or equal to 0", "MinCapacity"),
        (bounds(None), "MinCapacity and MaxCapacity are required", "MinCapacity"),
        (bounds(1, None), "MinCapacity and MaxCapacity are required", "MaxCapacity"),
        (bounds(1, 2**31), "less than or equal to 2147483647", "MaxCapacity"),
        (bounds("1"), "Invalid type for parameter MinCapacity, value: 1,", "MinCapacity"),
        (bounds(True), "Invalid type for parameter MinCapacity", "MinCapacity"),
        (bounds(MinCapcity=1), 'Unknown parameter in input: "MinCapcity", must be one of', "MinCapcity"),
        (
            bounds(SuspendedState={"Scheduled": True}),
            'Unknown parameter in SuspendedState: "Scheduled"',
            "SuspendedState.Scheduled",
        ),
        (bounds(ResourceId=""), "Value null at 'resourceId'.*must not be null", "ResourceId"),
        (bounds(ResourceId="r" * 1601), "length less than or equal to 1600", "ResourceId"),
        (bounds(ResourceId="endpoint/a/variant/"), "Unsupported service namespace", "ResourceId"),
        (bounds(ResourceId="service/a/b/c"), "Unsupported service namespace", "ResourceId"),
        (bounds(ServiceNamespace="lambda"), "Unsupported service namespace", "ScalableDimension"),
        (bounds(ServiceNamespace="sage"), "satisfy enum value set: \\[ecs, ", "ServiceNamespace"),
        (
            {**ALIAS, "ResourceId": "function:f:$LATEST", "MinCapacity": 1, "MaxCapacity": 1},
            "LATEST is not a supported qualifier",
            "ResourceId",
        ),
    ],
)
def test_a_target_aws_would_refuse(given: Arguments, said: str, field: str) -> None:
    """AWS's sentence, and the member it is about."""
    with pytest.raises(RequestRefused, match=said) as error:
        target_of(given)
    assert error.value.field == field


def test_several_broken_constraints_are_counted() -> None:
    """As AWS does."""
    error = refused(target_of, bounds(-1, -2))
    assert error.message.startswith("2 validation errors detected: Value '-1' at 'minCapacity'")
    assert "; Value '-2' at 'maxCapacity'" in error.message


# -- target tracking -----


def test_a_tracking_policy_with_all_it_may_have() -> None:
    """Every member finds its place."""
    given = {"TargetValue": 600, "ScaleInCooldown": 0, "ScaleOutCooldown": 120, "DisableScaleIn": True}
    assert policy_of(tracking(given | BY_INVOCATIONS)) == TargetTracking(
        "p", 600.0, INVOCATIONS, scale_in_cooldown_s=0.0, scale_out_cooldown_s=120.0, disable_scale_in=True
    )


def test_the_cooldowns_when_none_is_named() -> None:
    """300 s for endpoint variants, none for Lambda."""
    policy = policy_of(tracking({"TargetValue": 1.5} | BY_INVOCATIONS))
    assert isinstance(policy, TargetTracking)
    assert (policy.scale_in_cooldown_s, policy.scale_out_cooldown_s) == (300.0, 300.0)
    metric = {PREDEFINED: {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}}
    policy = policy_of(tracking({"TargetValue": 0.7} | metric, **ALIAS))
    assert isinstance(policy, TargetTracking)
    assert (policy.scale_in_cooldown_s, policy.metric) == (0.0, LAMBDA_UTILIZATION)


def test_the_high_resolution_metric() -> None:
    """Ten seconds, for variants."""
    metric = {
        PREDEFINED: {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
    }
    policy = policy_of(tracking({"TargetValue": 5} | metric))
    assert isinstance(policy, TargetTracking)
    assert policy.metric == CONCURRENT_PER_MODEL


def test_a_customised_metric() -> None:
    """Namespace, name, statistic, dimensions and unit as given."""
    named = {"Dimensions": [{"Name": "EndpointName", "Value": "ranker"}], "Unit": "Percent"}
    policy = policy_of(tracking({"TargetValue": 50, CUSTOMISED: CPU | named}))
    assert isinstance(policy, TargetTracking)
    assert policy.metric == ScalingMetric(
        "/aws/sagemaker/Endpoints", "CPUUtilization", "Average", (("EndpointName", "ranker"),), unit="Percent"
    )


def test_the_policy_type_follows_from_the_one_configuration() -> None:
    """A request without PolicyType."""
    given = tracking({"TargetValue": 5} | BY_INVOCATIONS, PolicyType=None)
    assert isinstance(policy_of(given), TargetTracking)


@pytest.mark.parametrize(
    ("given", "said", "field"),
    [
        (
            {**VARIANT, "PolicyName": "p", "PolicyType": "TargetTrackingScaling"},
            "TargetTrackingScaling policy configuration must be specified",
            TRACKING,
        ),
        (
            tracking(BY_INVOCATIONS),
            "targetTrackingScalingPolicyConfiguration.targetValue'",
            f"{TRACKING}.TargetValue",
        ),
        (tracking({"TargetValue": 0} | BY_INVOCATIONS), "greater than 0", f"{TRACKING}.TargetValue"),
        (tracking({"TargetValue": -3.5} | BY_INVOCATIONS), "-3.5", f"{TRACKING}.TargetValue"),
        (tracking({"TargetValue": float("nan")} | BY_INVOCATIONS), "finite", f"{TRACKING}.TargetValue"),
        (tracking({"TargetValue": True} | BY_INVOCATIONS), "Invalid type", f"{TRACKING}.TargetValue"),
        (tracking({"TargetValue": 5}), "must be set for target tracking scaling", TRACKING),
        (tracking({"TargetValue": 5, CUSTOMISED: CPU} | BY_INVOCATIONS), "Only one of Predefined", TRACKING),
        (
            tracking({"TargetValue": 5, "ScaleInCooldown": -1} | BY_INVOCATIONS),
            "Value '-1' at .*scaleInCooldown'.*greater than or equal to 0",
            f"{TRACKING}.ScaleInCooldown",
        ),
        (
            tracking({"TargetValue": 5, PREDEFINED: {"PredefinedMetricType": "Another"}}),
            "Value 'Another' at .*enum value set",
            f"{TRACKING}.{PREDEFINED}.PredefinedMetricType",
        ),
        (
            tracking(
                {
                    "TargetValue": 5,
                    PREDEFINED: {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"},
                }
            ),
            "DesiredInstanceCount only supports the following predefined metric types: SageMaker",
            f"{TRACKING}.{PREDEFINED}.PredefinedMetricType",
        ),
        (
            tracking({"TargetValue": 5, PREDEFINED: {**BY_INVOCATIONS[PREDEFINED], "ResourceLabel": "x"}}),
            "resource label",
            f"{TRACKING}.{PREDEFINED}.ResourceLabel",
        ),
        (
            tracking({"TargetValue": 5, CUSTOMISED: {"MetricName": "m", "Namespace": "n"}}),
            "customized metric specification is not valid.*Statistic",
            f"{TRACKING}.{CUSTOMISED}.Statistic",
        ),
        (
            tracking({"TargetValue": 5, CUSTOMISED: CPU | {"Metrics": [{"Id": "m"}]}}),
            "The customized metric specification is not valid.",
            f"{TRACKING}.{CUSTOMISED}",
        ),
        (
            tracking({"TargetValue": 5, CUSTOMISED: CPU | {"Unit": "Parsecs"}}),
            "'Parsecs' is not a unit",
            f"{TRACKING}.{CUSTOMISED}.Unit",
        ),
        (
            tracking({"TargetValue": 5, CUSTOMISED: CPU | {"Dimensions": [{"Name": "E"}]}}),
            "dimensions.1.member.value'.*must not be null",
            f"{TRACKING}.{CUSTOMISED}.Dimensions[0].Value",
        ),
        (
            tracking(
                {"TargetValue": 50, CUSTOMISED: CPU},
                ServiceNamespace="dynamodb",
                ResourceId="table/t",
                ScalableDimension="dynamodb:table:ReadCapacityUnits",
            ),
            "does not support CustomizedMetricSpecification",
            f"{TRACKING}.{CUSTOMISED}",
        ),
        (tracking({"TargetValue": 5} | BY_INVOCATIONS, PolicyName=""), "policyName'", "PolicyName"),
        (
            tracking({"TargetValue": 5} | BY_INVOCATIONS, **{STEP: {"Cooldown": 1}}),
            "only provide a single scaling policy configuration",
            "PolicyType",
        ),
        ({**VARIANT, "PolicyName": "p"}, "Policy type must be specified", "PolicyType"),
        (
            tracking({"TargetValue": 5, "TargetVale": 5} | BY_INVOCATIONS),
            f'Unknown parameter in {TRACKING}: "TargetVale"',
            f"{TRACKING}.TargetVale",
        ),
    ],
)
def test_a_policy_aws_would_refuse(given: Arguments, said: str, field: str) -> None:
    """AWS's sentence, and the member it is about."""
    with pytest.raises(RequestRefused, match=said) as error:
        policy_of(given)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (
            tracking({"TargetValue": 5, CUSTOMISED: {"Metrics": [{"Id": "m"}]}}),
            f"{TRACKING}.{CUSTOMISED}.Metrics",
        ),
        (
            {
                **VARIANT,
                "PolicyName": "p",
                "PolicyType": "PredictiveScaling",
                "PredictiveScalingPolicyConfiguration": {"MetricSpecifications": []},
            },
            "PolicyType",
        ),
        (
            tracking(
                {"TargetValue": 5, PREDEFINED: {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}},
                ServiceNamespace="ecs",
                ResourceId="service/c/s",
                ScalableDimension="ecs:service:DesiredCount",
            ),
            f"{TRACKING}.{PREDEFINED}.PredefinedMetricType",
        ),
    ],
)
def test_what_aws_takes_and_the_model_does_not(given: Arguments, field: str) -> None:
    """Another error than AWS's."""
    with pytest.raises(NotModelled, match="not modelled") as error:
        policy_of(given)
    assert error.value.field == field


def test_two_policies_on_one_metric() -> None:
    """AWS allows one target tracking policy a metric; step policies do not count."""
    first, other = TargetTracking("a", 5.0), TargetTracking("b", 9.0, CONCURRENT_PER_MODEL)
    steps_only = StepScaling("s", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(0.0, None, 1),))
    check_together([first, other, steps_only, steps_only])
    with pytest.raises(RequestRefused, match="Only one TargetTrackingScaling policy for a given metric"):
        check_together([first, other, TargetTracking("c", 7.0)])


# -- step scaling -----


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


# -- scheduled actions -----


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


# -- alarms -----

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


# -- shapes -----


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
