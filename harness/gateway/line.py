"""A client's connection as a line that bytes go through: held, released, ended."""

import asyncio
import socket
from typing import cast

from harness.gateway.house import House

# One that vanishes from another host without a word is let go of after 2 minutes.
_KEEP_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
LINGER_S = 2.0  # how long a client may take to notice that it is closed upon


class Line(asyncio.Protocol):
    """What a connection is before anything is said on it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._peer = ""
        self.transport: asyncio.Transport
        self._held = False  # we do not read from the client
        self._write_held = False  # the client does not read from us
        self._closed = False  # whatever still comes is thrown away

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._peer = (transport.get_extra_info("peername") or ("",))[0]
        self._house.connections.add(self)
        if not self._peer.startswith("127."):
            keep_alive(transport.get_extra_info("socket"))

    def close(self) -> None:
        """End the connection once what was written has gone out."""
        self.transport.close()

    def abort(self) -> None:
        """End the connection now, whatever the client has not read."""
        self.transport.abort()

    def hold(self) -> None:
        """Read no more from the client until `release`."""
        if not self._held:
            self._held = True
            self.transport.pause_reading()

    def release(self) -> None:
        """Read from the client again."""
        if self._held:
            self._held = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def hang_up(self, *, lingers: bool) -> None:
        """Close once the reply is out. While the client still sends, a plain close would reset the connection
        and could take the reply with it: then our half is closed, and what comes is thrown away for a while.
        """
        self._closed = True
        if not lingers:
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write_eof()
            self._house.loop.call_later(LINGER_S, self.transport.abort)


def keep_alive(raw: socket.socket | None) -> None:
    """Have the system ask now and then whether the other side is still there, where it can."""
    if raw is None:
        return
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        if hasattr(socket, name):
            raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
