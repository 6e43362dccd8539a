"""What each role holds, as the journal keeps it."""

import asyncio
import json
from typing import Any

import pytest
from fake_iam import ACCOUNT, ROLE, TRUST, FakeIam, allowing, store_over

from harness import journal
from harness.aws.permission.role_policies import role_policies
from harness.aws.permission.store.root import RootCalls
from harness.errors import BackendError
from harness.gateway.chain import Address
from harness.gateway.fetch import FetchReply

MINE = f"arn:aws:iam::{ACCOUNT}:policy/mine"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"


def answer(action: str, inside: str) -> FetchReply:
    return FetchReply(200, (), f"<X><{action}Result>{inside}</{action}Result></X>".encode())


def listing(*names: str) -> FetchReply:
    roles = "".join(f"<member><RoleName>{name}</RoleName></member>" for name in names)
    return answer("ListRoles", f"<Roles>{roles}</Roles><IsTruncated>false</IsTruncated>")


def records(backend: FakeIam) -> list[journal.RolePolicies]:
    root = RootCalls(
        backend,  # type: ignore[arg-type]  # it has of Fetcher what is asked here
        lambda _service: Address("fake", "127.0.0.1", 1),
        "us-east-1",
        ACCOUNT,
    )
    return asyncio.run(role_policies(store_over(backend), root, 7.0))


def backend_with(document: str = "{}", **inline: str) -> FakeIam:
    """Return a backend whose role has *inline*, a managed policy and a boundary, both with *document*."""
    backend = FakeIam(**inline)
    attached = f"<member><PolicyName>mine</PolicyName><PolicyArn>{MINE}</PolicyArn></member>"
    limit = (
        f"<PermissionsBoundary><PermissionsBoundaryArn>{LIMIT}</PermissionsBoundaryArn></PermissionsBoundary>"
    )
    role = (
        f"<Arn>{ROLE}</Arn><RoleId>AROA1</RoleId><AssumeRolePolicyDocument>{TRUST}</AssumeRolePolicyDocument>"
    )
    backend.resources = {
        "ListRoles": listing("worker"),
        "GetRole": answer("GetRole", f"<Role>{role}{limit}</Role>"),
        "ListAttachedRolePolicies": answer(
            "ListAttachedRolePolicies", f"<AttachedPolicies>{attached}</AttachedPolicies>"
        ),
        "GetPolicy": answer("GetPolicy", "<Policy><DefaultVersionId>v2</DefaultVersionId></Policy>"),
        "GetPolicyVersion": answer(
            "GetPolicyVersion", f"<PolicyVersion><Document>{document}</Document></PolicyVersion>"
        ),
    }
    return backend


def policies_of(backend: FakeIam) -> dict[str, tuple[str, Any]]:
    (record,) = records(backend)
    assert (record.role, record.at) == (ROLE, 7.0)
    return {each["name"]: (each["kind"], each["document"]) for each in record.policies}


def test_every_kind_of_policy_is_kept_under_its_name() -> None:
    """Managed ones and the boundary by their ARNs, inline ones by their names."""
    managed = allowing("s3:GetObject")
    assert policies_of(backend_with(managed, own=allowing("sqs:*"))) == {
        "own": ("inline", json.loads(allowing("sqs:*"))),
        MINE: ("managed", json.loads(managed)),
        LIMIT: ("boundary", json.loads(managed)),
        "trust": ("trust", json.loads(TRUST)),
    }


def test_what_is_no_json_is_kept_as_it_is() -> None:
    """The record tells what the role has, not what it should have."""
    assert policies_of(backend_with("not json"))[MINE] == ("managed", "not json")


def test_a_role_with_nothing_but_its_name() -> None:
    """Without a trust policy there is no record of one."""
    backend = FakeIam()
    backend.resources["ListRoles"] = listing("worker")
    backend.resources["GetRole"] = answer("GetRole", f"<Role><Arn>{ROLE}</Arn></Role>")
    assert policies_of(backend) == {}


def test_a_role_that_has_gone_meanwhile_is_left_out() -> None:
    """It was listed and is not there any more."""
    backend = FakeIam()
    backend.resources["ListRoles"] = listing("zebra", "worker")
    assert [each.role for each in records(backend)] == [ROLE]


def test_a_backend_without_roles() -> None:
    """There is nothing to tell."""
    backend = FakeIam()
    backend.resources["ListRoles"] = listing()
    assert records(backend) == []


def test_a_backend_that_does_not_tell_is_an_error() -> None:
    """An empty list would say that no role holds anything."""
    backend = FakeIam()
    backend.resources["ListRoles"] = FetchReply(500, (), b"<oops/>")
    with pytest.raises(BackendError, match="iam:ListRoles gave 500"):
        records(backend)
