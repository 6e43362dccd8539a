"""Raw HTTP for the gateway's tests: a client that sees every byte, and emulators that send any byte."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from harness.gateway.chain import Address

TIMEOUT_S = 10.0
Script = Callable[[socket.socket, BinaryIO], None]


class Client:
    """A raw client of *address*."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection((address.host, address.port), TIMEOUT_S)
        self._buffer = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> "Client":
        self.socket.sendall(data)
        return self

    def until(self, mark: bytes) -> bytes:
        """Return what comes up to and with *mark*."""
        while mark not in self._buffer:
            self._more()
        return self._take(self._buffer.index(mark) + len(mark))

    def reply(self) -> bytes:
        """Return one reply that has a Content-Length, head and body."""
        head = self.until(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        assert length is not None, head
        return head + self.exactly(int(length[1]))

    def exactly(self, count: int) -> bytes:
        """Return the next *count* bytes."""
        while len(self._buffer) < count:
            self._more()
        return self._take(count)

    def skip(self, count: int) -> None:
        """Read *count* bytes and forget them."""
        count -= len(self._take(min(count, len(self._buffer))))
        while count:
            count -= len(self.socket.recv(min(count, 1 << 20)))

    def rest(self) -> bytes:
        """Return everything until the other side closes."""
        while data := self.socket.recv(65536):
            self._buffer += data
        return self._take(len(self._buffer))

    def _more(self) -> None:
        data = self.socket.recv(65536)
        assert data, f"the connection ended after {self._buffer[-200:]!r}"
        self._buffer += data

    def _take(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


class Emulator:
    """A server on a free port that runs *script* on every connection, each in a thread of its own."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.address = Address("toy", "127.0.0.1", self._listener.getsockname()[1])
        self._threads[0].start()

    @property
    def accepted(self) -> int:
        """How many connections there have been."""
        return len(self._connections)

    def _accept(self) -> None:
        with suppress(OSError):  # closed under our feet: that is how it ends
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader, suppress(OSError):
            self._script(connection, reader)

    def close(self) -> None:
        """Stop listening and end every connection."""
        for each in (self._listener, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(TIMEOUT_S)


def read_head(reader: BinaryIO) -> bytes:
    """Return the next head, or b"" when the connection has ended."""
    head = b""
    while line := reader.readline():
        head += line
        if line == b"\r\n":
            return head
    return b""


def read_request(reader: BinaryIO) -> bytes:
    """Return the next request as it came, head and body, or b"" when there is none."""
    head = read_head(reader)
    if b"transfer-encoding: chunked" in head.lower():
        body = b""
        while not body.endswith(b"0\r\n\r\n") and (line := reader.readline()):
            body += line
        return head + body
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return head + (reader.read(int(length[1])) if length else b"")


def always(reply: bytes) -> Script:
    """Return a script that answers every request with *reply* and keeps the connection."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        while read_request(reader):
            connection.sendall(reply)

    return script


def once(reply: bytes) -> Script:
    """Return a script that answers one request with *reply* and closes."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_request(reader)
        connection.sendall(reply)

    return script


def wait_for(condition: Callable[[], bool], within_s: float = TIMEOUT_S) -> None:
    """Return as soon as *condition* holds; fail when it does not within *within_s* seconds."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "the condition did not come true in time"
        time.sleep(0.005)
