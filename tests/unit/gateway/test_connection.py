"""A client's connection, fed by hand: the same bytes make the same exchanges however they are cut."""

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest
from client_by_hand import Client, Connect, StoppedClock, Transport, echo, ok, post
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gateway.chain import Chain, Exchange, Handler, Reply
from harness.gateway.connection import Connection
from harness.gateway.house import House
from harness.gateway.splice import Pool


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def connect(loop: asyncio.AbstractEventLoop) -> Connect:
    """Return a function that makes a client of a chain of the given handlers."""

    def make(*handlers: Handler) -> Client:
        recorded: list[Exchange] = []
        house = House(Chain(handlers, recorded.append), StoppedClock(), Pool(), loop)
        connection, transport = Connection(house), Transport()
        connection.connection_made(transport)
        return Client(connection, transport, recorded)

    return make


def post_chunked(body: bytes, *, path: str = "/", step: int = 7) -> bytes:
    chunks = [body[at : at + step] for at in range(0, len(body), step)]
    framed = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)
    head = f"POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + framed + b"0\r\nx-amz-checksum-crc32: AAAA\r\n\r\n"


requests = st.lists(
    st.one_of(
        st.binary(max_size=60).map(post),
        st.binary(max_size=60).map(post_chunked),
        st.just(b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n"),
        st.just(b"\r\nGET /after-an-empty-line HTTP/1.1\r\n\r\n"),
    ),
    min_size=1,
    max_size=5,
)


@given(requests, st.lists(st.integers(0, 1000), max_size=20), st.sampled_from([echo, ok]))
@settings(deadline=None)
def test_cuts_do_not_matter(connect: Connect, sent: list[bytes], cuts: list[int], handler: Handler) -> None:
    """However the bytes are cut, the same exchanges, bodies and answers come out, in order."""
    whole, cut = connect(handler), connect(handler)
    whole.send(b"".join(sent))
    cut.send(b"".join(sent), cuts)
    assert len(cut.recorded) == len(sent)
    for one, other in zip(whole.recorded, cut.recorded, strict=True):
        assert (one.head, one.body, one.raw_body) == (other.head, other.body, other.raw_body)
        assert one.status == other.status == 200
    timeless = [re.sub(rb"Time: -?[\d.]+", b"", client.transport.written) for client in (whole, cut)]
    assert timeless[0] == timeless[1]


@given(st.lists(st.one_of(st.binary(max_size=40), requests.map(b"".join)), max_size=6))
@settings(deadline=None)
def test_no_bytes_break_it(connect: Connect, pieces: list[bytes]) -> None:
    """Whatever comes in, nothing raises, what is answered is HTTP, and every byte of it is in one record."""
    client = connect(echo)
    for piece in pieces:
        if piece and not client.transport.closing:
            client.connection.data_received(piece)
    client.connection.connection_lost(None)
    assert sum(one.bytes_out for one in client.recorded) == len(client.transport.written)
    assert client.transport.written[:9] in (b"", b"HTTP/1.1 ")


def test_the_exchange_says_what_came(connect: Connect) -> None:
    """Method, path, query, times and sizes are those of the request and its answer."""
    client = connect(ok)
    answer = client.send(post(b"hello", path="/a%2Fb?c=d"))
    (one,) = client.recorded
    assert (one.method, one.path, one.query, one.received_at) == ("POST", "/a%2Fb", "c=d", 10.0)
    assert (one.bytes_in, one.bytes_out) == (len(post(b"hello", path="/a%2Fb?c=d")), len(answer))
    assert one.overhead_s >= 0.0
    assert one.ended_at >= 10.0


@pytest.mark.parametrize("make", [post, post_chunked])
def test_a_body_over_the_limit(connect: Connect, make: Callable[[bytes], bytes]) -> None:
    """A body over the limit gets the handler's own answer, is thrown away, and the next request is served."""
    client = connect(echo)
    client.send(make(b"x" * 1001) + post(b"next"), cuts=range(0, 5000, 50))
    assert client.statuses == [413, 200]
    assert client.transport.written.endswith(b"next")


def test_chunk_framing_is_bounded(connect: Connect) -> None:
    """Absurdly small chunks with long extensions are refused before they fill the memory."""
    client = connect(echo)
    client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(40):
        client.connection.data_received(b"1;" + b"e" * 4000 + b"\r\nx\r\n")
    assert client.statuses == [413]


def test_a_body_nobody_wants_is_skipped(connect: Connect) -> None:
    """An answer that needs no body goes out at once; the body is skipped and the connection kept."""
    client = connect(ok)
    client.send(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n12345")
    assert client.statuses == [200]
    client.send(b"67890" + post(b"next"))
    assert client.statuses == [200, 200]


def test_continue_is_said_when_the_body_is_wanted(connect: Connect) -> None:
    """A client that waits for 100 Continue gets it as soon as a handler asks for the body."""
    client = connect(echo)
    assert client.send(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") == (
        b"HTTP/1.1 100 Continue\r\n\r\n"
    )
    assert client.send(b"hi").endswith(b"hi")


def test_continue_is_not_said_for_a_refusal(connect: Connect) -> None:
    """A refusal before the body closes the connection: such a client may or may not send the body now."""
    client = connect(lambda _: Reply(403))
    client.send(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert client.statuses == [403]
    assert b"Connection: close" in client.transport.written
    assert client.transport.closing


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431, b"64 KiB"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431, b"64 KiB"),
        (b"nonsense\r\n\r\n", 400, b"request line"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, b"both"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n", 400, b"chunk size"),
        (b"GET / HTTP/3.0\r\n\r\n", 505, b"HTTP/1.1"),
    ],
)
def test_what_is_refused_is_recorded(connect: Connect, data: bytes, status: int, says: bytes) -> None:
    """Bytes that are no request are answered with a sentence, recorded, and end the connection."""
    client = connect(echo)
    client.send(data + b"GET /smuggled HTTP/1.1\r\n\r\n")
    (one,) = client.recorded
    assert client.statuses == [one.status] == [status]
    assert says in client.transport.written
    assert one.error
    assert client.transport.closing


def test_a_tls_hello_is_told_so(connect: Connect) -> None:
    """A client that says https:// is answered at once, and does not wait for ever."""
    assert b"This is plain HTTP" in connect(ok).send(b"\x16\x03\x01\x02\x00\x01")
