"""Application Auto Scaling of endpoint variants through boto3: what is put in force, and what comes of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Served, until

from harness import journal

VARIANT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
METRIC = "SageMakerVariantInvocationsPerInstance"
TARGET_VALUE = 1.0
MINUTE = timedelta(minutes=1)


def tracking(target_value: float = TARGET_VALUE, metric: str = METRIC, **options: Any) -> dict[str, Any]:
    """Return a target tracking policy, put and described alike."""
    return {
        "PolicyName": "invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target_value,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
            "ScaleInCooldown": 60,
            "ScaleOutCooldown": 60,
            **options,
        },
    }


class Scaled:
    """One endpoint with its scalable target, and the calls about it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.calls = served.client("application-autoscaling")
        self.name = served.endpoint()
        self.resource = f"endpoint/{self.name}/variant/AllTraffic"
        self.variant = VARIANT | {"ResourceId": self.resource}

    def register(self, least: int, most: int, **options: Any) -> Any:
        return self.calls.register_scalable_target(
            **self.variant, MinCapacity=least, MaxCapacity=most, **options
        )

    def put(self, policy: dict[str, Any] | None = None) -> Any:
        return self.calls.put_scaling_policy(**self.variant, **(policy or tracking()))

    def activities(self, **options: Any) -> list[dict[str, Any]]:
        found = self.calls.describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=self.resource, **options
        )
        activities: list[dict[str, Any]] = found["ScalingActivities"]
        return activities

    def not_scaled(self) -> set[str]:
        """Return the codes of why it did not scale."""
        found = self.activities(IncludeNotScaledActivities=True)
        return {reason["Code"] for each in found for reason in each.get("NotScaledReasons", [])}

    def scaled_to(self, capacity: int) -> bool:
        """Whether the newest activity has brought the variant to *capacity*."""
        newest = self.activities()[:1]
        said = f"Successfully set desired instance count to {capacity}."
        return bool(newest) and newest[0]["StatusCode"] == "Successful" and said in newest[0]["StatusMessage"]

    def alarms(self) -> dict[str, dict[str, Any]]:
        """Return the two alarms of CloudWatch by "AlarmHigh" and "AlarmLow"."""
        found = self.served.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=f"TargetTracking-{self.resource}"
        )
        return {each["AlarmName"].split("-Alarm")[1].split("-")[0]: each for each in found["MetricAlarms"]}


@pytest.fixture
def scaled(served: Served) -> Scaled:
    return Scaled(served)


@pytest.fixture
def traffic(scaled: Scaled) -> Iterator[Event]:
    """Some 50 invocations a model minute on one connection, until the event is set."""
    stop = Event()

    def send() -> None:
        while not stop.wait(0.002):
            scaled.served.invoke(scaled.name, b"1,2")

    thread = Thread(target=send)
    thread.start()
    yield stop
    stop.set()
    thread.join()


# ---- the loop ----


