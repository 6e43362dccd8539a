"""What the reference says of actions, asked by their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.iam.actions import (
    access_level,
    actions_of,
    condition_keys,
    exists,
    expand,
    is_unread,
    resource_types,
)
from harness.iam.actions.catalogue import canonical
from harness.iam.actions.library import reference


def test_actions_are_known_in_any_case() -> None:
    """IAM ignores the case of actions (user guide, "IAM JSON policy elements: Action")."""
    assert exists("S3:getobject")
    assert not exists("s3:GetNothing")
    assert not exists("nosuchservice:Get")
    assert canonical("S3:getobject") == "s3:GetObject"
    assert canonical("s3:GetNothing") == "s3:GetNothing"


def test_every_action_of_a_service_is_listed() -> None:
    """With its prefix; none for a service that nobody knows."""
    assert {"sagemaker:InvokeEndpoint", "sagemaker:CreateEndpoint"} <= actions_of("sagemaker")
    assert actions_of("nosuchservice") == frozenset()
    assert reference("actions", "nosuchservice") == {}


@pytest.mark.parametrize(
    ("pattern", "among", "not_among"),
    [
        ("s3:Get*", "s3:GetObject", "s3:PutObject"),
        ("sqs:?endMessage", "sqs:SendMessage", "sqs:SendMessageBatch"),
        ("SQS:sendmessage", "sqs:SendMessage", "sqs:ReceiveMessage"),
        ("*", "sns:Publish", "sns:Nothing"),
        ("s?s:ListQueues", "sqs:ListQueues", "sns:ListTopics"),
    ],
)
def test_wildcards_expand(pattern: str, among: str, not_among: str) -> None:
    """To every action they cover, in services and in names."""
    found = expand(pattern)
    assert among in found
    assert not_among not in found


@pytest.mark.parametrize("pattern", ["s3:Nothing*", "nosuchservice:*", "s3"])
def test_what_covers_nothing_expands_to_nothing(pattern: str) -> None:
    """An action needs a service and a name."""
    assert expand(pattern) == frozenset()


@given(st.sampled_from(sorted(actions_of("s3"))), st.integers(min_value=0, max_value=30))
def test_an_action_is_in_what_its_beginning_expands_to(action: str, length: int) -> None:
    """Cut anywhere behind the colon and given a star, a name covers the action it was cut from."""
    head = action[: max(length, len("s3:"))]
    assert action in expand(f"{head}*")


def test_levels_types_and_keys_are_those_of_the_reference() -> None:
    """And empty for an action that it does not have."""
    assert access_level("iam:PassRole") == "Write"
    assert access_level("sagemaker:AddTags") == "Tagging"
    assert access_level("s3:Nothing") == ""
    assert {kind.name for kind in resource_types("sagemaker:CreateEndpoint")} == {
        "endpoint",
        "endpoint-config",
    }
    assert resource_types("sagemaker:ListEndpoints") == resource_types("s3:Nothing") == ()
    assert "s3:prefix" in condition_keys("s3:ListBucket")
    assert condition_keys("s3:Nothing") == frozenset()


def test_a_key_of_one_resource_is_not_told_with_another() -> None:
    """EC2's instance type belongs to the instance that is started, not to its image."""
    every = condition_keys("ec2:RunInstances")
    assert "ec2:instancetype" in every
    assert "ec2:instancetype" in condition_keys("ec2:RunInstances", "instance")
    assert "ec2:instancetype" not in condition_keys("ec2:RunInstances", "image")


@pytest.mark.parametrize(
    ("action", "key", "unread"),
    [
        ("lambda:CreateFunction", "lambda:vpcids", True),  # which VPC a subnet is in stands in no call
        ("kms:Decrypt", "kms:encryptioncontext:department", True),  # a part of its name is to be filled
        ("kms:Decrypt", "kms:keyorigin", False),  # the action has no such key
        ("lambda:CreateFunction", "lambda:layer", False),  # a member of the call
        ("dynamodb:PutItem", "dynamodb:enclosingoperation", False),  # a rule says it
        ("s3:GetObject", "s3:accessgrantsinstancearn", False),  # never there
        ("s3:GetObject", "aws:sourceip", False),  # every request has it
    ],
)
def test_keys_of_the_reference_that_nobody_reads_are_known(action: str, key: str, unread: bool) -> None:
    """So that no verdict hangs on one that was taken for absent."""
    assert is_unread(action, key) is unread
