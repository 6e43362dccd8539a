"""Policies asked as AWS would ask them, and silence where a template does not say enough."""

from pathlib import Path
from typing import Any

import pytest

from harness.audit.permissions import grants, is_bound, lets_in, may, names_everybody, trusts
from harness.audit.view import View
from tests.unit.audit.audited import view

ROLE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument:
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]
      {properties}
  Beside:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: beside
      Roles: [!Ref Role]
      PolicyDocument:
        Statement: [{{Effect: Allow, Action: sns:Publish, Resource: "*"}}]
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {{Statement: [{{Effect: Allow, Action: "sqs:*", Resource: "*"}}]}}
"""
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"


def role(tmp_path: Path, properties: str = "") -> tuple[View, Any]:
    """Return a role with *properties*, and its template."""
    seen = view(tmp_path, ROLE.format(properties=properties or "Description: x"))
    return seen, seen.resources["Role"]


def test_a_policy_beside_the_role_counts(tmp_path: Path) -> None:
    """AWS::IAM::Policy names the roles that it is put on."""
    seen, one = role(tmp_path)
    assert may(seen, one, "sns:Publish", "arn:aws:sns:us-east-1:123456789012:orders")
    assert may(seen, one, "sqs:SendMessage", QUEUE) is False


def test_a_managed_policy_of_the_template_counts(tmp_path: Path) -> None:
    """By its Ref, which is its ARN."""
    assert may(*role(tmp_path, "ManagedPolicyArns: [!Ref Shared]"), "sqs:SendMessage", QUEUE)


def test_a_managed_policy_of_aws_counts(tmp_path: Path) -> None:
    """AWS's own policies are known."""
    arn = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    seen, one = role(tmp_path, f"ManagedPolicyArns: [{arn}]")
    assert may(seen, one, "sqs:GetQueueAttributes", QUEUE)
    assert may(seen, one, "sqs:SendMessage", QUEUE) is False


@pytest.mark.parametrize(
    "properties",
    [
        'ManagedPolicyArns: ["arn:aws:iam::123456789012:policy/of-somebody"]',
        "PermissionsBoundary: arn:aws:iam::123456789012:policy/of-somebody",
        'Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Maybe, Action: "sqs:*"}]}}]',
        'Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "sqs:*", '
        'Resource: "*", Condition: {StringEquals: {aws:PrincipalTag/team: ml}}}]}}]',
    ],
    ids=["managed", "boundary", "unreadable", "conditional"],
)
def test_what_the_template_does_not_decide_is_not_denied(properties: str, tmp_path: Path) -> None:
    """A policy that is elsewhere, unreadable, or under a condition leaves the answer open."""
    assert may(*role(tmp_path, properties), "sqs:SendMessage", QUEUE) is None


def test_a_boundary_of_aws_limits(tmp_path: Path) -> None:
    """What the boundary does not allow is not allowed."""
    limit = "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    seen, one = role(tmp_path, f"ManagedPolicyArns: [!Ref Shared]\n      {limit}")
    assert may(seen, one, "sqs:SendMessage", QUEUE) is False


def test_a_resource_policy_lets_its_role_in(tmp_path: Path) -> None:
    """In one account a queue's policy is enough."""
    seen, one = role(tmp_path)
    statement = {"Effect": "Allow", "Principal": {"AWS": seen.arn(one)}, "Action": "sqs:*", "Resource": QUEUE}
    assert may(seen, one, "sqs:SendMessage", QUEUE, by=[{"Statement": [statement]}])


def test_grants_are_of_any_resource(tmp_path: Path) -> None:
    """Code is held to the action alone, for its resource is decided at run time."""
    seen, one = role(tmp_path)
    assert grants(seen, one, "sns:Publish") is True
    assert grants(seen, one, "sqs:SendMessage") is False
    other = 'ManagedPolicyArns: ["arn:aws:iam::123456789012:policy/of-somebody"]'
    assert grants(*role(tmp_path, other), "sqs:SendMessage") is None


def test_trust_is_that_of_the_service(tmp_path: Path) -> None:
    """A role trusts the services that its policy names."""
    _, one = role(tmp_path)
    assert (trusts(one, "lambda.amazonaws.com"), trusts(one, "ec2.amazonaws.com")) == (True, False)


def test_a_condition_on_the_source_is_held_to_it() -> None:
    """Another topic's ARN in aws:SourceArn lets this one's messages not in."""
    topic = "arn:aws:sns:us-east-1:123456789012:orders"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:ord*"}},
    }
    asked = ([{"Statement": [statement]}], "sns.amazonaws.com", "sqs:SendMessage", QUEUE)
    assert lets_in(*asked, topic, "123456789012")
    assert not lets_in(*asked, topic.replace("orders", "others"), "123456789012")


def test_an_unreadable_policy_is_another_rules_matter() -> None:
    """What AWS refuses whole is told once."""
    assert lets_in([{"Statement": [{"Effect": "?"}]}], "sns.amazonaws.com", "sqs:SendMessage", QUEUE, "", "")


@pytest.mark.parametrize(
    ("condition", "bound"),
    [
        (None, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringLike": {"aws:SourceArn": "*"}}, False),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, False),
    ],
)
def test_a_condition_binds_where_it_looks_at_who_asks(condition: Any, bound: bool) -> None:
    """TLS is no bound, nor is everybody but one, nor a wildcard."""
    assert is_bound({"Condition": condition}) is bound


@pytest.mark.parametrize(
    ("statement", "everybody"),
    [
        ({"Effect": "Allow", "Principal": "*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": ["*"]}}, True),
        ({"Effect": "Deny", "Principal": "*"}, False),
        ({"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({"Effect": "Allow"}, False),
    ],
)
def test_everybody_is_the_star_of_an_allow(statement: dict[str, Any], everybody: bool) -> None:
    """A Deny of everybody opens nothing, a service is not everybody."""
    assert names_everybody(statement) is everybody
