"""The gateway over real sockets: raw clients on one side, servers that send any byte on the other."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
    run_in,
    start_in,
)
from toy_http import Client, Emulator, Script, always, once, read_head, read_request, wait_for

from harness.gateway.chain import Handler, ReadBody, Reply
from harness.gateway.house import HIGH_WATER_BYTES
from harness.gateway.splice import IDLE_PER_UPSTREAM, Pool


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


# ---- byte for byte ----


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_replies_arrive_as_sent(start: Start, run: Run, reply: bytes) -> None:
    """Whatever its framing, a forwarded reply has the bytes of the direct one."""
    address = run(once(reply))
    with Client(address) as direct, start(address).client() as through:
        expected = direct.send(GET).rest()
        assert through.send(GET).exactly(len(expected)) == expected == reply


@pytest.mark.parametrize("name", ["until close", "old", "closing"])
def test_replies_that_close_do_close(start: Start, run: Run, name: str) -> None:
    """Where the emulator closes after its reply, so does the gateway."""
    with start(run(once(REPLIES[name]))).client() as client:
        assert client.send(GET).rest() == REPLIES[name]


def test_head_has_no_body(start: Start, run: Run) -> None:
    """The reply to HEAD ends with its head; the next one on the connection is read right."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    gateway = start(run(always(head)))
    with gateway.client() as client:
        for _ in range(2):
            assert client.send(b"HEAD / HTTP/1.1\r\n\r\n").until(b"\r\n\r\n") == head
    assert gateway.record(2).status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        GET,
        b"PUT /%41?x HTTP/1.1\r\nhOST: x\r\nX:\t y \r\nContent-Length: 3\r\n\r\n\x00\xff\r",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;sig=1\r\nabc\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    ],
)
@pytest.mark.parametrize("read_first", [False, True], ids=["spliced", "read first"])
def test_requests_arrive_as_sent(start: Start, run: Run, request_bytes: bytes, read_first: bool) -> None:
    """A request reaches the emulator byte for byte, also when a handler had its body read before."""
    seen: list[bytes] = []

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        seen.append(read_request(reader))
        connection.sendall(OK)

    read: list[Handler] = [lambda _: ReadBody(lambda _: None, 1000, TOO_LARGE)] if read_first else []
    with start(*read, run(script)).client() as client:
        client.send(request_bytes).reply()
    assert seen == [request_bytes]


def test_http_1_0_clients(start: Start, run: Run) -> None:
    """A 1.0 client gets its reply and the end of the connection, and no 1xx."""
    with start(run(always(REPLIES["early hints"]))).client() as client:
        assert client.send(b"GET / HTTP/1.0\r\n\r\n").rest() == OK


# ---- the connection ----


def test_connections_to_the_emulator_are_kept(start: Start, stack: ExitStack) -> None:
    """Requests one after the other, from several clients, share one connection to the emulator."""
    emulator = Emulator(always(OK))
    stack.callback(emulator.close)
    gateway = start(emulator.address)
    for _ in range(3):
        with gateway.client() as client:
            assert client.send(GET).reply() == client.send(GET).reply() == OK
    assert emulator.accepted == 1


def test_idle_connections_are_bounded(start: Start, run: Run) -> None:
    """After a burst, only so many connections to the emulator are kept."""
    pool = Pool(idle_per_upstream=3)
    gateway = start(run(slowly(0.1)), pool=pool)
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda _: ask(gateway), range(10)))
    wait_for(lambda: pool.open_connections == 3)
    assert IDLE_PER_UPSTREAM > 3


def slowly(delay_s: float) -> Script:
    def script(connection: socket.socket, reader: BinaryIO) -> None:
        while request := read_request(reader):
            time.sleep(delay_s)
            body = request.split(b" ", 2)[1]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return script


def test_pipelined_requests_are_answered_in_order(start: Start, run: Run) -> None:
    """Requests sent in one go are answered in their order, though the first is the slowest."""
    address = run(slowly(0.05))
    gateway = start(lambda one: Reply(200, b"own") if one.path == "/own" else None, address)
    paths = (b"/first", b"/own", b"/third", b"/own")
    with gateway.client() as client:
        client.send(b"".join(b"GET %s HTTP/1.1\r\n\r\n" % path for path in paths))
        bodies = [client.reply().rpartition(b"\r\n\r\n")[2] for _ in paths]
    assert bodies == [b"/first", b"own", b"/third", b"own"]
    gateway.record(4)
    assert [one.path.encode() for one in gateway.recorded] == list(paths)


def test_two_hundred_connections(start: Start, run: Run) -> None:
    """200 clients at once each get their own answer, in about the time of one."""
    gateway = start(run(slowly(0.2)))
    with ExitStack() as stack:
        clients = [stack.enter_context(gateway.client()) for _ in range(200)]
        began = time.monotonic()
        for number, client in enumerate(clients):
            client.send(b"GET /%d HTTP/1.1\r\n\r\n" % number)
        for number, client in enumerate(clients):
            assert client.reply().endswith(b"\r\n\r\n/%d" % number)
        assert time.monotonic() - began < 10.0
    gateway.record(200)
    wait_for(lambda: gateway.server.server.open_connections == 0)
    assert gateway.pool.open_connections <= IDLE_PER_UPSTREAM


