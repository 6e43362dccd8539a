"""The Lambda runtime API (2018-06-01) of one execution environment, on a loopback port of its own.

Lambda developer guide, "Using the Lambda runtime API for custom runtimes": next, response, error, init error.
"""

import asyncio
from typing import Protocol

import orjson

from harness.gateway.chain import REST, Chain, Exchange, Outcome, ReadBody, Reply
from harness.gateway.connection import Connection
from harness.gateway.house import House, ModelClock
from harness.gateway.splice import Pool

PREFIX = "/2018-06-01/runtime"
# A synchronous answer, Lambda quotas: 6 MB. The figure is that of the error which AWS sends.
RESPONSE_LIMIT_BYTES = 6_291_556
# What is read before it is judged; what is longer is refused by its length alone.
READ_LIMIT_BYTES = 64 * 1024 * 1024
_ACCEPTED = Reply(202, b'{"status":"OK"}', (("Content-Type", "application/json"),))
_TOO_LARGE = Reply(
    413,
    orjson.dumps(
        {
            "errorMessage": f"Exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).",
            "errorType": "RequestEntityTooLarge",
        }
    ),
    (("Content-Type", "application/json"),),
)
_UNKNOWN = Reply(404, b'{"errorMessage":"Unknown path","errorType":"InvalidPath"}')
_OVER = Reply(400, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')


class Listener(Protocol):
    """Who hears what the runtime says."""

    def asked(self) -> Reply | None:
        """It asks for its next invocation: the reply that carries one, None while there is none."""

    def responded(self, request: str, payload: bytes) -> bool:
        """It answers *request*; False where nobody waits for that."""

    def response_too_large(self, request: str) -> None:
        """Its answer to *request* is longer than Lambda takes."""

    def failed(self, request: str, error: bytes) -> bool:
        """Its handler failed, as *error* says in JSON; False where nobody waits for that."""

    def init_failed(self, error: bytes) -> None:
        """It could not be initialised."""


class RuntimeApi:
    """The server of one environment; `listener` may not hear anything after `close`."""

    def __init__(self, listener: Listener, clock: ModelClock) -> None:
        self._listener = listener
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._house: House | None = None
        self._parked: Exchange | None = None
        self._read = ReadBody(self._take, READ_LIMIT_BYTES, _TOO_LARGE)

    async def open(self) -> str:
        """Listen, and return the address as AWS_LAMBDA_RUNTIME_API has it."""
        loop = asyncio.get_running_loop()
        house = self._house = House(Chain([self._handle], self._over), self._clock, Pool(), loop)
        server = self._server = await loop.create_server(lambda: Connection(house), "127.0.0.1", 0)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and end what is connected."""
        self._parked = None
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._house is not None:
            for connection in list(self._house.connections):
                connection.abort()

    def hand(self, reply: Reply) -> bool:
        """Hand an invocation to the runtime if it waits for one; False where it does not yet."""
        parked, self._parked = self._parked, None
        if parked is None:
            return False
        parked.answer(reply)
        return True

    def _handle(self, exchange: Exchange) -> Outcome:
        path = exchange.path
        if path == f"{PREFIX}/invocation/next" and exchange.method == "GET":
            reply = self._listener.asked()
            if reply is None:
                self._parked = exchange
                return REST
            return reply
        known = path == f"{PREFIX}/init/error" or path.startswith(f"{PREFIX}/invocation/")
        return self._read if known and exchange.method == "POST" else _UNKNOWN

    def _take(self, exchange: Exchange) -> Reply:
        if exchange.path == f"{PREFIX}/init/error":
            self._listener.init_failed(exchange.body)
            return _ACCEPTED
        request, kind = _request_of(exchange.path)
        if kind == "error":
            taken = self._listener.failed(request, exchange.body)
        elif len(exchange.body) > RESPONSE_LIMIT_BYTES:
            self._listener.response_too_large(request)
            return _TOO_LARGE
        else:
            taken = self._listener.responded(request, exchange.body)
        return _ACCEPTED if taken else _OVER

    def _over(self, exchange: Exchange) -> None:
        """Note an answer that was not even read, by its declared length."""
        if exchange.error == "RequestTooLarge":
            self._listener.response_too_large(_request_of(exchange.path)[0])


def _request_of(path: str) -> tuple[str, str]:
    request, _, kind = path.removeprefix(f"{PREFIX}/invocation/").partition("/")
    return request, kind
