"""An HTTP server in the gateway's place for the load's tests: it acts by endpoint name and can freeze."""

import asyncio
import threading
import time
from dataclasses import dataclass, field

HEADERS = (
    "X-Harness-Modelled-Time: 0.250\r\nX-Harness-Queue-Time: 0.050\r\n"
    "X-Harness-Service-Time: 0.200\r\nX-Harness-Overhead-Time: 0.001\r\n"
)
REFUSALS = {
    "refuses": ("429 Too Many Requests", "x-amzn-errortype: ThrottlingException:http://x/\r\n", "{}"),
    "garbles": ("500 Internal Server Error", "", "1.5"),  # JSON, but no object: boto3 fails on it
}
SLOW_S = 0.4


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class EndpointServer:
    """Answers `fine`, `slow` (after 0.4 s), `refuses` (429) and `garbles` (no AWS error); `hangs` never.

    Use it as a context manager. `freezes` are (start, end) on `time.monotonic()`, during which nothing moved.
    """

    received: list[Received] = field(default_factory=list)
    freezes: list[tuple[float, float]] = field(default_factory=list)
    port: int = 0

    def __enter__(self) -> "EndpointServer":
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listening,))
        self._thread.start()
        assert listening.wait(5)
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def freeze_at(self, at: float, for_s: float) -> None:
        """Stand still from *at* on `time.monotonic()` for *for_s* seconds."""
        self._loop.call_soon_threadsafe(self._loop.call_at, at, self._freeze, for_s)

    def _freeze(self, for_s: float) -> None:
        start = time.monotonic()
        time.sleep(for_s)
        self.freezes.append((start, time.monotonic()))

    def _serve(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        starting = self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        server = self._loop.run_until_complete(starting)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class _Connection(asyncio.Protocol):
    def __init__(self, server: EndpointServer) -> None:
        self._server = server
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            lines = self._held[:end].decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
            }
            length = int(headers.get("content-length", "0"))
            if len(self._held) < end + 4 + length:
                return
            body, self._held = self._held[end + 4 : end + 4 + length], self._held[end + 4 + length :]
            self._answer(Received(lines[0].split(" ")[1], headers, body))

    def _answer(self, request: Received) -> None:
        self._server.received.append(request)
        endpoint = request.path.split("/")[2]
        if endpoint == "hangs":
            return
        status, extra, body = REFUSALS.get(endpoint, ("200 OK", HEADERS, "1.5"))
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/csv\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        wait_s = SLOW_S if endpoint == "slow" else 0.0
        asyncio.get_event_loop().call_later(wait_s, self._send, f"{head}{body}".encode())

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)
