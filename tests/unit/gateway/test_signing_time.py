"""Signatures with a wrong clock: AWS's bounds, words and codes."""

import json

import pytest

from harness.gateway.chain import Exchange, Reply
from harness.gateway.signing_time import SigningTime

NOW = 1_746_474_650.0  # 2025-05-05T19:50:50Z
JSON = "X-Amz-Target: AmazonSQS.SendMessage"


def signed(service: str, stamp: str, *headers: str, key: str = "AKID") -> Exchange:
    head = "\r\n".join(["POST / HTTP/1.1", "Host: x", f"X-Amz-Date: {stamp}", *headers]) + "\r\n\r\n"
    exchange = Exchange.from_head(head.encode())
    exchange.service, exchange.access_key = service, key
    return exchange


def outcome(exchange: Exchange, now: float = NOW) -> object:
    return SigningTime(lambda: now).handle(exchange)


@pytest.mark.parametrize(
    ("service", "stamp", "taken"),
    [
        ("sqs", "20250505T193550Z", True),
        ("sqs", "20250505T193549Z", False),
        ("sqs", "20250505T200550Z", True),
        ("sqs", "20250505T200551Z", False),
        ("s3", "20250505T193550Z", True),
        ("s3", "20250505T193549Z", False),
        ("dynamodb", "20250505T194550Z", True),
        ("dynamodb", "20250505T194549Z", False),
        ("dynamodb", "20250505T195550Z", True),
        ("dynamodb", "20250505T195551Z", False),
    ],
)
def test_the_bounds_of_each_service(service: str, stamp: str, taken: bool) -> None:
    """15 minutes at S3 and SQS, 5 at most others; the bound itself is taken."""
    assert (outcome(signed(service, stamp, JSON)) is None) == taken


def test_the_words_are_aws_s() -> None:
    """As SQS said it to somebody on that very day (async-aws issue 1634)."""
    exchange = signed("sqs", "20250505T143857Z", JSON)
    reply = outcome(exchange, NOW - 305)
    assert isinstance(reply, Reply)
    said = json.loads(reply.body)
    assert said == {
        "__type": "InvalidSignatureException",
        "message": "Signature expired: 20250505T143857Z is now earlier than 20250505T193045Z "
        "(20250505T194545Z - 15 min.)",
    }
    assert exchange.error == f"InvalidSignatureException: {said['message']}"


def test_a_clock_that_is_ahead_has_words_of_its_own() -> None:
    """The bound is then in the future."""
    reply = outcome(signed("dynamodb", "20250505T203000Z", JSON))
    assert isinstance(reply, Reply)
    assert b"Signature not yet current: 20250505T203000Z is still later than 20250505T195550Z " in reply.body
    assert b"(20250505T195050Z + 5 min.)" in reply.body


def test_s3_says_both_times() -> None:
    """RequestTimeTooSkewed has members of its own."""
    reply = outcome(signed("s3", "20250505T143857Z"))
    assert isinstance(reply, Reply)
    assert (
        b"<RequestTime>20250505T143857Z</RequestTime><ServerTime>2025-05-05T19:50:50Z</ServerTime>"
        in reply.body
    )
    assert b"<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>" in reply.body


def test_what_is_not_signed_is_left_alone() -> None:
    """No date, no key, or what is no stamp: somebody else may object."""
    undated = Exchange.from_head(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
    undated.access_key = "AKID"
    assert outcome(undated) is None
    assert outcome(signed("sqs", "20200101T000000Z", JSON, key="")) is None
    assert outcome(signed("sqs", "yesterday", JSON)) is None


def test_the_bounds_move_with_the_clock() -> None:
    """They are reckoned once a second, and anew in the next."""
    moments = iter([NOW, NOW, NOW + 1.0])
    clock = SigningTime(lambda: next(moments))
    stamp = "20250505T194550Z"
    outcomes = [clock.handle(signed("dynamodb", stamp, JSON)) is None for _ in range(3)]
    assert outcomes == [True, True, False]
