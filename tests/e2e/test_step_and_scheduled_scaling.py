"""Step policies with alarms of one's own, scheduled actions and suspension, through boto3 and as declared."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.awsrequest import HeadersDict
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from conftest import Served, until

from harness import journal
from harness.run.deploy import Deployer
from harness.scenario import (
    INVOCATIONS,
    Endpoint,
    Model,
    Role,
    Scaling,
    ScheduledAction,
    Step,
    StepScaling,
    above,
)
from harness.scenario.plans.deployment import scaling, unscaling
from harness.sessions import shared_session

VARIANT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
BUSY = {
    "PolicyName": "busy",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 5.0, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 5.0, "ScalingAdjustment": 2},
        ],
        "Cooldown": 60,
    },
}


class Stepped:
    """One endpoint that is a scalable target, and the calls about it."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.calls = served.client("application-autoscaling")
        self.cloudwatch = served.client("cloudwatch")
        self.name = served.endpoint()
        self.resource = f"endpoint/{self.name}/variant/AllTraffic"
        self.variant = VARIANT | {"ResourceId": self.resource}
        self.alarm_name = f"{self.name}-busy"

    def register(self, least: int, most: int, **options: Any) -> None:
        self.calls.register_scalable_target(**self.variant, MinCapacity=least, MaxCapacity=most, **options)

    def put(self) -> str:
        """Put the step policy and return its ARN."""
        arn: str = self.calls.put_scaling_policy(**self.variant, **BUSY)["PolicyARN"]
        return arn

    def alarm(self, arn: str, **changes: Any) -> dict[str, Any]:
        """Return the arguments of an alarm that goes off after one minute above one invocation."""
        dimensions = {"EndpointName": self.name, "VariantName": "AllTraffic"}
        return {
            "AlarmName": self.alarm_name,
            "AlarmActions": [arn],
            "Namespace": "AWS/SageMaker",
            "MetricName": "InvocationsPerInstance",
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
            **changes,
        }

    def activities(self, **options: Any) -> list[dict[str, Any]]:
        found = self.calls.describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=self.resource, **options
        )
        activities: list[dict[str, Any]] = found["ScalingActivities"]
        return activities

    def scaled_to(self, capacity: int) -> bool:
        said = f"Successfully set desired instance count to {capacity}. Change successfully fulfilled"
        return any(said in each["StatusMessage"] for each in self.activities())

    def states(self) -> dict[str, str]:
        found = self.cloudwatch.describe_alarms(AlarmNamePrefix=self.name)["MetricAlarms"]
        return {each["AlarmName"]: each["StateValue"] for each in found}

    def alarms_of_policy(self) -> list[str]:
        (policy,) = self.calls.describe_scaling_policies(**self.variant)["ScalingPolicies"]
        return [each["AlarmName"] for each in policy["Alarms"]]

    def findings(self) -> list[tuple[str, str]]:
        return self.served.findings(self.name)


@pytest.fixture
def stepped(served: Served) -> Stepped:
    return Stepped(served)


@pytest.fixture
def traffic(stepped: Stepped) -> Iterator[None]:
    """Some fifty invocations a model minute."""
    stop = Event()

    def send() -> None:
        while not stop.wait(0.002):
            stepped.served.invoke(stepped.name, b"1,2")

    thread = Thread(target=send)
    thread.start()
    yield
    stop.set()
    thread.join()


# ---- step policies ----


@pytest.mark.usefixtures("traffic")
def test_an_alarm_of_ones_own_invokes_a_step_policy(stepped: Stepped) -> None:
    """Above its threshold it adds what its steps say up to the maximum, stays there, and says so."""
    stepped.register(1, 3)
    arn = stepped.put()
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(arn))
    assert stepped.alarms_of_policy() == [stepped.alarm_name]
    until(lambda: stepped.scaled_to(3), "the scale-out")
    out, *before = stepped.activities()
    assert len(before) <= 1  # the first minute of the traffic may be short: then the first step comes first
    assert out["Cause"] == f"monitor alarm {stepped.alarm_name} in state ALARM triggered policy busy"
    assert (out["Description"], out["StatusCode"]) == ("Setting desired instance count to 3.", "Successful")
    until(lambda: stepped.states() == {stepped.alarm_name: "ALARM"}, "the alarm in CloudWatch")

    def codes() -> set[str]:
        found = stepped.activities(IncludeNotScaledActivities=True)
        return {reason["Code"] for each in found for reason in each.get("NotScaledReasons", [])}

    until(lambda: "AlreadyAtMaxCapacity" in codes(), "the reason why it stays at 3")
    assert stepped.findings() == []
    put = [each for each in stepped.served.of(journal.PolicyPut) if each.resource_id == stepped.resource]
    assert [(each.kind, each.target_value, each.metric) for each in put] == [
        ("StepScaling", 1.0, "InvocationsPerInstance")
    ]


