"""A Reply as bytes on the wire."""

from functools import cache
from http import HTTPStatus

from harness.gateway.chain import Exchange, Reply

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def reply_bytes(reply: Reply, exchange: Exchange, *, connection: str = "") -> bytes:
    """Return *reply* to *exchange* with its Content-Length, the X-Harness times and, if given, *connection*.

    Raises ValueError when a header would end the line it stands on, or is not Latin-1.
    """
    length = "" if reply.status in (204, 304) else f"Content-Length: {len(reply.body)}\r\n"
    head = (
        f"{status_line(reply.status)}{header_lines(reply.headers)}{length}"
        f"{f'Connection: {connection}' + chr(13) + chr(10) if connection else ''}"
        f"X-Harness-Modelled-Time: {exchange.modelled_s:.6f}\r\n"
        f"X-Harness-Overhead-Time: {exchange.overhead_s:.6f}\r\n\r\n"
    ).encode("latin-1")
    return head if exchange.method == "HEAD" or not length else head + reply.body


def header_lines(headers: tuple[tuple[str, str], ...]) -> str:
    """Return *headers* as lines; raise ValueError where one would end the line it stands on."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise ValueError(f"a reply header holds a line break: {headers!r}")
    return lines


@cache
def status_line(status: int) -> str:
    """Return the line that a reply of *status* begins with."""
    try:
        return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    except ValueError:
        return f"HTTP/1.1 {status} Unknown\r\n"  # AWS model errors pass on whatever status the model chose
