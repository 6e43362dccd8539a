"""Target tracking on other metrics than invocations: concurrency every ten seconds, and the processor."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from conftest import Served, serve, unique, until

from harness import journal
from harness.aws.stage import Assumptions

VARIANT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
FAST = {
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    },
    "TargetValue": 1.0,
}
NAME = unique("slow")
PROCESSOR = {
    "CustomizedMetricSpecification": {
        "MetricName": "CPUUtilization",
        "Namespace": "/aws/sagemaker/Endpoints",
        "Statistic": "Average",
        "Dimensions": [
            {"Name": "EndpointName", "Value": NAME},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
    },
    "TargetValue": 20.0,
}


@pytest.fixture
def slow(served: Served) -> Iterator[Served]:
    """An endpoint that works 12 model seconds on each request, one at a time, with four senders on it.

    The fourth waits 36 s and is answered within the 60 s that a caller has: there are always more than one.
    """
    slowly = Assumptions(lambda _type: 12.0, concurrency=1, queue_limit=4)
    with serve(served.backend, {NAME: slowly}) as running:
        running.endpoint(name=NAME)
        stop = Event()

        def send() -> None:
            from botocore.exceptions import ClientError

            while not stop.is_set():
                try:
                    running.invoke(NAME, b"1")
                except ClientError:
                    stop.wait(0.01)

        senders = [Thread(target=send) for _ in range(4)]
        for each in senders:
            each.start()
        try:
            yield running
        finally:
            stop.set()
            for each in senders:
                each.join()
            running.client("sagemaker").delete_endpoint(EndpointName=NAME)


@pytest.mark.parametrize(
    ("configuration", "metric", "period_s"),
    [(FAST, "ConcurrentRequestsPerModel", 10), (PROCESSOR, "CPUUtilization", 60)],
)
def test_it_scales_out_on_its_metric(
    slow: Served, configuration: dict[str, Any], metric: str, period_s: int
) -> None:
    """Its alarms read the metric in its own period; what they read is journalled and shown."""
    calls, cloudwatch = slow.client("application-autoscaling"), slow.client("cloudwatch")
    target = VARIANT | {"ResourceId": f"endpoint/{NAME}/variant/AllTraffic"}
    calls.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    made = calls.put_scaling_policy(
        **target,
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )["Alarms"]
    assert len(made) == 2

    def scaled() -> dict[str, Any] | None:
        found = calls.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
        return next((each for each in found if each["StatusCode"] == "Successful"), None)

    activity = until(scaled, "the scale-out")
    assert "-AlarmHigh-" in activity["Cause"]
    (high,) = cloudwatch.describe_alarms(AlarmNames=[made[0]["AlarmName"]])["MetricAlarms"]
    assert (high["MetricName"], high["Period"], high["EvaluationPeriods"]) == (metric, period_s, 3)
    points = [each for each in slow.of(journal.MetricPublished) if each.metric == metric]
    assert {each.period_s for each in points} == {float(period_s)}
    assert max(each.value for each in points) > configuration["TargetValue"]

    def shown() -> list[Any]:
        found = cloudwatch.get_metric_statistics(
            Namespace=high["Namespace"],
            MetricName=metric,
            Dimensions=high["Dimensions"],
            StartTime=activity["StartTime"] - timedelta(minutes=10),
            EndTime=activity["StartTime"],
            Period=60,
            Statistics=["Maximum"],
        )
        return list(found["Datapoints"])

    until(lambda: shown() or None, "the datapoints in CloudWatch")
    assert not slow.findings(NAME)
    calls.deregister_scalable_target(**target)
