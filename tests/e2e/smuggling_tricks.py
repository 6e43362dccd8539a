"""Bytes by which one HTTP message is made to look like two, and what the gateway makes of each.

From the collections of PortSwigger ("HTTP Desync Attacks", "Browser-Powered Desync Attacks"), http-garden,
and the examples of RFC 9112, sections 2.2, 5, 6.1, 6.3, 7.1, 9.3 and 11.2. A trick is (bytes, statuses that
the client sees, targets that the emulator sees).
"""

INNER = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"0\r\n\r\n"
Trick = tuple[bytes, list[int], list[str]]


def post(headers: bytes, body: bytes = b"", *, target: bytes = b"/outer", version: bytes = b"1.1") -> bytes:
    return b"POST %b HTTP/%b\r\nHost: x\r\n%b\r\n%b" % (target, version, headers, body)


def refused(data: bytes, status: int = 400) -> Trick:
    return data, [status], []


def taken(data: bytes, *targets: str) -> Trick:
    return data, [200] * len(targets), list(targets)


def sized(size: bytes, body: bytes = b"abc") -> bytes:
    """Return a request whose one chunk has the size *size*."""
    return post(CHUNKED, size + b"\r\n" + body + b"\r\n" + LAST + INNER)


_LENGTHS = {
    "negative": b"-1",
    "plus": b"+3",
    "hexadecimal": b"0x3",
    "exponent": b"3e0",
    "fraction": b"3.0",
    "underscore": b"1_0",
    "two in one": b"3, 3",
    "two different in one": b"3, 40",
    "quoted": b'"3"',
    "empty": b"",
    "huge": b"9" * 19,
    "over a word": b"18446744073709551619",
    "very long": b"0" * 5000 + b"3",
    "digits of another script": "٣".encode(),
    "vertical tab": b"\x0b3",
    "form feed": b"3\x0c",
    "a letter behind": b"3;",
    "space within": b"3 0",
}
_CODINGS = {
    "identity": b"identity",
    "gzip": b"gzip",
    "chunked and identity": b"chunked, identity",
    "identity and chunked": b"identity, chunked",
    "gzip and chunked": b"gzip, chunked",
    "twice": b"chunked, chunked",
    "comma": b"chunked,",
    "comma before": b",chunked",
    "parameter": b"chunked;a=b",
    "quoted": b'"chunked"',
    "x": b"xchunked",
    "vertical tab": b"\x0bchunked",
    "form feed": b"chunked\x0c",
    "delete": b"\x7fchunked",
    "no-break space": b"\xa0chunked",
    "empty": b"",
    "long s": "chun\u212aed".encode(),
}
_SIZES = {
    "negative": b"-3",
    "plus": b"+3",
    "prefixed": b"0x3",
    "spaced": b" 3",
    "space behind": b"3 ",
    "tab behind": b"3\t",
    "underscore": b"0_3",
    "empty": b"",
    "no digit": b"g",
    "over a word": b"10000000000000003",
    "leading zeros over a word": b"0" * 17 + b"3",
    "bare LF in extension": b"3;a\nb",
    "bare CR in extension": b"3;a\rb",
    "NUL in extension": b"3;a\0b",
    "long extension": b"3;" + b"a" * 5000,
    "comma": b"3,3",
    "too small": b"2",
    "too large": b"4",
}
# Lines of a head that no two readers take alike.
_LINES = {
    "space before the colon": b"Transfer-Encoding : chunked\r\n",
    "tab before the colon": b"Transfer-Encoding\t: chunked\r\n",
    "folded": b"X: y\r\n Transfer-Encoding: chunked\r\n",
    "folded by a tab": b"Transfer-Encoding:\r\n\tchunked\r\n",
    "space before the name": b" Transfer-Encoding: chunked\r\n",
    "bare LF": b"X: y\nTransfer-Encoding: chunked\r\n",
    "bare CR": b"X: y\rTransfer-Encoding: chunked\r\n",
    "CR CR LF": b"X: y\r\r\nTransfer-Encoding: chunked\r\n",
    "LF CR": b"X: y\n\rTransfer-Encoding: chunked\r\n",
    "NUL in a value": b"X: y\0Transfer-Encoding: chunked\r\n",
    "NUL in a name": b"Transfer\0-Encoding: chunked\r\n",
    "NUL behind a name": b"Transfer-Encoding\0: chunked\r\n",
    "no colon": b"Transfer-Encoding chunked\r\n",
    "no name": b": chunked\r\n",
    "not a token": b"Transfer(Encoding): chunked\r\n",
    "brackets": b"[Transfer-Encoding]: chunked\r\n",
    "invalid UTF-8 in a name": b"Transfer-\xffEncoding: chunked\r\n",
    "soft hyphen": "Transfer\u00adEncoding: chunked\r\n".encode(),
}
# What begins a request that is none of ours.
_REQUEST_LINES = {
    "bare LF": b"GET / HTTP/1.1\nHost: x\n\n",
    "CR before the space": b"GET\r / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no version": b"GET /\r\nHost: x\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    "tab": b"GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "space behind the version": b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
    "a second request in the line": b"GET / HTTP/1.1 GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "small letters": b"GET / http/1.1\r\nHost: x\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "a control character in the target": b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a delete in the target": b"GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the method": b"G\0T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bracket in the method": b"G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a folded first header": b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "a byte order mark": b"\xef\xbb\xbfGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a reply": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
}

