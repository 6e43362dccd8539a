"""The HTTP side of the live view: three kinds of address on loopback, for browsers on this machine alone.

    GET /            the page of the only run, or the list of the command's runs
    GET /runs/N      the page of run N
    GET /events      server-sent events (WHATWG HTML, "Server-sent events"): `state`, each time it changed

A web page of somebody else's cannot read any of it: the name in `Host` must be this machine's, so that no
other name can be pointed here (DNS rebinding), and nothing is allowed across origins.
"""

import re
import socket
import sys
import traceback
from html import unescape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from harness.live.board import Board

HEARTBEAT_S = 10.0  # a comment now and then: so a reader who has gone is noticed
RETRY_MS = 1_000
MOST_READERS = 50
GOODBYE_S = 5.0  # what a reader has, once all is over, to fetch the last page
REQUEST_TIMEOUT_S = 10.0
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"')
LIVE_POLICY = ("connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")
_RUN = re.compile(r"/runs/(\d{1,4})")


class LiveServer(ThreadingHTTPServer):
    """Serves *board* on a socket that listens already. `only_run` says that `/` is the page of run 1."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, board: Board, *, only_run: bool) -> None:
        address: tuple[str, int] = listening.getsockname()
        super().__init__(address, _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.board = board
        self.only_run = only_run
        self.hosts = {f"{name}:{address[1]}" for name in ("127.0.0.1", "localhost")}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell what went wrong in the log; a reader who leaves in the middle of an answer is no error."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "harness"
    sys_version = ""
    timeout = REQUEST_TIMEOUT_S
    server: LiveServer

    def do_GET(self) -> None:
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            self._say(HTTPStatus.MISDIRECTED_REQUEST, "Only 127.0.0.1 and localhost are served here.")
            return
        if self._is_elsewheres():
            self._say(HTTPStatus.FORBIDDEN, "Another site's page may link here, and do nothing else.")
            return
        address = urlsplit(self.path)
        if address.path == "/events":
            self._events(parse_qs(address.query, keep_blank_values=True))
        elif address.path == "/":
            self._page(1 if self.server.only_run else 0)
        elif found := _RUN.fullmatch(address.path):
            self._page(int(found[1]))
        else:
            self._nothing()

    def _is_elsewheres(self) -> bool:
        """Return whether a page of another site asked, other than by a link (W3C, "Fetch Metadata Request
        Headers"): it could read nothing, but would have pages drawn while a run is measured."""
        site = self.headers.get("Sec-Fetch-Site", "none")
        return site not in ("same-origin", "none") and self.headers.get("Sec-Fetch-Mode") != "navigate"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer in a plain sentence whatever is no GET, or no HTTP."""
        self.close_connection = True
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code, message = HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is served here."
        self._say(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the log is for what goes wrong."""

    def _page(self, number: int) -> None:
        page = self.server.board.page(number)
        if page is None:
            self._nothing()
            return
        self._head(HTTPStatus.OK, "text/html", len(page.html), policy_of(page.html))
        self.send_header("X-Live-Version", str(page.version))
        self.end_headers()
        self.wfile.write(page.html)

    def _nothing(self) -> None:
        text = "There is nothing here: only the pages of this command's runs are served, no files."
        self._say(HTTPStatus.NOT_FOUND, text)

    def _say(self, status: HTTPStatus, text: str) -> None:
        body = f"{text}\n".encode()
        self._head(status, "text/plain", len(body), "default-src 'none'")
        self.end_headers()
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, length: int | None, policy: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")

    # -- events

    def _events(self, asked: dict[str, list[str]]) -> None:
        board = self.server.board
        if board.readers >= MOST_READERS:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_READERS} pages follow already; close some.")
            return
        self.close_connection = True
        self._head(HTTPStatus.OK, "text/event-stream", None, "default-src 'none'")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"retry: %d\n\n" % RETRY_MS)
        run = int(asked["run"][0]) if asked.get("run", [""])[0].isdigit() else None
        with board.reading(attentive="quiet" not in asked):
            self._follow(board, run, quiet="quiet" in asked)

    def _follow(self, board: Board, run: int | None, *, quiet: bool) -> None:
        seen = 0
        told: list[str] = []
        while True:
            newer = board.newer(seen, HEARTBEAT_S)
            if newer is None:
                self.wfile.write(b": nothing new\n\n")
                continue
            seen, state = newer
            stands = [one["state"] for one in state["runs"]]
            if quiet and stands == told and not state["over"]:
                continue
            told = stands
            self.wfile.write(b"event: state\ndata: %b\n\n" % orjson.dumps(_for(run, state)))
            if state["over"]:
                # The page fetches the last version and closes the stream: only then may the server go.
                self.connection.settimeout(GOODBYE_S)
                self.connection.recv(1)
                return


def _for(run: int | None, state: dict[str, Any]) -> dict[str, Any]:
    """Return *state* with the sections of page *run* alone; of all pages when the reader named none."""
    if run is None:
        return state
    kept = [one if one["run"] == run else one | {"sections": {}} for one in state["runs"]]
    return state | {"runs": kept}


def policy_of(html: bytes) -> str:
    """Return the content policy of a page as a header: its own, with events allowed and framing forbidden."""
    head = html[: html.find(b"<style")].decode("utf-8", "replace")
    found = _POLICY.search(head)
    own = unescape(found[1]) if found else "default-src 'none'"
    given = {name for name, _, _ in (part.partition(" ") for part in LIVE_POLICY)}
    kept = [part for part in map(str.strip, own.split(";")) if part and part.split()[0] not in given]
    return "; ".join([*kept, *LIVE_POLICY])