def test_traffic_scales_out_and_its_end_scales_in(scaled: Scaled, traffic: Event) -> None:
    """Out in one step after three breaching minutes, then held at the maximum; in after fifteen low ones.

    Activities, endpoint, alarms and both ways to read metrics tell one story.
    """
    scaled.register(1, 3)
    scaled.put()
    until(lambda: scaled.scaled_to(3), "the scale-out")
    (out,) = scaled.activities()
    assert out["Cause"].startswith(f"monitor alarm TargetTracking-{scaled.resource}-AlarmHigh-")
    assert out["Cause"].endswith("in state ALARM triggered policy invocations")
    assert (out["Description"], out["StatusCode"]) == ("Setting desired instance count to 3.", "Successful")
    assert timedelta(seconds=60) <= out["EndTime"] - out["StartTime"] <= timedelta(seconds=300)
    (variant,) = scaled.served.describe(scaled.name)["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (3, 3)
    until(lambda: scaled.alarms()["High"]["StateValue"] == "ALARM", "the alarm in CloudWatch")
    until(lambda: "AlreadyAtMaxCapacity" in scaled.not_scaled(), "the reason why it stays at 3")
    assert len(scaled.activities()) == 1
    _check_minutes(scaled, out["StartTime"])
    traffic.set()
    until(lambda: scaled.scaled_to(2), "the scale-in")
    back = scaled.activities()[0]
    assert "-AlarmLow-" in back["Cause"]
    assert back["StartTime"] - out["EndTime"] >= 15 * MINUTE


def _check_minutes(scaled: Scaled, decided_at: datetime) -> None:
    """Check that CloudWatch has the minutes that led to the decision of *decided_at*, read both ways."""
    cloudwatch = scaled.served.client("cloudwatch")
    dimensions = [
        {"Name": "EndpointName", "Value": scaled.name},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    # The newest minute the decision saw ended a minute of publishing before it.
    last = decided_at.astimezone(UTC).replace(second=0, microsecond=0) - 2 * MINUTE
    window = {"StartTime": last - 2 * MINUTE, "EndTime": last + MINUTE}
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="InvocationsPerInstance",
        Dimensions=dimensions,
        Period=60,
        Statistics=["Sum"],
        **window,
    )["Datapoints"]
    assert len(found) == 3
    assert all(point["Sum"] > TARGET_VALUE for point in found)
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions}
    query = {"Id": "n", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    found_data = cloudwatch.get_metric_data(MetricDataQueries=[query], ScanBy="TimestampAscending", **window)
    (data,) = found_data["MetricDataResults"]
    assert data["Values"] == pytest.approx([point["Sum"] for point in sorted(found, key=_when)])


def _when(point: dict[str, Any]) -> datetime:
    moment: datetime = point["Timestamp"]
    return moment


def test_registration_moves_the_capacity_into_its_bounds(scaled: Scaled) -> None:
    """RegisterScalableTarget raises the capacity to the minimum, with an activity that says so."""
    scaled.register(2, 4)
    until(lambda: scaled.scaled_to(2), "the minimum")
    assert scaled.activities()[0]["Cause"] == "minimum capacity was set to 2"


def test_activities_come_in_pages(scaled: Scaled) -> None:
    """The paginator finds every activity once, newest first."""
    for least in (2, 3, 4):
        scaled.register(least, 4)
        until(lambda least=least: scaled.scaled_to(least), f"{least} instances")
    pages = scaled.calls.get_paginator("describe_scaling_activities").paginate(
        ServiceNamespace="sagemaker", ResourceId=scaled.resource, PaginationConfig={"PageSize": 2}
    )
    found = [[each["Description"] for each in page["ScalingActivities"]] for page in pages]
    wanted = [f"Setting desired instance count to {count}." for count in (4, 3, 2)]
    assert found == [wanted[:2], wanted[2:]]


def test_alarms_are_shown_as_aws_makes_them(scaled: Scaled) -> None:
    """Three of three above the target, fifteen of fifteen below nine tenths of it; gone with the policy."""
    scaled.register(1, 2)
    answer = scaled.put(tracking(10.0))
    named = [each["AlarmName"] for each in answer["Alarms"]]
    alarms = until(lambda: scaled.alarms() if len(scaled.alarms()) == 2 else None, "both alarms")
    high, low = alarms["High"], alarms["Low"]
    assert [high["AlarmName"], low["AlarmName"]] == named
    assert (high["Threshold"], high["ComparisonOperator"]) == (10.0, "GreaterThanThreshold")
    assert (low["Threshold"], low["ComparisonOperator"]) == (9.0, "LessThanThreshold")
    assert [(each["EvaluationPeriods"], each["DatapointsToAlarm"]) for each in (high, low)] == [
        (3, 3),
        (15, 15),
    ]
    for each in (high, low):
        assert (each["Period"], each["Namespace"]) == (60, "AWS/SageMaker")
        assert (each["MetricName"], each["Statistic"]) == ("InvocationsPerInstance", "Sum")
        assert each["AlarmActions"] == [answer["PolicyARN"]]
    (policy,) = scaled.calls.describe_scaling_policies(**scaled.variant)["ScalingPolicies"]
    assert [each["AlarmName"] for each in policy["Alarms"]] == named
    scaled.calls.delete_scaling_policy(**scaled.variant, PolicyName="invocations")
    until(lambda: not scaled.alarms(), "the alarms' end")


def test_deregistering_takes_the_policies_along(scaled: Scaled) -> None:
    """As on AWS, and unlike the emulator, a target's policies and alarms go with it."""
    scaled.register(1, 2)
    scaled.put()
    scaled.calls.deregister_scalable_target(**scaled.variant)
    assert scaled.calls.describe_scaling_policies(**scaled.variant)["ScalingPolicies"] == []
    until(lambda: not scaled.alarms(), "the alarms' end")
    with pytest.raises(scaled.calls.exceptions.ObjectNotFoundException):
        scaled.calls.deregister_scalable_target(**scaled.variant)


def test_tags_of_a_target(scaled: Scaled) -> None:
    """Tags are kept by the target's ARN: Terraform reads them of every target."""
    arn = scaled.register(1, 2, Tags={"team": "engines"})["ScalableTargetARN"]
    scaled.calls.tag_resource(ResourceARN=arn, Tags={"cost": "low"})
    scaled.calls.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert scaled.calls.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"cost": "low"}