@pytest.mark.usefixtures("traffic")
def test_an_alarm_acts_only_while_its_actions_are_enabled(stepped: Stepped) -> None:
    """CloudWatch goes on evaluating it, and nobody is invoked until they are enabled again."""
    stepped.register(1, 3)
    alarm = stepped.alarm(stepped.put(), ActionsEnabled=False)
    stepped.cloudwatch.put_metric_alarm(**alarm)
    until(lambda: stepped.states() == {stepped.alarm_name: "ALARM"}, "the alarm in CloudWatch")
    assert stepped.activities() == []
    stepped.cloudwatch.enable_alarm_actions(AlarmNames=[stepped.alarm_name])
    until(lambda: stepped.scaled_to(3), "the scale-out")
    stepped.cloudwatch.disable_alarm_actions(AlarmNames=[stepped.alarm_name])
    assert stepped.alarms_of_policy() == []
    stepped.cloudwatch.delete_alarms(AlarmNames=[stepped.alarm_name])
    assert stepped.states() == {}
    assert stepped.findings() == []


@pytest.mark.usefixtures("traffic")
def test_scaling_waits_while_it_is_suspended(stepped: Stepped) -> None:
    """An alarm in ALARM changes nothing until scaling out is resumed."""
    stepped.register(1, 3, SuspendedState={"DynamicScalingOutSuspended": True})
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(stepped.put()))
    until(lambda: stepped.states() == {stepped.alarm_name: "ALARM"}, "the alarm in CloudWatch")
    assert stepped.activities() == []
    stepped.register(1, 3, SuspendedState={"DynamicScalingOutSuspended": False})
    until(lambda: stepped.scaled_to(3), "the scale-out")


def test_an_alarm_that_is_put_as_another_is_forgotten(stepped: Stepped) -> None:
    """Without the action it is the backend's alone, and so it is on a metric that is not modelled."""
    stepped.register(1, 3)
    arn = stepped.put()
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(arn))
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(arn, AlarmActions=[]))
    assert stepped.alarms_of_policy() == []
    assert stepped.findings() == []
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(arn, MetricName="DiskUtilization"))
    assert stepped.alarms_of_policy() == []
    assert stepped.findings() == [("scaling-policy-not-covered", "error")]
    assert list(stepped.states()) == [stepped.alarm_name]


def test_what_cannot_be_acted_on_is_stored_and_said(stepped: Stepped) -> None:
    """Metric math, a policy that is not there, a state by hand: each is an error of the run."""
    stepped.register(1, 3)
    arn = stepped.put()
    single = {"Id": "m", "Expression": "m1 * 2", "ReturnData": True}
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": []}
    summed = {
        "Id": "m1",
        "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
        "ReturnData": False,
    }
    plain = stepped.alarm(arn)
    without = {
        name: plain[name]
        for name in (
            "AlarmName",
            "AlarmActions",
            "EvaluationPeriods",
            "Threshold",
            "ComparisonOperator",
        )
    }
    stepped.cloudwatch.put_metric_alarm(**without, Metrics=[single, summed])
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(arn.replace("policyName/busy", "policyName/gone")))
    stepped.cloudwatch.put_metric_alarm(**plain)
    stepped.cloudwatch.set_alarm_state(AlarmName=stepped.alarm_name, StateValue="ALARM", StateReason="try")
    said = [each.message for each in stepped.served.of(journal.Finding) if stepped.name in each.resource]
    sentences = ("metric math", "no step scaling policy", "SetAlarmState is")
    assert len(said) == len(sentences)
    assert all(sentence in message for sentence, message in zip(sentences, said, strict=True))


