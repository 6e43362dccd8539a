"""A gateway that enforces permissions before a backend, and what tests of it need again and again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from harness import journal, sessions
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend
from harness.clock import Clock, ClockSpec
from harness.config import DEFAULT_ACCOUNT_ID as ACCOUNT
from harness.config import Settings
from harness.gateway.inject import OWN_CALLS

Credentials = tuple[str, str, str | None]
ROOT: Credentials = ("test", "test", None)


@dataclass
class Enforced:
    """One gateway; `own` makes clients of the rehearsal's own calls, `client` those of whoever is given."""

    gateway: Gateway
    stage: Stage
    backend: Backend
    records: list[journal.Record]
    _clients: list[Any] = field(default_factory=list)

    def client(self, service: str, who: Credentials = ROOT, url: str = "", **options: Any) -> Any:
        key, secret, token = who
        made = sessions.client(
            service,
            url or self.gateway.url,
            access_key=key,
            secret_key=secret,
            session_token=token,
            **options,
        )
        self._clients.append(made)
        return made

    def own(self, service: str) -> Any:
        return self.client(service, user_agent_extra=OWN_CALLS)

    def user(self, *statements: dict[str, Any]) -> tuple[str, Credentials]:
        """Make a user who holds *statements*; return its name and credentials."""
        iam, name = self.own("iam"), f"user-{uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return name, (key["AccessKeyId"], key["SecretAccessKey"], None)

    def role(self, *statements: dict[str, Any]) -> str:
        """Make a role that the account may assume and that holds *statements*; return its ARN."""
        iam, name = self.own("iam"), f"role-{uuid4().hex[:8]}"
        trust = document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        )
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return arn

    def session(self, role: str, name: str = "program-0", **limits: Any) -> Credentials:
        """Return credentials of a session of *role*."""
        found = self.own("sts").assume_role(RoleArn=role, RoleSessionName=name, **limits)["Credentials"]
        return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]

    def of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.records if isinstance(record, kind)]

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def enforced(backend: Backend, mode: Mode = Mode.ENFORCE) -> Iterator[Enforced]:
    records: list[journal.Record] = []
    stage = Stage(Clock(ClockSpec(1.0)), records.append, backend.route, Settings(), seed=1, iam=mode)
    with Gateway(stage) as gateway:
        stand = Enforced(gateway, stage, backend, records)
        try:
            yield stand
        finally:
            stand.close()


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def code_of(error: ClientError) -> tuple[str, int]:
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
