"""What listens on this machine, and who calls before anybody is there to answer."""

import socket

import pytest

from harness.clock import Clock
from harness.errors import EnvironmentFault
from harness.gateway.chain import Chain, Reply
from harness.gateway.server import ServerThread
from harness.loopback import listen_on_loopback


def test_who_calls_before_the_server_runs_is_answered_when_it_does() -> None:
    """`harness serve` listens first and imports then: nobody is refused in between."""
    with listen_on_loopback(purpose="The test") as listener:
        with socket.create_connection(listener.getsockname(), 5) as early:
            early.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            chain = Chain([lambda _exchange: Reply(200, b"here")], lambda _exchange: None)
            thread = ServerThread(chain, Clock(), listener=listener)
            address = thread.start()
            assert (address.host, address.port) == listener.getsockname()
            assert early.recv(4096).startswith(b"HTTP/1.1 200 OK")
        thread.stop()


def test_a_port_in_use_is_told_with_its_purpose() -> None:
    """The sentence says who wanted which port, and the way out."""
    with listen_on_loopback(purpose="The first") as first, pytest.raises(EnvironmentFault) as told:
        listen_on_loopback(first.getsockname()[1], purpose="The second")
    assert "The second cannot listen" in str(told.value)