@pytest.mark.parametrize("protocol", ["query", "smithy-rpc-v2-cbor"])
def test_an_alarm_in_cloudwatchs_other_protocols(stepped: Stepped, protocol: str) -> None:
    """Older SDKs send the query form, the newest CBOR: put, read by the policy, refused and deleted alike."""
    stepped.register(1, 3)
    alarm = stepped.alarm(stepped.put())
    assert (
        _sent(stepped.served, protocol, "PutMetricAlarm", alarm)["ResponseMetadata"]["HTTPStatusCode"] == 200
    )
    assert stepped.alarms_of_policy() == [stepped.alarm_name]
    assert list(stepped.states()) == [stepped.alarm_name]
    refused = _sent(stepped.served, protocol, "PutMetricAlarm", alarm | {"Period": 45})
    assert "multiple of 60" in refused["Error"]["Message"]
    _sent(stepped.served, protocol, "DeleteAlarms", {"AlarmNames": [stepped.alarm_name]})
    assert stepped.alarms_of_policy() == []
    assert stepped.states() == {}


def test_every_call_of_cloudwatch_in_cbor(stepped: Stepped) -> None:
    """What the emulator cannot read is asked in JSON: the same answer, moments, numbers, refusals."""
    stepped.register(1, 3)
    stepped.cloudwatch.put_metric_alarm(**stepped.alarm(stepped.put()))
    until(lambda: stepped.states() == {stepped.alarm_name: "INSUFFICIENT_DATA"}, "the state of a new alarm")
    cbor, given = "smithy-rpc-v2-cbor", {"AlarmNames": [stepped.alarm_name]}
    (seen,) = _sent(stepped.served, cbor, "DescribeAlarms", given)["MetricAlarms"]
    (known,) = stepped.cloudwatch.describe_alarms(**given)["MetricAlarms"]
    assert seen == known
    moment = known["AlarmConfigurationUpdatedTimestamp"]
    window = {"StartTime": moment - timedelta(hours=1), "EndTime": moment + timedelta(hours=1)}
    data = {"Namespace": "Shop", "MetricData": [{"MetricName": "n", "Value": 2.0, "Timestamp": moment}]}
    _sent(stepped.served, cbor, "PutMetricData", data)
    asked = {"Namespace": "Shop", "MetricName": "n", "Period": 60, "Statistics": ["Sum"], **window}
    (point,) = _sent(stepped.served, cbor, "GetMetricStatistics", asked)["Datapoints"]
    assert point["Sum"] == 2.0
    unknown = {"AlarmName": "nobody", "StateValue": "OK", "StateReason": "try"}
    assert _sent(stepped.served, cbor, "SetAlarmState", unknown)["Error"]["Code"]


