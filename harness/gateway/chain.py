"""What one request travels in, what a handler may answer, and the ordered list of handlers that it passes.

A handler is a plain function `Exchange -> Outcome`. It decides; only the server (server.py, connection.py)
acts on the outcome: it replies, splices, reads the body, waits or hangs up.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, TypeAlias

from harness.errors import BackendError
from harness.gateway.alike import Alike, Span
from harness.gateway.head import RequestHead, parse_request

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of our own. The server adds Content-Length, Connection and the two X-Harness time headers.

    `send_at`: the model second before which it is not sent.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    send_at: float | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where an emulator listens; `name` is what messages and the journal call it.

    `password`, where it has one, tells the emulator that a call which carries it was judged already.
    """

    name: str
    host: str
    port: int
    password: str = field(default="", repr=False, compare=False)

    def __hash__(self) -> int:
        return self.port  # asked for on every forwarded request; the generated one costs five times as much

    def __str__(self) -> str:
        return f"{self.name} at {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Forward:
    """Splice request and reply, byte for byte and streaming, to and from *address*."""

    address: Address


class Rest:
    """The request is parked: whoever returned this calls `exchange.answer(reply)` later, on the same loop."""

    __slots__ = ()


REST = Rest()


class Reset:
    """The client's connection is reset: it gets no answer, and nothing was forwarded."""

    __slots__ = ()


RESET = Reset()


@dataclass(frozen=True, slots=True)
class ReadBody:
    """Buffer the request's body into `exchange.body`, then ask *then*; a longer one is answered *too_large*.

    When *then* returns None the chain goes on with the handler after the one that returned this.
    """

    then: "Handler"
    limit_bytes: int
    too_large: Reply


class Answerer(Protocol):
    """Who sends the reply of a parked exchange: the connection it came in on."""

    def answer(self, exchange: "Exchange", reply: Reply) -> None: ...


# Carries the password of an emulator.
JUDGED_HEADER = "X-Harness-Judged"
JUDGED = JUDGED_HEADER.encode()


# Not frozen: it is the context that handlers fill in while the request goes through the house. Compared by
# identity: two requests with the same bytes are two requests.
@dataclass(slots=True, eq=False)
class Exchange:
    """One request and what became of it. Handlers fill in `service` to `resource`, `modelled_s`, `detail`."""

    head: bytes  # as received, with its empty line
    method: str
    target: str
    path: str  # as received, still percent-encoded; "/" when the target is a bare host
    query: str
    received_at: float  # model seconds
    received_real: float  # time.perf_counter() when the head was complete and its turn had come
    body: bytes = b""  # only after ReadBody; decoded when it came in chunks
    service: str = ""  # SigV4 signing name, e.g. "sagemaker"
    operation: str = ""
    access_key: str = ""
    resource: str = ""
    upstream: str = ""  # name of the emulator it was forwarded to, "" if answered here
    status: int = 0  # 0: no answer was sent
    bytes_in: int = 0
    bytes_out: int = 0
    error: str = ""
    modelled_s: float = 0.0  # model seconds; set by whoever models them, else send_at - received_at
    overhead_s: float = 0.0  # real seconds beyond the modelled ones
    reset_at_answer: str = ""  # not empty: its answer is lost in a reset of the connection, for this reason
    ended_at: float = 0.0  # model seconds
    detail: object | None = None  # a typed record for the journal
    raw_body: bytes = b""  # only after ReadBody: the body as framed on the wire, to be sent on
    answerer: Answerer | None = None
    peer: str = ""  # the client's IP address
    entrance: str = ""  # the VPC endpoint that it came in by, "" for the front door
    call: object | None = None  # the API call as its permission was judged by
    judged: bool = False  # whether it may go on is decided: an emulator need not ask again
    alike: Alike[RequestHead] | None = None  # what is known of the client's requests that are like this one
    _next_handler: int = 0
    _lower_head: bytes = field(default=b"", repr=False)

    @classmethod
    def from_head(
        cls, head: bytes, *, body: bytes = b"", received_at: float = 0.0, received_real: float = 0.0
    ) -> "Exchange":
        """Return the exchange that *head* opens; raises MalformedError (head.py) when it is no request."""
        target = parse_request(head)
        path, query = split_target(target.target)
        return cls(
            head, target.method, target.target, path, query, received_at, received_real, body, raw_body=body
        )

    @property
    def lower_head(self) -> bytes:
        """The head in small letters, to look for headers in."""
        if not self._lower_head:
            self._lower_head = self.head.lower()
        return self._lower_head

    def header(self, name: bytes) -> bytes | None:
        """Return the value of the first header called *name*, in any case, or None."""
        alike = self.alike
        if alike is None or len(alike.places) > _PLACES:
            place = self._place(name)
        elif name in alike.places:
            place = alike.places[name]
        else:
            place = alike.places[name] = self._place(name)
        return None if place is None else self.head[place[0] : place[1]]

    def _place(self, name: bytes) -> Span | None:
        lower = self._lower_head or self.lower_head
        needle = _needle(name)
        at = lower.find(needle) + len(needle)
        if at < len(needle):
            return None
        value = lower[at : lower.index(b"\r\n", at)]
        end = at + len(value.rstrip(b" \t"))
        return end - len(value[: end - at].lstrip(b" \t")), end

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return every header as (name as sent, value), in order."""
        lines = self.head[:-4].split(b"\r\n")[1:]
        return [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]

    def judged_for(self, address: Address, data: bytes) -> bytes:
        """Return *data*, which begins with the head, as *address* gets it: with its password if judged."""
        if not (self.judged and address.password):
            return data
        end = len(self.head) - 2
        return b"%b%b: %b\r\n%b" % (data[:end], JUDGED, address.password.encode(), data[end:])

    def measure(self, real_now: float, speed: float) -> None:
        """Note, at *real_now* (perf_counter), when it ended and how much of its time was not the model's."""
        took_s = real_now - self.received_real
        self.ended_at = self.received_at + took_s * speed
        self.overhead_s = took_s - self.modelled_s / speed

    def answer(self, reply: Reply) -> None:
        """Send *reply* for a parked exchange; nothing happens when the client has gone or was answered."""
        if self.answerer is not None:
            self.answerer.answer(self, reply)


