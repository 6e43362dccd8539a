"""The house path by which services inside the backend invoke functions: SNS, S3, EventBridge, API Gateway.

`harness.backends.ministack_functions` posts to it. Which service asks decides whether the function's policy
must let it in (Lambda developer guide, "Viewing resource-based IAM policies in Lambda"), and whether it
waits: SNS, S3 and EventBridge invoke asynchronously, API Gateway and Step Functions do not.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from harness.aws.aws_json import Refused
from harness.aws.functions.refusals import refuse, throttle_reply
from harness.aws.functions.results import Result
from harness.aws.permission import Mode
from harness.gateway.chain import JUDGED, Address, Exchange, Outcome, ReadBody, Reply

PATH = "/_harness/functions/invoke"
# An event of 6 MB, escaped as JSON inside of JSON.
LIMIT_BYTES = 32 * 1024 * 1024
_TOO_LARGE = Reply(413, b"An event is no longer than that.")
# Those that ask under their own name; Step Functions and the Scheduler ask under a role.
PRINCIPALS = {
    "sns": "sns.amazonaws.com",
    "s3": "s3.amazonaws.com",
    "events": "events.amazonaws.com",
    "apigateway": "apigateway.amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class Triggered:
    """An event of a service: `source` is the ARN of what caused it, "" where that is not known."""

    function: str
    service: str
    source: str
    payload: bytes
    asynchronous: bool


class Permits(Protocol):
    """Who knows a function's policy: the stage's permission."""

    @property
    def mode(self) -> Mode: ...

    async def may_invoke(self, service: str, source_arn: str, function_arn: str) -> Any: ...


class Triggers:
    """`handle` is the handler. *invoke* and *accept* carry an event out; *refused* is told of one that the
    function's policy does not let in."""

    def __init__(
        self,
        permits: Callable[[], Permits],
        address: Callable[[], Address],
        invoke: Callable[[Triggered], Awaitable[Result]],
        accept: Callable[[Triggered], Awaitable[None]],
        refused: Callable[[Triggered, str], None],
    ) -> None:
        self._permits = permits
        self._address = address
        self._invoke = invoke
        self._accept = accept
        self._refused = refused

    def handle(self, exchange: Exchange) -> Outcome:
        """Take an event from the backend; leave every other request alone."""
        if exchange.path != PATH or exchange.method != "POST":
            return None
        exchange.service, exchange.operation = "trigger", "Invoke"
        password = self._address().password
        given = exchange.header(JUDGED) or b""
        if not (password and hmac.compare_digest(given, password.encode())):
            return Reply(403, b"Only the backend of this rehearsal may post events here.")
        return ReadBody(self._take, LIMIT_BYTES, _TOO_LARGE)

    async def _take(self, exchange: Exchange) -> Reply:
        told = orjson.loads(exchange.body)
        event = Triggered(
            str(told["function"]),
            str(told["service"]),
            str(told["source"]),
            str(told["payload"]).encode(),
            bool(told["asynchronous"]),
        )
        exchange.operation = f"Invoke by {event.service or 'a service'}"
        why = await self._why_not(event)
        if why:
            self._refused(event, why)
            exchange.error = f"AccessDeniedException: {why}"
            return _json(403, {"reason": why})
        if event.asynchronous:
            try:
                await self._accept(event)
            except Refused as error:
                return refuse(exchange, error)
            return _json(202, {})
        result = await self._invoke(event)
        if result.status == "throttled":
            return throttle_reply(exchange, result.reason)
        return _json(
            200,
            {
                "status": result.status,
                "payload": result.payload.decode("utf-8", "replace"),
                "log": result.log_tail,
            },
        )

    async def _why_not(self, event: Triggered) -> str:
        """Return why the function's policy does not let the service in, "" where it does or nobody asks."""
        principal, permits = PRINCIPALS.get(event.service), self._permits()
        if principal is None or permits.mode is Mode.OFF:
            return ""
        answer = await permits.may_invoke(principal, event.source, event.function)
        if answer is None or answer.allowed or permits.mode is not Mode.ENFORCE:
            return ""
        return str(answer.reason)


def _json(status: int, value: dict[str, Any]) -> Reply:
    return Reply(status, orjson.dumps(value), (("Content-Type", "application/json"),))
