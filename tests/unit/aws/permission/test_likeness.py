"""A request like one before is judged in a moment, and one that only looks like it is not let through."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_signed import USER, signed

from harness.aws.permission.keys import Key, root_of
from harness.aws.permission.likeness import Likeness, likeness
from harness.aws.permission.signatures import flaw_of
from harness.config import Credentials
from harness.gateway.chain import Exchange

SDK = {"amz-sdk-invocation-id": "8b6f5c3a-1111-2222-3333-444455556666", "Content-Type": "text/csv"}
SESSION = Credentials("ASIASESSION", "secret-of-the-session", "the-token")


def kept(exchange: Exchange, who: Credentials = USER) -> Likeness:
    key = Key(who.access_key, root_of("123456789012"), who.secret_key, who.session_token or "")
    assert flaw_of(exchange, key) is None
    found = likeness(exchange, key)
    assert found is not None
    return found


def call(body: bytes = b"1,2", who: Credentials = USER) -> Exchange:
    return signed("sagemaker", "POST", "/endpoints/ranker/invocations", who=who, body=body, headers=SDK)


def put(body: bytes = b"1,2") -> Exchange:
    return signed("s3", "PUT", "/bucket/key", body=body)


@pytest.mark.parametrize("who", [USER, SESSION])
def test_the_next_call_of_the_same_kind_is_recognised(who: Credentials) -> None:
    """Another body, another moment, another signature."""
    first = kept(call(who=who), who)
    second = call(b"3,4", who)
    assert first.fits(second.head)
    assert first.verifies(second.head, b"3,4")
    assert not first.verifies(second.head, b"3,5")


def test_a_declared_hash_stands_for_the_body() -> None:
    """As S3's clients send it."""
    first, second = kept(put()), put(b"another")
    assert first.declared is not None
    assert first.fits(second.head)
    assert first.verifies(second.head, b"")


@given(st.data())
def test_no_byte_of_a_head_can_be_changed(data: st.DataObject) -> None:
    """What is changed does not fit, or is not what was signed; only what clients do not sign may differ."""
    make = data.draw(st.sampled_from([call, put]))
    honest = make()
    first = kept(honest)
    at = data.draw(st.integers(0, len(honest.head) - 1))
    changed = bytearray(honest.head)
    changed[at] ^= data.draw(st.integers(1, 255))
    head = bytes(changed)
    passes = first.fits(head) and first.verifies(head, honest.body)
    unsigned = honest.head.find(b"amz-sdk-invocation-id: ") + 23
    in_unsigned = (
        unsigned > 23 and unsigned <= at < unsigned + 36 and b"amz-sdk-invocation-id" not in _signed(honest)
    )
    assert not passes or in_unsigned


def _signed(exchange: Exchange) -> bytes:
    return (exchange.header(b"authorization") or b"").partition(b"SignedHeaders=")[2].partition(b",")[0]


def test_what_is_signed_in_its_url_has_no_likeness() -> None:
    """There is no Authorization header."""
    exchange = signed("s3", "GET", "/bucket/key", how="url")
    assert likeness(exchange, Key("AKIAUSER", root_of("1"), USER.secret_key)) is None


def test_a_header_that_is_sent_twice_has_no_likeness() -> None:
    """Which of them counts is not a matter of places."""
    exchange = put()
    twice = replace(
        exchange, head=exchange.head[:-2] + b"X-Amz-Date: 20200101T000000Z\r\n\r\n", _lower_head=b""
    )
    key = Key("AKIAUSER", root_of("1"), USER.secret_key)
    assert flaw_of(exchange, key) is None
    assert likeness(twice, key) is None or not kept(exchange).fits(twice.head)


def test_what_was_right_a_moment_ago_is_right_for_just_the_same_body() -> None:
    """The signature of the call before stands for its own body in its own second, and for nothing else."""
    first, other = call(), call(b"3,4")
    found = kept(first)
    for _ in range(2):
        assert found.verifies(first.head, b"1,2")
    assert not found.verifies(first.head, b"3,4")
    assert not found.verifies(other.head, b"1,2")
    assert found.verifies(other.head, b"3,4")
    assert found.verifies(first.head, b"1,2")


def test_a_declared_hash_is_not_another_ones_signature() -> None:
    """Nor is the signature of one hash that of the next."""
    first, other = put(), put(b"another")
    found = kept(first)
    assert found.verifies(first.head, b"")
    assert found.declared is not None
    start, end = found.declared
    mixed = first.head[:start] + other.head[start:end] + first.head[end:]
    assert not found.verifies(mixed, b"")
    assert found.verifies(other.head, b"")


def test_another_day_is_another_scope() -> None:
    """The date of a request must be the day of its credential's scope."""
    first = call()
    found = kept(first)
    start, end = found.date
    moved = first.head[:start] + b"20000101T000000Z" + first.head[end:]
    assert not found.verifies(moved, first.body)


def test_long_bodies_are_not_kept() -> None:
    """They are hashed again, and found right again."""
    body = b"1," * 20_000
    first = call(body)
    found = kept(first)
    for _ in range(2):
        assert found.verifies(first.head, body)
    assert found.seconds[0].covered is None
