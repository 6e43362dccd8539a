"""The house's own calls to the backend, in the name of an account's root: clients may lack the rights.

The emulators take the root's key without looking at a signature. A key of twelve digits is the root's of
that account, for things of another account than ours (MiniStack, LocalStack).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from harness.config import ACCESS_KEY
from harness.gateway.chain import Address
from harness.gateway.fetch import Fetcher, FetchReply

# Versions of the query services, `apiVersion` of the service models.
VERSIONS = {"iam": "2010-05-08", "sns": "2010-03-31", "sts": "2011-06-15", "cloudformation": "2010-05-15"}
_FORM = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Target:
    """A JSON service: what X-Amz-Target begins with, and the version of its content type."""

    service: str
    prefix: str
    version: str


# `targetPrefix` and `jsonVersion` of the service models.
JSON: Mapping[str, Target] = {
    each.service: each
    for each in (
        Target("dynamodb", "DynamoDB_20120810", "1.0"),
        Target("ecr", "AmazonEC2ContainerRegistry_V20150921", "1.1"),
        Target("events", "AWSEvents", "1.1"),
        Target("glue", "AWSGlue", "1.1"),
        Target("kinesis", "Kinesis_20131202", "1.1"),
        Target("kms", "TrentService", "1.1"),
        Target("logs", "Logs_20140328", "1.1"),
        Target("organizations", "AWSOrganizationsV20161128", "1.1"),
        Target("secretsmanager", "secretsmanager", "1.1"),
        Target("sqs", "AmazonSQS", "1.0"),
    )
}


class RootClient:
    """Calls over *fetcher*; to be awaited on the gateway's loop. Raises BackendError as Fetcher does.

    Where no *account* or *region* is given, it is the one that the client was made with.
    """

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str, account: str) -> None:
        self._fetcher = fetcher
        self._route = route
        self.region = region
        self.account = account

    async def form(
        self,
        service: str,
        action: str,
        fields: Mapping[str, str],
        *,
        account: str = "",
        region: str = "",
        more: Headers = (),
    ) -> FetchReply:
        """Return what one of the query services answers to *action*, asked with *more* headers."""
        body = urlencode({"Action": action, "Version": VERSIONS[service], **fields}).encode()
        return await self.call(service, "POST", "/", (*_FORM, *more), body, account=account, region=region)

    async def json(
        self, service: str, operation: str, given: Mapping[str, Any], *, account: str = "", region: str = ""
    ) -> FetchReply:
        """Return what *operation* of one of the services in JSON answers."""
        to = JSON[service]
        headers = (
            ("X-Amz-Target", f"{to.prefix}.{operation}"),
            ("Content-Type", f"application/x-amz-json-{to.version}"),
        )
        return await self.call(
            service, "POST", "/", headers, orjson.dumps(given), account=account, region=region
        )

    def queue_url_of(self, account: str, name: str) -> str:
        """Return an address of a queue that its backend takes."""
        at = self._route("sqs")
        return f"http://{at.host}:{at.port}/{account}/{quote(name)}"

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        headers: Headers = (),
        body: bytes = b"",
        *,
        account: str = "",
        region: str = "",
    ) -> FetchReply:
        """Return what *service* answers at *path*, which may carry a query."""
        key = ACCESS_KEY if account in ("", self.account) else account
        scope = f"{key}/20000101/{region or self.region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        return await self._fetcher.fetch(
            self._route(service), method, path, headers=(*headers, ("Authorization", signed)), body=body
        )
