"""The chain: order, outcomes, and errors that end as answers."""

import json
import logging

import pytest

from harness.errors import BackendError
from harness.gateway.chain import (
    REST,
    Address,
    Chain,
    Exchange,
    Forward,
    Outcome,
    Reply,
    plain_headers,
    split_target,
)

HEAD = (
    b"POST /queue?a=b HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
    b"X-Twice: 1\r\nX-Twice:2\r\n\r\n"
)


def exchange() -> Exchange:
    return Exchange.from_head(HEAD)


def passes(_exchange: Exchange) -> Outcome:
    return None


def raises(_exchange: Exchange) -> Outcome:
    raise ZeroDivisionError("no instances")


def test_the_first_outcome_counts() -> None:
    """Handlers run in order until one answers."""
    chain = Chain([passes, lambda _: Reply(201), lambda _: Reply(202)], print)
    assert chain.run(exchange()) == Reply(201)


def test_it_goes_on_where_it_stopped() -> None:
    """After ReadBody, a `then` that has no answer leaves it to the handlers that follow."""
    forward = Forward(Address("moto", "127.0.0.1", 1))
    chain = Chain([lambda _: REST, lambda _: forward], print)
    one = exchange()
    assert chain.run(one) is REST
    assert chain.resume(one, passes) is forward


def test_a_handler_that_raises_is_a_500() -> None:
    """An error in a handler ends as an AWS-shaped InternalFailure, and in exchange.error."""
    one = exchange()
    reply = Chain([raises], print).run(one)
    assert isinstance(reply, Reply)
    assert reply.status == 500
    assert json.loads(reply.body) == {
        "__type": "InternalFailure",
        "message": "ZeroDivisionError: no instances",
    }
    assert one.error == "InternalFailure: ZeroDivisionError: no instances"


def test_a_body_handler_that_raises_is_a_500() -> None:
    """The same holds for what runs once the body is there."""
    reply = Chain([], print).resume(exchange(), raises)
    assert isinstance(reply, Reply)
    assert reply.status == 500


def test_a_backend_that_is_down_is_a_502() -> None:
    """A handler that could not reach an emulator answers 502 with the emulator's sentence."""

    def calls(_exchange: Exchange) -> Outcome:
        raise BackendError("The emulator moto at 127.0.0.1:1 takes no connection.")

    reply = Chain([calls], print).run(exchange())
    assert isinstance(reply, Reply)
    assert reply.status == 502
    assert b"moto at 127.0.0.1:1" in reply.body


def test_nobody_answers() -> None:
    """A request that passes every handler is a 502 that says which request it was."""
    one = exchange()
    one.service, one.operation = "sqs", "SendMessage"
    reply = Chain([passes], print).run(one)
    assert isinstance(reply, Reply)
    assert reply.status == 502
    assert b"sqs:SendMessage: POST /queue" in reply.body


def test_a_failure_can_be_worded_otherwise() -> None:
    """Who builds the chain chooses the shape of its errors."""
    chain = Chain([raises], print, failure=lambda _e, status, code, message: Reply(status, code.encode()))
    assert chain.run(exchange()) == Reply(500, b"InternalFailure")


def test_a_recorder_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A recorder that fails takes nothing down; the log says so."""

    def broken(_exchange: Exchange) -> None:
        raise OSError("disk full")

    with caplog.at_level(logging.ERROR):
        Chain([], broken).record(exchange())
    assert "the recorder raised on POST /queue" in caplog.text


def test_headers_in_any_case() -> None:
    """A header is found under any spelling; the first of two counts; a missing one is None."""
    one = exchange()
    assert one.header(b"x-amz-target") == b"AmazonSQS.SendMessage"
    assert one.header(b"HOST") == b"x"
    assert one.header(b"x-twice") == b"1"
    assert one.header(b"x-amz") is None
    assert one.headers()[-2:] == [(b"X-Twice", b"1"), (b"X-Twice", b"2")]


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a%20b?c=d?e", "/a%20b", "c=d?e"),
        ("http://host:1/a?b", "/a", "b"),
        ("http://host", "/", ""),
        ("http://host?a=/b", "/", "a=/b"),
        ("*", "*", ""),
        ("/proxy?to=http://x/", "/proxy", "to=http://x/"),
    ],
)
def test_targets(target: str, path: str, query: str) -> None:
    """Path and query come out of every form of request target, still encoded."""
    assert split_target(target) == (path, query)


def test_plain_headers() -> None:
    """What belongs to one connection or one framing does not go into another reply."""
    given = (("Content-Type", "a"), ("content-length", "1"), ("Transfer-Encoding", "chunked"))
    assert plain_headers(given) == (("Content-Type", "a"),)


def test_an_answer_without_a_server_is_lost() -> None:
    """An exchange that came from no connection takes an answer and does nothing."""
    unconnected = exchange()
    unconnected.answer(Reply(200))

    assert (unconnected.status, unconnected.bytes_out) == (0, 0)
