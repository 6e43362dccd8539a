"""What every backend must do for the scenarios, through boto3 as any client would."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Connect = Callable[[str], Any]
ACCOUNT = "123456789012"
WAIT_S = 5
QUIET_S = 1
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def receive(sqs: Any, url: str, wait_s: int = WAIT_S) -> list[dict[str, Any]]:
    """Return what the queue gives within *wait_s* seconds."""
    return list(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait_s).get("Messages", []))


def queue(sqs: Any, name: str) -> tuple[str, str]:
    """Make a queue and return its URL and ARN."""
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, attributes["QueueArn"]


def test_s3_gives_back_the_bytes_it_was_given(connect: Connect, name: str) -> None:
    """put_object and get_object round-trip, binary included."""
    s3 = connect("s3")
    body = bytes(range(256)) * 64
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="folder/data.bin", Body=body)

    assert s3.get_object(Bucket=name, Key="folder/data.bin")["Body"].read() == body
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=name)["Contents"]] == ["folder/data.bin"]


def test_s3_refuses_a_missing_key(connect: Connect, name: str) -> None:
    """A key that is not there is NoSuchKey."""
    s3 = connect("s3")
    s3.create_bucket(Bucket=name)

    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=name, Key="missing")
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"


def test_sqs_delivers_a_message_until_it_is_deleted(connect: Connect, name: str) -> None:
    """A message sent is received with its body; once deleted it does not come back."""
    sqs = connect("sqs")
    url, arn = queue(sqs, name)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    (message,) = receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    sqs.send_message(QueueUrl=url, MessageBody="again")

    assert message["Body"] == "hello"
    assert [found["Body"] for found in receive(sqs, url)] == ["again"]
    assert arn == f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def test_sns_delivers_to_a_queue_whose_policy_lets_it(connect: Connect, name: str) -> None:
    """A publish arrives in the queue in SNS's envelope."""
    sns, sqs = connect("sns"), connect("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    url, arn = queue(sqs, name)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="started", Subject="training")

    (message,) = receive(sqs, url)
    envelope = json.loads(message["Body"])
    assert (envelope["Message"], envelope["Subject"], envelope["TopicArn"]) == ("started", "training", topic)


@pytest.mark.usefixtures("enforces_policies")
def test_sns_delivers_nothing_to_a_queue_without_a_policy(connect: Connect, name: str) -> None:
    """Without a queue policy AWS drops the delivery, and so does a backend that checks policies."""
    sns, sqs = connect("sns"), connect("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    url, arn = queue(sqs, name)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="lost")

    assert receive(sqs, url, QUIET_S) == []


def test_iam_keeps_a_role_and_its_policy(connect: Connect, name: str) -> None:
    """A role is there as it was made, with its trust and its inline policy."""
    iam = connect("iam")
    allowed = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allowed]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="invoke", PolicyDocument=json.dumps(document))

    assert arn == f"arn:aws:iam::{ACCOUNT}:role/{name}"
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert iam.get_role_policy(RoleName=name, PolicyName="invoke")["PolicyDocument"] == document


def test_sts_says_who_the_caller_is(connect: Connect) -> None:
    """The fake credentials are the account that everything is made in."""
    assert connect("sts").get_caller_identity()["Account"] == ACCOUNT


def make_model(sagemaker: Any, name: str) -> str:
    """Make a model and return its ARN."""
    container = {
        "Image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/model:1",
        "ModelDataUrl": "s3://b/model.tar.gz",
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    made = sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    return str(made["ModelArn"])


def test_sagemaker_keeps_a_model_and_an_endpoint_config(connect: Connect, name: str) -> None:
    """Models and endpoint configurations are described as they were made."""
    sagemaker = connect("sagemaker")
    arn = make_model(sagemaker, name)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])

    (found,) = sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    assert arn == f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/{name}"
    assert variant.items() <= found.items()
    assert (
        sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"] == "s3://b/model.tar.gz"
    )


def test_sagemaker_refuses_a_config_of_a_missing_model(connect: Connect, name: str) -> None:
    """An endpoint configuration needs a model that exists."""
    sagemaker = connect("sagemaker")
    variant = {
        "VariantName": "v",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }

    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])


def test_application_auto_scaling_keeps_target_and_policy(connect: Connect, name: str) -> None:
    """A scalable target and a target-tracking policy of a variant are described as they were put."""
    scaling = connect("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    tracking = {
        "TargetValue": 10.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 600,
        "ScaleOutCooldown": 30,
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=5)
    scaling.put_scaling_policy(
        **target,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    where = {"ServiceNamespace": "sagemaker", "ResourceId": target["ResourceId"]}
    ids = {"ServiceNamespace": "sagemaker", "ResourceIds": [target["ResourceId"]]}

    (registered,) = scaling.describe_scalable_targets(**ids)["ScalableTargets"]
    (policy,) = scaling.describe_scaling_policies(**where)["ScalingPolicies"]
    assert (registered["MinCapacity"], registered["MaxCapacity"]) == (1, 5)
    assert tracking.items() <= policy["TargetTrackingScalingPolicyConfiguration"].items()


def put_alarm(cloudwatch: Any, name: str) -> None:
    """Put an alarm on a metric of its own namespace that breaches above 1."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=name,
        MetricName="InvocationsPerInstance",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )


def test_cloudwatch_shows_the_alarm_state_that_was_set(connect: Connect, name: str) -> None:
    """The harness decides an alarm's state; describe_alarms shows it to every client."""
    cloudwatch = connect("cloudwatch")
    put_alarm(cloudwatch, name)
    cloudwatch.set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="three datapoints were above 1"
    )

    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "three datapoints were above 1")
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"


def test_cloudwatch_alarms_do_not_decide_by_themselves(connect: Connect, name: str) -> None:
    """Data above the threshold leaves the alarm as it is: two deciders would contradict each other."""
    cloudwatch = connect("cloudwatch")
    put_alarm(cloudwatch, name)
    data = [{"MetricName": "InvocationsPerInstance", "Value": 100.0}]
    cloudwatch.put_metric_data(Namespace=name, MetricData=data)

    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm["StateValue"] in {"INSUFFICIENT_DATA", "OK"}


def test_cloudwatch_adds_up_the_data_it_was_given(connect: Connect, name: str) -> None:
    """put_metric_data is found again by get_metric_data, summed by period."""
    from datetime import UTC, datetime, timedelta

    cloudwatch = connect("cloudwatch")
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    data = [{"MetricName": "Invocations", "Timestamp": minute, "Value": value} for value in (2.0, 3.0)]
    cloudwatch.put_metric_data(Namespace=name, MetricData=data)
    metric = {"Namespace": name, "MetricName": "Invocations"}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    hour = timedelta(minutes=30)

    (result,) = cloudwatch.get_metric_data(
        MetricDataQueries=[query], StartTime=minute - hour, EndTime=minute + hour
    )["MetricDataResults"]
    assert result["Values"] == [5.0]
