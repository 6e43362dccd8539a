"""Heads that are alike: what is taken for known is what reading it anew would find."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from client_by_hand import Client, StoppedClock, Transport, echo
from hypothesis import example, given
from hypothesis import strategies as st

from harness.gateway.alike import SHARED, Alike, Alikes, alike
from harness.gateway.chain import Chain, Exchange, split_target
from harness.gateway.connection import Connection
from harness.gateway.handlers import identify
from harness.gateway.head import ReplyHead, RequestHead, parse_reply, parse_request
from harness.gateway.house import House
from harness.gateway.splice import Pool

REQUEST = (
    b"POST /endpoints/ranker/invocations?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"X-Amz-Date:  20260301T101112Z \r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260301/us-east-1/sagemaker/aws4_request, "
    b"SignedHeaders=host;x-amz-date, Signature=" + b"ab" * 32 + b"\r\n"
    b"amz-sdk-invocation-id: 8b6f5c3a-1111-2222-3333-444455556666\r\nContent-Length: 120\r\n\r\n"
)
REPLY = (
    b"HTTP/1.1 200 OK\r\nDate: Sun, 01 Mar 2026 10:11:12 GMT\r\nx-amzn-RequestId: 0f-1\r\n"
    b"Content-Length: 17\r\n\r\n"
)
BYTES = st.one_of(st.integers(0, 255), st.sampled_from(b"\r\n\0:,;/ 19azAZ"))
EDITS = st.lists(st.tuples(st.integers(0, 400), BYTES), max_size=3)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def edited(head: bytes, edits: list[tuple[int, int]]) -> bytes:
    data = bytearray(head)
    for at, byte in edits:
        data[at % len(data)] = byte
    return bytes(data)


def known(head: bytes) -> RequestHead:
    return alike(head, parse_request(head)).read_in(head)


@given(EDITS)
@example([(REQUEST.index(b"120"), ord("x"))])
@example([(REQUEST.index(b"8b6f"), ord("\r"))])
@example([(REQUEST.index(b"120"), ord("9")), (REQUEST.index(b"abab"), ord("c"))])
def test_what_fits_reads_as_it_would_anew(edits: list[tuple[int, int]]) -> None:
    """Whatever bytes change, a request that fits is well-formed and declares and names what is said of it."""
    first = alike(REQUEST, parse_request(REQUEST), *split_target(parse_request(REQUEST).target))
    data = edited(REQUEST, edits)
    if not first.fits(data):
        return
    assert first.read_in(data) == parse_request(data)
    assert (first.path, first.query) == split_target(first.read.target)
    one, other = Exchange.from_head(REQUEST), Exchange.from_head(data)
    identify(one)
    identify(other)
    assert (one.service, one.access_key, one.operation) == (other.service, other.access_key, other.operation)


@given(EDITS)
@example([(REPLY.index(b"01 Mar"), ord("3")), (REPLY.index(b"17"), ord("2"))])
def test_a_reply_that_fits_is_framed_as_it_would_be_anew(edits: list[tuple[int, int]]) -> None:
    """Whatever bytes change, a reply that fits ends where its own head says."""
    first, data = alike(REPLY, parse_reply(REPLY)), edited(REPLY, edits)
    if first.fits(data):
        assert first.read_in(data) == parse_reply(data)


@given(EDITS, st.integers(0, 130))
def test_a_client_that_is_known_is_understood_as_a_new_one(
    loop: asyncio.AbstractEventLoop, edits: list[tuple[int, int]], more: int
) -> None:
    """After requests that were alike, whatever comes is taken, answered and recorded as from a new client."""
    last = edited(REQUEST, edits) + b"x" * more
    understood = []
    for before in (0, 4):
        recorded: list[Exchange] = []
        house = House(Chain([echo], recorded.append), StoppedClock(), Pool(), loop)
        connection, transport = Connection(house), Transport()
        connection.connection_made(transport)
        client = Client(connection, transport)
        client.send((REQUEST + b"x" * 120) * before)
        answered = len(transport.written)
        client.send(last)
        rest = re.sub(rb"Time: -?[\d.]+", b"", transport.written[answered:])
        ended = [(one.head, one.method, one.path, one.query, one.body, one.status) for one in recorded]
        understood.append((rest, ended[before:], transport.closing))
    assert understood[0] == understood[1]


def test_other_values_fit() -> None:
    """Another date, signature, id and length of as many bytes are another request of the same kind."""
    other = REQUEST.replace(b"101112", b"235959").replace(b"abab", b"0000").replace(b"120", b"987")
    first = alike(REQUEST, parse_request(REQUEST))
    assert first.fits(other + b"and its body")
    assert first.read_in(other).length == 987
    assert not first.fits(REQUEST.replace(b"AKIA", b"ASIA"))


def test_two_lengths_of_a_reply_stay_as_they_are() -> None:
    """A reply may say its length twice; such a head is alike only with the same ones."""
    twice = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\nContent-Length: 17\r\n\r\n"
    first = alike(twice, ReplyHead(200, 17))
    assert first.fits(twice)
    assert not first.fits(twice.replace(b"17", b"18", 1))


def test_headers_are_found_where_they_stood() -> None:
    """Of requests that are alike each shows its own values, and those that it has not as missing."""
    other = REQUEST.replace(b"101112", b"235959")
    first = alike(REQUEST, parse_request(REQUEST))
    for head, date in ((REQUEST, b"20260301T101112Z"), (other, b"20260301T235959Z")):
        exchange = Exchange.from_head(head)
        exchange.alike = first
        assert exchange.header(b"x-amz-date") == date
        assert exchange.header(b"x-amz-target") is None
    assert set(first.places) == {b"x-amz-date", b"x-amz-target"}


def test_a_connection_learns_what_comes_again() -> None:
    """The first request is read; from the second of its kind on it is known; a long head never is."""
    alikes: Alikes[RequestHead] = Alikes()
    for head, learnt in ((REQUEST, False), (REQUEST, True)):
        assert alikes.find(head, len(head)) is None
        assert (alikes.learn(head, known(head)) is alikes.last) is learnt
    assert alikes.find(REQUEST, len(REQUEST)) is alikes.last
    long = REQUEST[:-2] + b"X-Long: " + b"a" * 5000 + b"\r\n\r\n"
    for _ in range(20):
        alikes.learn(long, parse_request(long))
    assert alikes.find(long, len(long)) is None


def test_a_client_whose_requests_all_differ_is_learnt_seldom() -> None:
    """Of requests that are as long but never alike every eighth is learnt, so that learning costs little."""
    alikes: Alikes[RequestHead] = Alikes()
    learnt = 0
    for number in range(800):
        head = b"GET /%04d HTTP/1.1\r\n\r\n" % number
        assert alikes.find(head, len(head)) is None
        learnt += alikes.learn(head, parse_request(head)) is alikes.last
    assert 90 <= learnt <= 110


def test_connections_that_send_the_same_have_it_in_common() -> None:
    """Equal likenesses of one scope are one; of another scope, or beyond the bound, they are not."""
    shared: dict[tuple[object, ...], Alike[RequestHead]] = {}
    here, there, elsewhere = (Alikes(shared, (scope,)) for scope in ("10.0.0.1", "10.0.0.1", "10.0.0.2"))
    for each in (here, there, elsewhere):
        for _ in range(2):
            each.learn(REQUEST, parse_request(REQUEST))
    assert here.last is there.last is not None
    assert elsewhere.last is not here.last
    shared.update(((number,), here.last) for number in range(SHARED))
    Alikes(shared).learn(REQUEST, parse_request(REQUEST))
    fresh = Alikes(shared, ("10.0.0.1",))
    for _ in range(2):
        fresh.learn(REQUEST, parse_request(REQUEST))
    assert fresh.last is not here.last
    assert len(shared) < SHARED
