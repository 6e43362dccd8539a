"""Calls as the resources that CloudFormation would call them, property for property."""

import json
from typing import Any

import pytest

from harness.audit.of_calls import resources_of
from harness.scenario.calls import Call, FromAnswer

DOCUMENT = {"Statement": [{"Effect": "Allow"}]}
TEXT = json.dumps(DOCUMENT)
ENCRYPTED = {
    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
}
PREFIX = [{"Name": "prefix", "Value": "in/"}]
TOLD = {
    "LambdaFunctionConfigurations": [
        {"LambdaFunctionArn": "f", "Events": ["a", "b"], "Filter": {"Key": {"FilterRules": PREFIX}}}
    ],
    "QueueConfigurations": [{"QueueArn": "q", "Events": ["a"]}],
    "TopicConfigurations": [{"TopicArn": "t", "Events": ["a"]}],
}
UNFILTERED: dict[str, Any] = {"S3Key": {"Rules": []}}
CONFIGURED = {
    "LambdaConfigurations": [
        {"Event": event, "Function": "f", "Filter": {"S3Key": {"Rules": PREFIX}}} for event in "ab"
    ],
    "QueueConfigurations": [{"Event": "a", "Queue": "q", "Filter": UNFILTERED}],
    "TopicConfigurations": [{"Event": "a", "Topic": "t", "Filter": UNFILTERED}],
}

