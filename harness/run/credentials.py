"""Temporary credentials for programs and for the load: those of a role, and of nothing else.

The declared trust policy says which AWS service may assume the role, and the rehearsal stands in for it.
Where the gateway looks at permissions it asks as that service, so that a role which does not trust it is not
given out. Where nobody looks (`--iam off`) a backend knows no such caller: there the rehearsal lets the
account in, assumes the role once for each process, and puts the declared policy back.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from harness.config import Credentials
from harness.errors import BackendError, ScenarioError
from harness.scenario import Program, Role

# The longest there is (STS API reference, AssumeRole); where nothing is said, an hour. On AWS the SDK in a
# container fetches new credentials before the old ones end (ECS guide, "Task IAM role"): none does here.
SESSION_S = 43_200

ActAs = Callable[[str], Credentials]  # credentials whose calls are those of the AWS service named


def credentials_of(
    program: Program, client: Callable[..., Any], account: str, act_as: ActAs | None = None
) -> tuple[Credentials, ...]:
    """Return what each process of *program* signs with, by rank; the account's own without a role.

    The role must be there. Raises BackendError when the backend refuses one of the calls.
    """
    if program.role is None:
        return (Credentials(),) * program.processes
    names = [program.session_name(rank) for rank in range(program.processes)]
    return assumed(program.role, names, client, account, act_as)


def assumed(
    role: Role,
    names: Sequence[str],
    client: Callable[..., Any],
    account: str,
    act_as: ActAs | None = None,
) -> tuple[Credentials, ...]:
    """Return temporary credentials of *role*, which must be there, for a session of each of *names*.

    They are asked for with what *act_as* gives for the first service that the role trusts; without *act_as*
    with the account's own. Raises BackendError when the backend refuses one of the calls, ScenarioError for
    a role that trusts no service.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if not role.services:
        raise ScenarioError(
            f"Role {role.name!r} trusts no service, so that nothing runs under it; name the service that does"
        )
    operation = "get_role"
    try:
        if act_as is not None:
            operation, service = "assume_role", act_as(role.services[0])
            signed = {"access_key": service.access_key, "secret_key": service.secret_key}
            return _sessions(client("sts", **signed), role, names, account)
        iam, sts = client("iam"), client("sts")
        declared = iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"]
        operation = "update_assume_role_policy"
        _trust(iam, role, _letting_in(account))
        try:
            operation = "assume_role"
            return _sessions(sts, role, names, account)
        finally:
            with suppress(ClientError, BotoCoreError):
                _trust(iam, role, declared)
    except (ClientError, BotoCoreError) as error:
        asked = "sts" if operation == "assume_role" else "iam"
        sentence = f"{asked} did not let the rehearsal {operation} for role {role.name}: {error}"
        raise BackendError(sentence, service=asked, operation=operation) from error


def _sessions(sts: Any, role: Role, names: Sequence[str], account: str) -> tuple[Credentials, ...]:
    given = {"RoleArn": role.arn("", account), "DurationSeconds": SESSION_S}
    return tuple(
        _credentials(sts.assume_role(RoleSessionName=name, **given)["Credentials"]) for name in names
    )


def _trust(iam: Any, role: Role, document: dict[str, Any]) -> None:
    iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=json.dumps(document))


def _letting_in(account: str) -> dict[str, Any]:
    """Return a trust policy for whoever the account allows.

    IAM guide, "AWS JSON policy elements: Principal": the account's ARN stands for all of its principals.
    """
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _credentials(answered: dict[str, Any]) -> Credentials:
    return Credentials(answered["AccessKeyId"], answered["SecretAccessKey"], answered["SessionToken"])
