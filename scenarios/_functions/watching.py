"""Who watches over the endpoint of lambda-inference, and who should not be there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context

ALARM = "unwanted-callers"
ATTEMPTS = 3


def watch(context: "Context", topic: str) -> Mapping[str, Any]:
    """Set the alarm: one refused call in a minute, and *topic* is told."""
    context.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Rehearsal/Security",
        MetricName="RefusedCalls",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[context.topic_arn(topic)],
    )
    return {}


def intrude(context: "Context", function: str, endpoint: str) -> Mapping[str, Any]:
    """Try to call the function and the endpoint; return how often that was refused."""
    from botocore.exceptions import ClientError

    refused = 0
    for _ in range(ATTEMPTS):
        for service, method, arguments in (
            ("lambda", "invoke", {"FunctionName": function, "Payload": b"{}"}),
            ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": endpoint, "Body": b"{}"}),
        ):
            try:
                getattr(context.client(service), method)(**arguments)
            except ClientError as error:
                print(error, flush=True)
                refused += error.response["Error"]["Code"].startswith("AccessDenied")
    return {"refused": refused}


def forget(context: "Context") -> None:
    """Take the alarm away."""
    context.client("cloudwatch").delete_alarms(AlarmNames=[ALARM])
