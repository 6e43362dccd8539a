"""Heads that are alike: what a client sends over and over on one connection differs in a few values only.

Of a head that was read and found well-formed a likeness is kept: all its bytes but the values of the headers
below, each of which has its place and its length. A head with the same bytes in the same places, whose other
values hold no byte that could end a line, has the same lines: what was read of the first holds for it, too,
but for those values. To compare is a sixth of the work of reading anew.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from harness.gateway.head import ReplyHead, RequestHead

# Longer heads are rare and not worth their memory: a connection keeps a few likenesses.
MAX_BYTES = 4096
KEPT = 8
SHARED = 1024
# To keep a likeness costs as much as two heads that are read. Whoever's heads all differ pays for every
# eighth; a client that sends one request pays for none.
_CREDIT, _PRICE, _MOST = 7, 8, 16

# What differs from request to request, and from reply to reply.
_VALUE = rb"):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)"
_IN_REQUESTS = re.compile(
    rb"\r\n(x-amz-date|x-amz-content-sha256|amz-sdk-invocation-id|content-length" + _VALUE,
    re.IGNORECASE,
)
_IN_REPLIES = re.compile(
    rb"\r\n(date|x-amzn-requestid|x-amz-request-id|x-amz-id-2|content-length" + _VALUE, re.IGNORECASE
)
_SIGNATURE = re.compile(rb"Signature=([0-9a-f]{64})(?=\r\n)")
# With letters and digits, what those values may consist of: nothing in it ends a line or a value. A space
# may stand in a reply's date; at the end of a value it would not belong to it.
_MARKS, _REPLY_MARKS = b"+,-./:;=_", b" +,-./:;=_"

Read = TypeVar("Read", RequestHead, ReplyHead)
Span = tuple[int, int]


# Not frozen: handlers add what they found out about such requests.
@dataclass(slots=True, eq=False)
class Alike(Generic[Read]):
    """All heads like one: `read` is what their lines declare; its length is that of `head`, the last one.

    `size`: bytes of each of them. `places`: where the values of headers stand that somebody asked for, None
    for those that are not there. `caller` is what `identify` read: service, access key, operation. `memo`
    belongs to the handler that judges permission, `take` is a shorter way for whole requests with such a
    head, in place of all handlers: asked as they are, None leaves the request to them.
    """

    head: bytes
    read: Read
    size: int
    same: tuple[tuple[int, int, bytes], ...]
    values: tuple[Span, ...]
    length: Span | None
    path: str = ""
    query: str = ""
    places: dict[bytes, Span | None] = field(default_factory=dict)
    caller: tuple[str, str, str] | None = None
    memo: tuple[object, ...] | None = None
    take: Callable[[Any], Any] | None = None

    def begins(self, data: bytes) -> bool:
        """Return whether *data* begins with a head like these; `head` and `read` are its own then.

        Within a second many clients sign the same bytes again: to see that is a tenth of comparing.
        """
        if data.startswith(self.head):
            return True
        if not self.fits(data):
            return False
        self.read_in(data)
        return True

    def open_spans(self) -> tuple[Span, ...]:
        """Return where heads like these may differ."""
        return self.values if self.length is None else (*self.values, self.length)

    def fits(self, data: bytes) -> bool:
        """Return whether *data* begins with a head like these."""
        for start, end, wanted in self.same:
            if data[start:end] != wanted:
                return False
        if self.length is not None and not data[self.length[0] : self.length[1]].isdigit():
            return False
        if not self.values:
            return True
        values = b"".join([data[start:end] for start, end in self.values])
        marks = _MARKS if type(self.read) is RequestHead else _REPLY_MARKS
        return values.translate(None, marks).isalnum()

    def read_in(self, data: bytes) -> Read:
        """Return what the head that *data* begins with declares; it `fits`."""
        read, length = self.read, self.length
        self.head = data[: self.size]
        if length is not None:
            read.length = int(data[length[0] : length[1]])
        return read


class Alikes(Generic[Read]):
    """The likenesses that one connection keeps; `last` is the one that fitted last.

    Connections with the same *shared* and *scope* have equal ones in common, so that many clients that call
    alike do not fill the processor's caches.
    """

    __slots__ = ("_by_size", "_credit", "_scope", "_shared", "last")

    def __init__(
        self, shared: dict[tuple[object, ...], Alike[Read]] | None = None, scope: tuple[str, ...] = ()
    ) -> None:
        self.last: Alike[Read] | None = None
        self._shared: dict[tuple[object, ...], Alike[Read]] = {} if shared is None else shared
        self._scope = scope
        self._by_size: dict[int, Alike[Read]] = {}
        self._credit = _CREDIT

    def find(self, data: bytes, size: int) -> "Alike[Read] | None":
        """Return what the head of *size* bytes that *data* begins with is like, None where nothing is."""
        found = self._by_size.get(size)
        if found is None or not found.fits(data):
            return None
        self._credit = min(self._credit + 2, _MOST)
        self.last = found
        return found

    def learn(self, head: bytes, read: Read, path: str = "", query: str = "") -> Alike[Read]:
        """Return the likeness of *head*, in which *read* was found: kept, or that of this one alone."""
        self._credit = min(self._credit + 1, _MOST)
        if self._credit <= _PRICE or len(head) > MAX_BYTES:
            return Alike(head, read, len(head), ((0, len(head), head),), (), None, path, query)
        self._credit -= _PRICE
        if len(self._by_size) >= KEPT:
            self._by_size.clear()
        if len(self._shared) >= SHARED:
            self._shared.clear()
        found = alike(head, read, path, query)
        found = self._shared.setdefault((*self._scope, found.same), found)
        self.last = self._by_size[len(head)] = found
        return found


def alike(head: bytes, read: Read, path: str = "", query: str = "") -> Alike[Read]:
    """Return the likeness of *head*, which was found to be well-formed."""
    found: dict[bytes, list[Span]] = {}
    for match in (_IN_REPLIES if isinstance(read, ReplyHead) else _IN_REQUESTS).finditer(head):
        found.setdefault(match[1].lower(), []).append(match.span(2))
    lengths = found.pop(b"content-length", [])
    length = lengths[0] if len(lengths) == 1 else None
    values: list[Span] = [spans[0] for spans in found.values() if spans[0][0] < spans[0][1]]
    signature = _SIGNATURE.search(head)
    if signature is not None:
        values.append(signature.span(1))
    open_ = sorted([*values, length]) if length is not None else sorted(values)
    return Alike(head, read, len(head), _between(head, open_), tuple(sorted(values)), length, path, query)


def _between(head: bytes, open_: list[Span]) -> tuple[tuple[int, int, bytes], ...]:
    edges = [0, *(edge for span in open_ for edge in span), len(head)]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((start, end, head[start:end]) for start, end in pairs if start < end)
