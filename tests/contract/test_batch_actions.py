"""A role needs no more for a batch than for a single message, where a backend checks what roles may do."""

import json

import pytest
from conftest import Connect

from harness import sessions
from harness.backends import Backend


@pytest.mark.usefixtures("enforces_policies")
def test_a_batch_needs_the_permission_of_the_single_call(
    backend: Backend, connect: Connect, name: str
) -> None:
    """Service Authorization Reference: there is no action sqs:DeleteMessageBatch, nor sns:PublishBatch."""
    iam, at = connect("iam"), backend.route("sqs")
    account = f"arn:aws:iam::{backend.account_id}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    actions = ["sns:Publish", "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]
    actions.append("sqs:ChangeMessageVisibility")
    allowed = document({"Effect": "Allow", "Action": actions, "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    queue = connect("sqs").create_queue(QueueName=name)["QueueUrl"]
    topic = connect("sns").create_topic(Name=name)["TopicArn"]
    keys = connect("sts").assume_role(RoleArn=role, RoleSessionName="worker")["Credentials"]
    sqs, sns = (
        sessions.client(
            service,
            f"http://{at.host}:{at.port}",
            access_key=keys["AccessKeyId"],
            secret_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )
        for service in ("sqs", "sns")
    )

    entries = [{"Id": "1", "Message": "m"}]
    assert not sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries).get("Failed")
    sent = [{"Id": "1", "MessageBody": "m"}]
    assert not sqs.send_message_batch(QueueUrl=queue, Entries=sent).get("Failed")
    receipt = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    seen = [{"Id": "1", "ReceiptHandle": receipt, "VisibilityTimeout": 60}]
    assert not sqs.change_message_visibility_batch(QueueUrl=queue, Entries=seen).get("Failed")
    gone = [{"Id": "1", "ReceiptHandle": receipt}]
    assert not sqs.delete_message_batch(QueueUrl=queue, Entries=gone).get("Failed")


def document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
