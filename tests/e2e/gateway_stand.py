"""A gateway over real sockets and the emulators behind it, for tests that write each byte."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from toy_http import Client, Emulator, Script, wait_for

from harness.clock import Clock, ClockSpec
from harness.gateway.chain import Address, Chain, Exchange, Forward, Handler, Reply
from harness.gateway.server import ServerThread
from harness.gateway.splice import Pool

GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TOO_LARGE = Reply(413)


SIZE = 64 * 1024 * 1024
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


def start_in(stack: ExitStack) -> Start:
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


def run_in(stack: ExitStack) -> Run:
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


def ask(gateway: Gateway, request: bytes = GET) -> bytes:
    with gateway.client() as client:
        return client.send(request).reply()
