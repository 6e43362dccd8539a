"""Requests on raw sockets under gevent, signed where there is a key: about as cheap as Python can send them.

Imported in the Locust process only, after Locust, as `clients.py` is.
"""

import time
from collections import deque
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import gevent.socket

from harness.load_plan import AccessKey
from locustfiles.http1 import Answer, NoAnswer, read_answer, request_head
from locustfiles.sigv4 import Prepared, Signer, amz_date

CONNECT_TIMEOUT_S = 10.0
# A stall of the server leaves hundreds of connections behind, which nobody needs once it is over.
IDLE_S = 5.0
# Bodies with a number in them never come twice: kept without a bound, their digests would fill the memory.
KEPT_DIGESTS = 4_096

Headers = tuple[tuple[str, str], ...]


class Lean:
    """Sends requests to *url* over keep-alive sockets, signed for *service* with *key*, without one unsigned.

    An idle connection that the server has closed is noticed by the missing answer and the request sent once
    more on a new one, as every HTTP client does; nothing else is tried twice.
    """

    def __init__(
        self, url: str, region: str, key: AccessKey | None, service: str, *, read_timeout_s: float
    ) -> None:
        parts = urlsplit(url)
        host = parts.hostname or "127.0.0.1"
        self._address = (host, parts.port or 80)
        self._host = parts.netloc if parts.port != 80 else parts.netloc.removesuffix(":80")
        self._read_timeout_s = read_timeout_s
        self._signer = (
            Signer(key.access_key_id, key.secret_access_key, region, service, key.session_token or "")
            if key is not None
            else None
        )
        self._kinds: dict[tuple[str, str, Headers], tuple[bytes, Prepared | None]] = {}
        self._digests: dict[bytes, str] = {}
        self._idle: deque[tuple[float, Any]] = deque()  # since when, the longest first
        self._date: tuple[int, str] = (0, "")

    def send(self, method: str, path: str, headers: Headers, body: bytes, *, unsigned: str = "") -> Answer:
        """Return the answer to one request. *headers* are signed, the head's lines in *unsigned* are not.

        Raises OSError for timeouts, resets and refused connections, and BadAnswer.
        """
        return self._exchange(self._request(method, path, headers, body, unsigned))

    def close(self) -> None:
        """End the connections on which nothing is under way."""
        while self._idle:
            self._idle.pop()[1].close()

    def _request(self, method: str, path: str, headers: Headers, body: bytes, unsigned: str) -> bytes:
        kind = (method, path, headers)
        head, prepared = self._kinds.get(kind) or self._prepare(*kind)
        signature = self._signature(prepared, body) if prepared is not None else ""
        tail = f"{unsigned}{signature}Content-Length: {len(body)}\r\n\r\n"
        return head + tail.encode() + body

    def _signature(self, prepared: Prepared, body: bytes) -> str:
        digest = self._digests.get(body) or self._digest(body)
        now = time.time()
        if int(now) != self._date[0]:
            self._date = (int(now), amz_date(now))
        date = self._date[1]
        return f"X-Amz-Date: {date}\r\nAuthorization: {prepared.authorization(digest, date)}\r\n"

    def _prepare(self, method: str, path: str, headers: Headers) -> tuple[bytes, Prepared | None]:
        signed = [("Host", self._host), *headers]
        extra = [("User-Agent", "harness-lean")]
        prepared = None
        if self._signer is not None:
            prepared = Prepared(self._signer, method, path, dict(signed))
            token = self._signer.session_token
            extra = ([("X-Amz-Security-Token", token)] if token else []) + extra
        made = (request_head(method, path, [*signed, *extra]), prepared)
        self._kinds[method, path, headers] = made
        return made

    def _digest(self, body: bytes) -> str:
        """Return the body's SHA-256, kept: a pool's bodies are sent many times and hashing has its price."""
        if len(self._digests) >= KEPT_DIGESTS:
            self._digests.clear()
        digest = self._digests[body] = sha256(body).hexdigest()
        return digest

    def _exchange(self, request: bytes) -> Answer:
        if self._idle:
            try:
                return self._exchange_on(self._idle.pop()[1], request)
            except (NoAnswer, BrokenPipeError, ConnectionResetError):
                pass
        return self._exchange_on(self._connect(), request)

    def _exchange_on(self, connection: Any, request: bytes) -> Answer:
        kept = False
        try:
            # At once, where the socket's buffer has room: `sendall` asks for the buffer's size before each.
            if (sent := connection.send(request)) < len(request):
                connection.sendall(request[sent:])
            answer = read_answer(connection.recv)
            kept = answer.keep_alive
            return answer
        finally:
            if kept:
                self._keep(connection)
            else:  # also when the load's end kills this greenlet in the middle
                connection.close()

    def _keep(self, connection: Any) -> None:
        """Keep *connection* for the next request, and let go of one that was not needed for a while."""
        now = time.monotonic()
        self._idle.append((now, connection))  # the latest is taken first
        if self._idle[0][0] < now - IDLE_S:
            self._idle.popleft()[1].close()

    def _connect(self) -> Any:
        connection = gevent.socket.create_connection(self._address, CONNECT_TIMEOUT_S)
        connection.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
        connection.settimeout(self._read_timeout_s)
        return connection
