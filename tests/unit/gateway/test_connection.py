"""A client's connection, fed by hand: the same bytes make the same exchanges however they are cut."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gateway.chain import REST, Chain, Exchange, Handler, Outcome, ReadBody, Reply
from harness.gateway.connection import Connection
from harness.gateway.house import HIGH_WATER_BYTES, House
from harness.gateway.splice import Pool

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


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


Connect = Callable[..., Client]


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


def echo(exchange: Exchange) -> Outcome:
    """Read the body and answer with it."""
    return ReadBody(lambda one: Reply(200, one.body), 1000, TOO_LARGE)


def ok(_exchange: Exchange) -> Outcome:
    return Reply(200, b"ok")


def park_in(parked: list[Exchange]) -> Handler:
    """Return a handler that parks every request in *parked*."""

    def park(exchange: Exchange) -> Outcome:
        parked.append(exchange)
        return REST

    return park


def post(body: bytes, *, path: str = "/", extra: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


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


def test_a_bad_chunk_later_on(connect: Connect) -> None:
    """A chunk that turns out to be wrong in a later piece is refused as well."""
    client = connect(echo)
    client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    client.send(b"zz\r\n")
    assert client.statuses == [400]
    assert len(client.recorded) == 1


def test_a_parked_request_is_answered_once(connect: Connect) -> None:
    """A parked exchange takes the first answer; a second one, and one after the end, change nothing."""
    parked: list[Exchange] = []
    client = connect(park_in(parked))
    client.send(post(b"") + post(b""))
    assert len(parked) == 1
    parked[0].answer(Reply(200, b"first"))
    parked[0].answer(Reply(200, b"second"))
    assert client.transport.written.count(b"first") == 1
    assert b"second" not in client.transport.written
    assert len(parked) == 2


def test_an_answer_before_rest(connect: Connect) -> None:
    """A handler may answer before it returns Rest, when the work was done at once."""

    def at_once(exchange: Exchange) -> Outcome:
        exchange.answer(Reply(200, b"at once"))
        return REST

    client = connect(at_once)
    client.send(post(b""))
    assert client.statuses == [200]
    assert len(client.recorded) == 1


def test_a_client_that_left_is_recorded_once(connect: Connect) -> None:
    """When the client leaves, its exchange is recorded as unanswered; the answer that follows is dropped."""
    parked: list[Exchange] = []
    client = connect(park_in(parked))
    client.send(post(b"x"))
    client.connection.connection_lost(None)
    parked[0].answer(Reply(200))
    assert client.recorded == parked
    assert client.recorded[0].status == 0
    assert "client closed" in client.recorded[0].error
    assert client.transport.written == b""


def test_a_held_reply_knows_its_modelled_time(connect: Connect) -> None:
    """With only `send_at` given, the modelled time is from the arrival until then, and it is held."""
    client = connect(lambda one: Reply(200, send_at=one.received_at + 5.0))
    client.send(post(b""))
    assert client.transport.written == b""
    client.connection.close()
    assert client.recorded[0].modelled_s == 5.0


def test_overhead_excludes_the_model(connect: Connect) -> None:
    """Modelled seconds, on the run's clock, are not overhead."""

    def modelled(exchange: Exchange) -> Outcome:
        exchange.modelled_s = 8.0
        return Reply(200)

    client = connect(modelled)
    assert b"X-Harness-Modelled-Time: 8.000000\r\n" in client.send(post(b""))
    assert -4.0 <= client.recorded[0].overhead_s < -3.0


def test_a_reply_that_cannot_be_written(connect: Connect) -> None:
    """A header that would break out of its line becomes a 500, not a second header."""
    client = connect(lambda _: Reply(200, b"", (("X-Echo", "a\r\nX-Evil: b"),)))
    client.send(post(b""))
    assert client.statuses == [500]
    assert b"\r\nX-Evil" not in client.transport.written


def test_a_second_reader_gets_the_same_body(connect: Connect) -> None:
    """A handler behind one that read the body may ask for it again, under its own limit."""
    first = lambda _: ReadBody(lambda _: None, 100, TOO_LARGE)  # noqa: E731
    second = lambda _: ReadBody(lambda one: Reply(200, one.body), 3, TOO_LARGE)  # noqa: E731
    client = connect(first, second)
    client.send(post(b"abc") + post(b"abcd"))
    assert client.statuses == [200, 413]


def test_a_client_that_does_not_read_gets_no_more(connect: Connect) -> None:
    """While a client leaves its answers unread, its further requests wait."""
    client = connect(ok)
    client.connection.pause_writing()
    client.send(post(b"") * 3)
    assert client.statuses == []
    client.connection.resume_writing()
    assert client.statuses == [200, 200, 200]


@pytest.mark.parametrize("first", [post(b""), b"PUT / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n"])
def test_what_nobody_asked_for_is_not_piled_up(connect: Connect, first: bytes) -> None:
    """While a request is parked, its client may send only so much more of it, or of the next ones."""
    parked: list[Exchange] = []
    client = connect(park_in(parked))
    client.send(first)
    client.send(post(b"x" * 1000) * (HIGH_WATER_BYTES // 1000))
    assert not client.transport.reading
    parked[0].answer(Reply(200))
    assert client.transport.reading


def test_a_bad_chunk_in_what_is_skipped(connect: Connect) -> None:
    """A chunk that goes wrong after the answer ends the connection, and makes no second record."""
    client = connect(ok)
    client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    client.send(b"zz\r\n")
    assert client.statuses == [200]
    assert client.transport.closing
    assert len(client.recorded) == 1


@pytest.mark.parametrize(
    ("line", "keeps", "says"),
    [
        ("GET / HTTP/1.0\r\n", False, b"Connection: close"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n", True, b"Connection: keep-alive"),
        ("GET / HTTP/1.1\r\nConnection: close\r\n", False, b"Connection: close"),
    ],
)
def test_who_keeps_the_connection(connect: Connect, line: str, keeps: bool, says: bytes) -> None:
    """The connection is kept when the client asked for it, and the reply says what happens."""
    client = connect(ok)
    assert says in client.send(line.encode() + b"\r\n")
    assert client.transport.closing is not keeps


def test_awaited_outcomes(connect: Connect, loop: asyncio.AbstractEventLoop) -> None:
    """A handler may be awaited: its reply is sent, its error a 500, and no answer goes on down the chain."""

    async def slow(exchange: Exchange) -> Outcome:
        await asyncio.sleep(0)
        if exchange.path == "/raise":
            raise ValueError("boom")
        return Reply(201) if exchange.path == "/reply" else None

    client = connect(slow, ok)
    client.send(post(b"", path="/reply") + post(b"", path="/raise") + post(b"", path="/none"))
    for _ in range(20):
        loop.run_until_complete(asyncio.sleep(0))
    assert client.statuses == [201, 500, 200]
    assert [one.error for one in client.recorded] == ["", "InternalFailure: ValueError: boom", ""]
