"""A second address of the gateway: only when it is named, gone with the gateway, told when it cannot be."""

import socket
from collections.abc import Iterator

import pytest

from harness.clock import Clock
from harness.errors import EnvironmentFault
from harness.gateway.chain import Address, Chain, Reply
from harness.gateway.server import ServerThread

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def server() -> Iterator[ServerThread]:
    chain = Chain([lambda _exchange: Reply(200, b"here")], lambda _exchange: None)
    thread = ServerThread(chain, Clock())
    thread.start()
    yield thread
    thread.stop()


def answers(address: Address) -> bool:
    try:
        with socket.create_connection((address.host, address.port), 5) as client:
            client.sendall(ASKED)
            return client.recv(4096).startswith(b"HTTP/1.1 200 OK")
    except ConnectionRefusedError:
        return False


def test_both_addresses_answer_until_the_gateway_ends(server: ServerThread) -> None:
    """Nobody is answered on an address that was not named."""
    first = server.address
    second = Address("second", "127.0.0.2", first.port)
    assert (answers(first), answers(second)) == (True, False)
    server.submit(server.server.also(second.host, second.port)).result()
    assert (answers(first), answers(second)) == (True, True)
    server.stop()
    assert (answers(first), answers(second)) == (False, False)


def test_an_address_that_is_not_this_machines_is_told(server: ServerThread) -> None:
    """One sentence, before anything is served there."""
    with pytest.raises(EnvironmentFault, match=r"cannot listen on 192\.0\.2\.1 port 4566"):
        server.submit(server.server.also("192.0.2.1", 4566)).result()
