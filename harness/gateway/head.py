"""HTTP/1.1 request and reply heads: read, checked, and asked how the body that follows is framed.

Strict where two readers could disagree about where a message ends (request smuggling): bare CR or LF, NUL,
folded lines, a space before the colon, two lengths, a length beside chunks. RFC 9112, sections 2.2, 5, 6.3.
"""

import re
from dataclasses import dataclass

MAX_HEAD_BYTES = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([\x21-\x7e\x80-\xff]++) HTTP/1\.([01])\r\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*+)?\r\n")
# Every CR must end a line, and the next line must begin with `name:`. Searching for what is wrong costs a
# third of matching what is right.
_BAD_LINE = re.compile(rb"\r(?!\n(?:" + _TOKEN + rb":|\Z))")
_FRAMING = re.compile(
    rb"\r\n(content-length|transfer-encoding|connection|expect):[ \t]*+([^\r\n]*+)", re.IGNORECASE
)
_NO_BODY_STATUSES = frozenset({204, 304})
_MAX_LENGTH_DIGITS = 15  # over a petabyte is an attack on somebody's integers


class MalformedError(Exception):
    """Bytes that are no HTTP/1.1 message, or one that two readers could understand differently.

    `status` is what a client that sent it is answered with.
    """

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


_TLS_HELLO = b"\x16\x03"
# What stands in no head: a line end by halves, and NUL. A CR may still get its LF.
_NEVER = re.compile(rb"(?<!\r)\n|\r[^\n]|\0")


def never_a_head(data: bytes, start: int = 0) -> tuple[int, str] | None:
    """Return status and reason to refuse *data*, which holds no end of a head; None where one may come.

    What stands before *start* was looked at already.
    """
    if len(data) > MAX_HEAD_BYTES:
        return 431, "The request's head is over 64 KiB."
    if data.startswith(_TLS_HELLO):  # it would otherwise wait for ever for its answer
        return 400, "This is plain HTTP; say http:// and not https:// in the endpoint."
    if _NEVER.search(data, start):  # it would otherwise wait for ever too
        return 400, "The request's head has a line that does not end with CR LF."
    return None


# Not frozen: a frozen dataclass sets each field through object.__setattr__, 2 microseconds more a request on
# the hot path. Nobody writes to it after it is made.
@dataclass(slots=True)
class RequestHead:
    """A request's head: its line, and how its body is framed: chunks, `length` bytes, or -1 for no body."""

    method: str
    target: str
    length: int = -1
    chunked: bool = False
    keep_alive: bool = True
    expects_continue: bool = False
    http_1_0: bool = False


@dataclass(slots=True)
class ReplyHead:
    """A reply's head. `length` None: the body ends with the connection. `closes`: it ends then."""

    status: int
    length: int | None = None
    chunked: bool = False
    closes: bool = False


def without_empty_lines(data: bytes) -> bytes:
    """Return *data* without the empty lines that RFC 9112 section 2.2 lets stand before a request."""
    at = 0
    while data.startswith(b"\r\n", at):
        at += 2
    return data[at:]


def parse_request(head: bytes) -> RequestHead:
    """Return the request that *head* (with its empty line) declares, or raise MalformedError to refuse it."""
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise _bad_request_line(head)
    if _BAD_LINE.search(head, 0, len(head) - 2) or b"\0" in head or head.count(b"\n") != head.count(b"\r"):
        raise MalformedError("a header line that is not 'Name: value' ended by CR LF")
    method, target, minor = line.groups()
    if method == b"CONNECT":  # RFC 9110 section 9.3.6: what answers 2xx becomes a tunnel
        raise MalformedError(
            "CONNECT, but is no proxy to tunnel through: name it as the endpoint", status=501
        )
    request = RequestHead(method.decode(), target.decode("latin-1"))
    if minor == b"0":
        request.http_1_0, request.keep_alive = True, False
    for name, value in _FRAMING.findall(head):
        if len(name) == 14 and value.isdigit() and len(value) < _MAX_LENGTH_DIGITS and request.length < 0:
            request.length = int(value)  # Content-Length as nearly everybody sends it
        else:
            _apply(name.lower(), value.rstrip(b" \t"), request)
    if request.chunked and request.length >= 0:
        raise MalformedError("both Transfer-Encoding and Content-Length")
    return request


