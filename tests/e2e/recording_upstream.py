"""An emulator that writes down what came, as an independent reader (h11) understands it."""

import socket
from dataclasses import dataclass, field
from typing import BinaryIO

import h11


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the emulator understood it."""

    method: str
    target: str
    body: bytes


@dataclass
class Recording:
    """What came on all connections; `script` is the emulator's (toy_http)."""

    requests: list[Seen] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)  # of each connection
    faults: list[str] = field(default_factory=list)

    def script(self, connection: socket.socket, _reader: BinaryIO) -> None:
        """Answer each request with its own target."""
        place = len(self.raw)
        self.raw.append(b"")
        reader = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        while data := connection.recv(1 << 16):
            self.raw[place] += data
            try:
                reader.receive_data(data)
                self._answer(connection, reader)
            except h11.RemoteProtocolError as error:
                self.faults.append(f"{error}: {self.raw[place][-300:]!r}")
                return

    def _answer(self, connection: socket.socket, reader: h11.Connection) -> None:
        while True:
            event = reader.next_event()
            if isinstance(event, h11.Request):
                self._head, self._body = event, b""
            elif isinstance(event, h11.Data):
                self._body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                target = self._head.target.decode("latin-1")
                self.requests.append(Seen(self._head.method.decode(), target, self._body))
                said = self._head.target
                size = (b"Content-Length", b"%d" % len(said))
                head = reader.send(h11.Response(status_code=200, headers=[size])) or b""
                body = reader.send(h11.Data(data=said)) or b""
                connection.sendall(head + body + (reader.send(h11.EndOfMessage()) or b""))
                if reader.our_state is h11.MUST_CLOSE:
                    connection.shutdown(socket.SHUT_WR)
                    return
                reader.start_next_cycle()
            else:
                return
