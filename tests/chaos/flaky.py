"""A door before an emulator: what comes in goes through, or is answered with 500 while it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.gateway.chain import Address

SERVER_ERROR = b'{"__type": "InternalFailure", "message": "The emulator is out of order."}'
KEPT_BY_HOP = {"connection", "transfer-encoding", "content-length"}


class Door(ThreadingHTTPServer):
    """Listens on loopback for *behind*. `broken` is whether it answers 500; `refused` counts how often."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, behind: Address) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind = behind
        self.broken = threading.Event()
        self.refused = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class Passing(BaseHTTPRequestHandler):
    """One connection: each request in it is passed on, or refused."""

    protocol_version = "HTTP/1.1"
    server: Door

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.broken.is_set():
            self.server.refused += 1
            self._send(500, [("Content-Type", "application/x-amz-json-1.0")], SERVER_ERROR)
            return
        behind = self.server.behind
        connection = HTTPConnection(behind.host, behind.port, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in KEPT_BY_HOP]
            self._send(answer.status, kept, answer.read())
        finally:
            connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer  # noqa: N815  # as the base calls them


@contextmanager
def door(behind: Address) -> Iterator[Door]:
    """Serve a door before *behind* while the block lasts."""
    with Door(behind) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
