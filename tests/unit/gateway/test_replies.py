"""Replies on the wire."""

import pytest

from harness.gateway.chain import Exchange, Reply
from harness.gateway.replies import reply_bytes


def exchange(method: str = "GET") -> Exchange:
    return Exchange.from_head(f"{method} / HTTP/1.1\r\n\r\n".encode())


def test_only_length_and_times_are_added() -> None:
    """A reply gets its Content-Length and the two times, and nothing else."""
    ours = exchange()
    ours.modelled_s, ours.overhead_s = 0.25, 0.000125
    assert reply_bytes(Reply(200, b"hi", (("Content-Type", "text/csv"),)), ours) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 2\r\n"
        b"X-Harness-Modelled-Time: 0.250000\r\nX-Harness-Overhead-Time: 0.000125\r\n\r\nhi"
    )


def test_head_gets_the_length_alone() -> None:
    """The answer to HEAD says how long the body would be, and has none."""
    raw = reply_bytes(Reply(200, b"hello"), exchange("HEAD"))
    assert b"Content-Length: 5\r\n" in raw
    assert raw.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_body(status: int) -> None:
    """204 and 304 carry neither a body nor a length."""
    raw = reply_bytes(Reply(status, b"ignored"), exchange())
    assert b"Content-Length" not in raw
    assert raw.endswith(b"\r\n\r\n")


def test_connection_is_said_when_asked() -> None:
    """The Connection header stands there only when the server gives one."""
    assert b"\r\nConnection: close\r\n" in reply_bytes(Reply(200), exchange(), connection="close")


def test_unknown_status() -> None:
    """A status that HTTP does not know, as a model may choose, still makes a status line."""
    assert reply_bytes(Reply(499), exchange()).startswith(b"HTTP/1.1 499 Unknown\r\n")


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "snow \N{SNOWMAN}"])
def test_a_header_cannot_end_its_line(value: str) -> None:
    """A header value that would start a line of its own, or is not Latin-1, is refused."""
    with pytest.raises(ValueError, match=r"line break|latin-1"):
        reply_bytes(Reply(200, b"", (("X-Echo", value),)), exchange())
