"""The store's own calls to the backend, in the name of an account's root: clients may lack the rights.

The emulators take the root's key without looking at a signature. A key of twelve digits is the root's of that
account, for things of another account than ours (MiniStack, LocalStack).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from harness.aws.permission.store.xml import value_of
from harness.config import ACCESS_KEY
from harness.errors import BackendError
from harness.gateway.chain import Address
from harness.gateway.fetch import Fetcher, FetchReply

# Versions of the query services, `apiVersion` of the service models.
_VERSIONS = {"iam": "2010-05-08", "sns": "2010-03-31", "cloudformation": "2010-05-15"}


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


class RootCalls:
    """Calls over *fetcher*; to be awaited on the gateway's loop. Raises BackendError as Fetcher does."""

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str, account: str) -> None:
        self._fetcher = fetcher
        self._route = route
        self.region = region
        self.account = account

    async def query(self, service: str, action: str, account: str = "", **fields: str) -> FetchReply:
        """Return what *service* (iam, sns) answers to *action*."""
        form = {"Action": action, "Version": _VERSIONS[service], **fields}
        headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
        region = fields.get("TopicArn", "").split(":")[3:4]
        return await self._call(
            service, "POST", "/", headers, urlencode(form).encode(), account, "".join(region)
        )

    async def result(self, action: str, account: str, **fields: str) -> dict[str, Any] | None:
        """Return what IAM's *action* results in, None where it knows no such entity; raise BackendError."""
        answer = await self.query("iam", action, account, **fields)
        if answer.status == 200:
            found = value_of(answer.body).get(f"{action}Result")
            return found if isinstance(found, dict) else {}
        if answer.status == 404 or b"NoSuchEntity" in answer.body:
            return None
        raise refused(answer, "iam", action)

    async def listed(self, action: str, name: str, account: str, **fields: str) -> list[Any]:
        """Return the members of *name* on all pages of one of IAM's lists, none of an entity that is gone."""
        found: list[Any] = []
        marker: dict[str, str] = {}
        while True:
            page = await self.result(action, account, **fields, **marker)
            members = (page or {}).get(name) or []
            found += members if isinstance(members, list) else [members]
            following = str((page or {}).get("Marker") or "")
            if str((page or {}).get("IsTruncated", "")).lower() != "true" or not following:
                return found
            marker = {"Marker": following}

    async def json(
        self, service: str, operation: str, given: Mapping[str, Any], *, account: str = "", region: str = ""
    ) -> FetchReply:
        """Return what *operation* of one of the services in JSON answers."""
        to = JSON[service]
        headers = (
            ("X-Amz-Target", f"{to.prefix}.{operation}"),
            ("Content-Type", f"application/x-amz-json-{to.version}"),
        )
        return await self._call(service, "POST", "/", headers, orjson.dumps(given), account, region)

    async def get(self, service: str, path: str, *, account: str = "", region: str = "") -> FetchReply:
        """Return what a REST service answers at *path*, which may carry a query."""
        return await self._call(service, "GET", path, (), b"", account, region)

    def queue_url(self, account: str, name: str) -> str:
        """Return an address of a queue that its backend takes."""
        at = self._route("sqs")
        return f"http://{at.host}:{at.port}/{account}/{quote(name)}"

    async def _call(
        self,
        service: str,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        account: str,
        region: str,
    ) -> FetchReply:
        key = ACCESS_KEY if account in ("", self.account) else account
        scope = f"{key}/20000101/{region or self.region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        return await self._fetcher.fetch(
            self._route(service), method, path, headers=(*headers, ("Authorization", signed)), body=body
        )


def refused(answer: FetchReply, service: str, operation: str) -> BackendError:
    """Return the error for an answer to the store that says neither what is there nor that nothing is."""
    text = answer.body[:200].decode("utf-8", "replace")
    return BackendError(
        f"The backend did not tell a policy: {service}:{operation} gave {answer.status} {text!r}; see its "
        "log in the run's folder.",
        service=service,
        operation=operation,
    )
