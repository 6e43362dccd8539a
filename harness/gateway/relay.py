"""One exchange between a client's connection and an emulator, byte for byte in both directions."""

import asyncio
import socket
import struct
from typing import Protocol

from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange, Reply
from harness.gateway.head import ReplyHead, RequestHead
from harness.gateway.house import HIGH_WATER_BYTES, House
from harness.gateway.splice import Upstream

REPLAY_BYTES = (
    64 * 1024
)  # of a request kept for a second try; of a longer one enough went out to know it works


class Client(Protocol):
    """The client's connection, as the relay needs it."""

    transport: asyncio.Transport
    request: RequestHead

    def send(self, exchange: Exchange, reply: Reply) -> None: ...
    def end(self, exchange: Exchange, *, keep: bool) -> None: ...
    def reset(self, exchange: Exchange, status: int) -> None: ...
    def hold(self) -> None: ...
    def release(self) -> None: ...


class Relay:
    """Carries the exchanges of one client's connection, one at a time. Idle when `exchange` is None."""

    def __init__(self, client: Client, house: House) -> None:
        self._client = client
        self._house = house
        self.exchange: Exchange | None = None
        self.reply: ReplyHead | None = None  # once its head has come
        self._upstream: Upstream | None = None  # None while it is being connected
        self._backlog = b""  # of the request, while there is no upstream to take it
        self._whole = True  # all of the request has come
        self._sent: bytes | None = None  # what a second try would send; None when there can be none
        self._reply_held = False

    def start(self, exchange: Exchange, address: Address, data: bytes, *, whole: bool) -> None:
        """Send *data*, the head and what there is of the body, to *address*; its reply goes to the client."""
        exchange.upstream = address.name
        self.exchange = exchange
        self.reply = None
        self._whole = whole
        upstream = self._house.pool.take(address)
        if upstream is None:
            self._backlog = data
            self._house.spawn(self._connect(exchange, address))
        else:
            self._begin(exchange, upstream, data)

    def more(self, data: bytes, *, whole: bool) -> None:
        """Send more of the request's body; *whole* says that it is the last of it."""
        self._whole = whole
        upstream = self._upstream
        if upstream is None:
            self._backlog += data
            if len(self._backlog) > HIGH_WATER_BYTES:
                self._client.hold()
            return
        sent = self._sent
        if sent is not None:
            self._sent = sent + data if len(sent) + len(data) <= REPLAY_BYTES else None
        upstream.send(data, whole=whole)

    def stop(self) -> None:
        """Let go of the exchange: the client has gone, or is answered otherwise."""
        self.exchange = None
        self._backlog = b""
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.abandon()

    def hold_reply(self) -> None:
        """Read no more from the emulator until `release_reply`: the client is slower than it."""
        self._reply_held = True
        if self._upstream is not None:
            self._upstream.pause_reply()

    def release_reply(self) -> None:
        self._reply_held = False
        if self._upstream is not None:
            self._upstream.resume_reply()

    async def _connect(self, exchange: Exchange, address: Address) -> None:
        pool = self._house.pool
        try:
            upstream = await pool.open(address)
        except BackendError as error:
            if self.exchange is exchange:
                self._give_up(exchange, str(error))
            return
        if self.exchange is exchange:
            data, self._backlog = self._backlog, b""
            self._client.release()
            self._begin(exchange, upstream, data)
        else:
            pool.put(upstream)

    def _begin(self, exchange: Exchange, upstream: Upstream, data: bytes) -> None:
        self._upstream = upstream
        self._sent = data if upstream.reused and len(data) <= REPLAY_BYTES else None
        if self._reply_held:
            upstream.pause_reply()
        upstream.begin(self, data, whole=self._whole, to_head_request=exchange.method == "HEAD")

    # ---- what the upstream calls ----

    def reply_interim(self, raw: bytes) -> None:
        if not self._client.request.http_1_0:  # RFC 9110 section 15.2: a 1.0 client knows no 1xx
            self._client.transport.write(raw)

    def reply_whole(self, data: bytes, body_at: int, reply: ReplyHead) -> None:
        self._upstream = None
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        if exchange.reset_at_answer:
            self._client.reset(exchange, reply.status)
            return
        exchange.status = reply.status
        exchange.bytes_out += len(data)
        self._client.transport.write(data)
        self._client.end(exchange, keep=self._client.request.keep_alive and not reply.closes)

    def reply_started(self, head: bytes, reply: ReplyHead) -> None:
        self.reply = reply
        if self.exchange is not None:
            self.exchange.status = reply.status

    def reply_bytes(self, data: bytes) -> None:
        if self.exchange is not None and not self.exchange.reset_at_answer:
            self.exchange.bytes_out += len(data)
            self._client.transport.write(data)

    def reply_done(self) -> None:
        self._upstream = None
        exchange, self.exchange = self.exchange, None
        if exchange is not None and exchange.reset_at_answer:
            self._client.reset(exchange, exchange.status)
        elif exchange is not None and self.reply is not None:
            self._client.end(exchange, keep=self._client.request.keep_alive and not self.reply.closes)

    def reply_lost(self, why: str, *, stale: bool) -> None:
        upstream, self._upstream = self._upstream, None
        exchange = self.exchange
        if exchange is None or upstream is None:
            return
        if stale and self._sent is not None:
            self._backlog, self._sent = self._sent, None
            self._house.spawn(self._connect(exchange, upstream.address))
        elif self.reply is None:
            self._give_up(exchange, f"The emulator {why}; see its log in the run's folder.")
        else:
            exchange.error = f"BackendUnavailable: The emulator {why}."
            self._cut_short(self.reply)

    def hold_body(self) -> None:
        self._client.hold()

    def release_body(self) -> None:
        self._client.release()

    def _give_up(self, exchange: Exchange, message: str) -> None:
        self.exchange = None
        self._backlog = b""
        self._client.send(exchange, self._house.chain.refuse(exchange, 502, "BackendUnavailable", message))

    def _cut_short(self, reply: ReplyHead) -> None:
        """Close on a client that has half a reply; its connection_lost then ends the exchange."""
        transport = self._client.transport
        if reply.length is None:  # only a reset tells this client that it was not the end
            abort_with_reset(transport)
        else:
            transport.close()


def abort_with_reset(transport: asyncio.Transport) -> None:
    """End a connection so that the other side sees a reset: closed with no time to linger, nothing sent."""
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
