"""Requests that are alike: a client that calls one thing over and over sends the same bytes but for a few.

Of a request that was verified and judged a likeness is kept: where its date, its signature and its body's
hash stand, and all the other bytes. The next request that has the same bytes in the same places has the same
key, operation and headers, so that only the signature is left to be made, for a third of what reading costs.
A date tells whole seconds: of two requests with one body in one of them the second has the signature of the
first, which was found to be right for just these bytes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from itertools import pairwise

from harness.aws.permission.keys import Key
from harness.aws.permission.signatures import STREAMED, Hash, Scheme, canonical_pieces, hexdigest, scheme_of
from harness.gateway.chain import Exchange

# What differs from call to call and is not signed: SDKs' ids and attempts, the length of a body.
_UNSIGNED = (b"amz-sdk-invocation-id", b"amz-sdk-request", b"content-length")
_DATE, _HASH = b"x-amz-date", b"x-amz-content-sha256"
_SIGNATURE = re.compile(rb"Signature=([0-9a-f]{64})\r\n")
# Longer bodies are hashed again rather than kept.
_KEPT_BYTES = 32 * 1024

Span = tuple[int, int]


# Not frozen: it is of one second after the other.
@dataclass(slots=True, eq=False)
class _Second:
    """What is the same for all requests of one likeness in one second.

    `signed` and `canonical` are hashes that have taken in all up to the canonical request's hash, and all of
    that request up to the hash that differs. `covered` is the last body, or declared hash, whose signature
    `right` was found to be right.
    """

    stamp: bytes
    signed: Hash
    canonical: Hash
    covered: bytes | None = None
    right: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Of one request: `same` are its unchanging bytes with their places, `pieces` its canonical request
    around the hash that it declares, if it does, and its date."""

    key: Key
    same: tuple[tuple[int, int, bytes], ...]
    date: Span
    signature: Span
    declared: Span | None
    pieces: tuple[bytes, ...]
    scheme: Scheme
    seconds: list[_Second] = field(default_factory=list)  # the last one

    def fits(self, head: bytes) -> bool:
        """Return whether *head*, which is as long, is another request of the same kind."""
        for start, end, wanted in self.same:  # noqa: SIM110, quicker than all() over a generator
            if head[start:end] != wanted:
                return False
        return True

    def leaves_open(self, spans: Iterable[Span]) -> bool:
        """Return whether heads that fit may differ in all of *spans*."""
        gaps = {(before[1], after[0]) for before, after in pairwise(self.same)}
        return gaps.issuperset(spans)

    def verifies(self, head: bytes, body: bytes) -> bool:
        """Return whether *head*, which `fits`, and *body* are signed with the secret, if that is known."""
        if self.key.secret is None:
            return True
        start, end = self.date
        stamp = head[start:end]
        second = self.seconds[0] if self.seconds else None
        if second is None or second.stamp != stamp:
            if stamp[:8] != self.scheme.day:
                return False
            second = self._begin(stamp)
        start, end = self.signature
        given = head[start:end]
        declared = self.declared
        covered = body if declared is None else head[declared[0] : declared[1]]
        if covered == second.covered and compare_digest(second.right, given):
            return True
        if declared is None:
            digest = hexdigest(hexdigest(body), second.canonical)
        else:
            _, between, after = self.pieces
            digest = hexdigest(b"%b%b%b%b%b" % (covered, between, stamp, after, covered), second.canonical)
        if not self.scheme.signs(second.signed, digest, given):
            return False
        if len(covered) <= _KEPT_BYTES:
            second.covered, second.right = covered, given
        return True

    def _begin(self, stamp: bytes) -> _Second:
        first = self.pieces[0]
        if self.declared is None:
            first = b"%b%b%b" % (first, stamp, self.pieces[1])
        second = _Second(stamp, self.scheme.begun(stamp), sha256(first))
        self.seconds[:] = (second,)
        return second


def likeness(exchange: Exchange, key: Key) -> Likeness | None:
    """Return the likeness of a verified request, None where it is not plain enough to have one."""
    head, scheme = exchange.head, scheme_of(exchange, key)
    if scheme is None:
        return None
    names = scheme.names.split(b";")
    signature = _SIGNATURE.search(head)
    spans = {name: _span(head, name) for name in (*_UNSIGNED, _DATE, _HASH)}
    date, declared = spans[_DATE], spans[_HASH] if _HASH in names else None
    if signature is None or date is None or _DATE not in names:
        return None
    if spans[_HASH] is not None and (declared is None or exchange.service not in STREAMED):
        return None  # of others than S3 the body that came must be what was declared: that takes reading it
    parts = canonical_pieces(exchange, scheme, (_HASH, _DATE) if declared else (_DATE,))
    if parts is None:
        return None
    open_ = [signature.span(1), date] + ([declared] if declared else [])
    open_ += [span for name in _UNSIGNED if name not in names and (span := spans[name]) is not None]
    return Likeness(key, _between(head, sorted(open_)), date, signature.span(1), declared, parts, scheme)


def _between(head: bytes, open_: list[Span]) -> tuple[tuple[int, int, bytes], ...]:
    edges = [0, *(edge for span in open_ for edge in span), len(head)]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((start, end, head[start:end]) for start, end in pairs if start < end)


def _span(head: bytes, name: bytes) -> Span | None:
    """Return where the value of the header *name* stands."""
    found = re.search(rb"\r\n" + re.escape(name) + rb":[ \t]*([^\r\n]*?)[ \t]*\r\n", head, re.IGNORECASE)
    return found.span(1) if found else None
