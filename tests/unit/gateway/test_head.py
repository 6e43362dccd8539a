"""Heads: what is read from them, and what is refused because two readers could understand it differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateway.head import MalformedError, parse_reply, parse_request


def head(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def test_line_and_length_are_read() -> None:
    """Method, target and Content-Length come out as sent, also right before another framing header."""
    request = parse_request(head("POST /a?b=c HTTP/1.1", "Content-Length: 5", "Connection: close"))
    assert (request.method, request.target, request.length) == ("POST", "/a?b=c", 5)
    assert not request.keep_alive


def test_no_body_without_framing() -> None:
    """A request that declares no body has none."""
    assert parse_request(head("GET / HTTP/1.1", "Host: x")).length == -1


@given(st.data())
def test_names_count_in_any_case(data: st.DataObject) -> None:
    """Header names are the same in any mixture of upper and lower case."""
    name = "".join(data.draw(st.sampled_from([c.lower(), c.upper()])) for c in "transfer-encoding")
    assert parse_request(head("POST / HTTP/1.1", f"{name}: chunked")).chunked


@pytest.mark.parametrize(
    ("line", "headers", "keep_alive"),
    [
        ("GET / HTTP/1.1", [], True),
        ("GET / HTTP/1.1", ["Connection: close"], False),
        ("GET / HTTP/1.1", ["Connection: Keep-Alive"], True),
        ("GET / HTTP/1.1", ["Connection: upgrade, Close"], False),
        ("GET / HTTP/1.0", [], False),
        ("GET / HTTP/1.0", ["Connection: keep-alive"], True),
        ("GET / HTTP/1.0", ["Connection: foo, keep-alive"], True),
    ],
)
def test_keep_alive(line: str, headers: list[str], keep_alive: bool) -> None:
    """1.1 stays open unless told otherwise, 1.0 the other way round."""
    assert parse_request(head(line, *headers)).keep_alive is keep_alive


def test_expect_counts_from_1_1_on() -> None:
    """Only an HTTP/1.1 client waits for 100 Continue."""
    assert parse_request(head("PUT / HTTP/1.1", "Expect: 100-Continue")).expects_continue
    assert not parse_request(head("PUT / HTTP/1.0", "Expect: 100-continue")).expects_continue


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1 \r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\nContent-Length: 4\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\n\nGET /b HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\rContent-Length: 4\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length : 4\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n Content-Length: 4\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: empty\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -4\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 0x4\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999999999999999\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", 501),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
def test_ambiguous_requests_are_refused(raw: bytes, status: int) -> None:
    """What is malformed, or could be framed in two ways, is refused with its status."""
    with pytest.raises(MalformedError) as caught:
        parse_request(raw)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("headers", "to_head", "length", "chunked", "closes"),
    [
        (["200 OK", "Content-Length: 7"], False, 7, False, False),
        (["200 OK", "Content-Length: 7", "Content-Length: 7"], False, 7, False, False),
        (["200 OK", "Content-Length: 7", "Connection: close"], False, 7, False, True),
        (["200 OK", "Content-Length: 7", "Connection: keep-alive"], False, 7, False, False),
        (["200 OK", "Content-Length: 7"], True, 0, False, False),
        (["200 OK", "Transfer-Encoding: chunked"], False, 0, True, False),
        (["200 OK", "Transfer-Encoding: chunked", "Content-Length: 7"], False, 0, True, False),
        (["200 OK", "Transfer-Encoding: chunked"], True, 0, False, False),
        (["200 OK"], False, None, False, True),
        (["200"], False, None, False, True),
        (["204 No Content"], False, 0, False, False),
        (["304 Not Modified", "Content-Length: 7"], False, 0, False, False),
        (["103 Early Hints"], False, 0, False, False),
    ],
)
def test_reply_framing(
    headers: list[str], to_head: bool, length: int | None, chunked: bool, closes: bool
) -> None:
    """RFC 9112 section 6.3: which of status, chunks, length and close ends the body."""
    reply = parse_reply(head("HTTP/1.1 " + headers[0], *headers[1:]), to_head_request=to_head)
    assert (reply.length, reply.chunked, reply.closes) == (length, chunked, closes)


def test_1_0_replies_end_the_connection() -> None:
    """An HTTP/1.0 reply closes unless it says keep-alive."""
    assert parse_reply(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n").closes
    assert not parse_reply(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n").closes


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_replies_without_an_end_are_refused(raw: bytes) -> None:
    """A reply whose end cannot be known is refused."""
    with pytest.raises(MalformedError):
        parse_reply(raw)
