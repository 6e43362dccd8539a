"""A signed request with one byte changed, put in or left out: refused, or the same call by its caller."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_signed import USER, received, signed
from test_guard import Bench, Written, allow

from harness.aws.permission.keys import Key, root_of
from harness.aws.permission.reading import Reader
from harness.aws.permission.signatures import Flaw, flaw_of, needs_body
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import Fetcher
from harness.gateway.handlers import identify
from harness.gateway.head import MalformedError
from harness.gateway.splice import Pool

CALLS = {
    "invocation": signed(
        "sagemaker", "POST", "/endpoints/a/invocations", body=b"1,2", headers={"Content-Type": "text/csv"}
    ),
    "declared": signed(
        "sagemaker",
        "POST",
        "/endpoints/a/invocations",
        body=b"1",
        headers={"X-Amz-Content-SHA256": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},
    ),
    "json": signed(
        "sqs",
        "POST",
        "/",
        body=b'{"QueueUrl":"http://127.0.0.1:4566/123456789012/q"}',
        headers={"X-Amz-Target": "AmazonSQS.PurgeQueue", "Content-Type": "application/x-amz-json-1.0"},
    ),
    "form": signed(
        "sns",
        "POST",
        "/",
        body=b"Action=DeleteTopic&TopicArn=arn:aws:sns:eu-west-1:123456789012:t&Version=2010-03-31",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ),
    "object": signed("s3", "GET", "/bucket/key?versionId=2"),
    "presigned": signed("s3", "GET", "/bucket/key?versionId=2", how="url"),
    "function": signed("lambda", "POST", "/2015-03-31/functions/f/invocations", body=b"{}"),
}
HOW = st.sampled_from(["change", "insert", "delete"])


def mutated(sent: Exchange, at: int, byte: int, how: str) -> Exchange | None:
    """Return *sent* with one byte of it different, as the gateway has it; None for no HTTP request."""
    whole = sent.head + sent.body
    at %= len(whole)
    wire = whole[:at] + (b"" if how == "delete" else bytes([byte])) + whole[at + (how != "insert") :]
    head, found, body = wire.partition(b"\r\n\r\n")
    try:
        exchange = Exchange.from_head(head + found, body=body)
    except MalformedError:
        return None
    identify(exchange)
    return exchange


def said(exchange: Exchange) -> object:
    """Return what decides about *exchange*: who calls what, with which body."""
    call = Reader().read(exchange)
    return exchange.access_key, call and (call.service, call.operation, dict(call.members)), exchange.body


@pytest.fixture(scope="module")
def bench() -> Bench:
    """A guard that lets all pass that is signed, and has seen the honest requests."""
    made = Bench(Written(allow("*")))
    for each in [*CALLS.values()] * 2:
        assert made.ask(replace(each)) is None
    return made


def passes(bench: Bench, sent: Exchange) -> bool:
    """Return whether *sent* may go on; an unknown key is asked of an emulator that is not there."""
    try:
        return bench.ask(sent) is None
    except BackendError:
        return False


@pytest.mark.parametrize("name", CALLS)
@given(at=st.integers(0, 2_000), byte=st.integers(0, 255), how=HOW)
def test_one_byte(bench: Bench, name: str, at: int, byte: int, how: str) -> None:
    """What passes is what was signed, or what AWS itself takes for the same."""
    sent = mutated(CALLS[name], at, byte, how)
    if sent is not None and passes(bench, sent):
        assert said(sent) == said(CALLS[name])


def with_header(sent: Exchange, line: bytes, **changes: object) -> Exchange:
    head = sent.head[:-2] + line + b"\r\n\r\n"
    made = replace(sent, head=head, _lower_head=b"", **changes)  # type: ignore[arg-type]
    identify(made)
    return made


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("form", b"X-Amz-Target: AmazonSQS.PurgeQueue"),
        ("object", b"x-amz-copy-source: /secret/key"),
        ("object", b"X-Amz-Security-Token: x"),
        ("presigned", b"x-amz-acl: public-read"),
        ("function", b"X-Amz-Content-SHA256: UNSIGNED-PAYLOAD"),
        ("json", b"X-Amz-Target: AmazonSQS.DeleteQueue"),
        ("json", b"Host: elsewhere"),
        ("json", b"Authorization: AWS4-HMAC-SHA256 Credential=AKIAOTHER/20260101/eu-west-1/sqs/aws4_request"),
        ("json", b"Content-Encoding: gzip\r\nContent-Encoding: identity"),
    ],
)
def test_a_header_that_nobody_signed(bench: Bench, name: str, line: bytes) -> None:
    """One of AWS's own, or a second one of those that say who calls what, is refused."""
    assert bench.ask(with_header(CALLS[name], line)) is not None


