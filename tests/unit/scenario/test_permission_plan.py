"""Roles, policies and buckets are made by the calls that make them on AWS, and all of them are removed."""

import json
from typing import Any

import pytest
from declared import a_scenario

from harness.errors import ScenarioError
from harness.scenario import Bucket, ManagedPolicy, Program, Role, VpcEndpoint, allow, deny
from harness.scenario.calls import Call
from harness.scenario.plans.permissions import (
    buckets_of,
    opening_up,
    permitting,
    region_of_bucket,
    unbucketing,
    unpermitting,
)
from harness.sessions import shared_session

REGION, ACCOUNT = "eu-west-1", "111122223333"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SHARED = ManagedPolicy("shared", (allow("s3:GetObject"),))
LIMIT = ManagedPolicy("limit", (deny("iam:*"),))
FIRST = Role("first", statements=(allow("sqs:*"),), managed=(SHARED, READ_ONLY), boundary=LIMIT)
SECOND = Role("second", managed=(SHARED,), boundary=READ_ONLY)
OPEN = Bucket("open-bucket", objects={"a.csv": b"1,2"})
SHUT = Bucket("shut-bucket", policy=(deny("s3:GetObject", on="arn:aws:s3:::shut-bucket/*", by="*"),))
INSIDE = VpcEndpoint("vpce-0a1b2c3d", "vpc-0a1b2c3d")


def made() -> list[Call]:
    return [*permitting([FIRST, SECOND], REGION, ACCOUNT), *buckets_of([OPEN, SHUT], REGION, ACCOUNT)]


def gone() -> list[Call]:
    return [*opening_up([OPEN, SHUT]), *unbucketing([OPEN, SHUT]), *unpermitting([FIRST, SECOND], ACCOUNT)]


def named(calls: list[Call], method: str) -> list[dict[str, Any]]:
    return [dict(call.arguments) for call in calls if call.method == method]


@pytest.mark.untraced
def test_every_call_is_valid_for_the_real_api() -> None:
    """botocore's own validation, from AWS's service models, accepts the arguments of each call."""
    from botocore.validate import ParamValidator

    for call in [*made(), *gone()]:
        service = shared_session().client(
            call.service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
        )
        operation = service.meta.method_to_api_mapping[call.method]
        shape = service.meta.service_model.operation_model(operation).input_shape
        report = ParamValidator().validate(call.arguments, shape)
        assert not report.has_errors(), f"{call.what}: {report.generate_report()}"


def test_what_roles_share_is_made_once_and_before_them() -> None:
    """A policy must be there when it is attached."""
    assert [(call.method, call.what) for call in permitting([FIRST, SECOND], REGION, ACCOUNT)] == [
        ("create_policy", "policy shared"),
        ("create_policy", "policy limit"),
        ("create_role", "role first"),
        ("put_role_policy", "policy of role first"),
        ("attach_role_policy", f"arn:aws:iam::{ACCOUNT}:policy/shared of role first"),
        ("attach_role_policy", f"{READ_ONLY} of role first"),
        ("put_role_permissions_boundary", "boundary of role first"),
        ("create_role", "role second"),
        ("attach_role_policy", f"arn:aws:iam::{ACCOUNT}:policy/shared of role second"),
        ("put_role_permissions_boundary", "boundary of role second"),
    ]


def test_a_boundary_is_the_policy_declared() -> None:
    """Of the account's own by its ARN there, AWS's as it is written."""
    boundaries = named(made(), "put_role_permissions_boundary")
    assert [one["PermissionsBoundary"] for one in boundaries] == [
        f"arn:aws:iam::{ACCOUNT}:policy/limit",
        READ_ONLY,
    ]


def test_all_that_is_made_is_removed() -> None:
    """Each with the call that undoes it; a role's policies go before the role, and shared ones after it."""
    opposite = {
        "create_": "delete_",
        "put_role": "delete_role",
        "attach_": "detach_",
        "put_bucket": "delete_bucket",
    }
    removed = [(call.method, call.what) for call in gone()]
    for call in made():
        method = call.method
        for made_by, removed_by in opposite.items():
            method = method.replace(made_by, removed_by)
        assert (method, call.what) in removed or call.method == "put_object"
    methods = [method for method, _ in removed]
    assert methods.index("detach_role_policy") < methods.index("delete_role") < methods.index("delete_policy")


def test_a_bucket_has_what_is_in_it_before_its_policy() -> None:
    """A policy may shut out who puts the objects; it is the first thing to go again."""
    calls = list(buckets_of([Bucket(SHUT.name, SHUT.policy, {"k": b"v"})], REGION, ACCOUNT))
    assert [call.method for call in calls] == ["create_bucket", "put_object", "put_bucket_policy"]
    policy = json.loads(calls[-1].arguments["Policy"])
    assert policy["Statement"][0]["Principal"] == "*"
    assert [call.method for call in opening_up([OPEN, SHUT])] == ["delete_bucket_policy"]


def test_one_region_is_not_named() -> None:
    """CreateBucket refuses us-east-1 as a constraint."""
    assert region_of_bucket("us-east-1") == {}
    assert region_of_bucket(REGION) == {"CreateBucketConfiguration": {"LocationConstraint": REGION}}


def test_a_scenario_knows_its_roles_buckets_and_vpc_endpoints() -> None:
    """Declared, or named by a program; each once."""
    program = Program("p", lambda context: None, role=FIRST, via=INSIDE)
    outside = VpcEndpoint("vpce-0a1b2c3e", "vpc-0a1b2c3d")
    found = a_scenario(
        resources=[OPEN, SECOND, outside], workload=[], programs=[program], expectations=EXPECTED
    )
    again = a_scenario(resources=[INSIDE, OPEN], workload=[], programs=[program], expectations=EXPECTED)
    assert [role.name for role in found.roles] == ["second", "first"]
    assert found.buckets == [OPEN]
    assert found.vpc_endpoints == [outside, INSIDE]
    assert again.vpc_endpoints == [INSIDE]


EXPECTED = a_scenario().expectations


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ([OPEN, OPEN], "2 buckets are called 'open-bucket'"),
        ([INSIDE, INSIDE], "2 VPC endpoints are called 'vpce-0a1b2c3d'"),
        ([FIRST, Role("first")], "2 different roles are called 'first'"),
        (
            [FIRST, Role("third", managed=(ManagedPolicy("limit", (allow("s3:*"),)),))],
            "2 different managed policies are called 'limit'",
        ),
    ],
)
def test_two_things_of_one_name_are_refused(resources: list[Any], sentence: str) -> None:
    """One would be made over the other."""
    with pytest.raises(ScenarioError, match=sentence):
        a_scenario(resources=resources, workload=[], expectations=EXPECTED)
