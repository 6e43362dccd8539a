"""Bodies: where they end, however the bytes were cut on their way."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gateway.body import Body, ChunkedBody, LengthBody, UntilCloseBody, decode_chunked
from harness.gateway.head import MalformedError

chunks = st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.sampled_from(["", ";sig=0f", ";a=b;c"])))
trailers = st.lists(st.sampled_from(["x-amz-checksum-crc32: AAAA", "Expires: never"]), max_size=3)


def encode(pieces: list[tuple[bytes, str]], trailing: list[str]) -> bytes:
    body = b"".join(f"{len(data):X}{ext}\r\n".encode() + data + b"\r\n" for data, ext in pieces)
    return body + b"0\r\n" + b"".join(line.encode() + b"\r\n" for line in trailing) + b"\r\n"


def feed(body: Body, data: bytes, cuts: list[int]) -> int:
    """Feed *data* cut at *cuts*; return where the body said that it ends."""
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        taken = body.feed(data[start:end], 0)
        if body.done:
            return start + taken
    return len(data)


@given(chunks, trailers, st.binary(max_size=9), st.lists(st.integers(0, 2000), max_size=12))
def test_chunks_end_where_they_end(
    pieces: list[tuple[bytes, str]], trailing: list[str], after: bytes, cuts: list[int]
) -> None:
    """However it is cut, a chunked body ends at the same byte and decodes to the same payload."""
    raw = encode(pieces, trailing)
    decoded: list[bytes] = []
    body = ChunkedBody(decoded)
    assert feed(body, raw + after, cuts) == len(raw)
    assert body.done
    assert b"".join(decoded) == b"".join(data for data, _ in pieces)
    assert body.payload_bytes == sum(len(data) for data, _ in pieces)


@given(st.integers(1, 500), st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=9))
def test_a_length_takes_no_more(length: int, data: bytes, cuts: list[int]) -> None:
    """A body of n bytes ends after n bytes and leaves the rest to the next request."""
    body = LengthBody(length)
    assert feed(body, data, cuts) == min(length, len(data))
    assert body.done == (len(data) >= length)


def test_until_close_takes_all() -> None:
    """A body without framing never ends by itself."""
    body = UntilCloseBody()
    assert body.feed(b"abc", 1) == 3
    assert not body.done


@pytest.mark.parametrize(
    "raw",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b"1 \r\na\r\n0\r\n\r\n",
        b"1\na\r\n0\r\n\r\n",
        b"1\r\nab\r\n0\r\n\r\n",
        b"1\r\na0\r\n\r\n",
        b"1;a\rb\r\na\r\n0\r\n\r\n",
        b"FFFFFFFFFFFFFFFFF\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"1;" + b"x" * 5000,
        b"0\r\n" + b"a: " + b"b" * 4000 + b"\r\n" + (b"a: " + b"b" * 4000 + b"\r\n") * 20,
    ],
)
def test_absurd_chunks_are_refused(raw: bytes) -> None:
    """Sizes that are no number, wrong line ends, and framing without bound are refused."""
    with pytest.raises(MalformedError):
        ChunkedBody().feed(raw, 0)


@given(st.binary(max_size=300))
def test_any_bytes_end_refuse_or_wait(data: bytes) -> None:
    """Whatever comes, a chunked reader takes part of it, waits for more or refuses it."""
    body = ChunkedBody()
    with suppress(MalformedError):
        taken = body.feed(data, 0)
        assert taken == len(data) or body.done


@pytest.mark.parametrize("raw", [b"1\r\na\r\n", b"1\r\na\r\n0\r\n\r\nmore"])
def test_decoding_wants_the_whole_body(raw: bytes) -> None:
    """Decoding refuses a body that ends too early or too late."""
    with pytest.raises(MalformedError):
        decode_chunked(raw)
