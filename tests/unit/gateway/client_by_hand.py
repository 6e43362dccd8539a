"""A client of the gateway whose connection is fed by hand."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.connection import Connection

TOO_LARGE = Reply(413, b"too large")


class Transport(asyncio.Transport):
    """Keeps what is written; the fake of a socket that always takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class StoppedClock:
    """Model time that stands still at 10 s."""

    speed = 2.0

    def now(self) -> float:
        return 10.0

    def real_until(self, model_at: float) -> float:
        return (model_at - 10.0) / self.speed


@dataclass
class Client:
    """A connection with one end in the test's hand."""

    connection: Connection
    transport: Transport
    recorded: list[Exchange] = field(default_factory=list)

    def send(self, data: bytes, cuts: Sequence[int] = ()) -> bytes:
        """Hand over *data* in the pieces that *cuts* makes; return all that was answered so far."""
        edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        for start, end in pairwise(edges):
            if not self.transport.closing:
                self.connection.data_received(data[start:end])
        return self.transport.written

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.transport.written)]


Connect = Callable[..., Client]


def echo(exchange: Exchange) -> Outcome:
    """Read the body and answer with it."""
    return ReadBody(lambda one: Reply(200, one.body), 1000, TOO_LARGE)


def ok(_exchange: Exchange) -> Outcome:
    return Reply(200, b"ok")


def post(body: bytes, *, path: str = "/", extra: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body
