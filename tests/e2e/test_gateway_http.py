"""The gateway over real sockets: raw clients on one side, servers that send any byte on the other."""

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest
from toy_http import Client, Emulator, Script, always, once, read_head, read_request, wait_for

from harness.clock import Clock, ClockSpec
from harness.errors import EnvironmentFault
from harness.gateway.chain import REST, Address, Chain, Exchange, Forward, Handler, Outcome, ReadBody, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.house import HIGH_WATER_BYTES
from harness.gateway.server import ServerThread
from harness.gateway.splice import IDLE_PER_UPSTREAM, Pool

GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TOO_LARGE = Reply(413)


@dataclass
class Gateway:
    """A running gateway and what it recorded."""

    server: ServerThread
    pool: Pool
    recorded: list[Exchange] = field(default_factory=list)

    def client(self) -> Client:
        return Client(self.server.address)

    def record(self, count: int = 1) -> Exchange:
        """Return the last of *count* recorded exchanges, once it is there."""
        wait_for(lambda: len(self.recorded) >= count)
        assert len(self.recorded) == count
        return self.recorded[-1]


Start = Callable[..., Gateway]
Run = Callable[[Script], Address]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start(stack: ExitStack) -> Start:
    """Return a function that starts a gateway with the given handlers, or one that forwards to an address."""

    def start(*handlers: Handler | Address, speed: float = 1.0, pool: Pool | None = None) -> Gateway:
        steps = [forward_to(each) if isinstance(each, Address) else each for each in handlers]
        recorded: list[Exchange] = []
        pool = pool or Pool()
        server = ServerThread(Chain(steps, recorded.append), Clock(ClockSpec(speed)), pool=pool)
        server.start()
        stack.callback(server.stop)
        return Gateway(server, pool, recorded)

    return start


@pytest.fixture
def run(stack: ExitStack) -> Run:
    """Return a function that runs an emulator and says where it listens."""

    def run(script: Script) -> Address:
        emulator = Emulator(script)
        stack.callback(emulator.close)
        return emulator.address

    return run


def forward_to(address: Address) -> Handler:
    return lambda _exchange: Forward(address)


def free_address() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Address("gone", "127.0.0.1", listener.getsockname()[1])


# ---- byte for byte ----

REPLIES = {
    "length": OK,
    "odd spelling": b"HTTP/1.1 200  Fine \r\ncONTENT-lENGTH:   2  \r\nX: \xe9\r\nX: y\r\n\r\nok",
    "chunks and trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;a=b\r\nok\r\n0\r\nSum: 1\r\n\r\n",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK,
    "until close": b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall there is",
    "old": b"HTTP/1.0 404 Not Found\r\n\r\nnot here",
    "closing": b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
}


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


def ask(gateway: Gateway, request: bytes = GET) -> bytes:
    with gateway.client() as client:
        return client.send(request).reply()


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


SIZE = 64 * 1024 * 1024
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
