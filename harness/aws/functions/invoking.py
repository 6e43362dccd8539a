"""Invoke and InvokeAsync: what the call says, what is refused before anything runs, and what goes back.

Lambda API reference, Invoke; "Lambda quotas": 6 MB synchronous, 1 MB asynchronous (AWS Compute Blog, "More
room to build: serverless services now support payloads up to 1 MB").
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson

from harness.aws.aws_json import Refused
from harness.aws.functions.names import LATEST, Reference
from harness.aws.functions.refusals import error_reply, refuse, throttle_reply
from harness.aws.functions.results import Result
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply

SYNCHRONOUS_LIMIT_BYTES = 6_291_456
ASYNCHRONOUS_LIMIT_BYTES = 1_048_576
_KINDS = ("RequestResponse", "Event", "DryRun")
_TOO_LARGE = Refused(
    "RequestTooLargeException",
    f"Request must be smaller than {SYNCHRONOUS_LIMIT_BYTES} bytes for the InvokeFunction operation",
    413,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Invoke: `kind` is its InvocationType."""

    reference: Reference
    kind: str
    payload: bytes
    request: str
    tail: bool
    client_context: str
    received_at: float
    caller: str


Answer = Callable[[Call], Awaitable[Result]]


class Invoking:
    """Reads Invoke; *ask* carries a synchronous one out, *accept* takes an asynchronous one.

    *exists* returns the version that a DryRun would run. All three raise Refused.
    """

    def __init__(
        self,
        ask: Answer,
        accept: Callable[[Call], Awaitable[None]],
        exists: Callable[[Reference], Awaitable[str]],
        new_request: Callable[[], str],
        caller_of: Callable[[Exchange], str],
    ) -> None:
        self._ask = ask
        self._accept = accept
        self._exists = exists
        self._new_request = new_request
        self._caller_of = caller_of

    def read(self, reference: Reference, *, asynchronous: bool = False) -> Outcome:
        """Return what reads the body of a call to invoke *reference*, and then carries it out."""

        def then(exchange: Exchange) -> Outcome:
            return self._carry_out(exchange, reference, asynchronous)

        return ReadBody(then, SYNCHRONOUS_LIMIT_BYTES, error_reply(_TOO_LARGE))

    async def _carry_out(self, exchange: Exchange, reference: Reference, asynchronous: bool) -> Reply:
        try:
            call = self._call(exchange, reference, asynchronous)
            if call.kind == "DryRun":
                return Reply(204, b"", (("X-Amz-Executed-Version", await self._exists(reference)),))
            if call.kind == "Event":
                await self._accept(call)
                body = b'{"Status":202}' if asynchronous else b""
                return Reply(202, body, (("x-amzn-RequestId", call.request),))
            result = await self._ask(call)
        except Refused as error:
            return refuse(exchange, error)
        if result.status == "throttled":
            return throttle_reply(exchange, result.reason)
        if result.status == "error":
            exchange.error = result.error
        return _reply(result, call)

    def _call(self, exchange: Exchange, reference: Reference, asynchronous: bool) -> Call:
        kind = "Event" if asynchronous else _text(exchange, b"x-amz-invocation-type") or "RequestResponse"
        if kind not in _KINDS:
            raise Refused(
                "InvalidParameterValueException",
                f"1 validation error detected: Value '{kind}' at 'invocationType' failed to satisfy "
                "constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
            )
        payload = exchange.body or b"{}"
        if kind == "Event" and len(payload) > ASYNCHRONOUS_LIMIT_BYTES:
            raise Refused(
                "RequestTooLargeException",
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {ASYNCHRONOUS_LIMIT_BYTES} bytes)",
                413,
            )
        _check_json(payload)
        return Call(
            reference,
            kind,
            payload,
            self._new_request(),
            _text(exchange, b"x-amz-log-type") == "Tail",
            _client_context(exchange),
            exchange.received_at,
            self._caller_of(exchange),
        )


def _reply(result: Result, call: Call) -> Reply:
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", call.request),
        ("X-Amz-Executed-Version", result.version or LATEST),
    ]
    if result.status == "error":
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    if call.tail:
        headers.append(("X-Amz-Log-Result", base64.b64encode(result.log_tail.encode()).decode()))
    return Reply(200, result.payload, tuple(headers))


def _check_json(payload: bytes) -> None:
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise Refused(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from None


def _client_context(exchange: Exchange) -> str:
    """Return the client context as JSON, "" without one; it travels in base 64."""
    sent = _text(exchange, b"x-amz-client-context")
    if not sent:
        return ""
    try:
        text = base64.b64decode(sent, validate=True)
        orjson.loads(text)
        return text.decode("latin-1")
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        raise Refused(
            "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."
        ) from None


def _text(exchange: Exchange, name: bytes) -> str:
    return (exchange.header(name) or b"").decode("latin-1")
