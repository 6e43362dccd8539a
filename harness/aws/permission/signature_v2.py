"""Signature Version 2 of S3, which boto3 still uses for presigned URLs where a client asks for no other.

S3 user guide, "Signing and authenticating REST requests".
"""

import hmac
from base64 import b64encode
from urllib.parse import parse_qs, unquote

from harness.gateway.chain import Exchange

# Those parameters of the query that are part of what is signed: "CanonicalizedResource Element".
_SIGNED = frozenset(
    {
        "acl", "cors", "delete", "inventory", "lifecycle", "location", "logging", "metrics", "notification",
        "object-lock", "partNumber", "policy", "replication", "requestPayment", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "restore", "tagging", "torrent", "uploadId", "uploads",
        "versionId", "versioning", "versions", "website", "accelerate", "analytics",
    }
)  # fmt: skip


def is_version_2(exchange: Exchange) -> bool:
    """Return whether *exchange* is signed by version 2."""
    authorization = exchange.header(b"authorization")
    if authorization is not None:
        return authorization.startswith(b"AWS ")
    return "AWSAccessKeyId=" in exchange.query and "Signature=" in exchange.query


def version_2_holds(exchange: Exchange, secret: str) -> bool:
    """Return whether *exchange* was signed with *secret*."""
    given, date = _given(exchange)
    # SDKs sign `/bucket/` where they ask for `/bucket`, which names the same.
    paths = [exchange.path] + ([f"{exchange.path}/"] if exchange.path.count("/") == 1 else [])
    made = [_signature(_string_to_sign(exchange, date, path), secret) for path in paths]
    return bool(given) and any(hmac.compare_digest(each, given) for each in made)


def _given(exchange: Exchange) -> tuple[bytes, str]:
    """Return the signature, and the date or the expiry that is signed with it."""
    authorization = exchange.header(b"authorization")
    if authorization is not None:
        date = "" if exchange.header(b"x-amz-date") is not None else _header(exchange, b"date")
        return authorization.rpartition(b":")[2].strip(), date
    query = parse_qs(exchange.query)
    return query.get("Signature", [""])[0].encode(), query.get("Expires", [""])[0]


def _signature(text: str, secret: str) -> bytes:
    return b64encode(hmac.digest(secret.encode(), text.encode("latin-1"), "sha1"))


def _string_to_sign(exchange: Exchange, date: str, path: str) -> str:
    own: dict[str, list[str]] = {}
    for name, value in exchange.headers():
        if (key := name.decode().lower()).startswith("x-amz-"):
            own.setdefault(key, []).append(value.decode("latin-1"))
    for key, values in parse_qs(exchange.query).items():
        if key.lower().startswith("x-amz-"):
            own.setdefault(key.lower(), values)
    lines = [exchange.method, _header(exchange, b"content-md5"), _header(exchange, b"content-type"), date]
    lines += [f"{key}:{','.join(own[key])}" for key in sorted(own)]
    return "\n".join([*lines, _resource(exchange, path)])


def _resource(exchange: Exchange, path: str) -> str:
    pairs = [pair.partition("=") for pair in exchange.query.split("&")]
    signed = sorted((name, equals, unquote(value)) for name, equals, value in pairs if name in _SIGNED)
    return path + ("?" + "&".join(map("".join, signed)) if signed else "")


def _header(exchange: Exchange, name: bytes) -> str:
    return (exchange.header(name) or b"").decode("latin-1")