REFUSED: dict[str, Trick] = {
    **{
        f"length: {how}": refused(post(b"Content-Length: %b\r\n" % it, b"abc"))
        for how, it in _LENGTHS.items()
    },
    **{
        f"coding: {how}": refused(post(b"Transfer-Encoding: %b\r\n" % it, LAST + INNER), 501)
        for how, it in _CODINGS.items()
    },
    **{f"chunk: {how}": refused(sized(it)) for how, it in _SIZES.items()},
    **{f"line: {how}": refused(post(it, LAST + INNER)) for how, it in _LINES.items()},
    **{f"request: {how}": refused(it) for how, it in _REQUEST_LINES.items()},
    "tunnelling": refused(b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n" + INNER, 501),
    "CL.TE": refused(post(b"Content-Length: %d\r\n" % (5 + len(INNER)) + CHUNKED, LAST + INNER)),
    "TE.CL": refused(post(CHUNKED + b"Content-Length: 4\r\n", b"24\r\n" + INNER + b"\r\n" + LAST)),
    "CL.0": refused(post(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(INNER), INNER)),
    "two equal lengths": refused(post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc")),
    "TE.TE": refused(post(CHUNKED + CHUNKED, LAST + INNER)),
    "TE.TE, one unknown": refused(post(CHUNKED + b"Transfer-encoding: cow\r\n", LAST + INNER)),
    "TE.TE, unknown first": refused(post(b"Transfer-encoding: cow\r\n" + CHUNKED, LAST + INNER), 501),
    "chunks in 1.0": refused(post(CHUNKED, LAST + INNER, version=b"1.0")),
    "version 2.0": refused(post(b"", version=b"2.0"), 505),
    "version 1.2": refused(post(b"", version=b"1.2"), 505),
    "version 0.9": refused(post(b"", version=b"0.9"), 505),
    "the preface of HTTP/2": refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "chunk: bare LF behind the size": refused(post(CHUNKED, b"3\nabc\r\n" + LAST + INNER)),
    "chunk: bare LF behind the data": refused(post(CHUNKED, b"3\r\nabc\n" + LAST + INNER)),
    "chunk: nothing behind the data": refused(post(CHUNKED, b"3\r\nabc0\r\n\r\n" + INNER)),
    "chunk: bare LF at the end": refused(post(CHUNKED, b"0\r\n\n" + INNER)),
    "trailer: folded": refused(post(CHUNKED, b"0\r\nA: b\r\n c\r\n\r\n" + INNER)),
    "trailer: no colon": refused(post(CHUNKED, b"0\r\n" + INNER)),
    "trailer: NUL": refused(post(CHUNKED, b"0\r\nA: \0\r\n\r\n" + INNER)),
    "trailer: endless": refused(post(CHUNKED, b"0\r\n" + (b"A: " + b"b" * 1000 + b"\r\n") * 100)),
    "a head over 64 KiB": refused(post(b"X: " + b"y" * 70_000 + b"\r\n"), 431),
    "names without end": refused(b"GET / HTTP/1.1\r\n" + b"X" * 70_000, 431),
    "ten thousand headers": refused(post(b"A: b\r\n" * 12_000), 431),
}

TAKEN: dict[str, Trick] = {
    "a request in a body": taken(post(b"Content-Length: %d\r\n" % len(INNER), INNER), "/outer"),
    "a request in a chunk": taken(post(CHUNKED, b"%x\r\n%b\r\n" % (len(INNER), INNER) + LAST), "/outer"),
    "a request in the body of a GET": taken(
        b"GET /outer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(INNER) + INNER, "/outer"
    ),
    "chunks behind a GET": taken(
        b"GET /outer HTTP/1.1\r\nHost: x\r\n" + CHUNKED + b"\r\n" + LAST + INNER, "/outer", "/smuggled"
    ),
    "pipelined": taken(INNER * 5, *["/smuggled"] * 5),
    "pipelined behind a body": taken(post(b"Content-Length: 3\r\n", b"abc") + INNER, "/outer", "/smuggled"),
    "pipelined behind chunks": taken(post(CHUNKED, b"3\r\nabc\r\n" + LAST + INNER), "/outer", "/smuggled"),
    "empty lines between": taken(INNER + b"\r\n\r\n\r\n" + INNER, "/smuggled", "/smuggled"),
    "extensions": taken(post(CHUNKED, b'3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n' + INNER), "/outer", "/smuggled"),
    "leading zeros": taken(post(CHUNKED, b"000003\r\nabc\r\n000\r\n\r\n" + INNER), "/outer", "/smuggled"),
    "trailers that frame": taken(
        post(CHUNKED, b"0\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n" + INNER),
        "/outer",
        "/smuggled",
    ),
    "another spelling": taken(
        post(b"tRANSFER-eNCODING:\tCHUNKED \t\r\n", LAST + INNER), "/outer", "/smuggled"
    ),
    "a zero length": taken(post(b"Content-Length: 0000\r\n", INNER), "/outer", "/smuggled"),
    "another name": taken(
        post(b"Content_Length: 40\r\nTransfer_Encoding: chunked\r\n", INNER), "/outer", "/smuggled"
    ),
    "a name that begins alike": taken(post(b"Content-Lengths: 40\r\n", INNER), "/outer", "/smuggled"),
    "an absolute target": taken(
        INNER.replace(b"/smug", b"http://elsewhere.example/smug"), "http://elsewhere.example/smuggled"
    ),
    "an authority": taken(INNER.replace(b"/smuggled", b"elsewhere.example:443"), "elsewhere.example:443"),
    "a star": taken(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "*"),
    "a 1.0 client": taken(post(b"Content-Length: 3\r\n", b"abc", version=b"1.0") + INNER, "/outer"),
    "a client that closes": taken(
        post(b"Connection: close\r\nContent-Length: 3\r\n", b"abc") + INNER, "/outer"
    ),
    "a length named as hop by hop": taken(
        post(b"Connection: Content-Length\r\nContent-Length: 3\r\n", b"abc") + INNER, "/outer", "/smuggled"
    ),
    "an upgrade": taken(
        post(b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n", b"abc") + INNER,
        "/outer",
        "/smuggled",
    ),
}
