"""The hour of benchmarks/virtual_time.py played by others: compiled C, and SimPy.

Both get the moments at which instances join and leave from the exact kernel, so that they do its data plane
and nothing else.
"""

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import simpy

from harness.virtual.cases import KernelCase
from harness.virtual.results import KernelRequests, KernelResult
from harness.virtual.tally import make_tally
from harness.virtual.trace import Trace

SOURCE = Path(__file__).with_name("virtual_time.c")
TIMEOUT_S = 60.0


def moves_of(result: KernelResult) -> list[tuple[float, int]]:
    """Return each moment at which one instance joins (+1) or leaves (-1)."""
    moves: list[tuple[float, int]] = []
    before = 0
    for at, _, active in result.capacity:
        moves += [(at, 1 if active > before else -1)] * abs(active - before)
        before = active
    return moves


class _Run(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("at", "service", "place")),
        ("count", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("moved_at", "moved")),
        *((name, ctypes.c_int64) for name in ("moves", "most", "concurrency", "queue_limit")),
        *((name, ctypes.c_double) for name in ("timeout", "limit")),
        *(
            (name, ctypes.c_void_p)
            for name in ("queue", "ended", "outcome", "instance", "responses", "arrived", "bad")
        ),
    ]


class CTwin:
    """The same recursion by `gcc -O3`, with room made once."""

    def __init__(self, trace: Trace, case: KernelCase, result: KernelResult) -> None:
        self._library = _compiled()
        moves = moves_of(result)
        count = len(trace)
        moved_at = np.array([at for at, _ in moves])
        moved = np.array([step for _, step in moves], np.int64)
        self.requests = KernelRequests(
            np.empty(count), np.empty(count, np.uint8), np.empty(count, np.int32), np.empty(count)
        )
        self.tally = make_tally(len(result.arrived))
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "at": trace.at,
            "service": trace.service_s,
            "place": trace.place,
            "moved_at": moved_at,
            "moved": moved,
            "queue": self.requests.queue_s,
            "ended": self.requests.ended_at,
            "outcome": self.requests.outcome,
            "instance": self.requests.instance,
            "responses": self.tally.responses,
            "arrived": self.tally.arrived,
            "bad": self.tally.bad,
        }
        self._keep = arrays  # the structure holds bare addresses
        numbers = {
            "count": count,
            "moves": len(moves),
            "most": case.most_instances,
            "concurrency": case.concurrency,
            "queue_limit": case.queue_limit,
            "timeout": TIMEOUT_S,
            "limit": case.latency_limit_s,
        }
        self._run = _Run(**numbers, **{name: each.ctypes.data for name, each in arrays.items()})

    def play(self) -> npt.NDArray[np.float64]:
        """Serve every request and return the waits; the counts begin at zero."""
        for each in self.tally:
            each.fill(0)
        self._library.play(ctypes.byref(self._run))
        return self.requests.queue_s


def _compiled() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "virtual_time.so"
        subprocess.run(["gcc", "-O3", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-lm"], check=True)
        return ctypes.CDLL(str(library))


class _Server:
    def __init__(self, environment: simpy.Environment, zone: int, concurrency: int) -> None:
        self.slots = simpy.Resource(environment, concurrency)
        self.zone = zone


def play_simpy(
    trace: Trace, case: KernelCase, result: KernelResult, zones: int = 3
) -> npt.NDArray[np.float64]:
    """Return how long each request waited, NaN where its queue was full, by one process per request."""
    environment = simpy.Environment()
    servers: list[_Server] = []
    waits = np.full(len(trace), np.nan)
    at, service_s, place = trace.at.tolist(), trace.service_s.tolist(), trace.place.tolist()

    def move() -> simpy.events.ProcessGenerator:
        for moment, step in moves_of(result):
            if moment > environment.now:
                yield environment.timeout(moment - environment.now)
            by_zone = [sum(each.zone == zone for each in servers) for zone in range(zones)]
            if step > 0:
                zone = min(range(zones), key=by_zone.__getitem__)
                servers.append(_Server(environment, zone, case.concurrency))
            else:
                servers.remove([each for each in servers if by_zone[each.zone] == max(by_zone)][-1])

    def request(index: int, server: _Server) -> simpy.events.ProcessGenerator:
        with server.slots.request() as slot:
            yield slot
            waits[index] = environment.now - at[index]
            yield environment.timeout(service_s[index])

    def arrive() -> simpy.events.ProcessGenerator:
        for index, moment in enumerate(at):
            # From now, not from the arrival before: errors of rounding do not add up.
            yield environment.timeout(moment - environment.now)
            server = servers[int(place[index] * len(servers))]
            if len(server.slots.queue) < case.queue_limit or server.slots.count < case.concurrency:
                environment.process(request(index, server))

    environment.process(move())
    environment.process(arrive())
    environment.run()
    return waits
