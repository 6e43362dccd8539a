"""How a client's exchanges end: answered, reset or cut off, and recorded once."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from time import perf_counter

from harness.gateway.body import Body, Course
from harness.gateway.chain import Exchange, Reply
from harness.gateway.head import RequestHead
from harness.gateway.house import House
from harness.gateway.line import Line
from harness.gateway.relay import Relay, abort_with_reset
from harness.gateway.replies import reply_bytes

Recorder = Callable[[Exchange], None]
_DISCARD = Course.DISCARD


class Ending(Line):
    """What a connection holds of its present exchange, and its ends."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._chain, self._clock = house.chain, house.clock
        self._relay = Relay(self, house)
        self.request = RequestHead("", "")
        self._exchange: Exchange | None = None
        self._buffer = b""  # what no exchange has claimed yet
        self._body: Body | None = None  # None when the request's body has come to its end
        self._course = Course.WAIT
        self._pending = b""  # head and body of the present request while nobody has asked for the body
        self._pieces: list[bytes] = []
        self._asked_for_body = False
        self._timer: asyncio.TimerHandle | None = None
        self._settled = False  # it is known who answers this exchange: other answers come too late

    @abstractmethod
    def _advance(self) -> None:
        """Begin the requests in the buffer, one after the other, until one has to wait for something."""

    def send(self, exchange: Exchange, reply: Reply) -> None:
        """Send *reply* now and end the exchange, or lose it where that is wanted."""
        if exchange.reset_at_answer:
            self.reset(exchange, reply.status)
            return
        request = self.request
        unasked = self._body is not None and request.expects_continue and not self._asked_for_body
        keep = request.keep_alive and not unasked  # such a client may or may not send its body now
        connection = ("keep-alive" if request.http_1_0 else "") if keep else "close"
        exchange.measure(perf_counter(), self._clock.speed)
        try:
            data = reply_bytes(reply, exchange, connection=connection)
        except ValueError as error:
            reply = self._chain.failed(exchange, error)
            data = reply_bytes(reply, exchange, connection=connection)
        exchange.status = reply.status
        exchange.bytes_out += len(data)
        self.transport.write(data)
        self._finish(exchange, keep=keep)

    def send_ready(self, exchange: Exchange, before: bytes, body: bytes, record: Recorder) -> None:
        """Send a reply of status 200 that needs nothing but its last line: *before*, up to the value of
        X-Harness-Overhead-Time, and *body*; then end the exchange, of which *record* is told.

        For requests whose `Alike.take` answered: their connection goes on, and no answer of theirs is lost.
        """
        if self._exchange is not exchange:
            return
        took_s, speed = perf_counter() - exchange.received_real, self._clock.speed
        exchange.ended_at = exchange.received_at + took_s * speed
        overhead_s = exchange.overhead_s = took_s - exchange.modelled_s / speed
        data = b"%b%.6f\r\n\r\n%b" % (before, overhead_s, body)
        exchange.status, exchange.bytes_out = 200, len(data)
        self.transport.write(data)
        self._exchange = None
        record(exchange)
        self._course = _DISCARD
        if self._held:
            self.release()
        if self._buffer:
            self._advance()

    def reset(self, exchange: Exchange, status: int = 0) -> None:
        """End exchange and connection by a reset; *status* is that of the answer which is lost."""
        self._settled = True
        exchange.status = status
        self._drop(exchange.reset_at_answer)
        abort_with_reset(self.transport)

    def end(self, exchange: Exchange, *, keep: bool) -> None:
        """End an exchange whose reply the relay has sent; *keep* the connection for the next one."""
        exchange.measure(perf_counter(), self._clock.speed)
        self._finish(exchange, keep=keep)

    def _finish(self, exchange: Exchange, *, keep: bool) -> None:
        self._record(exchange)
        self._pending = b""
        self._course = _DISCARD
        if self._held:
            self.release()
        if not keep:
            self.hang_up(lingers=self._body is not None or not self.request.method)
        elif self._buffer:
            self._advance()

    def _record(self, exchange: Exchange) -> None:
        self._exchange = None
        self._chain.record(exchange)

    def _drop(self, why: str) -> None:
        self._closed = True
        self._buffer = self._pending = b""
        self._pieces = []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._relay.stop()
        if self._exchange is not None:
            self._exchange.error = self._exchange.error or why
            self._exchange.measure(perf_counter(), self._clock.speed)
            self._record(self._exchange)
