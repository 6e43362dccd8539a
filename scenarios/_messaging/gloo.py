"""How ranks meet with torch: a store that rank 0 keeps, and a process group of the gloo backend."""

import os
import socket
import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from scenarios._messaging.rendezvous import LOOPBACK, Address, RanksMissing

# What a rank writes into the store when it comes.
HERE = "rank-{}-is-here"
# A look into the store that waits for nothing.
AT_ONCE = timedelta(milliseconds=10)


def has_torch() -> bool:
    """Tell whether torch is installed, without importing it: that takes seconds."""
    found = find_spec("torch")
    return found is not None and found.origin is not None  # a folder that is only called so has no origin


def load() -> None:
    """Import torch."""
    import_module("torch.distributed")


class StoreDoor:
    """Rank 0's store, by which the ranks find each other."""

    def __init__(self, within_s: float) -> None:
        # A socket of our own, since the store's would listen on every interface.
        listener = socket.create_server((LOOPBACK, 0))
        self.address = Address(*listener.getsockname())
        self._store: Any = _distributed().TCPStore(
            LOOPBACK,
            self.address.port,
            is_master=True,
            timeout=timedelta(seconds=within_s),
            wait_for_workers=False,  # who is there is seen by name, in `join_by_gloo`
            master_listen_fd=listener.detach(),
        )

    def close(self) -> None:
        """Let the store go."""
        self._store = None


def join_by_gloo(
    address: Address, rank: int, world_size: int, vector: Sequence[float], within_s: float
) -> list[float]:
    """Join the process group at *address* and return the all-reduced *vector*.

    Raises RanksMissing when not all ranks wrote themselves into the store in time.
    """
    torch, distributed = import_module("torch"), _distributed()
    # Read by gloo itself when the group is made: it would else listen where the machine's name points to.
    os.putenv("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    waits = timedelta(seconds=within_s)
    store = distributed.TCPStore(
        address.host, address.port, is_master=False, timeout=waits, wait_for_workers=False
    )
    store.set(HERE.format(rank), "1")
    _await_all(store, world_size, waits)
    distributed.init_process_group(
        "gloo",
        store=distributed.PrefixStore("group", store),
        rank=rank,
        world_size=world_size,
        timeout=waits,
    )
    try:
        reduced = torch.tensor(vector, dtype=torch.float64)
        distributed.all_reduce(reduced)
        return [float(part) for part in reduced.tolist()]
    finally:
        distributed.destroy_process_group()


def _distributed() -> Any:
    return import_module("torch.distributed")


def _await_all(store: Any, world_size: int, waits: timedelta) -> None:
    try:
        store.wait([HERE.format(rank) for rank in range(world_size)], waits)
    except RuntimeError as error:  # DistStoreError: the time is up, or rank 0 has gone
        came = [rank for rank in range(world_size) if _is_here(store, rank)]
        missing = [rank for rank in range(world_size) if rank not in came]
        raise RanksMissing(came, missing, waits.total_seconds()) from error


def _is_here(store: Any, rank: int) -> bool:
    try:
        return bool(store.check([HERE.format(rank)]))
    except RuntimeError:  # the store has gone with rank 0
        return False
