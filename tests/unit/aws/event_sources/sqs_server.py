"""An SQS of a few lines for pollers: it hands out what it is given once, and keeps what it is asked."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness import journal
from harness.aws.functions.results import Result
from harness.aws.permission import Mode
from harness.clock import Clock, ClockSpec
from harness.config import Credentials
from harness.gateway.chain import Address
from harness.gateway.splice import Pool
from harness.refusal import Refusal


@dataclass
class Sqs:
    """`waiting` are the messages of the next poll; a poll without any lasts until the client goes.

    `refusals` are answered first, in their order, to the operation that they are of.
    """

    waiting: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    def named(self, operation: str) -> list[dict[str, Any]]:
        """Return the arguments of the calls of *operation*."""
        return [given for name, given in self.calls if name == operation]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
                operation = head.partition("x-amz-target: amazonsqs.")[2].partition("\r\n")[0]
                given = json.loads(await reader.readexactly(length))
                self.calls.append((operation, given))
                await self._answer(operation, given, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self,
        operation: str,
        given: dict[str, Any],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        status, value = 200, {}
        if refusals := self.refusals.get(operation):
            status, code = refusals.pop(0)
            value = {"__type": f"com.amazonaws.sqs#{code}"}
        elif operation == "receivemessage":
            if not self.waiting:
                await reader.read()  # until the client goes
                return
            count = given["MaxNumberOfMessages"]
            value = {"Messages": self.waiting[:count]}
            del self.waiting[:count]
        body = json.dumps(value).encode()
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        await writer.drain()


@dataclass
class House:
    """What a poller knows of the stage, its functions and permission in one."""

    gateway_url: str
    results: list[Result] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    records: list[journal.Record] = field(default_factory=list)
    findings: list[tuple[str, ...]] = field(default_factory=list)
    clock: Clock = field(default_factory=lambda: Clock(ClockSpec.parse("compressed:20")))
    pool: Pool = field(default_factory=Pool)
    region: str = "us-east-1"
    account: str = "123456789012"
    mode: Mode = Mode.OFF
    fired_rules: list[tuple[str, str]] = field(default_factory=list)

    @property
    def functions(self) -> "House":
        return self

    @property
    def permission(self) -> "House":
        return self

    @property
    def messaging(self) -> "House":
        return self

    def fired(self, bus: str, rule: str) -> None:
        self.fired_rules.append((bus, rule))

    @property
    def record(self) -> Callable[[journal.Record], None]:
        return self.records.append

    @property
    def route(self) -> Callable[[str], Address]:
        return lambda _service: Address("backend", "127.0.0.1", 1)

    def finding(self, *given: str) -> None:
        self.findings.append(given)

    async def invoke(self, function: str, qualifier: str, payload: bytes, **_more: Any) -> Result:
        self.payloads.append(payload)
        return self.results.pop(0) if self.results else Result("ok", b"null")

    async def credentials_for(
        self, role: str, service: str, session: str, **_more: str
    ) -> Credentials | Refusal:
        return Credentials()
