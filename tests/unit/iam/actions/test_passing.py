"""iam:PassRole: on which roles a call needs it, and for whom."""

from typing import Any

import pytest

from harness.iam.actions import Call, Place, needs_of

PLACE = Place("eu-west-1", "000000000000")
ROLE = "arn:aws:iam::000000000000:role/execution"
TOPIC = "arn:aws:sns:eu-west-1:000000000000:t"


def needed(service: str, operation: str, **members: Any) -> list[tuple[str, str]]:
    """Return action and resource of each need."""
    found = needs_of(Call(service, operation, members), PLACE)
    return [(need.action, need.resource) for need in found or ()]


@pytest.mark.parametrize(
    ("service", "operation", "members", "roles"),
    [
        (
            "glue",
            "CreateCrawler",
            {"Name": "c", "Role": "service-role/Glue"},
            ["arn:aws:iam::000000000000:role/service-role/Glue"],
        ),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "f", "Role": ROLE, "Environment": {"Variables": {"ROLE_ARN": f"{ROLE}2"}}},
            [ROLE],
        ),
        ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "t", "HyperParameters": {"role": ROLE}}, []),
        ("sagemaker", "DescribeModel", {"ModelName": "m", "RoleArn": ROLE}, []),
        ("sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": "not an ARN"}, []),
        ("sts", "AssumeRole", {"RoleArn": ROLE}, []),
        ("iam", "PassRole", {"RoleArn": ROLE}, []),
        ("application-autoscaling", "RegisterScalableTarget", {"RoleARN": ROLE}, []),
        (
            "sns",
            "SetTopicAttributes",
            {"TopicArn": TOPIC, "AttributeName": "SQSFailureFeedbackRoleArn", "AttributeValue": ROLE},
            [ROLE],
        ),
        (
            "sns",
            "SetTopicAttributes",
            {"TopicArn": TOPIC, "AttributeName": "DisplayName", "AttributeValue": ROLE},
            [],
        ),
        (
            "apigateway",
            "PutIntegration",
            {"credentials": ROLE, ":method": "PUT", ":path": "/restapis/a"},
            [ROLE],
        ),
        (
            "ecs",
            "RegisterTaskDefinition",
            {"family": "f", "taskRoleArn": ROLE, "executionRoleArn": f"{ROLE}2"},
            [ROLE, f"{ROLE}2"],
        ),
        (
            "states",
            "CreateStateMachine",
            {"name": "m", "roleArn": ROLE, "deep": [[[[[[[[[[[[[[[[[[ROLE]]]]]]]]]]]]]]]]]]},
            [ROLE],
        ),
    ],
)
def test_passing_a_role_is_needed_where_it_is_handed_over(
    service: str, operation: str, members: dict[str, Any], roles: list[str]
) -> None:
    """And nowhere else: reading, assuming, or what the user's own maps hold."""
    found = needed(service, operation, **members)
    assert [
        resource for action, resource in found if action == "iam:PassRole" and operation != "PassRole"
    ] == roles


def test_a_role_is_passed_to_the_service_that_assumes_it() -> None:
    """By the name of its principal; a member may hand it to another service than the rest."""
    members = {"Name": "c", "ServiceRole": ROLE, "JobFlowRole": f"{ROLE}2"}
    found = needs_of(Call("elasticmapreduce", "RunJobFlow", members), PLACE) or ()
    assert [need.context.get("iam:passedtoservice") for need in found if need.action == "iam:PassRole"] == [
        ("elasticmapreduce.amazonaws.com",),
        ("ec2.amazonaws.com",),
    ]