Rows = list[tuple[str, str, dict[str, Any]]]
CASES: list[tuple[str, str, dict[str, Any], Rows]] = [
    (
        "iam.create_role",
        "role r",
        {"RoleName": "r", "AssumeRolePolicyDocument": TEXT, "Path": "/"},
        [("role.r", "AWS::IAM::Role", {"RoleName": "r", "AssumeRolePolicyDocument": DOCUMENT})],
    ),
    (
        "iam.create_policy",
        "policy p",
        {"PolicyName": "p", "PolicyDocument": TEXT},
        [("policy.p", "AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "p", "PolicyDocument": DOCUMENT})],
    ),
    (
        "iam.put_role_policy",
        "x",
        {"RoleName": "r", "PolicyName": "own", "PolicyDocument": TEXT},
        [("role.r", "AWS::IAM::Role", {"Policies": [{"PolicyName": "own", "PolicyDocument": DOCUMENT}]})],
    ),
    (
        "iam.attach_role_policy",
        "x",
        {"RoleName": "r", "PolicyArn": "arn:p"},
        [("role.r", "AWS::IAM::Role", {"ManagedPolicyArns": ["arn:p"]})],
    ),
    (
        "iam.put_role_permissions_boundary",
        "x",
        {"RoleName": "r", "PermissionsBoundary": "arn:p"},
        [("role.r", "AWS::IAM::Role", {"PermissionsBoundary": "arn:p"})],
    ),
    (
        "s3.create_bucket",
        "bucket b",
        {"Bucket": "b"},
        [("bucket.b", "AWS::S3::Bucket", {"BucketName": "b", "BucketEncryption": ENCRYPTED})],
    ),
    (
        "s3.put_bucket_policy",
        "policy of bucket b",
        {"Bucket": "b", "Policy": TEXT},
        [("policy of bucket b", "AWS::S3::BucketPolicy", {"Bucket": "b", "PolicyDocument": DOCUMENT})],
    ),
    (
        "s3.put_bucket_notification_configuration",
        "x",
        {"Bucket": "b", "NotificationConfiguration": TOLD},
        [("bucket.b", "AWS::S3::Bucket", {"NotificationConfiguration": CONFIGURED})],
    ),
    (
        "sns.create_topic",
        "topic t",
        {"Name": "t", "Attributes": {"FifoTopic": "true", "Policy": TEXT}},
        [
            ("topic.t", "AWS::SNS::Topic", {"TopicName": "t", "FifoTopic": "true"}),
            ("policy of topic t", "AWS::SNS::TopicPolicy", {"Topics": ["t"], "PolicyDocument": DOCUMENT}),
        ],
    ),
    (
        "sqs.create_queue",
        "queue q",
        {"QueueName": "q", "Attributes": {"DelaySeconds": "1", "RedrivePolicy": '{"a": 1}', "Policy": TEXT}},
        [
            (
                "queue.q",
                "AWS::SQS::Queue",
                {"QueueName": "q", "DelaySeconds": "1", "RedrivePolicy": {"a": 1}},
            ),
            ("policy of queue q", "AWS::SQS::QueuePolicy", {"Queues": ["q"], "PolicyDocument": DOCUMENT}),
        ],
    ),
    (
        "sns.subscribe",
        "t to q",
        {
            "TopicArn": "t",
            "Protocol": "sqs",
            "Endpoint": "q",
            "ReturnSubscriptionArn": True,
            "Attributes": {"RawMessageDelivery": "true", "FilterPolicy": '{"a": [1]}'},
        },
        [
            (
                "t to q",
                "AWS::SNS::Subscription",
                {
                    "TopicArn": "t",
                    "Protocol": "sqs",
                    "Endpoint": "q",
                    "RawMessageDelivery": "true",
                    "FilterPolicy": {"a": [1]},
                },
            )
        ],
    ),
    (
        "lambda.create_function",
        "function f",
        {"FunctionName": "f", "Code": {"ZipFile": b""}},
        [("function.f", "AWS::Lambda::Function", {"FunctionName": "f"})],
    ),
    (
        "lambda.put_function_concurrency",
        "x",
        {"FunctionName": "f", "ReservedConcurrentExecutions": 5},
        [("function.f", "AWS::Lambda::Function", {"ReservedConcurrentExecutions": 5})],
    ),
    (
        "lambda.put_provisioned_concurrency_config",
        "x",
        {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 2},
        [
            (
                "alias live of function f",
                "AWS::Lambda::Alias",
                {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2}},
            )
        ],
    ),
    (
        "lambda.add_permission",
        "x",
        {"FunctionName": "f", "StatementId": "s", "Qualifier": "live", "Principal": "sns.amazonaws.com"},
        [("x", "AWS::Lambda::Permission", {"FunctionName": "f:live", "Principal": "sns.amazonaws.com"})],
    ),
    (
        "events.put_rule",
        "rule r",
        {"Name": "r", "EventPattern": '{"source": ["a"]}'},
        [("rule.r", "AWS::Events::Rule", {"Name": "r", "EventPattern": {"source": ["a"]}})],
    ),
    (
        "events.put_targets",
        "x",
        {"Rule": "r", "Targets": [{"Id": "0"}]},
        [("rule.r", "AWS::Events::Rule", {"Targets": [{"Id": "0"}]})],
    ),
    (
        "application-autoscaling.put_scheduled_action",
        "x",
        {"ResourceId": "endpoint/e/variant/v", "ScheduledActionName": "n", "Schedule": "rate(1 hour)"},
        [
            (
                "scalable target of e",
                "AWS::ApplicationAutoScaling::ScalableTarget",
                {"ScheduledActions": [{"ScheduledActionName": "n", "Schedule": "rate(1 hour)"}]},
            )
        ],
    ),
    ("sqs.purge_queue", "x", {"QueueUrl": "q"}, []),
]


@pytest.mark.parametrize(("call", "what", "arguments", "rows"), CASES, ids=[case[0] for case in CASES])
def test_a_call_is_a_resource(call: str, what: str, arguments: dict[str, Any], rows: Rows) -> None:
    """With the names of CloudFormation; what it has no property for is left out."""
    service, _, method = call.partition(".")
    found = resources_of([Call(service, method, arguments, what)], "pipeline.py")
    assert [(one.logical_id, one.type, one.properties) for one in found] == rows


def test_what_several_calls_say_of_one_resource_comes_together() -> None:
    """Lists grow, the rest is what was said last; what only an answer tells has a name of its own."""
    target = FromAnswer("function f", "FunctionArn", "arn:{}")
    calls = [
        Call("events", "put_rule", {"Name": "r", "State": "DISABLED"}, "rule r"),
        Call("events", "put_targets", {"Rule": "r", "Targets": [{"Id": "0"}]}, "x"),
        Call("events", "put_targets", {"Rule": "r", "Targets": [target]}, "y"),
        Call("events", "put_rule", {"Name": "r", "State": "ENABLED"}, "rule r"),
    ]
    (rule,) = resources_of(calls, "pipeline.py")
    assert rule.properties == {"Name": "r", "State": "ENABLED", "Targets": [{"Id": "0"}, "arn:function-f"]}
    assert rule.file == "pipeline.py"
