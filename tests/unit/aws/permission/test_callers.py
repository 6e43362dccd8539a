"""Keys are learnt from the answers that hand them out."""

import json
import time
from typing import Any

from harness.aws.permission.callers import Answer, Callers
from harness.aws.permission.federated import with_claims, without_key
from harness.aws.permission.keys import Caller
from harness.gateway.fetch import FetchReply
from harness.iam.actions import Call, Need

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/trainer"


def callers() -> Callers:
    return Callers(ACCOUNT)


def root(registry: Callers) -> Caller:
    found = registry.of("test")
    assert found is not None
    return found.caller


def xml(**members: str) -> FetchReply:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
    return FetchReply(200, (), f"<R xmlns='urn:x'><Result>{inside}</Result></R>".encode())


def hear(registry: Callers, operation: str, reply: FetchReply, **members: Any) -> FetchReply:
    service = "iam" if operation.endswith("AccessKey") else "sts"
    return registry.hear(Answer(service, Call(service, operation, members), root(registry), 7.0), reply)


def credentials(key: str = "ASIA1", **more: str) -> FetchReply:
    return xml(AccessKeyId=key, SecretAccessKey="s", SessionToken="t", **more)


def test_the_fake_pair_is_the_accounts_root() -> None:
    """It has no identity policies, and its name is the account's."""
    caller = root(callers())
    assert (caller.name, caller.holder, caller.kind) == (f"arn:aws:iam::{ACCOUNT}:root", None, "Account")


def test_a_users_key_is_made_put_out_of_use_and_deleted() -> None:
    """CreateAccessKey, UpdateAccessKey and DeleteAccessKey."""
    registry = callers()
    hear(registry, "CreateAccessKey", xml(UserName="ann", AccessKeyId="AKIA1", SecretAccessKey="s"))
    key = registry.of("AKIA1")
    assert key is not None
    assert (key.caller.name, key.caller.user_name, key.secret) == (
        f"arn:aws:iam::{ACCOUNT}:user/ann",
        "ann",
        "s",
    )
    hear(registry, "UpdateAccessKey", xml(), AccessKeyId="AKIA1", Status="Inactive")
    assert not key.active
    hear(registry, "DeleteAccessKey", xml(), AccessKeyId="AKIA1")
    assert registry.of("AKIA1") is None


def test_a_refused_call_tells_nothing() -> None:
    """Only an answer of 200 counts."""
    registry = callers()
    hear(registry, "CreateAccessKey", FetchReply(403, (), xml(AccessKeyId="AKIA1").body))
    assert registry.of("AKIA1") is None


def test_a_session_has_its_role_its_policies_its_tags_and_its_end() -> None:
    """AssumeRole, in XML and in JSON."""
    registry = callers()
    given = {
        "RoleArn": ROLE,
        "RoleSessionName": "program-3",
        "Policy": "{}",
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/X"}],
        "Tags": [{"Key": "team", "Value": "blue"}],
        "DurationSeconds": "900",
    }
    hear(registry, "AssumeRole", credentials(AssumedRoleId="AROA1:program-3"), **given)
    body = {
        "AssumeRoleResult": {
            "Credentials": {"AccessKeyId": "ASIA2", "SecretAccessKey": "s", "SessionToken": "t"}
        }
    }
    hear(registry, "AssumeRole", FetchReply(200, (), json.dumps(body).encode()), **given)
    for name in ("ASIA1", "ASIA2"):
        key = registry.of(name)
        assert key is not None
        assert key.caller.name == f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/program-3"
        assert (key.caller.role, key.caller.issued_at, key.caller.mfa) == (ROLE, 7.0, False)
        assert key.caller.session.documents == ("{}",)
        assert key.caller.session.arns == ("arn:aws:iam::aws:policy/X",)
        assert key.caller.session_tags == {"team": "blue"}
        assert 890 < key.expires_at - time.monotonic() <= 900


def test_a_key_that_is_handed_out_twice_gets_another_name() -> None:
    """moto gives the same one to everybody who asks for a session: nobody must be taken for somebody else."""
    registry = callers()
    first = hear(registry, "GetSessionToken", credentials("AKIASAME"))
    second = hear(registry, "GetSessionToken", credentials("AKIASAME"))
    assert b"AKIASAME" in first.body
    assert b"AKIASAME" not in second.body
    assert b"<AccessKeyId>ASIA" in second.body


def test_a_federated_user_without_session_policies_may_nothing() -> None:
    """It has what the user and the session policies both allow, and there are none."""
    registry = callers()
    hear(registry, "GetFederationToken", credentials(), Name="bob")
    key = registry.of("ASIA1")
    assert key is not None
    assert key.caller.name == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    assert '"Deny"' in key.caller.session.documents[0]


def test_a_service_calls_as_its_principal() -> None:
    """What EC2 would do on AWS, the rehearsal does with a key of EC2's."""
    registry = callers()
    made = registry.act_as("ec2.amazonaws.com")
    key = registry.of(made.access_key)
    assert key is not None
    assert (key.caller.principal.kind, key.caller.name, key.secret) == (
        "service",
        "ec2.amazonaws.com",
        made.secret_key,
    )


def test_who_has_a_web_identity_is_named_by_its_provider() -> None:
    """The trust policy names the provider, and its conditions the claims of the token."""
    token = "e30.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJyZXBvOngiLCJhdWQiOiJzdHMifQ.x"
    call = Call("sts", "AssumeRoleWithWebIdentity", {"WebIdentityToken": token, "RoleArn": ROLE})
    caller = without_key(call)
    assert caller is not None
    assert caller.principal.kind == "federated"
    assert caller.name == f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example"
    (need,) = with_claims(call, (Need("sts:AssumeRoleWithWebIdentity", ROLE),))
    assert need.context == {"id.example:sub": ("repo:x",), "id.example:aud": ("sts",)}
    assert without_key(Call("sts", "AssumeRole", {})) is None
