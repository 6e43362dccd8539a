"""Ranks meet over TCP, or are told who is missing."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic

import pytest

from scenarios._messaging.rendezvous import Address, RanksMissing, TcpDoor, join_by_tcp

PATIENT_S, SOON_S = 20.0, 0.5


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def test_all_meet(pool: ThreadPoolExecutor) -> None:
    """Four ranks each get the sum of what all of them brought."""
    with closing(TcpDoor(4, PATIENT_S, monotonic)) as door:
        joined = [pool.submit(join_by_tcp, door.address, n, 4, [n, 1.0], PATIENT_S) for n in range(4)]

        assert [one.result() for one in joined] == [[6.0, 4.0]] * 4


def test_a_lost_rank(pool: ThreadPoolExecutor) -> None:
    """When rank 3 does not come, the others are told so and who is there."""
    with closing(TcpDoor(4, SOON_S, monotonic)) as door:
        joined = [pool.submit(join_by_tcp, door.address, n, 4, [0.0], SOON_S) for n in range(3)]
        errors = [one.exception() for one in joined]

    said = "rank 3 did not come within 0.5 s; there: 0, 1, 2"
    assert [str(error) for error in errors] == [said] * 3


def test_strangers_are_shown_out() -> None:
    """One that knocks and says nothing of use does not count as a rank."""
    with closing(TcpDoor(1, PATIENT_S, monotonic)) as door:
        for words in (b"hello\n", b"{}\n", b""):
            with socket.create_connection((door.address.host, door.address.port)) as stranger:
                stranger.sendall(words)

        assert join_by_tcp(door.address, 0, 1, [2.0], PATIENT_S) == [2.0]


def test_nobody_at_the_door() -> None:
    """A rank that finds rank 0 gone says so at once."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RanksMissing, match="rank 0 did not come"):
        join_by_tcp(Address("127.0.0.1", port), 1, 4, [0.0], SOON_S)


def test_closed_early(pool: ThreadPoolExecutor) -> None:
    """Closing the door answers those who wait, with who was missing."""
    door = TcpDoor(2, PATIENT_S, monotonic)
    waiting = pool.submit(join_by_tcp, door.address, 1, 2, [0.0], PATIENT_S)
    while door.came != [1]:
        pass
    door.close()

    with pytest.raises(RanksMissing, match="rank 0 did not come"):
        waiting.result()
