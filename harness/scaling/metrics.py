"""The metrics that scaling policies name, and what their alarms ask CloudWatch for.

Sources: Application Auto Scaling API reference, PredefinedMetricSpecification (the type names); SageMaker
developer guide, "Amazon SageMaker AI metrics in CloudWatch" (names, periods) and "Define a scaling policy"
(high resolution: a datapoint every 10 s); Lambda guide, "Managing provisioned concurrency with Application
Auto Scaling". The statistic of the concurrency alarms (Maximum) is that of alarms published by AWS samples.
"""

from harness.scaling.resource import ScalingMetric

SAGEMAKER, LAMBDA = "AWS/SageMaker", "AWS/Lambda"

INVOCATIONS_PER_INSTANCE = "SageMakerVariantInvocationsPerInstance"
"""The predefined metric type: average number of invocations per minute of each instance of a variant."""

INVOCATIONS = ScalingMetric(SAGEMAKER, "InvocationsPerInstance", "Sum", predefined=INVOCATIONS_PER_INSTANCE)

CONCURRENT_PER_MODEL = ScalingMetric(
    SAGEMAKER,
    "ConcurrentRequestsPerModel",
    "Maximum",
    period_s=10.0,
    predefined="SageMakerVariantConcurrentRequestsPerModelHighResolution",
)
"""Requests in flight and queued in the container, per instance, every 10 s."""

LAMBDA_UTILIZATION = ScalingMetric(
    LAMBDA,
    "ProvisionedConcurrencyUtilization",
    "Average",
    predefined="LambdaProvisionedConcurrencyUtilization",
)
"""Busy share of the provisioned concurrency, 0 to 1; no datapoint while nothing runs."""

_OTHERS = (
    ScalingMetric(
        SAGEMAKER,
        "InvocationsPerCopy",
        "Sum",
        predefined="SageMakerInferenceComponentInvocationsPerCopy",
    ),
    ScalingMetric(
        SAGEMAKER,
        "ConcurrentRequestsPerCopy",
        "Maximum",
        period_s=10.0,
        predefined="SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    ),
    ScalingMetric(
        SAGEMAKER,
        "ServerlessProvisionedConcurrencyUtilization",
        "Average",
        predefined="SageMakerVariantProvisionedConcurrencyUtilization",
    ),
)
_PREDEFINED = {
    metric.predefined: metric for metric in (INVOCATIONS, CONCURRENT_PER_MODEL, LAMBDA_UTILIZATION, *_OTHERS)
}


def predefined_metric(type_name: str) -> ScalingMetric | None:
    """Return the metric that the predefined *type_name* stands for, None where it is none we know.

    That a metric is known does not say that a resource has it: `ScalableResource.covers` does.
    """
    return _PREDEFINED.get(type_name)
