"""Requests that botocore signs, as the gateway receives them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Signing

from harness.config import Credentials
from harness.gateway.chain import Exchange
from harness.gateway.handlers import identify

ADDRESS = "http://127.0.0.1:4566"
USER = Credentials("AKIAUSER", "secret-of-the-user")


def signed(
    service: str,
    method: str,
    path: str,
    *,
    who: Credentials = USER,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    how: str = "header",
) -> Exchange:
    """Return the request, identified; *how* is `header`, `url` or `url-v2`."""
    keys = Signing(who.access_key, who.secret_key, who.session_token)
    is_s3 = service == "s3"
    signers: dict[str, Any] = {
        "header": S3SigV4Auth if is_s3 else SigV4Auth,
        "url": S3SigV4QueryAuth if is_s3 else SigV4QueryAuth,
        "url-v2": HmacV1QueryAuth,
    }
    request = AWSRequest(method, ADDRESS + path, dict(headers or {}), body)
    signer = signers[how](keys) if how == "url-v2" else signers[how](keys, service, "eu-west-1")
    signer.add_auth(request)
    sent = {name: value for name, value in request.headers.items() if name.lower() != "host"}
    return received(method, request.url, sent, body)


def received(method: str, url: str, headers: Mapping[str, Any], body: bytes = b"") -> Exchange:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(ADDRESS).netloc}"]
    lines += [f"{name}: {_text(value)}" for name, value in headers.items()]
    if body and "content-length" not in {name.lower() for name in headers}:
        lines.append(f"Content-Length: {len(body)}")
    exchange = Exchange.from_head("\r\n".join(lines).encode() + b"\r\n\r\n", body=body)
    identify(exchange)
    return exchange


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
