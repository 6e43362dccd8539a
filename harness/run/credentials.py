"""Temporary credentials for programs and for the load: those of a role, and of nothing else.

The declared trust policy says which AWS service may assume the role. The rehearsal stands in for that
service: it lets the account in, assumes the role once for each process, and puts the declared policy back.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from harness.config import Credentials
from harness.errors import BackendError
from harness.scenario import Program, Role
from harness.scenario.plan import role_arn

# RoleSessionName: 2 to 64 characters (STS API reference, AssumeRole).
SESSION_CHARACTERS = 64


def credentials_of(program: Program, client: Callable[[str], Any], account: str) -> tuple[Credentials, ...]:
    """Return what each process of *program* signs with, by rank; the account's own without a role.

    The role must be there. Raises BackendError when the backend refuses one of the calls.
    """
    if program.role is None:
        return (Credentials(),) * program.processes
    names = [f"{program.name[: SESSION_CHARACTERS - 4]}-{rank}" for rank in range(program.processes)]
    return assumed(program.role, names, client, account)


def assumed(
    role: Role, names: Sequence[str], client: Callable[[str], Any], account: str
) -> tuple[Credentials, ...]:
    """Return temporary credentials of *role*, which must be there, for a session of each of *names*.

    Raises BackendError when the backend refuses one of the calls.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    iam, sts = client("iam"), client("sts")
    operation = "get_role"
    try:
        declared = iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"]
        operation = "update_assume_role_policy"
        _trust(iam, role, _letting_in(account))
        try:
            operation = "assume_role"
            arn = role_arn(role, account)
            answers = [sts.assume_role(RoleArn=arn, RoleSessionName=name) for name in names]
        finally:
            with suppress(ClientError, BotoCoreError):
                _trust(iam, role, declared)
    except (ClientError, BotoCoreError) as error:
        service = "sts" if operation == "assume_role" else "iam"
        sentence = f"{service} did not let the rehearsal {operation} for role {role.name}: {error}"
        raise BackendError(sentence, service=service, operation=operation) from error
    return tuple(_credentials(answer["Credentials"]) for answer in answers)


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
