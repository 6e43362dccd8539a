"""What ends a client's connection, and who keeps it."""

import asyncio
from collections.abc import Iterator

import pytest
from client_by_hand import TOO_LARGE, Client, Connect, StoppedClock, Transport, echo, ok, post

from harness.gateway.chain import REST, Chain, Exchange, Handler, Outcome, ReadBody, Reply
from harness.gateway.connection import Connection
from harness.gateway.house import HIGH_WATER_BYTES, House
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


def park_in(parked: list[Exchange]) -> Handler:
    """Return a handler that parks every request in *parked*."""

    def park(exchange: Exchange) -> Outcome:
        parked.append(exchange)
        return REST

    return park


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


def test_a_client_that_reads_no_answers_is_held(connect: Connect) -> None:
    """Of a client that does not read its answers a bounded part is taken, and served once it reads them."""
    client = connect(ok)
    client.connection.pause_writing()
    request = post(b"x" * 1000)
    for _ in range(400):
        if client.transport.reading:
            client.connection.data_received(request)
    waiting = len(client.connection._buffer)
    assert HIGH_WATER_BYTES < waiting <= HIGH_WATER_BYTES + len(request)
    client.connection.resume_writing()
    assert client.transport.reading
    assert len(client.recorded) * len(request) == waiting