# What a likeness keeps of where headers stand: more are asked for only by who takes names from a request.
_PLACES = 64


@lru_cache(maxsize=256)
def _needle(name: bytes) -> bytes:
    return b"\r\n" + name.lower() + b":"


Outcome: TypeAlias = "Reply | Forward | ReadBody | Rest | Reset | Awaitable[Outcome] | None"
Handler: TypeAlias = Callable[[Exchange], "Outcome"]
Failure: TypeAlias = Callable[[Exchange, int, str, str], Reply]


def split_target(target: str) -> tuple[str, str]:
    """Return path and query of *target*, without the scheme and host that a client of a proxy puts first."""
    if not target.startswith("/") and "://" in target:
        rest = target.partition("://")[2]
        cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        target = rest[cut:] if rest[cut : cut + 1] == "/" else "/" + rest[cut:]
    path, _, query = target.partition("?")
    return path, query


def json_failure(_exchange: Exchange, status: int, code: str, message: str) -> Reply:
    """Return an error in the shape of Smithy's AWS JSON 1.1 (operation error serialization)."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return Reply(status, body, (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)))


class Chain:
    """The handlers in their order, and the one who records an exchange when it is over, exactly once.

    `failure` words the errors that the gateway itself reports: (exchange, status, code, sentence) -> Reply.
    """

    def __init__(
        self,
        handlers: Sequence[Handler],
        record: Callable[[Exchange], None],
        *,
        failure: Failure = json_failure,
    ) -> None:
        self._handlers: tuple[Handler, ...] = tuple(handlers)
        self._record = record
        self.failure = failure

    def run(self, exchange: Exchange) -> Outcome:
        """Return the first outcome that is not None, from the handler whose turn it is on; never raises."""
        position = exchange._next_handler
        try:
            for handler in self._handlers[position:] if position else self._handlers:
                position += 1
                outcome = handler(exchange)
                if outcome is not None:
                    exchange._next_handler = position
                    return outcome
        except Exception as error:
            return self.failed(exchange, error)
        return self.unanswered(exchange)

    def resume(self, exchange: Exchange, then: Handler) -> Outcome:
        """Return what *then* says now that the body is there, or what the rest of the chain says."""
        try:
            outcome = then(exchange)
        except Exception as error:
            return self.failed(exchange, error)
        return self.run(exchange) if outcome is None else outcome

    def shortly(self, exchange: Exchange, take: Handler) -> Outcome:
        """Return what *take* says, which knows such requests; None leaves the exchange to `run`."""
        try:
            return take(exchange)
        except Exception as error:
            return self.failed(exchange, error)

    def failed(self, exchange: Exchange, error: Exception) -> Reply:
        """Return the 500 for a handler that raised, or the 502 for an emulator that did not answer it."""
        if isinstance(error, BackendError):
            return self.refuse(exchange, 502, "BackendUnavailable", str(error))
        log.error("a handler raised on %s %s", exchange.method, exchange.target, exc_info=error)
        return self.refuse(exchange, 500, "InternalFailure", f"{type(error).__name__}: {error}")

    def unanswered(self, exchange: Exchange) -> Reply:
        """Return the 502 for a request that no handler took."""
        what = f"{exchange.service}:{exchange.operation}" if exchange.operation else "this request"
        line = f"{exchange.method} {exchange.path}"
        return self.refuse(exchange, 502, "NoHandler", f"No handler of the gateway answers {what}: {line}")

    def refuse(self, exchange: Exchange, status: int, code: str, message: str) -> Reply:
        """Return *message* in the shape of an AWS error and note it in `exchange.error`."""
        exchange.error = f"{code}: {message}"
        return self.failure(exchange, status, code, message)

    def record(self, exchange: Exchange) -> None:
        """Hand the finished exchange to the recorder; one that raises is logged and the server lives on."""
        try:
            self._record(exchange)
        except Exception:
            log.exception("the recorder raised on %s %s", exchange.method, exchange.target)


def plain_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return *headers* without those that belong to one connection or to the framing of one body."""
    dropped = {"connection", "keep-alive", "content-length", "transfer-encoding", "trailer", "upgrade"}
    return tuple((name, value) for name, value in headers if name.lower() not in dropped)
