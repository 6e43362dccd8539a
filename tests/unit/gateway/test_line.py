"""A client's connection as a line."""

import socket

from harness.gateway.line import keep_alive


def test_a_vanished_client_is_noticed() -> None:
    """A connection from elsewhere is asked after a minute whether its other side is there, and given up."""
    with socket.socket() as raw:
        keep_alive(raw)
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        asked = [
            raw.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_KEEP{it}")) for it in ("IDLE", "CNT")
        ]
    assert asked == [60, 4]
