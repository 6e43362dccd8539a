"""What the gateway does when an emulator is gone, dies or lies, when it holds replies, and when it stops."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO

import pytest
from gateway_stand import (
    GET,
    OK,
    REPLIES,
    SIZE,
    TOO_LARGE,
    Run,
    Start,
    ask,
    free_address,
    run_in,
    start_in,
)
from toy_http import Emulator, always, once, read_head, read_request, wait_for

from harness.clock import Clock
from harness.errors import EnvironmentFault
from harness.gateway.chain import REST, Chain, Exchange, Outcome, ReadBody, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.server import ServerThread
from harness.gateway.splice import Pool


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start(stack: ExitStack) -> Start:
    return start_in(stack)


@pytest.fixture
def run(stack: ExitStack) -> Run:
    return run_in(stack)


def test_a_stale_connection_is_tried_again(start: Start, stack: ExitStack) -> None:
    """A kept connection that the emulator had closed costs the client nothing: the request goes out again."""
    seen: list[bytes] = []

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        seen.append(read_request(reader))
        connection.sendall(OK)
        if read_head(reader):  # takes the second head, and closes without a word: what a restart looks like
            connection.close()

    emulator = Emulator(script)
    stack.callback(emulator.close)
    gateway = start(emulator.address)
    post = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
    with gateway.client() as client:
        assert client.send(GET).reply() == OK
        assert client.send(post).reply() == OK
    assert seen == [GET, post]
    assert emulator.accepted == 2
    assert not gateway.record(2).error


def test_a_fresh_connection_is_not_tried_again(start: Start, stack: ExitStack) -> None:
    """An emulator that closes a new connection without an answer is not asked twice."""
    emulator = Emulator(once(b""))
    stack.callback(emulator.close)
    gateway = start(emulator.address)
    reply = ask(gateway)
    assert reply.startswith(b"HTTP/1.1 502")
    assert b"toy at 127.0.0.1" in reply
    assert emulator.accepted == 1
    assert "before its reply" in gateway.record().error


def test_an_emulator_that_is_down(start: Start) -> None:
    """A refused connection is a 502 that names the emulator, and the client's connection lives on."""
    gateway = start(free_address())
    with gateway.client() as client:
        for _ in range(2):
            reply = client.send(GET).reply()
            assert reply.startswith(b"HTTP/1.1 502")
            assert b"The emulator gone at 127.0.0.1" in reply
    assert gateway.record(2).error.startswith("BackendUnavailable")


@pytest.mark.parametrize("reply", [b"nonsense\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"])
def test_an_emulator_that_speaks_nonsense(start: Start, run: Run, reply: bytes) -> None:
    """A reply that is no HTTP/1.1 reply is a 502."""
    assert ask(start(run(once(reply)))).startswith(b"HTTP/1.1 502")


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"], ids=["length", "chunked"]
)
def test_an_emulator_that_dies_in_its_reply(start: Start, run: Run, framing: bytes) -> None:
    """Half a reply ends as half a reply, and the record says why."""
    part = b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n3e8\r\nhalf"
    gateway = start(run(once(part)))
    with gateway.client() as client:
        assert client.send(GET).rest() == part
    one = gateway.record()
    assert (one.status, one.upstream) == (200, "toy")
    assert "in the middle of its reply" in one.error


def test_a_reset_stays_a_reset(start: Start, run: Run) -> None:
    """When a reply that ends with its connection is cut off, the client is not told that it was complete."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_head(reader)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        reader.readline()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    gateway = start(run(script))
    with gateway.client() as client:
        client.send(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhel").until(b"half")
        client.send(b"lo\n")
        with pytest.raises(ConnectionResetError):
            client.rest()
    assert "reset the connection in the middle" in gateway.record().error


def test_a_client_that_leaves_takes_the_emulator_along(start: Start, run: Run) -> None:
    """When the client goes, the emulator's connection ends, and the exchange is recorded."""
    ended = threading.Event()

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_request(reader)
        reader.read(1)
        ended.set()

    gateway = start(run(script))
    with gateway.client() as client:
        client.send(GET)
        wait_for(lambda: gateway.pool.open_connections == 1)
    assert ended.wait(10.0)
    one = gateway.record()
    assert (one.status, one.upstream) == (0, "toy")
    assert "client closed" in one.error
    assert gateway.pool.open_connections == 0


def test_a_bad_chunk_never_reaches_the_end(start: Start, run: Run) -> None:
    """A chunk that goes wrong on its way to the emulator is a 400, and the emulator's connection ends."""
    gateway = start(run(always(OK)))
    with gateway.client() as client:
        client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        wait_for(lambda: gateway.pool.open_connections == 1)
        assert client.send(b"zz\r\n").rest().startswith(b"HTTP/1.1 400")
    wait_for(lambda: gateway.pool.open_connections == 0)


def test_a_bad_chunk_after_the_reply_began(start: Start, run: Run) -> None:
    """When the reply is on its way already, a chunk that goes wrong can only end the connection."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_head(reader)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        reader.read()

    gateway = start(run(script))
    with gateway.client() as client:
        client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").until(b"half")
        assert client.send(b"zz\r\n").rest() == b""
    assert "chunk size" in gateway.record().error


def test_an_upload_waits_for_a_new_connection(start: Start, run: Run) -> None:
    """What a client sends while the emulator is being connected is kept, in order."""
    gateway = start(run(always(OK)))
    with gateway.client() as client:
        head = b"PUT / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n"
        assert client.send(head + bytes(2_000_000)).reply() == OK
    assert gateway.record().bytes_in == len(head) + 2_000_000


# ---- answers of our own ----


def test_a_reply_is_held_until_its_moment(start: Start) -> None:
    """A reply waits for its model second, at the run's speed; both times stand in its headers."""
    gateway = start(lambda one: Reply(200, b"late", send_at=one.received_at + 6.0), speed=60.0)
    began = time.monotonic()
    reply = ask(gateway)
    assert 0.1 <= time.monotonic() - began < 5.0
    assert b"X-Harness-Modelled-Time: 6.000000\r\n" in reply
    assert 0.0 <= gateway.record().overhead_s < 5.0