def _apply(name: bytes, value: bytes, request: RequestHead) -> None:
    if name == b"content-length":
        if request.length >= 0:
            raise MalformedError("two Content-Length headers")
        request.length = _length(value)
    elif name == b"transfer-encoding":
        _require_chunked(value, request)
    elif name == b"connection":
        request.keep_alive = _stays_open(value, request.keep_alive)
    else:
        request.expects_continue = value.lower() == b"100-continue" and not request.http_1_0


def parse_reply(head: bytes, *, to_head_request: bool = False) -> ReplyHead:
    """Return the reply that *head* declares, framed for the request it answers, or raise MalformedError.

    Only what frames the body is checked: the rest of the head is the client's to read.
    """
    line = _STATUS_LINE.match(head)
    if line is None:
        raise MalformedError("a reply that does not begin with an HTTP/1.1 status line")
    minor, status = line.groups()
    reply = ReplyHead(int(status), closes=minor == b"0")
    for name, value in _FRAMING.findall(head):
        if len(name) == 14 and value.isdigit() and len(value) < _MAX_LENGTH_DIGITS and reply.length is None:
            reply.length = int(value)
        elif len(name) == 10 and value == b"keep-alive":
            reply.closes = False
        else:
            _apply_to_reply(name.lower(), value.rstrip(b" \t"), reply)
    # RFC 9112 section 6.3: HEAD, 1xx, 204 and 304 have no body whatever their headers say; chunks win over a
    # length; with neither, the body lasts as long as the connection.
    if to_head_request or reply.status < 200 or reply.status in _NO_BODY_STATUSES:
        reply.length, reply.chunked = 0, False
    elif reply.chunked:
        reply.length = 0
    elif reply.length is None:
        reply.closes = True
    return reply


def _apply_to_reply(name: bytes, value: bytes, reply: ReplyHead) -> None:
    if name == b"content-length":
        length = _length(value)
        if reply.length is not None and reply.length != length:
            raise MalformedError("a reply with two different Content-Length headers")
        reply.length = length
    elif name == b"transfer-encoding":
        if value.lower() != b"chunked":
            raise MalformedError("a reply with a Transfer-Encoding other than chunked")
        reply.chunked = True
    elif name == b"connection":
        reply.closes = not _stays_open(value, not reply.closes)


def _bad_request_line(head: bytes) -> MalformedError:
    line = head.partition(b"\r\n")[0]
    if re.search(rb" HTTP/[0-9.]+$", line) and not line.endswith((b" HTTP/1.0", b" HTTP/1.1")):
        return MalformedError("only HTTP/1.0 and HTTP/1.1 are spoken here", status=505)
    return MalformedError("a request line that is not 'METHOD target HTTP/1.1'")


def _require_chunked(value: bytes, request: RequestHead) -> None:
    if request.http_1_0:
        raise MalformedError("Transfer-Encoding in an HTTP/1.0 request")
    if request.chunked:
        raise MalformedError("two Transfer-Encoding headers")
    if value.lower() != b"chunked":
        raise MalformedError("a Transfer-Encoding other than chunked", status=501)
    request.chunked = True


def _length(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > _MAX_LENGTH_DIGITS:
        raise MalformedError("a Content-Length that is not a plain number")
    return int(digits)


def _stays_open(value: bytes, otherwise: bool) -> bool:
    options = {option.strip() for option in value.lower().split(b",")}
    return b"close" not in options and (otherwise or b"keep-alive" in options)
