"""Predefined metrics by their type names, and what alarms read of them."""

import pytest

from harness.scaling.metrics import CONCURRENT_PER_MODEL, INVOCATIONS, LAMBDA_UTILIZATION, predefined_metric


def test_the_three_that_are_modelled() -> None:
    """Invocations per minute, concurrency every 10 s, use of provisioned concurrency."""
    assert predefined_metric("SageMakerVariantInvocationsPerInstance") is INVOCATIONS
    high_resolution = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    assert predefined_metric(high_resolution) is CONCURRENT_PER_MODEL
    assert predefined_metric("LambdaProvisionedConcurrencyUtilization") is LAMBDA_UTILIZATION
    assert [each.is_high_resolution for each in (INVOCATIONS, CONCURRENT_PER_MODEL)] == [False, True]


@pytest.mark.parametrize(
    ("type_name", "name", "period_s"),
    [
        ("SageMakerInferenceComponentInvocationsPerCopy", "InvocationsPerCopy", 60.0),
        (
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
            "ConcurrentRequestsPerCopy",
            10.0,
        ),
        (
            "SageMakerVariantProvisionedConcurrencyUtilization",
            "ServerlessProvisionedConcurrencyUtilization",
            60.0,
        ),
    ],
)
def test_others_are_known_by_name(type_name: str, name: str, period_s: float) -> None:
    """Whether a resource has them is for the resource to say."""
    found = predefined_metric(type_name)
    assert found is not None
    assert (found.name, found.period_s, found.predefined) == (name, period_s, type_name)


def test_a_type_of_another_service_is_not_known() -> None:
    """None, for the caller to refuse."""
    assert predefined_metric("ECSServiceAverageCPUUtilization") is None
