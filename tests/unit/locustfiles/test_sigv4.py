"""Our signatures against botocore's, on requests that hypothesis makes."""

from hashlib import sha256
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from locustfiles.sigv4 import Prepared, Signer, amz_date, canonical_path

HOST = "127.0.0.1:4566"
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
paths = st.lists(st.text(max_size=8), max_size=5).map(
    lambda parts: "/" + "/".join(quote(p, safe="~.") for p in parts)
)
queries = st.lists(st.tuples(words, st.text(max_size=6)), max_size=4).map(urlencode)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map(lambda name: f"x-{name}")
moments = st.integers(0, 4_000_000_000)


def botocore_authorization(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, date: str, key: Credentials
) -> str:
    """Return the header that botocore gives the same request, at the same moment."""
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, data=body, headers={**headers, "X-Amz-Date": date})
    request.context["timestamp"] = date
    if key.token:
        request.headers["X-Amz-Security-Token"] = key.token
    signer = SigV4Auth(key, "sagemaker", "us-east-1")
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signed = signer.signed_headers(signer.headers_to_sign(request))
    scope, signature = signer.scope(request), signer.signature(to_sign, request)
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={signature}"


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=paths,
    query=queries,
    headers=st.dictionaries(names, values, max_size=4),
    body=st.binary(max_size=60),
    at=moments,
    secret=words,
    token=st.one_of(st.just(""), words),
)
def test_signatures_are_botocores(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, at: int, secret: str, token: str
) -> None:
    """Whatever the request, our Authorization header is the one botocore would send."""
    date = amz_date(at)
    prepared = Prepared(
        Signer("AKIDEXAMPLE", secret, "us-east-1", "sagemaker", token),
        method,
        path,
        {"Host": HOST, **headers},
        query=query,
    )
    theirs = botocore_authorization(
        method, path, query, headers, body, date, Credentials("AKIDEXAMPLE", secret, token or None)
    )
    assert prepared.authorization(sha256(body).hexdigest(), date) == theirs


def test_the_key_changes_with_the_day() -> None:
    """A signing key kept over midnight would be refused: yesterday's must not sign today's request."""
    prepared = Prepared(Signer("test", "test", "us-east-1", "sagemaker"), "POST", "/", {"Host": HOST})
    digest = sha256(b"").hexdigest()
    before = prepared.authorization(digest, "20240101T235959Z")
    after = prepared.authorization(digest, "20240102T000000Z")
    fresh = Prepared(Signer("test", "test", "us-east-1", "sagemaker"), "POST", "/", {"Host": HOST})
    assert before != after == fresh.authorization(digest, "20240102T000000Z")


def test_dates_are_utc() -> None:
    """X-Amz-Date is in UTC whatever the machine's time zone."""
    assert amz_date(1_440_938_160) == "20150830T123600Z"


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("", "/"),
        ("/", "/"),
        ("//a//b/", "/a/b/"),
        ("/a/./b/../c", "/a/c"),
        ("/..", "/"),
        ("/a%20b", "/a%2520b"),
    ],
)
def test_paths_are_normalised(path: str, canonical: str) -> None:
    """Dot segments and double slashes go, and what is encoded is encoded once more."""
    assert canonical_path(path) == canonical
