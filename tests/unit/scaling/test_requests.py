"""Arguments of AWS calls as values of the model, and what AWS refuses."""

from typing import Any

import pytest
from request_arguments import ALIAS, RESOURCE, STEP, TRACKING, VARIANT, Arguments, refused

from harness.errors import NotModelled, RequestRefused
from harness.scaling.policies import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    LAMBDA_UTILIZATION,
    AdjustmentType,
    ScalableTarget,
    StepAdjustment,
    StepScaling,
    TargetTracking,
)
from harness.scaling.requests import (
    check_together,
    policy_of,
    target_of,
)
from harness.scaling.resource import ScalingMetric

PREDEFINED, CUSTOMISED = "PredefinedMetricSpecification", "CustomizedMetricSpecification"


BY_INVOCATIONS = {PREDEFINED: {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}


CPU = {"MetricName": "CPUUtilization", "Namespace": "/aws/sagemaker/Endpoints", "Statistic": "Average"}


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


def test_a_target_with_all_it_may_have() -> None:
    """Every member finds its place."""
    state = {"DynamicScalingInSuspended": True, "ScheduledScalingSuspended": True}
    assert target_of(bounds(2, 9, SuspendedState=state)) == ScalableTarget(RESOURCE, 2, 9, True, False, True)


def test_what_a_first_registration_does_not_suspend_goes_on() -> None:
    """SuspendedState with one member of three: the others are False (RegisterScalableTarget)."""
    target = target_of(bounds(2, 9, SuspendedState={"DynamicScalingOutSuspended": True}))
    assert (target.suspended_in, target.suspended_out, target.suspended_scheduled) == (False, True, False)


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