def test_no_delayed_acknowledgements(start: Start, run: Run) -> None:
    """An emulator that writes head and body apart, with Nagle's algorithm on, is not slowed down by us."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        while read_request(reader):
            connection.sendall(OK[:-2])
            connection.sendall(OK[-2:])

    with start(run(script)).client() as client:
        began = time.monotonic()
        for _ in range(25):
            assert client.send(GET).reply() == OK
    assert time.monotonic() - began < 0.5  # 25 times 40 ms would be a second


# ---- streaming ----


def test_it_serves_without_uvloop(start: Start, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uvloop is not installed, the loop of the standard library serves alike."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    gateway = start(lambda one: Reply(200, b"own") if one.path == "/own" else None, run(slowly(0.0)))
    with gateway.client() as client:
        client.send(b"GET /far HTTP/1.1\r\n\r\nGET /own HTTP/1.1\r\n\r\n")
        assert client.reply().endswith(b"/far")
        assert client.reply().endswith(b"own")


def test_both_directions_stream(start: Start, run: Run) -> None:
    """Each part of a body passes on at once: neither side waits for the end of the other's message."""

    def echo_parts(connection: socket.socket, reader: BinaryIO) -> None:
        read_head(reader)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (line := reader.readline()) != b"0\r\n":
            connection.sendall(line + reader.readline())
        connection.sendall(line + reader.readline())

    gateway = start(run(echo_parts))
    with gateway.client() as client:
        client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").until(b"\r\n\r\n")
        for part in (b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"):
            assert client.send(part).exactly(len(part)) == part
    assert gateway.record().status == 200


MARGIN = 16 * 1024 * 1024  # what the kernel's socket buffers on the way may hold beside ours


def test_a_slow_reader_holds_the_emulator_back(start: Start, run: Run) -> None:
    """What a client does not read is not piled up: the emulator has to wait, and nothing is lost."""
    sent = 0

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        nonlocal sent
        read_request(reader)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        while sent < SIZE:
            sent += connection.send(bytes(256 * 1024))

    gateway = start(run(script))
    with gateway.client() as client:
        client.send(GET).until(b"\r\n\r\n")
        held_at = settled(lambda: sent)
        assert held_at < MARGIN + 4 * HIGH_WATER_BYTES
        client.skip(SIZE)
    assert gateway.record().bytes_out >= SIZE


def test_a_slow_emulator_holds_the_client_back(start: Start, run: Run) -> None:
    """What an emulator does not read is not piled up either."""
    go_on = threading.Event()

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_head(reader)
        go_on.wait(10.0)
        left = SIZE
        while left:
            left -= len(reader.read(min(left, 1 << 20)))
        connection.sendall(OK)

    gateway = start(run(script))
    with gateway.client() as client, ThreadPoolExecutor(1) as threads:
        sent = 0

        def upload() -> None:
            nonlocal sent
            client.send(b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % SIZE)
            while sent < SIZE:
                sent += client.socket.send(bytes(min(256 * 1024, SIZE - sent)))

        uploading = threads.submit(upload)
        held_at = settled(lambda: sent)
        go_on.set()
        uploading.result()
        assert held_at < MARGIN + 4 * HIGH_WATER_BYTES
        assert client.reply() == OK
    assert gateway.record().bytes_in > SIZE


def settled(count: Callable[[], int]) -> int:
    """Return *count* once it has begun and then stood still for a fifth of a second."""
    wait_for(lambda: count() > 0)
    before = -1
    while before != (before := count()):
        time.sleep(0.2)
    return before


@pytest.mark.parametrize(
    "own_continue", [b"", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["silent", "says 100 too"]
)
def test_expect_continue(start: Start, run: Run, own_continue: bytes) -> None:
    """The client is told to go on exactly once, whether or not the emulator says so as well."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        head = read_head(reader)
        connection.sendall(own_continue)
        assert reader.read(5) == b"hello", head
        connection.sendall(OK)

    with start(run(script)).client() as client:
        client.send(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.send(b"hello").reply() == OK


def test_an_early_answer_lets_the_upload_end(start: Start, run: Run) -> None:
    """An emulator may answer before it has read everything; the rest is skipped and the client served on."""

    def script(connection: socket.socket, reader: BinaryIO) -> None:
        read_head(reader)
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        reader.read(1)

    gateway = start(lambda one: Reply(200, b"next") if one.path == "/next" else None, run(script))
    with gateway.client() as client:
        client.send(b"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
        assert client.reply().startswith(b"HTTP/1.1 403")
        assert client.send(b"x" * 10 + b"GET /next HTTP/1.1\r\n\r\n").reply().endswith(b"next")


# ---- what goes wrong ----
