"""The function by itself: against an AWS that really answers, and beside moto where that is enough."""

import json

import boto3
import pytest
from fraud_scoring import handler
from moto import mock_aws


def event(*payments):
    """Return what SQS hands over for *payments*."""
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(payments)]}


def payment(amount):
    return json.dumps({"id": "p1", "amount": amount, "hour": 3, "distance_km": 10})


@pytest.fixture
def deployed(aws_backend, aws_environment, monkeypatch):
    """An endpoint that answers with what it is sent, and a topic with a queue behind it."""
    sagemaker, sns, sqs = (aws_backend.client(name) for name in ("sagemaker", "sns", "sqs"))
    sagemaker.create_model(
        ModelName="fraud",
        ExecutionRoleArn=f"arn:aws:iam::{aws_backend.account_id}:role/fraud-model",
        PrimaryContainer={
            "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "Environment": {"HARNESS_MODEL": "echo"},
        },
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "fraud",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="fraud", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="fraud", EndpointConfigName="fraud")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    monkeypatch.setenv("ENDPOINT_NAME", "fraud")
    monkeypatch.setenv("ALERTS_TOPIC", topic)
    # Four model minutes of SageMaker's are four seconds at the clock of pyproject.toml.
    waits = {"Delay": 1, "MaxAttempts": 60}
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="fraud", WaiterConfig=waits)
    return queue


def test_suspicious_payments_are_told(deployed, aws_session):
    """An alert for the one that looks like fraud, and none for the other; what is malformed comes again."""
    failed = handler.score(event(payment(0.97), payment(0.1), "{}"), None)["batchItemFailures"]
    assert failed == [{"itemIdentifier": "2"}]
    sqs = aws_session.client("sqs")
    messages = sqs.receive_message(QueueUrl=deployed, WaitTimeSeconds=5)["Messages"]
    assert [json.loads(one["Body"]) for one in messages] == [{"payment": "p1", "risk": 0.97}]


@mock_aws
def test_a_missing_endpoint_fails_the_payment_alone(monkeypatch):
    """moto's decorators work in the same session as the fixtures."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("ENDPOINT_NAME", raising=False)
    assert boto3.client("sqs").list_queues().get("QueueUrls", []) == []
    assert handler.score(event(payment(0.5)), None) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
