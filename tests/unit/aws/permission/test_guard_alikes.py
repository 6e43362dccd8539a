"""What the gateway has learnt of a client's heads changes nothing in how the guard decides."""

from functools import cache
from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st
from requests_signed import signed
from test_guard import SESSION, Bench, Written, allow

from harness.aws.permission.likeness import Likeness
from harness.errors import BackendError
from harness.gateway.alike import Alikes
from harness.gateway.chain import Exchange, split_target
from harness.gateway.handlers import identify
from harness.gateway.head import MalformedError, RequestHead, parse_request

PATH = "/endpoints/ranker/invocations"
ID = {"amz-sdk-invocation-id": "8b6f5c3a-1111-2222-3333-444455556666", "Content-Type": "text/csv"}
BODY = b"1,2,3"
# Who signs what: little, ids and lengths too, with a token, S3 with a declared hash, nothing.
KINDS = {
    "plain": lambda: signed("sagemaker", "POST", PATH, body=BODY),
    "all signed": lambda: signed(
        "sagemaker", "POST", PATH, body=BODY, headers=ID | {"Content-Length": str(len(BODY))}
    ),
    "session": lambda: signed("sagemaker", "POST", PATH, who=SESSION, body=BODY, headers=ID),
    "s3": lambda: signed(
        "s3", "PUT", "/bucket-of-models/key", body=BODY, headers={"Content-Length": str(len(BODY))}
    ),
    "sqs": lambda: signed("sqs", "POST", "/", body=BODY, headers={"X-Amz-Target": "AmazonSQS.SendMessage"}),
}


def bench() -> Bench:
    made = Bench(Written(allow("sagemaker:InvokeEndpoint", "s3:PutObject")))
    cast(Written, made.guard._judge._policies).read = True
    return made


def told(at: Bench, head: bytes, alikes: Alikes[RequestHead] | None) -> tuple[int, str]:
    """Return status and error of *head* with BODY, 0 where it may pass; as the gateway would ask."""
    found = alikes.find(head, len(head)) if alikes is not None else None
    if found is None:
        try:
            request = parse_request(head)
        except MalformedError:
            return -1, ""
        if alikes is not None:
            found = alikes.learn(head, request, *split_target(request.target))
    exchange = Exchange.from_head(head, body=BODY)
    exchange.alike = found
    identify(exchange)
    try:
        refusal = at.ask(exchange)
    except BackendError:  # whose key it is was asked: there is nobody
        return -2, ""
    return (refusal.status, exchange.error.partition(":")[0]) if refusal else (0, "")


@cache
def known(kind: str) -> tuple[Bench, Alikes[RequestHead], bytes]:
    """Return a guard and a connection that have seen a client's requests, and the last of them."""
    at, alikes, honest = bench(), Alikes[RequestHead](), KINDS[kind]()
    for _ in range(6):
        told(at, honest.head, alikes)
    return at, alikes, honest.head


def place(kind: str, of: bytes) -> int:
    return known(kind)[2].lower().index(of) + len(of)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_no_changed_byte_is_taken_for_what_was_known(kind: str, data: st.DataObject) -> None:
    """Every byte of a known head changed in every way: decided as by a guard that has seen nothing."""
    at, alikes, head = known(kind)
    changed = bytearray(head)
    for _ in range(data.draw(st.integers(0, 2))):
        where = data.draw(st.integers(0, len(head) - 1))
        changed[where] = data.draw(st.integers(0, 255) | st.sampled_from(b"0123456789abcdef"))
    assert told(at, bytes(changed), alikes) == told(bench(), bytes(changed), None)


@given(st.sampled_from(["amz-sdk-invocation-id: ", "content-length: ", "x-amz-date: "]), st.integers(0, 4))
@example("amz-sdk-invocation-id: ", 0)
@example("content-length: ", 0)
def test_what_is_signed_may_not_differ(name: str, at: int) -> None:
    """Also what the gateway's likeness leaves open: ids and lengths, where a client signs them."""
    guard, alikes, head = known("all signed")
    where = place("all signed", name.encode()) + (at if name != "content-length: " else 0)
    other = head[:where] + (b"7" if head[where : where + 1] != b"7" else b"8") + head[where + 1 :]
    assert told(guard, head, alikes) == (0, "")
    assert told(guard, other, alikes) == told(bench(), other, None) != (0, "")


def test_what_is_known_is_used() -> None:
    """The properties above are about requests that go the short way."""
    for kind in ("plain", "all signed"):
        at, alikes, head = known.__wrapped__(kind)
        assert told(at, head, alikes) == (0, "")
        assert alikes.last is not None
        assert (alikes.last.memo is not None) is (kind == "plain")
        if alikes.last.memo is None:
            continue
        assert isinstance(cast(tuple[Likeness], alikes.last.memo[1])[0], Likeness)
