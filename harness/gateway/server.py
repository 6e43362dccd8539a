"""The gateway's server: on a running event loop (`Server`) or in a thread of its own (`ServerThread`)."""

import asyncio
import contextlib
import errno
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from socket import socket
from typing import Any, TypeVar

from harness.errors import EnvironmentFault
from harness.gateway.chain import Address, Chain
from harness.gateway.connection import Connection
from harness.gateway.house import House, ModelClock
from harness.gateway.splice import Pool
from harness.loopback import BACKLOG

CLOSE_TIMEOUT_S = 1.0  # for clients on the same machine to read what was sent to them
STOP_TIMEOUT_S = 10.0

T = TypeVar("T")


class Server:
    """Serves *chain* on one address. The pool may be given, to be shared with a Fetcher."""

    def __init__(self, chain: Chain, clock: ModelClock, *, pool: Pool | None = None) -> None:
        self._chain = chain
        self._clock = clock
        self.pool = pool or Pool()
        self._house: House | None = None
        self._listener: asyncio.Server | None = None
        self._address: Address | None = None
        self._entrances: list[asyncio.Server] = []

    async def start(self, host: str, port: int, listener: socket | None = None) -> None:
        """Listen on *host* and *port*, 0 for a free one; raise EnvironmentFault when that cannot be had.

        A *listener* listens there already, and is the server's from now on.
        """
        loop = asyncio.get_running_loop()
        house = self._house = House(self._chain, self._clock, self.pool, loop)
        try:
            at: dict[str, Any] = {"host": host, "port": port} if listener is None else {"sock": listener}
            self._listener = await loop.create_server(lambda: Connection(house), backlog=BACKLOG, **at)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        self._address = Address("gateway", host, self._listener.sockets[0].getsockname()[1])

    async def open(self, entrance: str) -> Address:
        """Listen on one more free port of the same host, whose requests come in by *entrance*."""
        if self._house is None or self._address is None:
            raise RuntimeError("an entrance belongs to a server that is started")
        house, host = replace(self._house, entrance=entrance), self._address.host
        listener = await self._house.loop.create_server(lambda: Connection(house), host, 0, backlog=BACKLOG)
        self._entrances.append(listener)
        return Address(entrance, host, listener.sockets[0].getsockname()[1])

    async def also(self, host: str, port: int) -> None:
        """Listen on *host* and *port* as well, for clients that do not reach the first address.

        Raises EnvironmentFault when that cannot be had.
        """
        if self._house is None:
            raise RuntimeError("a second address belongs to a server that is started")
        house = self._house
        try:
            listener = await house.loop.create_server(lambda: Connection(house), host, port, backlog=BACKLOG)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        self._entrances.append(listener)

    @property
    def address(self) -> Address:
        """Where it listens, with the port that was really taken."""
        if self._address is None:
            raise RuntimeError("the gateway's server has no address before it is started")
        return self._address

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._house.connections) if self._house else 0

    async def close(self) -> None:
        """Stop listening and end every connection; what is under way is recorded as unanswered."""
        listener, self._listener = self._listener, None
        if listener is None or self._house is None:
            return
        for each in (listener, *self._entrances):
            each.close()
        for connection in list(self._house.connections):
            connection.close()
        self.pool.close()
        for task in list(self._house.tasks):
            task.cancel()
        await asyncio.gather(*self._house.tasks, return_exceptions=True)
        await self._let_clients_read(self._house)
        for each in (listener, *self._entrances):
            await each.wait_closed()
        self._entrances.clear()

    async def _let_clients_read(self, house: House) -> None:
        """Return once every connection has ended; one that does not read its answer in time is cut."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                while house.connections:
                    await asyncio.sleep(0.005)
        for connection in list(house.connections):
            connection.abort()


class ServerThread:
    """A Server in a daemon thread with its own event loop: uvloop where it is installed, else asyncio."""

    def __init__(
        self,
        chain: Chain,
        clock: ModelClock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        listener: socket | None = None,
        pool: Pool | None = None,
    ) -> None:
        self.server = Server(chain, clock, pool=pool)
        self._host = host
        self._port = port
        self._listener = listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Address:
        """Return the address once it listens; raise EnvironmentFault when it cannot."""
        loop = self._loop = new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(loop,), name="gateway", daemon=True)
        self._thread.start()
        try:
            self.submit(self.server.start(self._host, self._port, self._listener)).result()
        except BaseException:
            self.stop()
            raise
        return self.server.address

    def stop(self) -> None:
        """End the connections, the loop and the thread. May be called again, or before `start`."""
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return
        closing = asyncio.run_coroutine_threadsafe(self.server.close(), loop)
        with contextlib.suppress(TimeoutError):
            closing.result(STOP_TIMEOUT_S)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(STOP_TIMEOUT_S)

    @property
    def address(self) -> Address:
        return self.server.address

    def call_soon(self, call: Callable[[], object]) -> None:
        """Run *call* on the server's loop, from any thread."""
        self._running().call_soon_threadsafe(call)

    def submit(self, work: Coroutine[object, object, T]) -> "Future[T]":
        """Run *work* on the server's loop, from any thread, and return its future."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the gateway's thread is not running")
        return self._loop

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's loop where uvloop is installed, twice as fast for us, or asyncio's."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _cannot_listen(host: str, port: int, error: OSError) -> EnvironmentFault:
    if error.errno == errno.EADDRINUSE:
        return EnvironmentFault(
            f"Port {port} on {host} is in use by another program; "
            "stop that one, or choose another port (0 takes a free one)."
        )
    return EnvironmentFault(f"The gateway cannot listen on {host} port {port}: {error.strerror or error}.")
