"""The reader of answers, on answers cut into pieces at any place."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locustfiles.http1 import Answer, BadAnswer, NoAnswer, read_answer, request_head

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Harness-Queue-Time: 0.25\r\n\r\nhello"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN
TO_END = b"HTTP/1.1 200 OK\r\n\r\nhello"


def receiver(data: bytes, cuts: list[int] | None = None) -> Callable[[int], bytes]:
    """Return a recv that gives *data* in pieces that end at *cuts*, then nothing."""
    ends = [*sorted({cut % (len(data) + 1) for cut in cuts or []} - {0, len(data)}), len(data)]
    pieces = iter([data[start:end] for start, end in zip([0, *ends], ends, strict=False)] if data else [])
    return lambda size: next(pieces, b"")


@given(st.sampled_from([PLAIN, CHUNKED, INTERIM, TO_END]), st.lists(st.integers(0, 500), max_size=8))
def test_cuts_do_not_matter(data: bytes, cuts: list[int]) -> None:
    """However the network cuts an answer, its status and body come out whole."""
    answer = read_answer(receiver(data, cuts))
    assert (answer.status, answer.body) == (200, b"hello")


@given(st.integers(0, 200), st.sampled_from([PLAIN, CHUNKED, INTERIM]))
def test_a_closed_connection_is_noticed(length: int, data: bytes) -> None:
    """An answer that ends too early is never taken for a whole one."""
    if length < len(data):
        with pytest.raises(BadAnswer):
            read_answer(receiver(data[:length]))


def test_nothing_at_all_is_told_apart() -> None:
    """A connection closed before the first byte may be tried again, so it has a name of its own."""
    with pytest.raises(NoAnswer):
        read_answer(receiver(b""))


def test_headers_come_by_lower_case_name() -> None:
    """Header names are found whatever their case on the wire, values without spaces around them."""
    assert read_answer(receiver(PLAIN)).headers[b"x-harness-queue-time"] == b"0.25"


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"HTTP/1.1 204 No Content\r\n", True),
        (b"HTTP/1.1 204 No Content\r\nConnection: Close\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n", True),
        (b"HTTP/1.1 200 OK\r\n", False),
    ],
)
def test_who_keeps_the_connection(head: bytes, keep_alive: bool) -> None:
    """HTTP/1.1 keeps it unless told otherwise, 1.0 the other way round; a body up to the end closes it."""
    assert read_answer(receiver(head + b"\r\n")) == Answer(
        int(head[9:12]), read_answer(receiver(head + b"\r\n")).headers, b"", keep_alive
    )


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        CHUNKED_HEAD + b"xyz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
        CHUNKED_HEAD + b"1" * 140_000,
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    """Garbage, wrong lengths and endless heads end the request instead of hanging it."""
    with pytest.raises(BadAnswer):
        read_answer(receiver(data, [65_536, 66_000, 131_100]))


def test_a_request_head_is_open_at_its_end() -> None:
    """The head ends after its last header, so that more can follow before the empty line."""
    assert request_head("POST", "/x", [("Host", "h")]) == b"POST /x HTTP/1.1\r\nHost: h\r\n"
