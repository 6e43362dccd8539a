"""The gateway's own calls to the backend's control planes, in the name of the client that it answers."""

from collections.abc import Callable
from typing import Any

import orjson

from harness.aws.aws_json import JSON_1_1, Arguments
from harness.config import ACCESS_KEY
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange, Reply
from harness.gateway.fetch import Fetcher, FetchReply

# X-Amz-Target prefixes: `targetPrefix` of the service models.
PREFIXES = {
    "sagemaker": "SageMaker",
    "application-autoscaling": "AnyScaleFrontendService",
    "monitoring": "GraniteServiceVersion20100801",
}


class BackendCalls:
    """The backend's JSON 1.1 services over *fetcher*; to be awaited on the gateway's loop.

    Raises BackendError, as Fetcher does, when an emulator is down.
    """

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str) -> None:
        self._fetcher = fetcher
        self._route = route
        self._region = region

    async def repeat(self, exchange: Exchange) -> FetchReply:
        """Return what the backend answers to the client's own request, its bytes unchanged."""
        return await self._fetcher.fetch_exchange(self._route(exchange.service), exchange)

    async def ask(self, exchange: Exchange, service: str, operation: str, given: Arguments) -> FetchReply:
        """Return what *operation* of *service* answers to *given*, asked by whoever sent *exchange*."""
        headers = [("X-Amz-Target", f"{PREFIXES[service]}.{operation}"), ("Content-Type", JSON_1_1)]
        headers += self._identity(exchange, service)
        address = self._route(service)
        return await self._fetcher.fetch(address, "POST", "/", headers=headers, body=orjson.dumps(given))

    def _identity(self, exchange: Exchange, service: str) -> list[tuple[str, str]]:
        """Return who asks. The emulators read account and region from it; moto checks no signature."""
        found = [
            (name.decode(), value.decode("latin-1"))
            for name in (b"authorization", b"x-amz-date", b"x-amz-security-token")
            if (value := exchange.header(name)) is not None
        ]
        if any(name == "authorization" for name, _ in found) and exchange.service == service:
            return found
        # An unsigned client, or one that signed for another service: the emulator must still find its own.
        scope = f"{ACCESS_KEY}/20000101/{self._region}/{service}/aws4_request"
        return [("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")]


def as_json(answer: FetchReply) -> Any:
    """Return the JSON value in *answer*; raise BackendError when it is none."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise BackendError(f"The backend sent no JSON but {answer.body[:80]!r}") from error


def with_value(answer: FetchReply, value: Any) -> Reply:
    """Return *answer* as a reply of our own with *value* as its body."""
    return answer.as_reply(body=orjson.dumps(value))
