"""What one request costs a client process: the lean signed user, Locust's FastHttpUser and the boto3 user.

    python -m benchmarks.load [--json] [--quick]

Closed: 32 users call as fast as they are answered, each kind in turn in every repeat. Open: a scheduled load
through `run_load`, as `harness run` sends it. The server (asyncio, uvloop where it is there) is pinned to one
core and Locust to another. CPU time is the client process's own.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from benchmarks.measuring import CLIENT_CORE, Running, free_port, in_turns, pin, running
from benchmarks.results import Figure, Gain, Report, main, median_of, ratios
from harness.errors import EnvironmentFault, ExitCode
from harness.load import LoadPlan, run_load
from harness.scenario.workload import Client, Constant, OpenModel, Payload

USERS = 32
KINDS = ("Boto3", "Fast", "Lean")
OPEN_RPS: tuple[tuple[Client, float], ...] = (("boto3", 100.0), ("lean", 100.0), ("lean", 1_000.0))
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nX-Harness-Queue-Time: 0.0\r\nContent-Length: 3\r\n\r\n1.5"
)
NOTES = (
    "32 users of one Locust process call one endpoint as fast as they are answered; the lean and the boto3 "
    "user sign each request (SigV4), FastHttpUser does not.",
    "A scheduled request costs more than one of a busy closed loop: each wakes the event loop by itself, has "
    "a greenlet and a row of its own.",
)
FASTER = (
    Gain(
        "One request of the lean user to a busy server",
        "55 to 65 us",
        "40 to 44 us",
        "gevent's sendall asks for the size of the socket's buffer before each request; what fits goes out "
        "by one send.",
    ),
)


class Echo(asyncio.Protocol):
    """Answers each request that has a Content-Length, 100 bytes or so at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has another base class
        self._held = b""

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
            if len(self._held) < end + 4 + length:
                return
            body, self._held = self._held[end + 4 : end + 4 + length], self._held[end + 4 + length :]
            self._transport.write(ANSWER)
            self.answered(body)

    def answered(self, body: bytes) -> None:
        """Hear of a request that was just answered."""


class Named:
    """The endpoint of the scheduled loads."""

    name = "ranker"


def measure(options: argparse.Namespace) -> Report:
    """Return what a request of each kind of user costs, and of a scheduled load."""
    seconds, repeats = (1.5, 1) if options.quick else (4.0, 5)
    with server() as at:
        url = f"http://127.0.0.1:{at.port}"
        closed = in_turns({kind: partial(_sample, url, kind, seconds) for kind in KINDS}, repeats)
        opened = [] if options.quick else [_scheduled(url, *each, seconds) for each in OPEN_RPS]
    return Report("load", (*_closed_figures(closed), *opened), notes=NOTES, faster=FASTER)


def _closed_figures(samples: dict[str, list[dict[str, float]]]) -> Iterator[Figure]:
    us = {kind: [sample["cpu_us"] for sample in found] for kind, found in samples.items()}
    for kind, limit, who in (
        ("Fast", 2.0, "Locust's FastHttpUser, unsigned"),
        ("Boto3", 5.0, "the boto3 user"),
    ):
        yield median_of(
            f"lean_against_{kind.lower()}",
            f"requests of the lean signed user for the CPU time of one of {who}",
            ratios(us[kind], us["Lean"]),
            "x",
            goal=limit,
            against=who,
        )
    for kind in KINDS:
        what = f"CPU time of a request of the {kind.lower()} user, closed loop"
        yield median_of(f"{kind.lower()}_us", what, us[kind], "us", better="less")


def _scheduled(url: str, client: Client, rps: float, seconds: float) -> Figure:
    """Return what a request of a scheduled load costs, by the client process's own account."""
    model = OpenModel(Named(), Constant(rps, seconds), client=client, payload=Payload("row", ["1.0"]))
    with tempfile.TemporaryDirectory() as directory, pinned():
        plan = LoadPlan(url, (model,), Path(directory) / "load", time.monotonic())
        result = run_load(plan, Path(directory))
        (report,) = plan.results_dir.glob("report-*.json")
        share = json.loads(report.read_text())["cpu_share_mean"]
    late = f"p99 of the lag {result.lag_p99_s * 1e3:.1f} ms"
    what = f"CPU time of a request of the {client} client, scheduled at {rps:g}/s ({late})"
    return median_of(f"{client}_scheduled_{rps:.0f}_us", what, [share / rps * 1e6], "us", better="less")


def _sample(url: str, kind: str, seconds: float) -> dict[str, float]:
    locustfile = Path(__file__).with_name("load_users.py")
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), kind, "--headless", "--only-summary"]
    command += ["--host", url, "--users", str(USERS), "--spawn-rate", str(USERS)]
    environment = os.environ | {"BENCHMARK_SECONDS": str(seconds)}
    process = subprocess.run(
        command, env=environment, capture_output=True, text=True, preexec_fn=lambda: pin(CLIENT_CORE)
    )
    lines = [line for line in process.stdout.splitlines() if line.startswith("SAMPLE ")]
    if not lines:
        raise EnvironmentFault(f"{kind} gave no sample:\n{process.stdout}{process.stderr}")
    sample: dict[str, float] = json.loads(lines[0].removeprefix("SAMPLE "))
    if sample["failures"]:
        raise EnvironmentFault(f"{kind}: {sample['failures']:.0f} requests failed; its figures mean nothing")
    return sample


def server() -> AbstractContextManager[Running]:
    """Run the server on its core."""
    port = free_port()
    return running([sys.executable, "-m", "benchmarks.load", "--serve", str(port)], port)


@contextmanager
def pinned() -> Iterator[None]:
    """Start children on the clients' core."""
    cores = os.sched_getaffinity(0)
    pin(CLIENT_CORE)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def serve(port: int) -> int:
    """Answer on 127.0.0.1:*port* until this process is ended."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
        await server.serve_forever()

    with contextlib.suppress(KeyboardInterrupt):
        try:
            import uvloop
        except ImportError:
            asyncio.run(forever())
        else:
            uvloop.run(forever())
    return ExitCode.PASS


if __name__ == "__main__":
    if "--serve" in sys.argv:
        sys.exit(serve(int(sys.argv[-1])))
    sys.exit(main("load", __doc__, measure))