# ---- what is refused ----


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"MinCapacity": 4, "MaxCapacity": 2}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": 0, "MaxCapacity": 2}, "greater than or equal to 1"),
        ({"MinCapacity": 1}, "MinCapacity and MaxCapacity are required"),
    ],
)
def test_bounds_that_cannot_be(scaled: Scaled, bounds: dict[str, int], said: str) -> None:
    """A ValidationException that names what is wrong, and nothing is registered."""
    with pytest.raises(ClientError) as error:
        scaled.calls.register_scalable_target(**scaled.variant, **bounds)
    assert error.value.response["Error"]["Code"] == "ValidationException"
    assert said in error.value.response["Error"]["Message"]
    found = scaled.calls.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.resource]
    )
    assert found["ScalableTargets"] == []


def test_a_target_needs_its_endpoint(served: Served) -> None:
    """The emulator would register a variant that does not exist; AWS does not."""
    with pytest.raises(ClientError) as error:
        served.client("application-autoscaling").register_scalable_target(
            **VARIANT, ResourceId="endpoint/nobody/variant/AllTraffic", MinCapacity=1, MaxCapacity=2
        )
    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_a_policy_needs_its_target(scaled: Scaled) -> None:
    """PutScalingPolicy before RegisterScalableTarget is an ObjectNotFoundException."""
    with pytest.raises(scaled.calls.exceptions.ObjectNotFoundException):
        scaled.put()


def test_a_target_value_of_zero_is_refused(scaled: Scaled) -> None:
    """The control loop could not divide by it, and AWS does not take it."""
    scaled.register(1, 2)
    with pytest.raises(ClientError) as error:
        scaled.put(tracking(0.0))
    assert "TargetValue" in error.value.response["Error"]["Message"]


def test_a_burstable_type_that_aws_refuses(served: Served) -> None:
    """T2 cannot be scaled."""
    name = served.endpoint({"InstanceType": "ml.t2.medium"})
    with pytest.raises(ClientError, match="burstable"):
        _register(served, name)


@pytest.mark.parametrize(
    ("instance_type", "found"),
    [("ml.t3.medium", [("burstable-instance-scaled", "warning")]), ("ml.c5.large", [])],
)
def test_a_burstable_type_on_which_aws_is_silent(
    served: Served, instance_type: str, found: list[tuple[str, str]]
) -> None:
    """T3 passes with a warning, C5 without one."""
    name = served.endpoint({"InstanceType": instance_type})
    _register(served, name)
    assert served.findings(name) == found