def test_a_parked_request_is_answered_from_the_loop(start: Start) -> None:
    """Who parks a request answers it later, on the server's loop."""
    parked: list[Exchange] = []

    def park(exchange: Exchange) -> Outcome:
        parked.append(exchange)
        return REST

    gateway = start(park)
    with gateway.client() as client:
        client.send(GET)
        wait_for(lambda: len(parked) == 1)
        gateway.server.call_soon(lambda: parked[0].answer(Reply(200, b"at last")))
        assert client.reply().endswith(b"at last")


def test_stopping_records_what_is_under_way(start: Start) -> None:
    """Stop ends every connection, records a parked exchange, and may be called again."""
    gateway = start(lambda _: REST)
    with gateway.client() as client:
        client.send(GET)
        wait_for(lambda: gateway.server.server.open_connections == 1)
        wait_for(lambda: bool(gateway.server.submit(settle()).result() is None))
        gateway.server.stop()
        gateway.server.stop()
        assert client.rest() == b""
    assert "stopped" in gateway.record().error


def test_a_client_that_never_reads_does_not_hold_up_the_end(start: Start) -> None:
    """Stop cuts a client that leaves a large answer unread."""
    gateway = start(lambda _: Reply(200, bytes(SIZE)))
    with gateway.client() as client:
        client.send(GET)
        gateway.record()
        began = time.monotonic()
        gateway.server.stop()
    assert time.monotonic() - began < 5.0


async def settle() -> None:
    """Do nothing, after everything that the loop had to do before."""


def test_a_port_in_use(start: Start) -> None:
    """A port that is taken is one clear sentence with the way out."""
    port = start().server.address.port
    with pytest.raises(EnvironmentFault, match=f"Port {port} on 127.0.0.1 is in use"):
        ServerThread(Chain([], lambda _: None), Clock(), port=port).start()


# ---- asking an emulator from a handler ----


def test_an_answer_can_be_read_and_changed(start: Start, run: Run) -> None:
    """A handler may fetch the exchange's own answer, read it whole and send another."""
    address = run(always(REPLIES["chunks and trailers"]))
    pool = Pool()
    fetcher = Fetcher(pool)

    def shout(exchange: Exchange) -> Outcome:
        async def change(one: Exchange) -> Reply:
            answer = await fetcher.fetch_exchange(address, one)
            return answer.as_reply(body=answer.body.upper())

        return ReadBody(change, 1000, TOO_LARGE)

    gateway = start(shout, pool=pool)
    reply = ask(gateway, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
    assert reply.endswith(b"\r\n\r\nOK")
    assert b"chunked" not in reply
    assert gateway.record().upstream == "toy"


def test_a_call_of_our_own(start: Start, run: Run) -> None:
    """`fetch` builds the request, reads the reply, and keeps the connection for the next one."""
    seen: list[bytes] = []

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        while request := read_request(reader):
            seen.append(request)
            connection.sendall(OK)

    gateway = start()
    address = run(script)
    for _ in range(2):
        work = Fetcher(gateway.pool).fetch(address, "POST", "/a?b", headers=[("X-A", "1")], body=b"hi")
        answer = gateway.server.submit(work).result()
        assert (answer.status, answer.body, answer.header("content-length")) == (200, b"ok", "2")
    host = f"127.0.0.1:{address.port}".encode()
    assert seen[0] == b"POST /a?b HTTP/1.1\r\nX-A: 1\r\nHost: " + host + b"\r\nContent-Length: 2\r\n\r\nhi"
    assert gateway.pool.open_connections == 1


def test_a_call_over_a_stale_connection(start: Start, run: Run) -> None:
    """A call that meets a kept connection which has ended is made again on a new one."""
    gateway = start()

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_request(reader)
        connection.sendall(OK)
        read_head(reader)

    address = run(script)
    for _ in range(3):
        assert gateway.server.submit(Fetcher(gateway.pool).fetch(address, "GET", "/")).result().body == b"ok"


def silent(_connection: socket.socket, reader: BinaryIO) -> None:
    """Take what comes and never answer."""
    reader.read()


def test_a_call_that_fails(start: Start, run: Run) -> None:
    """A handler whose call fails answers 502 with the emulator's name: down, silent or broken."""
    hung, broken = (
        run(silent),
        run(once(b"HTTP/1.1 200 OK\r\nCon")),
    )
    pool = Pool()
    addresses = {"/down": free_address(), "/hung": hung, "/broken": broken}

    async def call(exchange: Exchange) -> Reply:
        answer = await Fetcher(pool).fetch_exchange(addresses[exchange.path], exchange, timeout_s=0.2)
        return answer.as_reply()

    gateway = start(call, pool=pool)
    for path, says in (
        ("/down", b"takes no connection"),
        ("/hung", b"within 0.2 s"),
        ("/broken", b"before its"),
    ):
        reply = ask(gateway, f"GET {path} HTTP/1.1\r\n\r\n".encode())
        assert reply.startswith(b"HTTP/1.1 502")
        assert says in reply
    wait_for(lambda: pool.open_connections == 0)
