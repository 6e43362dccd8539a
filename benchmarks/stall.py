"""What the load reports while the server stands still for half a second in every five, against the truth.

    python -m benchmarks.stall [--json] [--quick]

The lean client sends 200 requests a second by schedule, as `harness run` does. The server freezes 500 ms in
every 5 s, and writes down by a stopwatch of its own when each answer left it: the truth is how long after its
due moment. A client that waits for an answer before it sends the next request reports 10 ms here instead of
some 450; what a load would report that counts from the moment of sending, and what must be so by the freezes
alone, stand beside it.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from benchmarks.load import Echo, Named, pinned
from benchmarks.measuring import free_port, in_turns, running
from benchmarks.results import Report, main, median_of
from harness.errors import EnvironmentFault
from harness.load import LoadPlan, run_load
from harness.load_result import percentile
from harness.scenario.workload import Constant, OpenModel, Payload

RPS, EVERY_S, FROZEN_S = 200.0, 5.0, 0.5
LIMIT_PERCENT = 3.0
NOTES = (
    "200 requests a second by schedule (Poisson); the p99 over all requests counts from when each was due.",
    "The truth is the server's: when each answer left it, less when its request was due. The p99 by the "
    "freezes alone knows no server that works off what came meanwhile, and no client at all.",
)

Freezes = Sequence[tuple[float, float]]


def measure(options: argparse.Namespace) -> Report:
    """Return the reported and the true p99, and how far they are apart."""
    seconds, repeats = (10.0, 1) if options.quick else (30.0, 3)
    found = in_turns({"stall": partial(_one_load, seconds)}, repeats)["stall"]
    told, true, frozen = zip(*found, strict=True)
    errors = [abs(one - other) / other * 100.0 for one, other in zip(told, true, strict=True)]
    figures = (
        median_of(
            "p99_error_percent",
            "error of the lean user's p99 while the server stands still 500 ms in every 5 s",
            errors,
            "%",
            goal=LIMIT_PERCENT,
            better="less",
            against="the open-loop truth by the server's stopwatch",
        ),
        median_of("p99_reported_ms", "the p99 that the load reports", told, "ms", better="less"),
        median_of("p99_true_ms", "the p99 by the server's stopwatch", true, "ms", better="less"),
        median_of("p99_by_freezes_ms", "the p99 by when it stood still alone", frozen, "ms", better="less"),
    )
    return Report("stall", figures, notes=NOTES)


def _one_load(seconds: float) -> tuple[float, float, float]:
    """Return the p99 that is reported, the true one, and that by the freezes alone, in ms."""
    rows_of_one = Payload("numbers", ["{{number}}"], numbered=True)
    model = OpenModel(Named(), Constant(RPS, seconds), client="lean", payload=rows_of_one)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "seen.json"
        serve = [sys.executable, "-m", "benchmarks.stall", "--serve", str(port), str(seen)]
        with running(serve, port), pinned():
            plan = LoadPlan(f"http://127.0.0.1:{port}", (model,), Path(folder) / "load", time.monotonic())
            result = run_load(plan, Path(folder))
            rows = [row for row in result.rows() if row.received_at is not None]
        stopwatch = json.loads(seen.read_text())
    if len(rows) != result.offered:
        raise EnvironmentFault(f"{result.offered - len(rows)} of {result.offered} requests were not answered")
    due = [plan.clock_zero + row.due_at for row in rows]
    told = [(row.received_at or 0.0) - row.due_at for row in rows]
    true = [stopwatch["answered"][str(row.number)] - at for row, at in zip(rows, due, strict=True)]
    frozen = [_stood_still_s(at, stopwatch["freezes"]) for at in due]
    reported, real, bare = (percentile(values, 0.99) * 1e3 for values in (told, true, frozen))
    return reported, real, bare


def _stood_still_s(due: float, freezes: Freezes) -> float:
    """Return how long a request that was due then had to wait for a server that stood still in *freezes*."""
    return next((thawed - due for froze, thawed in freezes if froze <= due < thawed), 0.0)


class Stopwatch(Echo):
    """Answers each request, whose body is its number, and notes when."""

    answers: ClassVar[dict[str, float]] = {}

    def answered(self, body: bytes) -> None:
        """Note when the answer to request *body* left."""
        self.answers[body.decode()] = time.monotonic()


async def serve(port: int, seen: Path) -> None:
    """Answer on 127.0.0.1:*port*, stand still now and then; at SIGTERM write into *seen* what was when."""
    loop, ended, freezes = asyncio.get_running_loop(), asyncio.Event(), list[tuple[float, float]]()

    def freeze() -> None:
        began = time.monotonic()
        time.sleep(FROZEN_S)
        freezes.append((began, time.monotonic()))
        loop.call_later(EVERY_S - FROZEN_S, freeze)

    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(Stopwatch, "127.0.0.1", port)
    loop.call_later(EVERY_S - FROZEN_S, freeze)
    await ended.wait()
    server.close()
    seen.write_text(json.dumps({"freezes": freezes, "answered": Stopwatch.answers}))


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(serve(int(sys.argv[-2]), Path(sys.argv[-1])))
        sys.exit()
    sys.exit(main("stall", __doc__, measure))
