"""The connections to the emulators: opened, pooled, and read so far that one knows where a reply ends."""

import asyncio
import socket
from typing import Protocol, cast

from harness.errors import BackendError
from harness.gateway.alike import Alike, Alikes
from harness.gateway.body import Body, ChunkedBody, LengthBody, UntilCloseBody
from harness.gateway.chain import Address
from harness.gateway.head import END_OF_HEAD, MAX_HEAD_BYTES, MalformedError, ReplyHead, parse_reply

IDLE_PER_UPSTREAM = (
    64  # above the 32 connections of a load generator, below the descriptors of a small machine
)
CONNECT_TIMEOUT_S = 10.0


class Sink(Protocol):
    """Who waits for a reply. The bytes come raw, head and framing included.

    Either `reply_whole` alone, or `reply_started`, then `reply_bytes`, then `reply_done`.
    """

    def reply_interim(self, raw: bytes) -> None: ...
    def reply_whole(self, data: bytes, body_at: int, reply: ReplyHead) -> None: ...
    def reply_started(self, head: bytes, reply: ReplyHead) -> None: ...
    def reply_bytes(self, data: bytes) -> None: ...
    def reply_done(self) -> None: ...
    def reply_lost(self, why: str, *, stale: bool) -> None:
        """The reply will not come or not be whole. *stale*: a kept connection ended before its first byte."""

    def hold_body(self) -> None: ...
    def release_body(self) -> None: ...


