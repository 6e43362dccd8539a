"""The short way of an InvokeEndpoint like one before: what its head decides is decided once.

Requests with heads alike have the same caller, endpoint, variant and types, and pass the same handlers, which
say nothing. What is left of each is its place in the fleet, the model's answer, and what the journal keeps;
whatever is not as it was goes the long way (`harness.aws.invoke`), which is what this one must equal.
"""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from harness import journal
from harness.aws.aws_json import REQUEST_ID_BEGINS, next_request_number
from harness.endpoint.outcomes import Completed, Rejected
from harness.gateway.chain import REST, Exchange
from harness.gateway.chain import Outcome as Answer
from harness.gateway.connection import Connection
from harness.gateway.handlers import Invocation
from harness.gateway.replies import header_lines, status_line
from harness.gateway.signing_time import SigningTime
from harness.inference import Inference, invoke

if TYPE_CHECKING:
    from harness.aws.invoke import Invoker

_HOUSE = REQUEST_ID_BEGINS.encode()


class Parked(Invocation):
    """An invocation whose answer waits for its moment.

    It does not know its exchange, which knows it: what refers to itself is left to the garbage collector.
    """

    __slots__ = ("body", "head")
    body: bytes
    head: bytes  # of the reply, up to the count in its request id


class Lane:
    """`take` is for `Alike.take`: it answers as *invoker* would, or leaves the request to the handlers.

    *first* is the request that went the long way and was accepted; *record* takes what the journal keeps.
    """

    def __init__(
        self,
        invoker: "Invoker",
        first: Exchange,
        endpoint: str,
        variant: str | None,
        types: tuple[str | None, str | None],
        record: Callable[[journal.Record], None],
    ) -> None:
        self._invoker = invoker
        self._caller = first.service, first.operation, first.access_key
        self._endpoint = endpoint
        self._variant = variant
        self._content_type, self._accept = types
        self._write = record
        self._signing_time = SigningTime()
        self._in_time = b""  # the head whose date was right when last looked at
        self._looks_again_at = 0.0
        self._heads: dict[tuple[str, str], bytes] = {}  # replies up to the count in their request id
        self._times = (0.0, -1.0, 0), b""  # the lines after it, of the last reply: many are equal

    def take(self, exchange: Exchange) -> Answer:
        """Return what becomes of *exchange*, whose body is there; None where that is for others to say."""
        invoker, body = self._invoker, exchange.body
        exchange.service, exchange.operation, exchange.access_key = self._caller
        looked_at = exchange.head is self._in_time and exchange.received_real < self._looks_again_at
        if not (looked_at or self._is_in_time(exchange)) or len(body) > invoker.least_limit_bytes:
            return None
        exchange.judged = True
        number = invoker.number = invoker.number + 1
        taken = invoker.living.arrive(self._endpoint, number, self._variant)
        parked = exchange.detail = Parked(self._endpoint)
        variant = parked.variant = taken.variant
        if type(taken) is Rejected:
            return invoker.reject(exchange, taken, self._endpoint)
        parked.instance = taken[2]
        model = invoker.models.get((self._endpoint, variant))
        if model is None:
            return invoker.park(exchange, parked, number)
        began = perf_counter()
        answer = invoke(model, self._content_type, self._accept, body)
        parked.predict_s = round(perf_counter() - began, 7)
        if type(answer) is not Inference:
            return invoker.park(exchange, parked, number, answer)
        parked.body, content_type, parked.rows = answer
        head = self._heads.get((variant, content_type))
        parked.head = self._begin(variant, content_type) if head is None else head
        invoker.parked[number] = exchange, parked, self
        return REST

    def _is_in_time(self, exchange: Exchange) -> bool:
        if self._signing_time.handle(exchange) is not None:
            return False
        self._in_time = exchange.head
        self._looks_again_at = exchange.received_real + self._signing_time.until_next_second()
        return True

    def _begin(self, variant: str, content_type: str) -> bytes:
        lines = header_lines((("Content-Type", content_type), ("x-Amzn-Invoked-Production-Variant", variant)))
        begins = f"{status_line(200)}{lines}x-amzn-RequestId: ".encode("latin-1") + _HOUSE
        found = self._heads[variant, content_type] = begins
        return found

    def answer(self, exchange: Exchange, parked: Parked, done: Completed) -> None:
        """Send the reply that was *parked*, as it was *done*."""
        queue_s = parked.queue_s = done[4]
        service_s = parked.service_s = done[5]
        exchange.modelled_s = queue_s + service_s
        connection = exchange.answerer
        if type(connection) is not Connection:
            return
        same = queue_s, service_s, len(parked.body)
        of, lines = self._times
        if of != same:
            lines = _time_lines(*same)
            self._times = same, lines
        before = b"%b%012x%b" % (parked.head, next_request_number(), lines)
        connection.send_ready(exchange, before, parked.body, self._record)

    def _record(self, exchange: Exchange) -> None:
        seen = exchange.detail
        assert type(seen) is Parked
        self._write(
            journal.Exchange(
                exchange.received_at,
                exchange.service,
                exchange.operation,
                200,
                "",
                exchange.overhead_s,
                exchange.bytes_in,
                exchange.bytes_out,
                "",
                exchange.access_key,
                seen.endpoint,
                seen.variant,
                seen.instance,
                seen.queue_s,
                seen.service_s,
                seen.rows,
                seen.predict_s,
            )
        )


def _time_lines(queue_s: float, service_s: float, length: int) -> bytes:
    """Return what follows the request id, up to the value of the last line."""
    return (
        f"\r\nX-Harness-Queue-Time: {queue_s:.6f}\r\nX-Harness-Service-Time: {service_s:.6f}\r\n"
        f"Content-Length: {length}\r\nX-Harness-Modelled-Time: {queue_s + service_s:.6f}\r\n"
        "X-Harness-Overhead-Time: "
    ).encode()
