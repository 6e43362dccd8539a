"""A backend with one role, for the policy store: it answers IAM's reads and may change meanwhile."""

import asyncio
import json
from collections.abc import Callable
from urllib.parse import parse_qs

from harness.aws.permission.store import PolicyStore
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import FetchReply
from harness.iam import Principal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
SESSION = Principal("aws", f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/one", ACCOUNT, ROLE)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
    }
)


def allowing(action: str) -> str:
    """Return a policy that allows *action* on everything."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class FakeIam:
    """Answers for role `worker` with the inline policies in `inline`; `asked` has every call.

    `meanwhile` is called once, between the reading of a policy and its answer.
    """

    def __init__(self, **inline: str) -> None:
        self.inline = inline
        self.asked: list[str] = []
        self.meanwhile: Callable[[], None] | None = None
        self.resources: dict[str, FetchReply] = {}

    async def fetch(
        self,
        _address: Address,
        _method: str,
        path: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> FetchReply:
        """Return what the backend answers, as Fetcher does."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        action = form.get("Action") or dict(headers).get("X-Amz-Target", path)
        self.asked.append(action)
        answer = self._answer(action, form)
        await asyncio.sleep(0)
        if action == "GetRolePolicy" and self.meanwhile is not None:
            change, self.meanwhile = self.meanwhile, None
            change()
        return answer

    def _answer(self, action: str, form: dict[str, str]) -> FetchReply:
        if action in self.resources:
            return self.resources[action]
        if form.get("RoleName") not in (None, "worker"):
            return FetchReply(
                404, (), b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"
            )
        if action == "GetRole":
            role = f"<Arn>{ROLE}</Arn><RoleId>AROA1</RoleId>"
            trust = f"<AssumeRolePolicyDocument>{TRUST}</AssumeRolePolicyDocument>"
            return _result(action, f"<Role>{role}{trust}</Role>")
        if action == "ListRolePolicies":
            names = "".join(f"<member>{name}</member>" for name in self.inline)
            return _result(action, f"<PolicyNames>{names}</PolicyNames><IsTruncated>false</IsTruncated>")
        if action == "GetRolePolicy":
            text = self.inline[form["PolicyName"]]
            return _result(action, f"<PolicyDocument>{text}</PolicyDocument>")
        return _result(action, "<IsTruncated>false</IsTruncated>")


def _result(action: str, inside: str) -> FetchReply:
    body = f"<{action}Response><{action}Result>{inside}</{action}Result></{action}Response>"
    return FetchReply(200, (), body.encode())


def store_over(backend: FakeIam, told: list[tuple[str, str]] | None = None) -> PolicyStore:
    """Return a policy store over *backend*; what it finds wrong goes into *told*."""
    at = Address("fake", "127.0.0.1", 1)
    said = told if told is not None else []
    return PolicyStore(
        backend,  # type: ignore[arg-type]  # it has of Fetcher what the store uses
        lambda _service: at,
        region="us-east-1",
        account=ACCOUNT,
        tell=lambda rule, resource, _message: said.append((rule, resource)),
    )


def call(
    service: str,
    operation: str,
    *,
    body: bytes = b"",
    method: str = "POST",
    target: str = "/",
    status: int = 200,
    head: str = "",
) -> Exchange:
    """Return an answered call."""
    exchange = Exchange.from_head(f"{method} {target} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode(), body=body)
    exchange.service, exchange.operation, exchange.status = service, operation, status
    return exchange
