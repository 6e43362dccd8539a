"""HTTP/1.1 as much as a load needs it: heads of requests, and a reader of answers over any `recv`."""

from collections.abc import Callable
from typing import NamedTuple

RECEIVE_BYTES = 65_536
# More than any server sends in its head; the rest is no HTTP.
MAX_HEAD_BYTES = 65_536
BODYLESS = frozenset({204, 304})


class BadAnswer(Exception):
    """What came is no complete HTTP/1.x answer."""


class NoAnswer(BadAnswer):
    """The connection was closed before the first byte of an answer."""


class Answer(NamedTuple):
    """One answer: status, headers by lower-case name, body, and whether the connection lives on."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    keep_alive: bool


def request_head(method: str, path: str, headers: list[tuple[str, str]]) -> bytes:
    """Return a request's head up to the last of *headers*; the caller appends more and the empty line."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, ""]).encode("latin-1")


def read_answer(recv: Callable[[int], bytes]) -> Answer:
    """Read one answer, interim ones (1xx) skipped. Raises BadAnswer, and what *recv* raises."""
    held = b""
    while True:
        head, held = _read_head(recv, held)
        version, status, headers = _parse_head(head)
        if status >= 200:
            break
    coding = headers.get(b"transfer-encoding", b"").lower()
    connection = headers.get(b"connection", b"").lower()
    keep_alive = connection != b"close" and (version != b"HTTP/1.0" or connection == b"keep-alive")
    if status in BODYLESS:
        return Answer(status, headers, b"", keep_alive)
    if coding.endswith(b"chunked"):
        return Answer(status, headers, _read_chunks(recv, held), keep_alive)
    if b"content-length" in headers:
        length = _number(headers[b"content-length"], 10)
        return Answer(status, headers, _read_exactly(recv, held, length)[0], keep_alive)
    return Answer(status, headers, _read_to_end(recv, held), False)


def _read_head(recv: Callable[[int], bytes], held: bytes) -> tuple[bytes, bytes]:
    """Return the next head without its empty line, and what was received behind it."""
    while (end := held.find(b"\r\n\r\n")) < 0:
        if len(held) > MAX_HEAD_BYTES:
            raise BadAnswer(f"the head is longer than {MAX_HEAD_BYTES} bytes")
        more = recv(RECEIVE_BYTES)
        if not more:
            raise (
                BadAnswer("the connection was closed inside the head")
                if held
                else NoAnswer("connection closed")
            )
        held = held + more if held else more
    return held[:end], held[end + 4 :]


def _parse_head(head: bytes) -> tuple[bytes, int, dict[bytes, bytes]]:
    lines = head.split(b"\r\n")
    version, _, rest = lines[0].partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise BadAnswer(f"the answer begins with {lines[0][:40]!r}")
    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return version, _number(rest[:3], 10), headers


def _read_exactly(recv: Callable[[int], bytes], held: bytes, length: int) -> tuple[bytes, bytes]:
    """Return the next *length* bytes, and what was received behind them."""
    if len(held) < length:
        parts, missing = [held], length - len(held)
        while missing > 0:
            more = recv(RECEIVE_BYTES)
            if not more:
                raise BadAnswer(f"the connection was closed {missing} bytes before the end of the body")
            parts.append(more)
            missing -= len(more)
        held = b"".join(parts)
    return held[:length], held[length:]


def _read_line(recv: Callable[[int], bytes], held: bytes) -> tuple[bytes, bytes]:
    while (end := held.find(b"\r\n")) < 0:
        more = recv(RECEIVE_BYTES)
        if not more or len(held) > MAX_HEAD_BYTES:
            raise BadAnswer(
                "the connection was closed inside a chunk's head" if not more else "a chunk has no size"
            )
        held += more
    return held[:end], held[end + 2 :]


def _read_chunks(recv: Callable[[int], bytes], held: bytes) -> bytes:
    parts: list[bytes] = []
    while True:
        line, held = _read_line(recv, held)
        size = _number(line.partition(b";")[0].strip(), 16)
        if not size:
            break
        part, held = _read_exactly(recv, held, size + 2)
        parts.append(part[:-2])
    while line:  # the trailer ends with an empty line
        line, held = _read_line(recv, held)
    return b"".join(parts)


def _read_to_end(recv: Callable[[int], bytes], held: bytes) -> bytes:
    parts = [held]
    while more := recv(RECEIVE_BYTES):
        parts.append(more)
    return b"".join(parts)


def _number(text: bytes, base: int) -> int:
    """Return the whole number that *text* is; `int` alone would take "+5", "1_0" and negative ones too."""
    if not text.isalnum():
        raise BadAnswer(f"{text[:20]!r} is no number")
    try:
        return int(text, base)
    except ValueError as error:
        raise BadAnswer(f"{text[:20]!r} is no number") from error
