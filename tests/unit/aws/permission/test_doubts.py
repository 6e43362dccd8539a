"""Verdicts that hang on what nobody here knows: the tags of a resource, keys that no call tells."""

from typing import Any

import pytest

from harness.aws.permission.doubts import without_doubt
from harness.iam import Kind, PolicySet, Principal, Request, authorize, parse

QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
USER = Principal.named("arn:aws:iam::123456789012:user/ann")
ANY = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
IN_PRODUCTION = {"aws:ResourceTag/stage": "production"}


def verdict(*statements: dict[str, Any], context: dict[str, str] | None = None, **limits: Any) -> str:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    policies = PolicySet(identity=(parse(document, Kind.IDENTITY, name="own"),), **limits)
    request = Request.of(USER, "sqs:SendMessage", QUEUE, context)
    return without_doubt(policies, request, authorize(policies, request)).effect.value


def deny(**changes: Any) -> dict[str, Any]:
    condition = {"StringEquals": IN_PRODUCTION}
    return {**ANY, "Effect": "Deny", "Condition": condition, **changes}


@pytest.mark.parametrize(
    "statement",
    [
        deny(),
        {**ANY, "Condition": {"StringNotEquals": IN_PRODUCTION}},
        {**ANY, "Condition": {"StringEqualsIfExists": IN_PRODUCTION}},
        {**ANY, "Condition": {"Null": {"aws:ResourceTag/stage": "true"}}},
    ],
)
def test_what_a_tag_could_undo_is_no_yes(statement: dict[str, Any]) -> None:
    """A Deny on a tag might deny; a grant that needs the tag to be another, or absent, might not grant."""
    others = [ANY] if statement["Effect"] == "Deny" else []

    assert verdict(*others, statement) == "ImplicitlyDenied"


@pytest.mark.parametrize(
    "statement",
    [
        deny(Action="sqs:DeleteQueue"),
        deny(Resource=f"{QUEUE}-other"),
        deny(Condition={"StringEquals": {**IN_PRODUCTION, "aws:username": "bob"}}),
        deny(Condition={"StringEquals": {"aws:PrincipalTag/stage": "production"}}),
        {**ANY, "Condition": {"StringEquals": IN_PRODUCTION}},
    ],
)
def test_what_no_tag_can_undo_is_a_yes(statement: dict[str, Any]) -> None:
    """A Deny of something else, under a condition that does not hold, or a grant beside one that holds."""
    assert verdict(ANY, statement, context={"aws:username": "ann"}) == "Allowed"


def test_a_tag_that_the_call_tells_is_known() -> None:
    """Then the evaluator has decided already."""
    assert verdict(ANY, deny(), context={"aws:ResourceTag/stage": "test"}) == "Allowed"


@pytest.mark.parametrize("limit", ["boundary", "session", "vpc_endpoint", "scps", "rcps", "resource"])
def test_every_kind_of_policy_is_looked_at(limit: str) -> None:
    """Wherever the Deny stands."""
    kinds = {"vpc_endpoint": Kind.VPC_ENDPOINT, "scps": Kind.SCP, "rcps": Kind.RCP, "resource": Kind.RESOURCE}
    kind = kinds.get(limit, Kind.IDENTITY)
    named = {} if limit in ("boundary", "session", "scps") else {"Principal": "*"}
    policy = parse({"Version": "2012-10-17", "Statement": [{**ANY, **named}, {**deny(), **named}]}, kind)
    value = {"scps": ((policy,),), "rcps": ((policy,),), "resource": policy}.get(limit, (policy,))

    assert verdict(ANY, **{limit: value}) == "ImplicitlyDenied"


def test_a_key_that_nobody_reads_is_no_yes_either() -> None:
    """In which VPC a function's subnets are stands in no call: a Deny of another VPC might deny."""
    asked = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
    elsewhere = {"ForAnyValue:StringEquals": {"lambda:VpcIds": "vpc-1"}}
    document = {
        "Version": "2012-10-17",
        "Statement": [asked, {**asked, "Effect": "Deny", "Condition": elsewhere}],
    }
    policies = PolicySet(identity=(parse(document, Kind.IDENTITY, name="own"),))
    function = "arn:aws:lambda:us-east-1:123456789012:function:rank"
    request = Request.of(USER, "lambda:CreateFunction", function)
    answer = without_doubt(policies, request, authorize(policies, request))
    assert not answer.allowed
    assert "lambda:vpcids" in answer.reason
