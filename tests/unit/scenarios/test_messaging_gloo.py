"""Ranks meet in a process group of torch, where the extra `torch` is installed."""

import multiprocessing
from multiprocessing.queues import Queue
from typing import Any

import pytest

from scenarios._messaging import gloo
from scenarios._messaging.rendezvous import RanksMissing

pytestmark = pytest.mark.skipif(
    not gloo.has_torch(),
    reason="torch is not installed: the extra `torch` brings it, and the gloo process group",
)
RANKS, PATIENT_S, SOON_S = 4, 60.0, 2.0


def _rank(
    rank: int, within_s: float, lost: int | None, addresses: "Queue[Any]", said: "Queue[Any]", over: Any
) -> None:
    gloo.load()
    door = gloo.StoreDoor(within_s) if rank == 0 else None
    for _ in range(RANKS if door else 0):
        addresses.put(door.address if door else None)
    address = addresses.get()
    if rank != lost:
        try:
            said.put((rank, gloo.join_by_gloo(address, rank, RANKS, [float(rank), 1.0], within_s)))
        except RanksMissing as missing:
            said.put((rank, (missing.came, missing.missing)))
    over.wait()  # rank 0 keeps the store until all have said what they have to say


def _meeting(within_s: float, lost: int | None = None) -> dict[int, Any]:
    context = multiprocessing.get_context("spawn")
    addresses, said, over = context.Queue(), context.Queue(), context.Event()
    processes = [
        context.Process(target=_rank, args=(rank, within_s, lost, addresses, said, over))
        for rank in range(RANKS)
    ]
    for process in processes:
        process.start()
    try:
        return dict(said.get(timeout=PATIENT_S) for _ in range(RANKS - (lost is not None)))
    finally:
        over.set()
        for process in processes:
            process.join()


def test_all_reduce() -> None:
    """Four processes form a gloo group, and each gets the sum of all vectors."""
    assert _meeting(PATIENT_S) == {rank: [6.0, 4.0] for rank in range(RANKS)}


def test_a_lost_rank() -> None:
    """Rank 0 says by name who came and who did not."""
    came, missing = _meeting(SOON_S, lost=3)[0]
    assert missing[-1] == 3
    assert 0 in came
