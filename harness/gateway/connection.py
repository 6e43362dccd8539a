"""One client's connection: requests in order, each through the chain, its outcome acted on, then recorded.

The life of an exchange: `_begin` reads its head, `_act` does what the chain says, and it ends as
`harness.gateway.ending` has it. Its body goes where `_course` says. One exchange at a time: a pipelined
request waits in the buffer.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from time import perf_counter

from harness.gateway.alike import Alike, Alikes
from harness.gateway.body import Body, ChunkedBody, Course, LengthBody, decode_chunked
from harness.gateway.chain import (
    RESET,
    REST,
    Address,
    Exchange,
    Forward,
    Outcome,
    ReadBody,
    Reply,
    split_target,
)
from harness.gateway.ending import Ending
from harness.gateway.head import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    MalformedError,
    RequestHead,
    never_a_head,
    parse_request,
    without_empty_lines,
)
from harness.gateway.house import HIGH_WATER_BYTES, House
from harness.gateway.replies import CONTINUE

CHUNK_OVERHEAD_BYTES = 64 * 1024  # framing allowed beyond twice the payload of a buffered body in chunks
KEPT_WHOLE_BYTES = 64 * 1024  # of a request kept in one piece beside its body, to be sent on as it came
TIMER_STEP_S = 0.001  # event loops count in milliseconds
_CR = 0x0D
_WAIT, _SPLICE, _COLLECT = Course.WAIT, Course.SPLICE, Course.COLLECT


class Connection(Ending):
    """The server's side of one client's connection, from the first byte of a request to who answers it."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._alikes: Alikes[RequestHead]
        self._length = -1  # the present request's; `request` may be shared, and have another's by now
        self._searched = 0  # how far the buffer has been searched for the end of a head
        self._read: ReadBody | None = None
        self._advancing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._alikes = Alikes(self._house.alikes, (self._peer, self._house.entrance))

    def data_received(self, data: bytes) -> None:
        if self._closed:
            return
        if self._body is not None:
            self._take_body(self._body, data)
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self._exchange is None:
            self._advance()
        if len(self._buffer) > HIGH_WATER_BYTES:  # also of a client that calls and does not read its answers
            self.hold()

    def connection_lost(self, exc: Exception | None) -> None:
        self._house.connections.discard(self)
        self._drop("The client closed the connection before its answer was complete.")

    def pause_writing(self) -> None:
        self._write_held = True
        self._relay.hold_reply()

    def resume_writing(self) -> None:
        self._write_held = False
        self._relay.release_reply()
        self._advance()
        if self._exchange is None:
            self.release()

    def close(self) -> None:
        """End the connection once what was written has gone out; record what is under way as unanswered."""
        self._drop("The gateway was stopped before the answer was complete.")
        self.transport.close()

    # ---- a request comes in ----

    def _advance(self) -> None:
        """Begin the requests in the buffer, one after the other, until one has to wait for something."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._buffer and self._exchange is None and self._body is None:
                if self._write_held or self._closed or not self._begin():
                    break
        finally:
            self._advancing = False

    def _begin(self) -> bool:
        """Read one request out of the buffer and act on it; say whether the next one may be tried."""
        data, alike = self._buffer, self._alikes.last
        if alike is None or not alike.begins(data):
            alike = self._read_head(data)
            if alike is None:
                return False
            data = self._buffer
            alike.read_in(data)
        request, end = alike.read, alike.size
        exchange = Exchange(
            alike.head,
            request.method,
            request.target,
            alike.path,
            alike.query,
            self._clock.now(),
            perf_counter(),
        )
        exchange.answerer, exchange.peer, exchange.entrance = self, self._peer, self._house.entrance
        exchange.alike = alike
        length = request.length
        self.request, self._exchange, self._length = request, exchange, length
        self._course, self._read, self._searched = _WAIT, None, 0
        self._settled = self._asked_for_body = False
        cut = end + length if length > 0 else end
        if request.chunked or cut > len(data):
            cut = self._begin_body(exchange, request, data, end)
            if not cut:
                return False
        elif alike.take is not None and not self._held:
            self._pending, self._buffer = b"", data[cut:]
            exchange.bytes_in = cut
            exchange.body = exchange.raw_body = data[end:cut]
            outcome = self._chain.shortly(exchange, alike.take)
            if outcome is not None:
                if outcome is not REST:
                    self._act(exchange, outcome)
                return True
            exchange.body = exchange.raw_body = b""
        self._pending, self._buffer = data[:cut], data[cut:]
        exchange.bytes_in = cut
        self._act(exchange, self._chain.run(exchange))
        return True

    def _read_head(self, data: bytes) -> Alike[RequestHead] | None:
        """Return what the head in *data* declares, None where there is no whole head yet or it is refused."""
        if data[0] == _CR:  # RFC 9112 section 2.2: empty lines before a request are to be ignored
            data = self._buffer = without_empty_lines(data)
        end = data.find(END_OF_HEAD, self._searched) + 4
        if end < 4 or end > MAX_HEAD_BYTES:
            self._incomplete_head(data)
            return None
        found = self._alikes.find(data, end)
        if found is not None:
            return found
        head = data[:end]
        try:
            request = parse_request(head)
        except MalformedError as error:
            self._refuse_head(head, error.status, f"The gateway received {error}.")
            return None
        return self._alikes.learn(head, request, *split_target(request.target))

    def _begin_body(self, exchange: Exchange, request: RequestHead, data: bytes, end: int) -> int:
        """Return where in *data* the body that begins at *end* ends for now, 0 when that can be no body."""
        body = self._body = ChunkedBody() if request.chunked else LengthBody(request.length)
        try:
            cut = body.feed(data, end)
        except MalformedError as error:
            self._bad_body(exchange, error)
            return 0
        if body.done:
            self._body = None
        return cut

    def _incomplete_head(self, data: bytes) -> None:
        if why := never_a_head(data, self._searched):
            self._refuse_head(data, *why)
        else:
            self._searched = max(0, len(data) - 3)

    def _refuse_head(self, data: bytes, status: int, message: str) -> None:
        """Answer bytes that are no request, and close: where the next one begins is unknown."""
        self._buffer = b""
        self.request = RequestHead("", "", keep_alive=False)
        exchange = Exchange(data[:4096], "", "", "/", "", self._clock.now(), perf_counter())
        exchange.bytes_in = len(data)
        self._exchange = exchange
        code = "RequestHeaderSectionTooLarge" if status == 431 else "BadRequest"
        self.send(exchange, self._chain.refuse(exchange, status, code, message))

    # ---- its outcome ----

    def _act(self, exchange: Exchange, outcome: Outcome) -> None:
        if self._exchange is not exchange or self._settled:
            return  # the client has gone, or a handler answered before it returned
        if isinstance(outcome, Forward):
            self._forward(exchange, outcome.address)
        elif isinstance(outcome, Reply):
            self.answer(exchange, outcome)
        elif isinstance(outcome, ReadBody):
            self._read_body(exchange, outcome)
        elif outcome is RESET:
            self.reset(exchange)
        elif isinstance(outcome, Awaitable):
            self._house.spawn(self._wait(exchange, outcome))

    async def _wait(self, exchange: Exchange, awaitable: Awaitable[Outcome]) -> None:
        try:
            outcome = await awaitable
        except Exception as error:
            outcome = self._chain.failed(exchange, error)
        if self._exchange is exchange:
            self._act(exchange, self._chain.run(exchange) if outcome is None else outcome)

    def _forward(self, exchange: Exchange, address: Address) -> None:
        self._settled = True
        data = exchange.judged_for(address, self._pending or exchange.head + exchange.raw_body)
        self._pending = b""
        if self._body is not None:
            self._ask_for_body()
        self._course = _SPLICE
        if self._held:
            self.release()
        self._relay.start(exchange, address, data, whole=self._body is None)

    def answer(self, exchange: Exchange, reply: Reply) -> None:
        """Send *reply* when its moment has come, unless the exchange is over or answered."""
        if self._exchange is not exchange or self._settled:
            return
        self._settled = True
        if reply.send_at is None:
            self.send(exchange, reply)
        else:
            exchange.modelled_s = exchange.modelled_s or max(0.0, reply.send_at - exchange.received_at)
            self._send_when_due(exchange, reply, reply.send_at)

    def _send_when_due(self, exchange: Exchange, reply: Reply, send_at: float) -> None:
        self._timer = None
        wait_s = self._clock.real_until(send_at)
        if wait_s > 0.0:  # a loop that woke us too early, by its rounding, is asked again
            self._timer = self._house.loop.call_later(
                max(wait_s, TIMER_STEP_S), self._send_when_due, exchange, reply, send_at
            )
        elif self._exchange is exchange:
            self.send(exchange, reply)

    # ---- its body ----

    def _read_body(self, exchange: Exchange, read: ReadBody) -> None:
        asked_before = self._read is not None
        self._read = read
        if asked_before:  # a second handler wants what was read for the first
            self._act(exchange, self._with_body(exchange, read))
            return
        self._course = _COLLECT
        if not self.request.chunked:
            if self._length > read.limit_bytes:
                self._too_large(exchange, read)
                return
            if self._body is None and not self._held:  # the common case: it came with the head
                exchange.body = exchange.raw_body = self._pending[len(exchange.head) :]
                if len(self._pending) > KEPT_WHOLE_BYTES:
                    self._pending = b""
                self._act(exchange, self._chain.resume(exchange, read.then))
                return
        self._ask_for_body()
        self.release()
        data, self._pending = self._pending[len(exchange.head) :], b""
        self._collect(exchange, read, data)

    def _collect(self, exchange: Exchange, read: ReadBody, data: bytes) -> None:
        self._pieces.append(data)
        body = self._body
        if body is None:
            raw = exchange.raw_body = b"".join(self._pieces)
            exchange.body = decode_chunked(raw) if self.request.chunked else raw
            self._pieces = []
            self._act(exchange, self._with_body(exchange, read))
        elif (
            body.payload_bytes > read.limit_bytes
            or exchange.bytes_in > len(exchange.head) + 2 * read.limit_bytes + CHUNK_OVERHEAD_BYTES
        ):
            self._too_large(exchange, read)

    def _with_body(self, exchange: Exchange, read: ReadBody) -> Outcome:
        if len(exchange.body) > read.limit_bytes:
            return read.too_large
        return self._chain.resume(exchange, read.then)

    def _too_large(self, exchange: Exchange, read: ReadBody) -> None:
        exchange.error = "RequestTooLarge"
        self._pieces = []
        self._course = Course.DISCARD
        self.answer(exchange, read.too_large)

    def _ask_for_body(self) -> None:
        if self.request.expects_continue and self._body is not None and not self._asked_for_body:
            self.transport.write(CONTINUE)
        self._asked_for_body = True

    def _take_body(self, body: Body, data: bytes) -> None:
        try:
            end = body.feed(data, 0)
        except MalformedError as error:
            self._bad_body(self._exchange, error)
            return
        if body.done:
            self._body = None
            self._buffer = data[end:]
            data = data[:end]
        if self._exchange is None:
            self._advance()
        else:
            self._exchange.bytes_in += len(data)
            self._give_body(self._exchange, data)

    def _give_body(self, exchange: Exchange, data: bytes) -> None:
        if self._course is _SPLICE:
            self._relay.more(data, whole=self._body is None)
        elif self._course is _COLLECT and self._read is not None:
            self._collect(exchange, self._read, data)
        elif self._course is _WAIT:
            self._pending += data
            if len(self._pending) > HIGH_WATER_BYTES:
                self.hold()

    def _bad_body(self, exchange: Exchange | None, error: MalformedError) -> None:
        self._buffer = b""
        half_answered = self._course is _SPLICE and self._relay.reply is not None
        self._relay.stop()
        if exchange is None:
            self.transport.close()
            return
        refusal = self._chain.refuse(exchange, 400, "BadRequest", f"The gateway received {error}.")
        if half_answered:
            self.transport.close()  # connection_lost then records it
        else:
            self._settled = True
            self.request = replace(self.request, keep_alive=False)
            self.send(exchange, refusal)
