"""How a body is framed: by length, in chunks, or by the end of the connection.

A reader only says where the body ends; the bytes stay as they came, so that they can be spliced on.
"""

import re
from enum import Enum
from typing import Protocol

from harness.gateway.head import MAX_HEAD_BYTES, MalformedError

MAX_CHUNK_LINE_BYTES = 4096  # a size and its extensions; nobody we know sends more than a signature (~90)

_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(?:;[^\r\n\0]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*")
_IN_SIZE, _IN_DATA, _AFTER_DATA, _IN_TRAILER = range(4)


class Course(Enum):
    """Where the bytes of a request's body go."""

    WAIT = "nobody has asked for them yet"
    SPLICE = "to the emulator"
    COLLECT = "into exchange.body"
    DISCARD = "nowhere: the answer did not need them"


class Body(Protocol):
    """Where a body ends. `payload_bytes`: what has come so far, without framing."""

    done: bool
    payload_bytes: int

    def feed(self, data: bytes, start: int) -> int:
        """Return where in *data* the part that belongs to the body ends; raise MalformedError."""
        ...


class LengthBody:
    """A body of *length* bytes."""

    __slots__ = ("_left", "done", "payload_bytes")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.payload_bytes = 0

    def feed(self, data: bytes, start: int) -> int:
        taken = min(self._left, len(data) - start)
        self._left -= taken
        self.payload_bytes += taken
        self.done = self._left == 0
        return start + taken


class UntilCloseBody:
    """A body that lasts as long as the connection."""

    __slots__ = ("done", "payload_bytes")

    def __init__(self) -> None:
        self.done = False
        self.payload_bytes = 0

    def feed(self, data: bytes, start: int) -> int:
        self.payload_bytes += len(data) - start
        return len(data)


class ChunkedBody:
    """A body in chunks (RFC 9112 section 7.1). With *into*, the decoded pieces are appended to it."""

    __slots__ = ("_into", "_left", "_line", "_state", "_trailer_bytes", "done", "payload_bytes")

    def __init__(self, into: list[bytes] | None = None) -> None:
        self._into = into
        self._state = _IN_SIZE
        self._left = 0
        self._line = b""  # the part of a line that came before the present data
        self._trailer_bytes = 0
        self.done = False
        self.payload_bytes = 0

    def feed(self, data: bytes, start: int) -> int:
        at, end = start, len(data)
        while at < end and not self.done:
            at = self._data(data, at, end) if self._state == _IN_DATA else self._piece_of_line(data, at, end)
        return at

    def _data(self, data: bytes, at: int, end: int) -> int:
        taken = min(self._left, end - at)
        if self._into is not None:
            self._into.append(data[at : at + taken])
        self._left -= taken
        self.payload_bytes += taken
        if not self._left:
            self._state = _AFTER_DATA
        return at + taken

    def _piece_of_line(self, data: bytes, at: int, end: int) -> int:
        cut = data.find(b"\n", at, end) + 1
        self._line += data[at : cut or end]
        if len(self._line) > MAX_CHUNK_LINE_BYTES:
            raise MalformedError("a chunk size line or trailer over 4096 bytes")
        if not cut:
            return end
        line, self._line = self._line, b""
        if not line.endswith(b"\r\n"):
            raise MalformedError("a chunk line that does not end with CR LF")
        self._take_line(line[:-2])
        return cut

    def _take_line(self, line: bytes) -> None:
        if self._state == _IN_SIZE:
            match = _SIZE.fullmatch(line)
            if match is None:
                raise MalformedError("a chunk size that is not a hexadecimal number")
            self._left = int(match[1], 16)
            self._state = _IN_DATA if self._left else _IN_TRAILER
        elif self._state == _AFTER_DATA:
            if line:
                raise MalformedError("a chunk longer than its size says")
            self._state = _IN_SIZE
        elif not line:
            self.done = True
        else:
            self._take_trailer(line)

    def _take_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if self._trailer_bytes > MAX_HEAD_BYTES or _TRAILER.fullmatch(line) is None:
            raise MalformedError("trailers over 64 KiB or a trailer that is not 'Name: value'")


def decode_chunked(raw: bytes) -> bytes:
    """Return the payload of *raw*, a whole body in chunks; raise MalformedError when it is not one."""
    pieces: list[bytes] = []
    body = ChunkedBody(pieces)
    if body.feed(raw, 0) != len(raw) or not body.done:
        raise MalformedError("a body in chunks that ends too early or too late")
    return b"".join(pieces)