def test_a_second_credential_is_malformed() -> None:
    """The first one would say which service is called, the last one would be verified."""
    sent = CALLS["json"]
    added = b"Credential=AKIAUSER/20260101/eu-west-1/s3/aws4_request, Credential="
    twice = replace(sent, head=sent.head.replace(b"Credential=", added), _lower_head=b"")
    assert flaw_of(twice, Key(USER.access_key, root_of("123456789012"), USER.secret_key)) is Flaw.MALFORMED


def test_host_must_be_signed() -> None:
    """As AWS asks."""
    honest = CALLS["json"]
    value = (honest.header(b"authorization") or b"").decode().replace("host;", "")
    date = (honest.header(b"x-amz-date") or b"").decode()
    sent = received("POST", "http://x/", {"Authorization": value, "X-Amz-Date": date}, b"{}")
    key = Key(USER.access_key, root_of("123456789012"), USER.secret_key)
    assert flaw_of(sent, key) is Flaw.HEADER_LEFT_OUT


def test_a_body_behind_a_get_is_part_of_what_is_signed() -> None:
    """It is read, and does not have the hash of none."""
    plain = signed("lambda", "GET", "/2015-03-31/functions/")
    with_body = with_header(plain, b"Content-Length: 2", body=b"{}")
    assert not needs_body(plain)
    assert needs_body(with_body)
    key = Key(USER.access_key, root_of("123456789012"), USER.secret_key)
    assert flaw_of(with_body, key) is Flaw.MISMATCH


def test_a_declared_hash_is_compared_every_time(bench: Bench) -> None:
    """Also of the request that is like the ones before it: their bodies are not its own."""
    assert bench.ask(replace(CALLS["declared"])) is None
    assert bench.ask(replace(CALLS["declared"], body=b"2")) is not None


def test_different_bytes_that_are_no_utf_8_are_different_names() -> None:
    """Each stood for the same replacement character before."""
    honest = signed("s3", "GET", "/bucket/%EF%BF%BD")
    other = replace(honest, path="/bucket/%FF", target="/bucket/%FF")
    key = Key(USER.access_key, root_of("123456789012"), USER.secret_key)
    assert flaw_of(honest, key) is None
    assert flaw_of(other, key) is Flaw.MISMATCH


@pytest.mark.parametrize("what", ["X-Amz-Credential=AKIAUSER", "X-Amz-Security-Token=x"])
def test_line_breaks_in_a_url_reach_no_emulator(bench: Bench, what: str) -> None:
    """Asked who an unknown key is, an emulator would have read a second request out of it."""
    honest = signed("s3", "GET", "/bucket/key", how="url")
    evil = what + "%0d%0aX: y%0d%0a%0d%0aGET%20/smuggled%20HTTP/1.1"
    query = honest.query.replace(
        "X-Amz-Credential=AKIAUSER", "X-Amz-Credential=AKIAOTHER&X-Amz-Security-Token=x"
    )
    query = query.replace(what.replace("AKIAUSER", "AKIAOTHER"), evil.replace("AKIAUSER", "AKIAOTHER"))
    query = query.replace(" ", "%20")
    sent = replace(honest, query=query, target=f"/bucket/key?{query}")
    identify(sent)
    refusal = bench.ask(sent)  # nobody is asked: the emulator of this bench is not there
    assert refusal is not None
    assert refusal.status in (400, 403)


def test_what_would_be_two_requests_is_not_sent() -> None:
    """Whoever calls an emulator with a line break in a path or a header."""

    async def call(path: str, value: str) -> None:
        await Fetcher(Pool()).fetch(Address("gone", "127.0.0.1", 1), "GET", path, headers=[("X", value)])

    for path, value in (("/a\r\nB: c", ""), ("/", "a\nb"), ("/", "a\rb"), ("/a b", "")):
        with pytest.raises(BackendError, match="would not be one request"):
            asyncio.run(call(path, value))
