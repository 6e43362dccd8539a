"""The gateway over real sockets: raw clients on one side, real HTTP servers on the other."""

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest

from harness.clock import Clock, ClockSpec
from harness.errors import EnvironmentFault
from harness.gateway.chain import REST, Address, Chain, Exchange, Forward, Handler, Outcome, ReadBody, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.server import ServerThread
from harness.gateway.splice import IDLE_PER_UPSTREAM, Pool

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TIMEOUT_S = 10.0
Script = Callable[[socket.socket, BinaryIO], None]


class Emulator:
    """A real server on a free port that runs *script* on every connection, each in its own thread."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.accepted = 0
        self.errors: list[BaseException] = []
        self.address = Address("toy", "127.0.0.1", self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader, suppress(OSError):
            self._script(connection, reader)

    def close(self) -> None:
        """Stop listening and end every connection."""
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in (self._thread, *self._threads):
            thread.join(TIMEOUT_S)


@dataclass
class Gateway:
    """A running gateway and what it recorded."""

    thread: ServerThread
    pool: Pool
    recorded: list[Exchange] = field(default_factory=list)

    def client(self) -> socket.socket:
        """Return a socket that is connected to the gateway."""
        address = self.thread.address
        return socket.create_connection((address.host, address.port), TIMEOUT_S)

    def ask(self, request: bytes = GET, *, answers: int = 1) -> bytes:
        """Return what comes back for *request* on a connection of its own."""
        with self.client() as client:
            client.sendall(request)
            return read_replies(client, answers)

    def record(self, count: int = 1) -> Exchange:
        """Return the last of *count* recorded exchanges, waiting for it."""
        wait_for(lambda: len(self.recorded) >= count)
        assert len(self.recorded) == count
        return self.recorded[-1]


def wait_for(condition: Callable[[], bool], within_s: float = TIMEOUT_S) -> None:
    """Return as soon as *condition* holds; fail when it does not within *within_s* seconds."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "the condition did not come true in time"
        time.sleep(0.005)


def read_replies(client: socket.socket, count: int = 1) -> bytes:
    """Return *count* replies that carry a Content-Length, as raw bytes."""
    data = b""
    for _ in range(count):
        while not (match := re.match(rb"(?s).*?content-length: (\d+)\r\n.*?\r\n\r\n", data, re.IGNORECASE)):
            data += receive(client)
        end = match.end() + int(match[1])
        while len(data) < end:
            data += receive(client)
        done, data = data[:end], data[end:]
        data = data if count == 1 else data
        yielded = done if count == 1 else done
        if count == 1:
            return yielded
        collected.append(done) if (collected := locals().setdefault("_all", [])) is not None else None
    return b"".join(collected)


def receive(client: socket.socket) -> bytes:
    data = client.recv(65536)
    assert data, "the connection ended in the middle of a reply"
    return data
