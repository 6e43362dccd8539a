"""PutScalingPolicy's arguments: modelled, only stored, or refused."""

from typing import Any

import pytest

from harness.aws.aws_json import Refused
from harness.aws.policy_calls import CONFIGURATION, policy_of
from harness.endpoint import TargetTracking

METRIC = {"PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}


def given(**configuration: Any) -> dict[str, Any]:
    return {"PolicyType": "TargetTrackingScaling", CONFIGURATION: configuration}


def test_a_policy_with_all_it_may_have() -> None:
    """Every member finds its place."""
    asked = given(TargetValue=600, ScaleInCooldown=0, ScaleOutCooldown=120, DisableScaleIn=True, **METRIC)
    assert policy_of(asked, "p") == TargetTracking(
        "p", 600.0, scale_in_cooldown_s=0.0, scale_out_cooldown_s=120.0, disable_scale_in=True
    )


def test_the_cooldowns_of_sagemaker_are_300_s() -> None:
    """What AWS takes for endpoint variants when none is named."""
    policy = policy_of(given(TargetValue=1.5, **METRIC), "p")
    assert policy is not None
    assert (policy.scale_in_cooldown_s, policy.scale_out_cooldown_s) == (300.0, 300.0)


@pytest.mark.parametrize(
    "asked",
    [
        {"PolicyType": "StepScaling"},
        given(TargetValue=5, CustomizedMetricSpecification={"MetricName": "CPUUtilization"}),
        given(TargetValue=5, PredefinedMetricSpecification={"PredefinedMetricType": "Another"}),
    ],
)
def test_a_kind_that_is_only_stored(asked: dict[str, Any]) -> None:
    """None says that nothing here acts on it."""
    assert policy_of(asked, "p") is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"PolicyType": "TargetTrackingScaling"}, f"{CONFIGURATION} is required"),
        (given(**METRIC), "TargetValue is None"),
        (given(TargetValue=0, **METRIC), "greater than 0"),
        (given(TargetValue=float("inf"), **METRIC), "greater than 0"),
        (given(TargetValue=True, **METRIC), "greater than 0"),
        (given(TargetValue=5), "must have one of"),
        (
            given(TargetValue=5, CustomizedMetricSpecification={"MetricName": "m"}, **METRIC),
            "must have one of",
        ),
        (given(TargetValue=5, ScaleInCooldown=-1, **METRIC), "greater than or equal to 0"),
    ],
)
def test_a_policy_that_aws_would_not_take(asked: dict[str, Any], said: str) -> None:
    """A ValidationException that names the member."""
    with pytest.raises(Refused, match=said) as error:
        policy_of(asked, "p")
    assert error.value.code == "ValidationException"
