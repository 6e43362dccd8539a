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
