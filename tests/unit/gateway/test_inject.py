"""The injector: which exchanges it lets through, and what it makes of the others."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import pytest

from harness.gateway.chain import RESET, Exchange, ReadBody, Reply
from harness.gateway.inject import INJECTED, OWN_CALLS, Injector, operation_of
from harness.scenario.faults import ConnectionReset, Latency, ServerError, Throttle
from harness.scenario.faults.calls import CallFaults

FORM = "Content-Type: application/x-www-form-urlencoded"


class Clock:
    """Model time that runs a thousand times as fast as the machine's, from 50 s on."""

    speed = 1_000.0

    def now(self) -> float:
        return 50.0

    def real_until(self, model_at: float) -> float:
        return (model_at - 50.0) / self.speed


def injector(*faults: Any) -> Injector:
    made = Injector(CallFaults(faults, 1), Clock())
    made.begin(40.0)
    return made


def call(
    service: str,
    operation: str = "X",
    *headers: str,
    first: str = "POST /",
    at: float = 50.0,
    body: bytes = b"",
) -> Exchange:
    head = "\r\n".join([f"{first} HTTP/1.1", "Host: x", *headers]) + "\r\n\r\n"
    exchange = Exchange.from_head(head.encode(), body=body, received_at=at)
    exchange.service, exchange.operation = service, operation
    return exchange


def test_what_no_fault_hits_goes_on() -> None:
    """Other services, calls of the rehearsal itself, and what comes before, after or outside the window."""
    made = injector(Throttle("sqs", 1.0, after_s=10, until_s=20))
    agent = f"User-Agent: Boto3/1.43 {OWN_CALLS}"
    assert made.handle(call("sns")) is None
    assert made.handle(call("sqs", "X", agent)) is None
    assert made.handle(call("sqs", at=49.9)) is None
    assert made.handle(call("sqs", at=60.0)) is None
    made.end()
    assert made.handle(call("sqs")) is None
    assert Injector(CallFaults([Throttle("sqs", 1.0)], 1), Clock()).handle(call("sqs")) is None


def test_what_is_hit_says_so() -> None:
    """In the record of the exchange, beside the error that the client gets."""
    throttled, broken = call("lambda"), call("sqs", "SendMessage", "X-Amz-Target: AmazonSQS.SendMessage")
    reply = injector(Throttle("lambda", 1.0)).handle(throttled)
    assert isinstance(reply, Reply)
    assert (reply.status, throttled.error) == (429, f"{INJECTED}: TooManyRequestsException: Rate Exceeded.")
    reply = injector(ServerError("sqs", 1.0, 503)).handle(broken)
    assert isinstance(reply, Reply)
    assert (reply.status, broken.error[: len(INJECTED)]) == (503, INJECTED)


def test_a_reset_before_or_after() -> None:
    """Before, the chain ends here; after, it goes on and the connection knows."""
    before, after = call("sqs"), call("sqs")
    assert injector(ConnectionReset("sqs", 1.0)).handle(before) is RESET
    assert before.error.startswith(INJECTED)
    assert injector(ConnectionReset("sqs", 1.0, after_answer=True)).handle(after) is None
    assert after.reset_at_answer.startswith(INJECTED)
    assert not after.error


@pytest.mark.parametrize(("faults", "status"), [((), None), ((Throttle("sqs", 1.0),), 403)])
def test_a_late_call_comes_later(faults: tuple[Any, ...], status: int | None) -> None:
    """It arrives when it has waited, and then goes on or ends as other faults have it."""
    exchange = call("sqs", at=45.0)
    late = injector(Latency("sqs", 1.0, 2.0), *faults).handle(exchange)
    assert isinstance(late, Awaitable)

    async def wait() -> Any:
        return await late

    outcome = asyncio.run(wait())
    assert getattr(outcome, "status", None) == status
    assert exchange.received_at == 50.0


def test_the_body_is_read_only_where_the_operation_is_asked_for() -> None:
    """SNS says it in its form."""
    named, all_of_them = Throttle("sns", 1.0, ("Publish",)), Throttle("sns", 1.0)
    assert isinstance(injector(all_of_them).handle(call("sns", "POST", FORM)), Reply)
    made = injector(named)
    read = made.handle(call("sns", "POST", FORM))
    assert isinstance(read, ReadBody)
    assert read.then(call("sns", "POST", FORM, body=b"TopicArn=a&Action=Subscribe")) is None
    assert isinstance(read.then(call("sns", "POST", FORM, body=b"Action=Publish&Message=b")), Reply)
    made.end()
    assert read.then(call("sns", "POST", FORM, body=b"Action=Publish")) is None


@pytest.mark.parametrize(
    ("exchange", "operation"),
    [
        (call("sqs", "SendMessage"), "SendMessage"),
        (call("s3", "PUT", first="PUT /bucket/key"), "PUT"),
        (call("lambda", "POST", first="POST /2015-03-31/functions/f/invocations"), "Invoke"),
        (call("lambda", "GET", first="GET /2015-03-31/functions"), "GET"),
        (call("sts", "GET", first="GET /?Action=GetCallerIdentity&Version=2011-06-15"), "GetCallerIdentity"),
        (call("sns", "POST", FORM, body=b"Version=1&Action=Publish&Message=Action=No"), "Publish"),
        (call("sns", "POST", FORM, body=b"Version=1"), ""),
    ],
)
def test_operations_are_aws_s(exchange: Exchange, operation: str) -> None:
    """Wherever the protocol says them."""
    assert operation_of(exchange) == operation


def test_a_throttled_invocation_says_why() -> None:
    """As TooManyRequestsException does, so that an injected one can be told from the account's own."""
    reply = injector(Throttle("lambda", 1.0)).handle(call("lambda"))
    assert isinstance(reply, Reply)
    said = json.loads(reply.body)
    assert said == {"Reason": "CallerRateLimitExceeded", "Type": "User", "message": "Rate Exceeded."}


def test_invocations_that_come_by_no_call_are_throttled_too() -> None:
    """Those from queues, and of events; while the faults act, and within their window."""
    made = injector(Throttle("lambda", 1.0, ("Invoke",), until_s=20.0))
    assert made.throttles_invocation()
    made.end()
    assert not made.throttles_invocation()
    assert not injector(Throttle("lambda", 1.0, until_s=5.0)).throttles_invocation()
    assert not injector(Throttle("sqs", 1.0)).throttles_invocation()