def _register(served: Served, name: str) -> None:
    resource = f"endpoint/{name}/variant/AllTraffic"
    served.client("application-autoscaling").register_scalable_target(
        **VARIANT, ResourceId=resource, MinCapacity=1, MaxCapacity=2
    )


# ---- what is stored and not acted on ----

ELSEWHERE = {"MetricName": "QueueDepth", "Namespace": "Shop", "Statistic": "Average"}
MATH = {"Metrics": [{"Id": "m", "Expression": "SUM(METRICS())", "ReturnData": True}]}


def customised(metric: dict[str, Any]) -> dict[str, Any]:
    """Return a target tracking policy on a customised metric."""
    return {
        "PolicyName": "customised",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 50.0,
            "CustomizedMetricSpecification": metric,
        },
    }


@pytest.mark.parametrize("metric", [ELSEWHERE, MATH])
def test_a_policy_that_is_not_modelled_is_stored_and_said(scaled: Scaled, metric: dict[str, Any]) -> None:
    """The backend keeps it, no alarm is made up for it, and the run has an error that names it."""
    scaled.register(1, 2)
    assert scaled.put(customised(metric))["Alarms"] == []
    (stored,) = scaled.calls.describe_scaling_policies(**scaled.variant)["ScalingPolicies"]
    assert stored["PolicyName"] == "customised"
    assert scaled.served.findings(scaled.resource) == [("scaling-policy-not-covered", "error")]


def test_a_modelled_policy_that_is_replaced_no_longer_acts(scaled: Scaled) -> None:
    """A policy put again as one that is not modelled takes the old one's alarms away."""
    scaled.register(1, 2)
    scaled.put()
    until(lambda: len(scaled.alarms()) == 2, "both alarms")
    scaled.put(customised(ELSEWHERE) | {"PolicyName": "invocations"})
    assert until(lambda: not scaled.alarms(), "the alarms' end")


def test_a_metric_is_tracked_once(scaled: Scaled) -> None:
    """AWS takes one target tracking policy for a metric of a target."""
    scaled.register(1, 2)
    scaled.put()
    with pytest.raises(ClientError, match="Only one TargetTrackingScaling policy"):
        scaled.put(tracking() | {"PolicyName": "again"})


def test_provisioned_concurrency_is_stored_and_said(served: Served) -> None:
    """A Lambda alias's policy acts in virtual time only, and the finding says where."""
    alias = {
        "ServiceNamespace": "lambda",
        "ResourceId": "function:scorer:live",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    scaling = served.client("application-autoscaling")
    scaling.register_scalable_target(**alias, MinCapacity=1, MaxCapacity=5)
    scaling.put_scaling_policy(
        **alias,
        PolicyName="use",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 0.7,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
            },
        },
    )
    (found,) = [each for each in served.of(journal.Finding) if "scorer" in each.resource]
    assert (found.rule, found.severity) == ("scaling-policy-not-covered", "error")
    assert "`harness simulate --policy` plays its scaling" in found.message
    scaling.delete_scaling_policy(**alias, PolicyName="use")
    scaling.deregister_scalable_target(**alias)


def test_a_target_of_another_service_passes_untouched(served: Served) -> None:
    """A Lambda alias is registered with the backend alone."""
    scaling = served.client("application-autoscaling")
    alias = {
        "ServiceNamespace": "lambda",
        "ResourceId": "function:ranker:live",
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
    }
    scaling.register_scalable_target(**alias, MinCapacity=0, MaxCapacity=5)
    (found,) = scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (0, 5)
    scaling.deregister_scalable_target(**alias)
    passed = [each for each in served.of(journal.Exchange) if each.operation == "RegisterScalableTarget"]
    assert passed[-1].upstream == "moto"
    assert not served.findings("function:ranker")
