"""The instance metadata service of one instance, on a loopback port of its own.

EC2 user guide, "Use the Instance Metadata Service to access instance metadata", "Instance metadata
categories": version 2 by a token (PUT /latest/api/token), version 1 where the instance allows it.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from harness.gateway.chain import Chain, Exchange, Outcome, Reply
from harness.gateway.connection import Connection
from harness.gateway.house import House, ModelClock
from harness.gateway.splice import Pool

TOKEN_PATH = "/latest/api/token"
TTL_HEADER = b"x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = b"x-aws-ec2-metadata-token"
LONGEST_TTL_S = 21_600
_TEXT = (("Content-Type", "text/plain"), ("Server", "EC2ws"))
# What a program on the instance asks of the machine itself, say to switch it off: no part of AWS's service.
OWN_PATH = "/_harness/"

Look = Callable[[str], Awaitable[str | None]]


class MetadataServer:
    """*look* returns what is at a path below /latest/, None for nothing; *shut_down* switches it off.

    With *tokens_required* (HttpTokens) version 1 is refused.
    """

    def __init__(
        self, look: Look, shut_down: Callable[[], None], clock: ModelClock, *, tokens_required: bool
    ) -> None:
        self._look = look
        self._shut_down = shut_down
        self._clock = clock
        self._tokens_required = tokens_required
        self._tokens: dict[bytes, float] = {}  # until when each is good
        self._server: asyncio.Server | None = None
        self._house: House | None = None

    async def open(self) -> str:
        """Listen, and return the address as AWS_EC2_METADATA_SERVICE_ENDPOINT has it."""
        loop = asyncio.get_running_loop()
        house = self._house = House(Chain([self._handle], lambda _: None), self._clock, Pool(), loop)
        self._server = await loop.create_server(lambda: Connection(house), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and end what is connected."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._house is not None:
            for connection in list(self._house.connections):
                connection.abort()

    def _handle(self, exchange: Exchange) -> Outcome:
        if exchange.path == TOKEN_PATH:
            return self._token(exchange)
        if exchange.path == f"{OWN_PATH}shutdown" and exchange.method == "POST":
            self._shut_down()
            return Reply(202)
        if exchange.method not in ("GET", "HEAD"):
            return Reply(405, b"", _TEXT)
        token = exchange.header(TOKEN_HEADER)
        if token is None and self._tokens_required:
            return Reply(401, b"", _TEXT)
        if token is not None and self._tokens.get(token, -1.0) < self._clock.now():
            return Reply(401, b"", _TEXT)
        return self._answer(exchange.path)

    def _token(self, exchange: Exchange) -> Reply:
        if exchange.method != "PUT":
            return Reply(405, b"", _TEXT)
        if exchange.header(b"x-forwarded-for") is not None:  # user guide: such a request gets no token
            return Reply(403, b"", _TEXT)
        given = exchange.header(TTL_HEADER) or b""
        if not given.isdigit() or not 1 <= int(given) <= LONGEST_TTL_S:
            return Reply(400, b"", _TEXT)
        token = secrets.token_urlsafe(42).encode()
        self._tokens[token] = self._clock.now() + int(given)
        return Reply(200, token, (*_TEXT, ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", given.decode())))

    async def _answer(self, path: str) -> Reply:
        if not path.startswith("/latest/"):
            return Reply(404, b"", _TEXT)
        found = await self._look(path.removeprefix("/latest/"))
        return Reply(404, b"", _TEXT) if found is None else Reply(200, found.encode(), _TEXT)
