"""Calls through the gateway as another's client makes them: signed, so that they are judged and seen."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from harness.config import Credentials
from harness.gateway.chain import Address
from harness.gateway.fetch import FETCH_TIMEOUT_S, Fetcher, FetchReply
from harness.gateway.splice import Pool

# `targetPrefix` and `jsonVersion` of the service models.
_JSON = {
    "logs": ("Logs_20140328", "1.1"),
    "sqs": ("AmazonSQS", "1.0"),
    "events": ("AWSEvents", "1.1"),
}
_SNS_VERSION = "2010-03-31"


class SignedCalls:
    """To be awaited on the gateway's loop. Raises BackendError as Fetcher does."""

    def __init__(self, pool: Pool, gateway_url: Callable[[], str], region: str) -> None:
        self._fetcher = Fetcher(pool)
        self._gateway_url = gateway_url
        self._region = region

    async def json(
        self,
        who: Credentials,
        service: str,
        operation: str,
        given: Mapping[str, Any],
        *,
        timeout_s: float = FETCH_TIMEOUT_S,
    ) -> FetchReply:
        """Return what *operation* of a service in JSON answers to *who*."""
        prefix, version = _JSON[service]
        headers = {
            "Content-Type": f"application/x-amz-json-{version}",
            "X-Amz-Target": f"{prefix}.{operation}",
        }
        return await self.call(who, service, "/", headers, orjson.dumps(given), timeout_s=timeout_s)

    async def publish(self, who: Credentials, fields: Mapping[str, str]) -> FetchReply:
        """Return what SNS answers to Publish."""
        body = urlencode({"Action": "Publish", "Version": _SNS_VERSION, **fields}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return await self.call(who, "sns", "/", headers, body)

    async def call(
        self,
        who: Credentials,
        service: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        timeout_s: float = FETCH_TIMEOUT_S,
    ) -> FetchReply:
        """Return what *service* answers at *path* to a POST."""
        url = self._gateway_url()
        parts = urlsplit(url)
        signed = _signed(who, f"{url}{path}", service, headers, body, self._region)
        at = Address("gateway", parts.hostname or "127.0.0.1", parts.port or 80)
        return await self._fetcher.fetch(at, "POST", path, headers=signed, body=body, timeout_s=timeout_s)


def _signed(
    who: Credentials, url: str, service: str, headers: Mapping[str, str], body: bytes, region: str
) -> list[tuple[str, str]]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Signs

    request = AWSRequest("POST", url, dict(headers), body)
    SigV4Auth(Signs(who.access_key, who.secret_key, who.session_token), service, region).add_auth(request)
    return [(str(name), str(value)) for name, value in request.headers.items()]
