"""A role is assumed once for each process, and its declared trust policy is in force again afterwards."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.config import Credentials
from harness.errors import BackendError, ScenarioError
from harness.run.credentials import assumed, credentials_of
from harness.scenario import Program, Role, allow

DECLARED: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "s"}}],
}
ROLE = Role("worker-role", "ecs-tasks.amazonaws.com")
ARN = "arn:aws:iam::123456789012:role/worker-role"


class Account:
    """An account with one role, which it lets be assumed by whom the trust policy of the moment names."""

    def __init__(self, refuses: str = "") -> None:
        self.trust = json.dumps(DECLARED)
        self.sessions: list[str] = []
        self.lasting: list[Any] = []
        self.signed_by = ""
        self._refuses = refuses

    def client(self, service: str, **signed: str) -> "Account":
        self.signed_by = signed.get("access_key", "")
        return self

    def get_role(self, **named: str) -> dict[str, Any]:
        self._maybe_refuse("get_role")
        return {"Role": {"AssumeRolePolicyDocument": json.loads(self.trust)}}

    def update_assume_role_policy(self, **named: str) -> None:
        self._maybe_refuse("update_assume_role_policy")
        self.trust = named["PolicyDocument"]

    def assume_role(self, **named: str) -> dict[str, Any]:
        self._maybe_refuse("assume_role")
        assert named["RoleArn"] == ARN
        root = {"AWS": "arn:aws:iam::123456789012:root"}
        trusted = DECLARED["Statement"][0]["Principal"] if self.signed_by else root
        assert json.loads(self.trust)["Statement"][0]["Principal"] == trusted
        self.sessions.append(named["RoleSessionName"])
        self.lasting.append(named.get("DurationSeconds"))
        number = str(len(self.sessions))
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{number}",
                "SecretAccessKey": f"secret{number}",
                "SessionToken": f"token{number}",
            }
        }

    def _maybe_refuse(self, operation: str) -> None:
        if operation == self._refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "said so"}}, operation)


def asked(account: Account, program: Program) -> tuple[Credentials, ...]:
    return credentials_of(program, account.client, "123456789012")


def test_each_process_has_a_session_of_its_own() -> None:
    """Named after program and rank, so that AWS's logs would tell them apart."""
    account = Account()
    found = asked(account, Program("work", len, role=ROLE, processes=2))
    assert found == (
        Credentials("ASIA1", "secret1", "token1"),
        Credentials("ASIA2", "secret2", "token2"),
    )
    assert account.sessions == ["work-0", "work-1"]
    assert json.loads(account.trust) == DECLARED


def test_a_long_name_is_cut() -> None:
    """A session's name has 64 characters at most."""
    account = Account()
    asked(account, Program("w" * 63, len, role=ROLE, processes=12))
    assert max(map(len, account.sessions)) <= 64
    assert len(set(account.sessions)) == 12


def test_without_a_role_the_account_itself_calls() -> None:
    """No call is made for it."""
    account = Account(refuses="get_role")
    assert asked(account, Program("work", len, processes=2)) == (Credentials(), Credentials())


@pytest.mark.parametrize(
    ("refuses", "service"),
    [("get_role", "iam"), ("update_assume_role_policy", "iam"), ("assume_role", "sts")],
)
def test_a_refusal_is_named_and_leaves_the_role_as_it_was(refuses: str, service: str) -> None:
    """Who, what and for which role; the declared policy is in force."""
    account = Account(refuses)
    with pytest.raises(BackendError) as error:
        asked(account, Program("work", len, role=ROLE))
    assert f"{service} did not let the rehearsal {refuses} for role worker-role: " in str(error.value)
    assert (error.value.service, error.value.operation) == (service, refuses)
    assert json.loads(account.trust) == DECLARED


def test_where_permission_is_asked_the_service_itself_assumes_the_role() -> None:
    """By the trust policy that is declared, which is not touched."""
    account, asked_for = Account(refuses="update_assume_role_policy"), []

    def act_as(service: str) -> Credentials:
        asked_for.append(service)
        return Credentials("AKIASERVICE", "its-secret")

    program = Program("work", len, role=ROLE)
    (found,) = credentials_of(program, account.client, "123456789012", act_as)
    assert found == Credentials("ASIA1", "secret1", "token1")
    assert (asked_for, account.signed_by) == (["ecs-tasks.amazonaws.com"], "AKIASERVICE")


def test_a_role_that_trusts_no_service_is_nobodys() -> None:
    """What runs under it is not said, so nothing can stand in for it."""
    other = Role("other", service="", trust=(allow("sts:AssumeRole", by="*"),))
    with pytest.raises(ScenarioError, match="Role 'other' trusts no service"):
        assumed(other, ["load"], Account().client, "123456789012")


def test_a_session_outlasts_any_run() -> None:
    """An hour, what STS gives where nothing is said, is less than a soak takes: nobody fetches new ones."""
    account = Account()
    assumed(ROLE, ["load"], account.client, "123456789012")
    assert account.lasting == [12 * 3600]
