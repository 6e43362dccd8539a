"""Bytes that nobody would send, and valid ones with a few changed: no reader fails but in its own words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import TARGETS

_TOKENS = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b" ",
        b"\t",
        b":",
        b";",
        b",",
        b'"',
        b"'",
        b"\\",
        b"%",
        b"%0d%0a",
        b"${",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b"(",
        b")",
        b"<",
        b">",
        b"&",
        b"*",
        b"!",
        b"|",
        b"-",
        b"+",
        b"0x",
        b"1e999",
        b"NaN",
    ),
    *(
        b"9" * 30,
        b"9" * 5_000,
        b"-1",
        b"[" * 300,
        b"{" * 300,
        b"\\ud800",
        "\u0661\u2028\ufeff".encode(),
        b"null",
    ),
    *(
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Action=",
        b"X-Amz-Credential=",
        b"<<: *a\n",
    ),
]
_EDIT = st.tuples(
    st.integers(0, 5_000), st.integers(0, 12), st.one_of(st.sampled_from(_TOKENS), st.binary(max_size=6))
)


@st.composite
def mutations(draw: st.DrawFn, name: str) -> bytes:
    """Return a seed of the target *name* with some bytes replaced, or bytes of no kind at all."""
    data = draw(st.one_of(st.sampled_from(list(TARGETS[name].seeds)), st.binary(max_size=200)))
    for at, taken, put in draw(st.lists(_EDIT, max_size=6)):
        at %= len(data) + 1
        data = data[:at] + put + data[at + taken :]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_break_it(name: str) -> None:
    """What is raised is what the reader says it raises."""

    @settings(deadline=None)
    @given(mutations(name))
    def run(data: bytes) -> None:
        TARGETS[name].run(data)

    run()