class Upstream(asyncio.Protocol):
    """One connection to an emulator, serving one request at a time."""

    def __init__(self, pool: "Pool", address: Address, siblings: list["Upstream"]) -> None:
        self.pool = pool
        self.address = address
        self.siblings = siblings  # the pool's idle connections to the same address
        self.reused = False  # it was kept in the pool, and may have ended there unnoticed
        self.transport: asyncio.Transport
        self._sink: Sink | None = None
        self._buffer = b""  # of a head that is not complete
        self._body: Body | None = None
        self._reply = ReplyHead(0)
        self._alikes = Alikes(pool.alikes)
        self._to_head = False
        self._sent_all = True
        self._heard = False  # some byte of the reply has come
        self._held = False  # the emulator does not take more of the request for now
        self._paused = False  # the client does not take more of the reply for now

    def begin(self, sink: Sink, data: bytes, *, whole: bool, to_head_request: bool) -> None:
        """Send the beginning of a request; *whole* says that it is also its end. The reply goes to *sink*."""
        self._sink = sink
        self._to_head = to_head_request
        self._heard = False
        self._sent_all = whole
        self.transport.write(data)

    def send(self, data: bytes, *, whole: bool) -> None:
        """Send more of the request's body."""
        self._sent_all = whole
        if data:
            self.transport.write(data)

    def pause_reply(self) -> None:
        """Read no more of the reply until `resume_reply`."""
        self._paused = True
        self.transport.pause_reading()

    def resume_reply(self) -> None:
        if self._paused:
            self._paused = False
            self.transport.resume_reading()

    def abandon(self) -> None:
        """Drop the connection and whoever waits on it: the client has gone, or the time is up."""
        self._sink = None
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        sink = self._sink
        if sink is None:  # bytes that nobody asked for: whatever they are, the next reply would be wrong
            self.transport.abort()
            return
        self._heard = True
        try:
            if self._body is None:
                alike = self._alikes.last
                if alike is not None and not self._buffer and not self._to_head and alike.fits(data):
                    self._take(sink, data, alike.size, alike.read_in(data))
                else:
                    self._read_head(sink, self._buffer + data if self._buffer else data)
            else:
                self._read_body(sink, self._body, data, 0)
        except MalformedError as error:
            self._fail(sink, f"sent {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.forget(self)
        sink = self._sink
        if sink is None:
            return
        if isinstance(self._body, UntilCloseBody) and exc is None:
            self._let_go(clean=False)
            sink.reply_done()
        else:
            how = "reset the connection" if exc else "closed the connection"
            self._fail(sink, f"{how} {'in the middle of' if self._body else 'before'} its reply")

    def pause_writing(self) -> None:
        self._held = True
        if self._sink is not None:
            self._sink.hold_body()

    def resume_writing(self) -> None:
        self._held = False
        if self._sink is not None:
            self._sink.release_body()

    def _read_head(self, sink: Sink, data: bytes) -> None:
        end = data.find(END_OF_HEAD) + 4
        if end < 4 or end > MAX_HEAD_BYTES:
            if len(data) > MAX_HEAD_BYTES:
                raise MalformedError("a reply head over 64 KiB")
            self._buffer = data
            return
        self._buffer = b""
        alike = None if self._to_head else self._alikes.find(data, end)
        if alike is not None:
            self._take(sink, data, end, alike.read_in(data))
            return
        reply = parse_reply(data[:end], to_head_request=self._to_head)
        if reply.status < 200:
            self._read_interim(sink, data[:end], reply.status, data[end:])
            return
        if reply.length and not reply.chunked:  # it is what the head declares
            self._alikes.learn(data[:end], reply)
        self._take(sink, data, end, reply)

    def _take(self, sink: Sink, data: bytes, end: int, reply: ReplyHead) -> None:
        """Send on what has come of *reply*, whose head ends at *end*."""
        self._reply = reply
        if not reply.chunked and reply.length == len(data) - end:  # the common case: all of it at once
            self._let_go(clean=True)
            sink.reply_whole(data, end, reply)
            return
        sink.reply_started(data[:end], reply)
        self._body = _body_of(reply)
        self._hurry()
        self._read_body(sink, self._body, data, end)

    def _read_interim(self, sink: Sink, head: bytes, status: int, rest: bytes) -> None:
        if status == 101:
            raise MalformedError("a switch to another protocol, which the gateway does not speak")
        if status != 100:  # 100 was said by the gateway itself when it asked the client for the body
            sink.reply_interim(head)
        if rest:
            self._read_head(sink, rest)

    def _read_body(self, sink: Sink, body: Body, data: bytes, start: int) -> None:
        end = body.feed(data, start)
        sink.reply_bytes(data if end == len(data) else data[:end])
        if body.done:
            self._let_go(clean=end == len(data))
            sink.reply_done()

    def _hurry(self) -> None:
        """Acknowledge at once: an emulator that writes head and body apart, with Nagle's algorithm on, would
        otherwise wait 40 ms for our delayed acknowledgement between the two."""
        if hasattr(socket, "TCP_QUICKACK"):
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _let_go(self, *, clean: bool) -> None:
        """The reply is complete: back to the pool, unless something about this connection is in doubt."""
        self._sink = self._body = None
        if self._paused:
            self.resume_reply()
        if clean and self._sent_all and not self._held and not self._reply.closes:
            self.pool.put(self)
        else:
            self.transport.abort()

    def _fail(self, sink: Sink, why: str) -> None:
        self._sink = None
        self.transport.abort()
        sink.reply_lost(f"{self.address} {why}", stale=self.reused and not self._heard)


def _body_of(reply: ReplyHead) -> Body:
    if reply.chunked:
        return ChunkedBody()
    return UntilCloseBody() if reply.length is None else LengthBody(reply.length)


class Pool:
    """Kept connections by emulator, the latest used first. Lives on one event loop."""

    def __init__(self, *, idle_per_upstream: int = IDLE_PER_UPSTREAM) -> None:
        self._idle_per_upstream = idle_per_upstream
        self._idle: dict[Address, list[Upstream]] = {}
        self._open: set[Upstream] = set()
        self.alikes: dict[tuple[object, ...], Alike[ReplyHead]] = {}

    def take(self, address: Address) -> Upstream | None:
        """Return a kept connection to *address*, or None when there is none."""
        idle = self._idle.get(address)
        while idle:
            upstream = idle.pop()
            if not upstream.transport.is_closing():
                return upstream
        return None

    async def open(self, address: Address) -> Upstream:
        """Return a new connection to *address*; raise BackendError when it takes none."""
        loop = asyncio.get_running_loop()
        idle = self._idle.setdefault(address, [])
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, upstream = await loop.create_connection(
                    lambda: Upstream(self, address, idle), address.host, address.port
                )
        except OSError as error:  # includes TimeoutError
            reason = error.strerror or f"no answer within {CONNECT_TIMEOUT_S:g} s"
            raise BackendError(
                f"The emulator {address} takes no connection ({reason}); see its log in the run's folder."
            ) from error
        self._open.add(upstream)
        return upstream

    def put(self, upstream: Upstream) -> None:
        """Keep *upstream*, on which nothing is under way, for the next request."""
        idle = upstream.siblings
        if len(idle) < self._idle_per_upstream:
            upstream.reused = True
            idle.append(upstream)
        else:
            upstream.transport.abort()

    def forget(self, upstream: Upstream) -> None:
        """Drop *upstream*, which has ended."""
        self._open.discard(upstream)
        if upstream in upstream.siblings:
            upstream.siblings.remove(upstream)

    @property
    def open_connections(self) -> int:
        """How many connections are open, idle ones included."""
        return len(self._open)

    def close(self) -> None:
        """Drop every connection, also those in use."""
        for upstream in list(self._open):
            upstream.abandon()
        self._open.clear()
        self._idle.clear()