def _sent(served: Served, protocol: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what *operation* of CloudWatch answers in *protocol*, written and read by botocore."""
    model = shared_session()._session.get_service_model("cloudwatch").operation_model(operation)
    request = create_serializer(protocol).serialize_to_request(given, model)
    scope = "Credential=test/20260101/us-east-1/monitoring/aws4_request"
    body = request["body"]
    answer = Request(
        served.url + request["url_path"],
        body if isinstance(body, bytes) else urlencode(body).encode(),
        {**request["headers"], "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"},
    )
    try:
        with urlopen(answer) as found:
            status, headers, content = found.status, found.headers, found.read()
    except HTTPError as error:
        status, headers, content = error.code, error.headers, error.read()
    seen = {"status_code": status, "headers": HeadersDict(dict(headers)), "body": content}
    parsed: dict[str, Any] = create_parser(protocol).parse(seen, model.output_shape)
    return parsed


def test_an_alarm_that_cloudwatch_refuses(stepped: Stepped) -> None:
    """The emulator takes any period; what is refused here is not stored either."""
    stepped.register(1, 3)
    with pytest.raises(ClientError, match="Period must be 10, 20, 30 or a multiple of 60"):
        stepped.cloudwatch.put_metric_alarm(**stepped.alarm(stepped.put(), Period=45))
    assert stepped.states() == {}


def test_alarms_that_a_policy_made(stepped: Stepped) -> None:
    """Deleted or switched off by hand they go on acting here, which the run says."""
    stepped.register(1, 3)
    configuration = {
        "TargetValue": 1000.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    made = stepped.calls.put_scaling_policy(
        **stepped.variant,
        PolicyName="tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )["Alarms"]
    names = [each["AlarmName"] for each in made]
    stepped.cloudwatch.disable_alarm_actions(AlarmNames=names)
    stepped.cloudwatch.delete_alarms(AlarmNames=names)
    assert stepped.findings() == [("scaling-policy-not-covered", "error")] * 4


# ---- scheduled actions ----


def test_a_scheduled_action_moves_bounds_and_capacity(stepped: Stepped) -> None:
    """Every five minutes: two activities as AWS's tutorial shows them, and the target with its new bounds."""
    stepped.register(1, 4)
    stepped.calls.put_scheduled_action(
        **stepped.variant,
        ScheduledActionName="up",
        Schedule="rate(5 minutes)",
        ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 3},
    )
    until(lambda: stepped.scaled_to(2), "the scheduled capacity")
    newest = stepped.activities()
    bounds = next(each for each in reversed(newest) if "scheduled" in each["Cause"])
    assert bounds["Cause"] == "scheduled action name up was triggered"
    assert bounds["Description"] == "Setting min capacity to 2 and max capacity to 3"
    assert bounds["StatusMessage"] == "Successfully set min capacity to 2 and max capacity to 3"
    moved = next(each for each in newest if "desired instance count" in each["Description"])
    assert moved["Cause"] == "minimum capacity was set to 2"
    assert moved["StartTime"] - bounds["StartTime"] < timedelta(seconds=60)
    found = stepped.calls.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[stepped.resource]
    )
    (target,) = found["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 3)
    (action,) = stepped.calls.describe_scheduled_actions(**stepped.variant)["ScheduledActions"]
    assert action["Schedule"] == "rate(5 minutes)"
    stepped.calls.delete_scheduled_action(**stepped.variant, ScheduledActionName="up")
    assert stepped.calls.describe_scheduled_actions(**stepped.variant)["ScheduledActions"] == []
    assert stepped.findings() == []


def test_a_schedule_nobody_can_read_is_refused(stepped: Stepped) -> None:
    """In AWS's words, and nothing is stored."""
    stepped.register(1, 4)
    with pytest.raises(ClientError, match="Invalid schedule expression"):
        stepped.calls.put_scheduled_action(
            **stepped.variant,
            ScheduledActionName="up",
            Schedule="every day",
            ScalableTargetAction={"MinCapacity": 2},
        )
    assert stepped.calls.describe_scheduled_actions(**stepped.variant)["ScheduledActions"] == []


def test_a_scheduled_action_needs_its_target(stepped: Stepped) -> None:
    """PutScheduledAction before RegisterScalableTarget is an ObjectNotFoundException."""
    with pytest.raises(stepped.calls.exceptions.ObjectNotFoundException):
        stepped.calls.put_scheduled_action(
            **stepped.variant,
            ScheduledActionName="up",
            Schedule="rate(5 minutes)",
            ScalableTargetAction={"MinCapacity": 2},
        )


# ---- as declared in a scenario ----


@pytest.mark.usefixtures("traffic")
def test_a_declared_scaling_is_put_in_force_and_taken_away(stepped: Stepped) -> None:
    """The plan's calls, made by the deployer: bounds, step policy, alarm with its ARN, scheduled action."""
    declared = Endpoint(
        stepped.name,
        Model("m", build=lambda _context: b"", role=Role("r")),
        scaling=Scaling(
            1,
            4,
            (StepScaling("busy", (Step(1, 0, 5), Step(2, 5)), above(INVOCATIONS, 1, periods=1)),),
            (ScheduledAction("up", "rate(10 minutes)", min_capacity=4),),
        ),
    )
    deployer = Deployer(stepped.served.client, lambda: None)
    deployer.carry_out(scaling([declared]))
    assert stepped.alarms_of_policy() == [stepped.alarm_name]
    until(lambda: stepped.scaled_to(3), "the step")
    until(lambda: stepped.scaled_to(4), "the schedule")
    deployer.carry_out(unscaling([declared]))
    assert stepped.states() == {}
