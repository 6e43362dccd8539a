"""Is a request signed with the secret of its key? Signature Version 4 in a header or in the URL, and version
2 for S3.

IAM user guide, "Create a signed AWS API request" and "Elements of an AWS API request signature"; S3 API
reference, "Authenticating Requests (AWS Signature Version 4)"; S3 user guide, "Signing and authenticating
REST requests" (version 2). Sources of the differences between clients: botocore/auth.py.

What S3's declared x-amz-content-sha256 stands for is not read, so that a long object can be streamed on; the
chunk signatures of STREAMING-AWS4-HMAC-SHA256-PAYLOAD are not checked either.
"""

import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from time import gmtime, monotonic, strftime
from time import time as wall_time
from typing import Protocol
from urllib.parse import parse_qs, quote, unquote_to_bytes

from harness.aws.permission.keys import Key
from harness.aws.permission.signature_v2 import is_version_2, version_2_holds
from harness.gateway.chain import Exchange
from harness.sigv4 import canonical_path, canonical_query, signing_key

_UNSIGNED_PAYLOAD = b"UNSIGNED-PAYLOAD"
# Those that encode the path once, and whose URLs are signed without a body.
STREAMED = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
_LONGEST_URL_S = 7 * 24 * 3600  # S3 API reference, "Authenticating Requests: Using Query Parameters"
_URL_SKEW_S = 900
_STAMP_BYTES = 16
_SCHEMES = 32  # of one key: a day, a region, a service, a set of headers each
_FIELD = re.compile(rb"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_OWN_HEADER = b"x-amz-"


class Hash(Protocol):
    """A hash that is begun; of hashlib."""

    def copy(self) -> "Hash": ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...
    def hexdigest(self) -> str: ...


class Flaw(Enum):
    """What is wrong with a signature, or with the key that it names."""

    UNSIGNED = "there is no signature"
    MALFORMED = "the signature lacks a part"
    UNKNOWN_KEY = "nobody knows the key"
    INVALID_TOKEN = "the session token is missing or not that of the key"
    EXPIRED_TOKEN = "the credentials have expired"
    HEADER_LEFT_OUT = "it does not cover Host or a header of AWS's own that was sent"
    MISMATCH = "it was made with another secret, or for another request"
    BODY_MISMATCH = "the body is not the one that was signed"
    EXPIRED_URL = "the presigned URL has expired"


def is_presigned(exchange: Exchange) -> bool:
    """Return whether the signature of *exchange* stands in its URL."""
    return "X-Amz-Signature=" in exchange.query or "Signature=" in exchange.query


def needs_body(exchange: Exchange) -> bool:
    """Return whether the signature can only be checked with the body.

    That of S3 can be without, where the body's hash is declared, or not signed: objects are streamed on.
    """
    if exchange.method in ("GET", "HEAD") and not _has_body(exchange):
        return False
    if exchange.service not in STREAMED:
        return True
    declared = exchange.header(b"x-amz-content-sha256") is not None
    return not (declared or is_presigned(exchange) or is_version_2(exchange))


def _has_body(exchange: Exchange) -> bool:
    length = exchange.header(b"content-length")
    return bool(length and length.strip(b"0")) or exchange.header(b"transfer-encoding") is not None


def flaw_of(
    exchange: Exchange,
    key: Key,
    now: Callable[[], float] = wall_time,
    steady_now: Callable[[], float] = monotonic,
) -> Flaw | None:
    """Return what is wrong with the key or the signature of *exchange*, None where nothing is.

    The body must be there when `needs_body` said so. A key whose secret nobody told passes any signature.
    """
    if not key.active:
        return Flaw.UNKNOWN_KEY
    given = token_of(exchange)
    if key.token:
        if key.expires_at <= steady_now():
            return Flaw.EXPIRED_TOKEN
        if not hmac.compare_digest(given, key.token.encode()):
            # Without its token a temporary key is one that nobody knows.
            return Flaw.INVALID_TOKEN if given else Flaw.UNKNOWN_KEY
    elif given and key.secret is not None:
        return Flaw.INVALID_TOKEN
    authorization = exchange.header(b"authorization")
    if authorization is None:
        return (_old_flaw if is_version_2(exchange) else _presigned_flaw)(exchange, key, now)
    if authorization.startswith(b"AWS "):
        return _old_flaw(exchange, key, now)
    return _header_flaw(exchange, key, authorization)


def _header_flaw(exchange: Exchange, key: Key, authorization: bytes) -> Flaw | None:
    # All but the signature is the same for a client's calls of one day that sign the same headers.
    scheme = key.schemes.get(authorization[:-64])
    given = authorization[-64:]
    if scheme is None:
        parts = _parts_of(authorization)
        if parts is None:
            return Flaw.MALFORMED
        credential, names, given = parts
        scheme = _scheme(key, credential[len(key.access_key) + 1 :], names)
        if authorization.endswith(given):
            if len(key.schemes) >= _SCHEMES:
                key.schemes.clear()
            key.schemes[authorization[:-64]] = scheme
    stamp = exchange.header(b"x-amz-date") or b""
    if len(stamp) != _STAMP_BYTES:
        return Flaw.MALFORMED
    if key.secret is None:
        return None
    declared = exchange.header(b"x-amz-content-sha256")
    if not scheme.covers(exchange):
        return Flaw.HEADER_LEFT_OUT
    body_hash = declared or hexdigest(exchange.body)
    for path, query in _ways(exchange):
        canonical = b"\n".join(
            (exchange.method.encode(), path, query, _headers(exchange, scheme), scheme.names, body_hash)
        )
        if scheme.matches(stamp, canonical, given):
            return _body_flaw(exchange, declared)
    return Flaw.MISMATCH


def _body_flaw(exchange: Exchange, declared: bytes | None) -> Flaw | None:
    """Compare a body that was read, or is not there, with the hash that was declared of it."""
    unread = exchange.service in STREAMED and not exchange.body and _has_body(exchange)
    if declared is None or unread or len(declared) != 64:
        return None
    return None if hexdigest(exchange.body) == declared.lower() else Flaw.BODY_MISMATCH


def _parts_of(authorization: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return credential, signed headers and signature, in whatever order they stand."""
    fields = _FIELD.findall(authorization)
    found = dict(fields)
    # A second Credential would be verified where the first one is identified by.
    if len(found) != 3 or len(fields) != 3 or not authorization.startswith(b"AWS4-HMAC-SHA256 "):
        return None
    return found[b"Credential"], found[b"SignedHeaders"], found[b"Signature"]


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """How one client signs: its signing key, the day of its scope, and how its headers are looked for."""

    inner: Hash
    outer: Hash
    day: bytes
    scope: bytes
    names: bytes
    looked_for: tuple[tuple[bytes, bytes], ...]  # what begins each header: after a line's end, and alone
    own_headers: int  # how many of them are x-amz-…, -1 where Host is missing

    def covers(self, exchange: Exchange) -> bool:
        """Return whether Host and all headers of AWS's own that were sent are signed.

        "You must include the host header (HTTP/1.1) …, and any x-amz-* headers in the signature" ("Create a
        signed AWS API request", canonical headers).
        """
        if self.own_headers < 0:
            return False
        if exchange.lower_head.count(b"\r\n" + _OWN_HEADER) <= self.own_headers:
            return True  # another one in the place of one that was signed changes the canonical request
        sent = {name.lower() for name, _ in exchange.headers()}
        return all(name in self.names.split(b";") for name in sent if name.startswith(_OWN_HEADER))

    def matches(self, stamp: bytes, canonical: bytes, given: bytes) -> bool:
        """Return whether *given* is the signature of the request *canonical* at the moment *stamp*."""
        return stamp.startswith(self.day) and self.signs(self.begun(stamp), hexdigest(canonical), given)

    def begun(self, stamp: bytes) -> Hash:
        """Return the inner hash of what is signed at the moment *stamp*, but for the canonical request."""
        inner = self.inner.copy()
        inner.update(b"AWS4-HMAC-SHA256\n%b\n%b\n" % (stamp, self.scope))
        return inner

    def signs(self, begun: Hash, digest: bytes, given: bytes) -> bool:
        """Return whether *given* is the signature of the canonical request with the hash *digest*."""
        inner, outer = begun.copy(), self.outer.copy()
        inner.update(digest)
        outer.update(inner.digest())
        return hmac.compare_digest(outer.hexdigest().encode(), given)


def _scheme(key: Key, scope: bytes, names: bytes) -> Scheme:
    signing = signing_key(key.secret or "", scope.decode("latin-1").split("/"))
    block = signing.ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    split = names.split(b";")
    each = tuple((b"\r\n" + name + b":", name + b":") for name in split)
    own = sum(name.startswith(_OWN_HEADER) for name in split) if b"host" in split else -1
    return Scheme(inner, outer, scope[:8], scope, names, each, own)


# RFC 2104: HMAC is two hashes, each begun with a block of the key. To copy one that is begun costs a third of
# what OpenSSL takes to look its algorithm up each time.
_BLOCK_BYTES = 64
_EMPTY: Hash = sha256()


def hexdigest(data: bytes, begun: Hash = _EMPTY) -> bytes:
    """Return the SHA-256 of what *begun* has taken in and *data*, in hexadecimal digits."""
    found = begun.copy()
    found.update(data)
    return found.hexdigest().encode()


# ---- the canonical request ----


def _ways(exchange: Exchange) -> Iterator[tuple[bytes, bytes]]:
    """Yield canonical path and query: of what was sent, then of what AWS decodes and encodes again.

    Clients do not encode all characters alike; nearly all sign what they send.
    """
    is_s3, query = exchange.service in STREAMED, exchange.query
    yield _path(exchange.path, is_s3), _sorted_query(query) if query else b""
    yield _encoded_path(exchange.path) if is_s3 else _path(exchange.path, False), _encoded_query(query)


@lru_cache(maxsize=4096)
def _path(path: str, is_s3: bool) -> bytes:
    """Return the canonical path: for S3 as sent; for others without dots and double slashes, encoded."""
    return path.encode("latin-1") if is_s3 else canonical_path(path, "latin-1").encode()


def _encoded_path(path: str) -> bytes:
    return quote(unquote_to_bytes(path.encode("latin-1")), safe="/~").encode()


@lru_cache(maxsize=1024)
def _sorted_query(query: str) -> bytes:
    return canonical_query(query).encode("latin-1")


def _encoded_query(query: str) -> bytes:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded).encode()


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="~")


def _headers(exchange: Exchange, scheme: Scheme) -> bytes:
    """Return the lines of the signed headers, and an empty one; of one sent more than once, all values."""
    head, lower = exchange.head, exchange.lower_head
    lines = []
    for needle, name in scheme.looked_for:
        at = lower.find(needle) + len(needle)
        if at < len(needle) or lower.find(needle, at) >= 0:
            value = b",".join(each for key, each in exchange.headers() if key.lower() == name[:-1])
        else:
            value = head[at : head.index(b"\r\n", at)].strip(b" \t")
        lines.append(name + (b" ".join(value.split()) if b"  " in value else value))
    lines.append(b"")
    return b"\n".join(lines)


def canonical_pieces(
    exchange: Exchange, scheme: Scheme, left_open: tuple[bytes, ...]
) -> tuple[bytes, ...] | None:
    """Return the canonical request but for the body's hash, cut where the headers *left_open* have values.

    None where one of them is not there exactly once.
    """
    path, query = next(_ways(exchange))
    whole = b"\n".join((exchange.method.encode(), path, query, _headers(exchange, scheme), scheme.names, b""))
    pieces = []
    for name in left_open:
        value = exchange.header(name)
        before, found, after = whole.partition(b"\n%b:%b\n" % (name, value or b""))
        if not value or not found or found in after:
            return None
        pieces.append(before + b"\n%b:" % name)
        whole = b"\n" + after
    return (*pieces, whole)


def scheme_of(exchange: Exchange, key: Key) -> Scheme | None:
    """Return how the client of a request that was verified signs, None where that is not in a header."""
    found: Scheme | None = key.schemes.get((exchange.header(b"authorization") or b"")[:-64])
    return found


# ---- signatures in the URL ----


def _presigned_flaw(exchange: Exchange, key: Key, now: Callable[[], float]) -> Flaw | None:
    given = parse_qs(exchange.query, keep_blank_values=True)
    fields = [given.get(f"X-Amz-{name}", [""])[0] for name in _URL_FIELDS]
    if not all(fields) or fields[0] != "AWS4-HMAC-SHA256" or len(fields[2]) != _STAMP_BYTES:
        return Flaw.MALFORMED
    _, credential, stamp, expires, names, signature = fields
    if not expires.isdecimal() or not 0 < int(expires) <= _LONGEST_URL_S:
        return Flaw.MALFORMED
    here = now()
    if _moment(stamp, int(expires)) < _stamp(here) or stamp > _stamp(here + _URL_SKEW_S):
        return Flaw.EXPIRED_URL
    if key.secret is None:
        return None
    scheme = _scheme(key, credential[len(key.access_key) + 1 :].encode(), names.encode())
    if not scheme.covers(exchange):
        return Flaw.HEADER_LEFT_OUT
    body_hash = exchange.header(b"x-amz-content-sha256")
    if body_hash is None:
        unsigned = exchange.service in STREAMED
        body_hash = _UNSIGNED_PAYLOAD if unsigned else hexdigest(exchange.body)
    kept = "&".join(pair for pair in exchange.query.split("&") if not pair.startswith("X-Amz-Signature="))
    is_s3 = exchange.service in STREAMED
    for path, query in (
        (_path(exchange.path, is_s3), _sorted_query(kept)),
        (_encoded_path(exchange.path) if is_s3 else _path(exchange.path, False), _encoded_query(kept)),
    ):
        headers = _headers(exchange, scheme)
        canonical = b"\n".join((exchange.method.encode(), path, query, headers, scheme.names, body_hash))
        if scheme.matches(stamp.encode(), canonical, signature.encode()):
            return None
    return Flaw.MISMATCH


_URL_FIELDS = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")


def _moment(stamp: str, later_s: int) -> str:
    """Return *stamp* some seconds later, in the same form; "" for one that is none."""
    from calendar import timegm
    from time import strptime

    try:
        return _stamp(timegm(strptime(stamp, "%Y%m%dT%H%M%SZ")) + later_s)
    except ValueError:
        return ""


def _stamp(epoch_s: float) -> str:
    return strftime("%Y%m%dT%H%M%SZ", gmtime(epoch_s))


def _old_flaw(exchange: Exchange, key: Key, now: Callable[[], float]) -> Flaw | None:
    expires = parse_qs(exchange.query).get("Expires", [""])[0]
    if expires.isdecimal() and int(expires) < now():
        return Flaw.EXPIRED_URL
    if key.secret is None or version_2_holds(exchange, key.secret):
        return None
    return Flaw.MISMATCH


def token_of(exchange: Exchange) -> bytes:
    """Return the session token of *exchange*, b"" without one."""
    sent = exchange.header(b"x-amz-security-token")
    if sent is None and exchange.query and "security-token=" in exchange.query.lower():
        for name, values in parse_qs(exchange.query).items():
            if name.lower() == "x-amz-security-token":
                return values[0].encode()
    return sent or b""
