"""How ranks meet: each tells rank 0 that it is there, then they add up a vector, all together or not at all.

Plain TCP on loopback, one JSON line each way, so that a rehearsal needs no deep-learning library; `gloo.py`
does the same with a process group of torch. Rank 0 keeps the door and comes in by it like everybody else.
"""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

LOOPBACK = "127.0.0.1"
# How often rank 0 looks whether its time is up, and how long one that knocks has to say who it is.
LOOK_S = 0.1
KNOCK_S = 1.0
# How much longer than rank 0 the others wait: it is rank 0 that says who is missing.
GRACE_S = 2.0


class RanksMissing(Exception):
    """The ranks did not all come in time: `came` names those that did, `missing` the others."""

    def __init__(self, came: Sequence[int], missing: Sequence[int], within_s: float) -> None:
        self.came = tuple(came)
        self.missing = tuple(missing)
        here = ", ".join(map(str, came)) or "nobody"
        lost = ", ".join(map(str, missing))
        super().__init__(f"rank {lost} did not come within {within_s:g} s; there: {here}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where rank 0 waits."""

    host: str
    port: int


class Door(Protocol):
    """What rank 0 opens before it calls the others; they find it at `address`."""

    @property
    def address(self) -> Address: ...
    def close(self) -> None: ...


# join(address, rank, world_size, vector, within_s): the sum of all ranks' vectors; raises RanksMissing.
Join = Callable[[Address, int, int, Sequence[float], float], list[float]]


class TcpDoor:
    """Waits in a thread for *world_size* ranks, *clock* deciding when *within_s* seconds are over.

    When all are there each is told the sum of what they brought, else who is missing.
    """

    def __init__(self, world_size: int, within_s: float, clock: Callable[[], float]) -> None:
        self._world_size = world_size
        self._within_s = within_s
        self._clock = clock
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(LOOK_S)
        self._guests: dict[int, tuple[socket.socket, list[float]]] = {}
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="door", daemon=True)
        self._keeper.start()

    @property
    def address(self) -> Address:
        """Where the ranks find it."""
        host, port = self._listener.getsockname()
        return Address(host, port)

    @property
    def came(self) -> list[int]:
        """The ranks that have come, in order."""
        return sorted(self._guests)

    def close(self) -> None:
        """Let nobody in any more and answer those who wait."""
        self._closing.set()
        self._keeper.join()
        self._listener.close()

    def _keep(self) -> None:
        give_up_at = self._clock() + self._within_s
        while len(self._guests) < self._world_size and self._clock() < give_up_at:
            if self._closing.is_set():
                break
            with suppress(OSError):  # nobody knocked, or one that went away again
                self._let_in(self._listener.accept()[0])
        answer = json.dumps(self._answer()).encode() + b"\n"
        for line, _ in self._guests.values():
            with line, suppress(OSError):
                line.sendall(answer)

    def _let_in(self, line: socket.socket) -> None:
        line.settimeout(KNOCK_S)
        try:
            said = json.loads(line.makefile().readline())
            self._guests[int(said["rank"])] = (line, list(said["vector"]))
        except (OSError, ValueError, KeyError, TypeError):  # no rank of ours
            line.close()

    def _answer(self) -> dict[str, Any]:
        missing = sorted(set(range(self._world_size)) - set(self._guests))
        if missing:
            return {"came": self.came, "missing": missing, "within_s": self._within_s}
        return {"sum": [sum(parts) for parts in zip(*(v for _, v in self._guests.values()), strict=True)]}


def join_by_tcp(
    address: Address, rank: int, world_size: int, vector: Sequence[float], within_s: float
) -> list[float]:
    """Come to the door at *address* with *vector* and return the sum of what all ranks brought.

    Raises RanksMissing when they did not all come, or when rank 0 itself is not there.
    """
    try:
        with socket.create_connection((address.host, address.port), timeout=within_s + GRACE_S) as line:
            line.sendall(json.dumps({"rank": rank, "vector": list(vector)}).encode() + b"\n")
            said = json.loads(line.makefile().readline() or "{}")
    except OSError as error:
        raise RanksMissing([rank], [0], within_s) from error
    if "sum" not in said:
        raise RanksMissing(said.get("came", [rank]), said.get("missing", [0]), said.get("within_s", within_s))
    return [float(part) for part in said["sum"]]
