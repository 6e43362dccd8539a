"""Signatures: what botocore signs holds, what is changed afterwards does not."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_signed import USER, received, signed

from harness.aws.permission.keys import Key, root_of
from harness.aws.permission.signatures import Flaw, flaw_of, needs_body
from harness.config import Credentials
from harness.gateway.chain import Exchange

SESSION = Credentials("ASIASESSION", "secret-of-the-session", "the-token")


def key(who: Credentials = USER, **changes: object) -> Key:
    made = Key(who.access_key, root_of("123456789012"), who.secret_key, who.session_token or "")
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    "exchange",
    [
        signed(
            "sagemaker", "POST", "/endpoints/a/invocations", body=b"1,2", headers={"Content-Type": "text/csv"}
        ),
        signed("lambda", "GET", "/2015-03-31/functions/arn%3Aaws%3Alambda/x?B=a%2Cb&A=1"),
        signed("s3", "PUT", "/bucket/a%20b/%C3%A4%2Bx?uploads&partNumber=2", body=b"part"),
        signed("s3", "GET", "/bucket/key?versionId=2", how="url"),
        signed("s3", "GET", "/bucket/key?versionId=2", how="url-v2"),
        signed("lambda", "GET", "/2015-03-31/functions/x?B=a&A=1", how="url"),
        signed("sqs", "POST", "/", body=b"{}", headers={"X-Amz-Target": "AmazonSQS.ListQueues"}),
    ],
    ids=["invocation", "encoded path", "object", "url", "old url", "url of lambda", "json"],
)
def test_what_botocore_signs_holds_with_that_secret_alone(exchange: Exchange) -> None:
    """Header and URL, version 2 and 4, S3 and others."""
    assert flaw_of(exchange, key()) is None
    assert flaw_of(exchange, key(secret="another")) is Flaw.MISMATCH


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20))
def test_any_name_of_an_object_can_be_signed(name: str) -> None:
    """Names are encoded in many ways; none is refused for how it is encoded."""
    path = "/bucket/" + quote(name, safe="/~")
    if "//" not in path and "/." not in path:
        assert flaw_of(signed("s3", "GET", path), key()) is None


def test_a_path_that_the_client_did_not_encode_as_aws_does_is_signed_as_aws_would() -> None:
    """`(` may stand as it is in a URL, but AWS signs %28."""
    honest = signed("s3", "GET", "/bucket/a%281%29")
    sent = replace(honest, path="/bucket/a(1)", target="/bucket/a(1)")
    assert flaw_of(sent, key()) is None


def test_an_old_url_of_a_bucket_is_signed_with_a_slash_at_its_end() -> None:
    """As SDKs do, which ask without it; of an object the name is what counts."""
    honest = signed("s3", "GET", "/bucket/?prefix=a", how="url-v2")
    assert flaw_of(replace(honest, path="/bucket"), key()) is None
    key_with_slash = signed("s3", "GET", "/bucket/folder/", how="url-v2")
    assert flaw_of(replace(key_with_slash, path="/bucket/folder"), key()) is Flaw.MISMATCH


def test_a_changed_body_path_query_or_header_is_a_mismatch() -> None:
    """Each of them is part of what is signed."""
    honest = signed(
        "sagemaker", "POST", "/endpoints/a/invocations", body=b"1", headers={"Content-Type": "text/csv"}
    )
    for changed in (
        replace(honest, body=b"2"),
        replace(honest, path="/endpoints/b/invocations"),
        replace(honest, query="x=1"),
        replace(honest, method="PUT"),
        replace(honest, head=honest.head.replace(b"text/csv", b"text/cvs"), _lower_head=b""),
    ):
        assert flaw_of(changed, key()) is Flaw.MISMATCH


def test_a_declared_hash_is_what_is_signed_so_that_a_body_need_not_be_read() -> None:
    """Of S3, and of others who declare it; a body that was read must have it."""
    put = signed("s3", "PUT", "/bucket/key", body=b"object")
    assert not needs_body(put)
    assert flaw_of(replace(put, body=b""), key()) is None
    assert flaw_of(replace(put, body=b"another"), key()) is Flaw.BODY_MISMATCH
    assert needs_body(signed("sqs", "POST", "/", body=b"{}"))
    assert not needs_body(signed("s3", "PUT", "/bucket/key", how="url"))


def test_unsigned_and_streamed_payloads_are_signed_by_their_word() -> None:
    """UNSIGNED-PAYLOAD and STREAMING-… stand in the place of the hash."""
    for word in ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        put = signed("lambda", "PUT", "/x", headers={"X-Amz-Content-SHA256": word})
        assert flaw_of(replace(put, body=b"whatever"), key()) is None


def test_temporary_credentials_need_their_own_token_and_expire() -> None:
    """Without it they are unknown, with another invalid, after their time expired."""
    call = signed("sqs", "POST", "/", who=SESSION, body=b"{}")
    assert flaw_of(call, key(SESSION)) is None
    assert flaw_of(call, key(SESSION, token="another")) is Flaw.INVALID_TOKEN
    without = signed("sqs", "POST", "/", who=replace(SESSION, session_token=None), body=b"{}")
    assert flaw_of(without, key(SESSION)) is Flaw.UNKNOWN_KEY
    assert flaw_of(call, key(SESSION, expires_at=100.0), steady_now=lambda: 100.0) is Flaw.EXPIRED_TOKEN
    assert flaw_of(call, key(USER)) is Flaw.INVALID_TOKEN


def test_an_inactive_key_is_one_that_nobody_knows() -> None:
    """UpdateAccessKey made it Inactive."""
    assert flaw_of(signed("sqs", "POST", "/"), key(active=False)) is Flaw.UNKNOWN_KEY


def test_a_key_whose_secret_nobody_told_passes() -> None:
    """There is nothing to check it with; its token and its parts are looked at all the same."""
    assert flaw_of(signed("sqs", "POST", "/"), key(secret=None)) is None
    assert flaw_of(signed("s3", "GET", "/b/k", how="url"), key(secret=None)) is None


@pytest.mark.parametrize("how", ["url", "url-v2"])
def test_a_url_is_good_until_it_expires(how: str) -> None:
    """An hour by default."""
    exchange = signed("s3", "GET", "/bucket/key", how=how)
    import time

    assert flaw_of(exchange, key(), now=lambda: time.time() + 3500) is None
    assert flaw_of(exchange, key(), now=lambda: time.time() + 3700) is Flaw.EXPIRED_URL


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256 Credential=AKIAUSER/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host",
        "AWS4-ECDSA-P256-SHA256 Credential=AKIAUSER/20260101/s3/aws4_request, SignedHeaders=a, Signature=0",
        "Bearer AKIAUSER",
    ],
)
def test_what_lacks_a_part_or_is_of_another_kind_is_malformed(authorization: str) -> None:
    """It is never taken for a good one."""
    sent = received("POST", "http://x/", {"Authorization": authorization, "X-Amz-Date": "20260101T000000Z"})
    assert flaw_of(sent, key()) is Flaw.MALFORMED


def test_the_parts_may_stand_in_another_order() -> None:
    """Signature first, as some clients write it."""
    honest = signed("sqs", "POST", "/", body=b"{}")
    value = (honest.header(b"authorization") or b"").decode()
    kind, rest = value.split(" ", 1)
    turned = f"{kind} {', '.join(reversed(rest.split(', ')))}".encode()
    sent = replace(honest, head=honest.head.replace(value.encode(), turned), _lower_head=b"")
    assert flaw_of(sent, key()) is None


def test_a_signature_of_another_day_than_its_scope_is_a_mismatch() -> None:
    """The scope's date is that of the request."""
    honest = signed("sqs", "POST", "/", body=b"{}")
    stamp = honest.header(b"x-amz-date") or b""
    other = replace(honest, head=honest.head.replace(stamp, b"20200101T000000Z"), _lower_head=b"")
    assert flaw_of(other, key()) is Flaw.MISMATCH
