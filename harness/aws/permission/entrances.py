"""The VPC endpoints by which requests come in, each on a port of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from harness.aws.permission.answers import answered
from harness.config import ACCESS_KEY
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import Fetcher
from harness.iam import Kind, MalformedPolicyError, Policy, parse

_EC2_VERSION = "2016-11-15"
_NOTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
}
# After these a VPC endpoint may have another policy.
_CHANGING = frozenset({"ModifyVpcEndpoint", "CreateVpcEndpoint", "DeleteVpcEndpoints"})


@dataclass(frozen=True, slots=True, eq=False)
class Entrance:
    """One VPC endpoint, the VPC that it is in ("" where nobody knows), and its policy, which limits nothing
    where it is None."""

    vpc_endpoint_id: str
    vpc_id: str = ""
    policies: tuple[Policy, ...] | None = None


class Entrances:
    """Those that were opened, by their ids. What the backend knows of an endpoint is asked when it is opened,
    and again after a call that may have changed it."""

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str) -> None:
        self._fetcher = fetcher
        self._route = route
        self._region = region
        self._given: dict[str, tuple[str | None, str]] = {}
        self._known: dict[str, Entrance] = {}
        self._revision = 0

    def add(self, vpc_endpoint_id: str, policy: str | None, vpc_id: str = "") -> None:
        """Take note of an endpoint, its *policy* and its VPC, None and "" for what the backend knows of them.

        Raises MalformedPolicyError for a policy that is none.
        """
        if policy is not None:
            parse(policy, Kind.RESOURCE)
        self._given[vpc_endpoint_id] = (policy, vpc_id)
        self._known.pop(vpc_endpoint_id, None)

    def of(self, vpc_endpoint_id: str) -> Entrance | None:
        """Return the endpoint, None while the backend was not asked for it."""
        return self._known.get(vpc_endpoint_id)

    async def learn(self, vpc_endpoint_id: str) -> None:
        """Ask the backend for the endpoint; raise BackendError when it does not answer."""
        revision = -1
        while revision != self._revision:  # what changes meanwhile is asked for again
            revision = self._revision
            told = await self._described(vpc_endpoint_id)
        policy, vpc_id = self._given.get(vpc_endpoint_id, (None, ""))
        text = policy or told.get("policyDocument", "")
        policies = (_parsed(text),) if text else None
        self._known[vpc_endpoint_id] = Entrance(vpc_endpoint_id, vpc_id or told.get("vpcId", ""), policies)

    def heard(self, exchange: Exchange) -> bool:
        """Take note of an answered call; return whether it may have changed an endpoint."""
        if exchange.service != "ec2" or _operation(exchange) not in _CHANGING:
            return False
        self._revision += 1
        changed = bool(self._known)
        self._known.clear()
        return changed

    async def _described(self, vpc_endpoint_id: str) -> dict[str, str]:
        """Return what the backend says of the endpoint, {} where it does not know it."""
        body = urlencode(
            {"Action": "DescribeVpcEndpoints", "Version": _EC2_VERSION, "VpcEndpointId.1": vpc_endpoint_id}
        ).encode()
        scope = f"{ACCESS_KEY}/20000101/{self._region}/ec2/aws4_request"
        headers = (
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
        answer = await self._fetcher.fetch(self._route("ec2"), "POST", "/", headers=headers, body=body)
        if answer.status >= 500:
            sentence = f"ec2 answered {answer.status} to DescribeVpcEndpoints for {vpc_endpoint_id}"
            raise BackendError(sentence, service="ec2", operation="DescribeVpcEndpoints")
        told = answered(answer) if answer.status == 200 else {}
        return told if told.get("vpcEndpointId") == vpc_endpoint_id else {}


def _parsed(text: str) -> Policy:
    """Return the policy *text* of a backend; one that AWS would not have taken lets nothing through."""
    try:
        return parse(text, Kind.RESOURCE)
    except MalformedPolicyError:
        return parse(_NOTHING, Kind.RESOURCE)


def _operation(exchange: Exchange) -> str:
    call: Any = exchange.call
    return str(call.operation) if call is not None else exchange.operation
