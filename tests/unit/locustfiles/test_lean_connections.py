"""A lean client keeps the connections that it needs, and lets go of those that a stall has left behind."""

import socket
import threading
import time
from collections.abc import Iterator

import gevent
import pytest

from locustfiles import lean
from locustfiles.lean import Lean

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers two bytes to whoever asks; while it `stalls`, only when so many have asked."""

    def __init__(self) -> None:
        self.open = 0
        self.stalls = 1
        self._asked = 0
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def comes_to(self, count: int) -> bool:
        """Return whether *count* connections are open, soon."""
        with self._changed:
            return self._changed.wait_for(lambda: self.open == count, 10.0)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10.0)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # that is how it ends
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        self._count(1, 0)
        with connection:
            while connection.recv(65_536):
                self._count(0, 1)
                with self._changed:
                    self._changed.wait_for(lambda: self._asked >= self.stalls, 10.0)
                connection.sendall(OK)
        self._count(-1, 0)

    def _count(self, opened: int, asked: int) -> None:
        with self._changed:
            self.open += opened
            self._asked += asked
            self._changed.notify_all()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_a_stall_leaves_no_connections_behind(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four at once need four; then one is enough, and with each request the longest unused is closed."""
    client = Lean(server.url, "us-east-1", None, "sagemaker", read_timeout_s=10.0)

    def send() -> int:
        return client.send("GET", "/", (), b"").status

    server.stalls = 4
    at_once = [gevent.spawn(send) for _ in range(4)]
    gevent.joinall(at_once, timeout=10.0, raise_error=True)
    assert [one.value for one in at_once] == [200] * 4
    assert [send(), send()] == [200, 200]
    assert server.comes_to(4)  # they may be needed again soon
    monkeypatch.setattr(lean, "IDLE_S", 0.0)
    for left in (3, 2, 1, 1):
        time.sleep(0.001)
        assert send() == 200
        assert server.comes_to(left)
    client.close()
    assert server.comes_to(0)
