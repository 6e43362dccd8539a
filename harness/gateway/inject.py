"""Puts the declared faults into the request path: after a call is identified, before anybody answers it.

What happens to a call is chosen by `harness.scenario.faults.calls`; here it is carried out.
"""

import asyncio
import re
from time import perf_counter

from harness.gateway.chain import RESET, Exchange, Outcome, ReadBody, Reply
from harness.gateway.error_shapes import error_reply, is_query
from harness.gateway.house import ModelClock
from harness.scenario.faults.calls import CallFaults, Choice, Ending
from harness.scenario.faults.connection_reset import ConnectionReset
from harness.scenario.faults.services import failed, throttled
from harness.scenario.faults.throttle import Throttle

# What the User-Agent of the rehearsal's own calls holds: it deploys, looks and clears up, and is no part of
# what is rehearsed.
OWN_CALLS = "harness-own-call"
_OWN_CALLS = OWN_CALLS.encode()
# What `Exchange.error` of a call that was hit begins with.
INJECTED = "Injected fault"
# A batch of SNS or SQS is 1 MiB at most, a third longer in a form.
BODY_LIMIT_BYTES = 4 * 1024 * 1024
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")


class Injector:
    """`handle` is the handler. Nothing is hit before `begin` and after `end`, which any thread may call."""

    def __init__(self, faults: CallFaults, clock: ModelClock) -> None:
        self._faults = faults
        self._clock = clock
        self._began_at: float | None = None
        self._read = ReadBody(self._inject, BODY_LIMIT_BYTES, Reply(413))

    def begin(self, at: float) -> None:
        """Let the faults act; their windows are counted from model second *at*."""
        self._began_at = at

    def end(self) -> None:
        """Let no fault act any more."""
        self._began_at = None

    def handle(self, exchange: Exchange) -> Outcome:
        """Return what a fault makes of the call, None where none does."""
        began_at = self._began_at
        if began_at is None or exchange.service not in self._faults.services:
            return None
        if _OWN_CALLS in (exchange.header(b"user-agent") or b""):
            return None
        since = exchange.received_at - began_at
        if self._faults.asks_operation(exchange.service, since) and _is_in_body(exchange):
            return self._read
        return self._inject(exchange)

    def throttles_invocation(self) -> bool:
        """Return whether a fault throttles an invocation of a function that comes now and by no call: from a
        queue, or of an event that Lambda holds."""
        began_at = self._began_at
        return began_at is not None and self._faults.throttles(
            "lambda", "Invoke", self._clock.now() - began_at
        )

    def _inject(self, exchange: Exchange) -> Outcome:
        began_at = self._began_at
        if began_at is None:  # it ended while the body came in
            return None
        since = exchange.received_at - began_at
        choice = self._faults.choose(exchange.service, operation_of(exchange), since)
        if choice is None:
            return None
        if not choice.delay_s:
            return _ended(exchange, choice.ending)
        return self._late(exchange, choice)

    async def _late(self, exchange: Exchange, choice: Choice) -> Outcome:
        await asyncio.sleep(choice.delay_s / self._clock.speed)
        # It arrives only now: the time on its way is neither the model's nor the harness's own.
        exchange.received_at, exchange.received_real = self._clock.now(), perf_counter()
        return _ended(exchange, choice.ending)


def operation_of(exchange: Exchange) -> str:
    """Return the operation that *exchange* calls, as AWS names it; where only the path would tell, the HTTP
    method, but for Lambda's Invoke. That of a form needs its body."""
    if is_query(exchange):
        found = _ACTION.search(exchange.query.encode("latin-1")) or _ACTION.search(exchange.body)
        return found[1].decode() if found else ""
    if exchange.service == "lambda" and exchange.path.endswith("/invocations"):
        return "Invoke"
    return exchange.operation


def _is_in_body(exchange: Exchange) -> bool:
    return is_query(exchange) and "Action=" not in exchange.query


def _ended(exchange: Exchange, ending: Ending | None) -> Outcome:
    """Return how the call ends by *ending*; None lets it go on."""
    if ending is None:
        return None
    if isinstance(ending, ConnectionReset):
        if ending.after_answer:
            exchange.reset_at_answer = f"{INJECTED}: connection reset after the call was carried out"
            return None
        exchange.error = f"{INJECTED}: connection reset before the call arrived"
        return RESET
    service = exchange.service
    error = throttled(service) if isinstance(ending, Throttle) else failed(service, ending.status)
    exchange.error = f"{INJECTED}: {error.code}: {error.message}"
    return error_reply(exchange, error)
