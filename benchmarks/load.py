"""What one request costs a client process: the boto3 user, the lean user and Locust's FastHttpUser.

    python -m benchmarks.load [--json] [--seconds 4] [--repeats 5]

Closed: 32 users call as fast as they are answered, each kind in turn in every repeat. Open: a scheduled load
at fixed rates through `run_load`, with its lag. The server (asyncio, uvloop where it is there) is pinned to
one core and Locust to another. CPU time is the client process's own; compare figures of one run only, since
they move with what else the machine does. Exit code 1: the lean user is not 5 times as cheap as boto3's.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from harness.errors import ExitCode
from harness.load import LoadPlan, run_load
from harness.scenario.workload import Client, Constant, OpenModel, Payload

USERS = 32
KINDS = ("Boto3", "Fast", "Lean")
GOAL = 5.0
OPEN: tuple[tuple[Client, float], ...] = (
    ("boto3", 100.0),
    ("boto3", 300.0),
    ("lean", 300.0),
    ("lean", 2_000.0),
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nX-Harness-Queue-Time: 0.0\r\nContent-Length: 3\r\n\r\n1.5"
)


@dataclass(frozen=True, slots=True)
class Closed:
    """Medians of a kind of user at full speed; `cheaper` is boto3's CPU time over its own."""

    user: str
    rps: float
    cpu_us: float
    cheaper: float


@dataclass(frozen=True, slots=True)
class Open:
    """One scheduled load; CPU shares are of one core."""

    client: str
    rps: float
    cpu_share: float
    cpu_us: float
    lag_p50_ms: float
    lag_p99_ms: float


class _Echo(asyncio.Protocol):
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
            self._held = self._held[end + 4 + length :]
            self._transport.write(ANSWER)


@dataclass(frozen=True, slots=True)
class Named:
    """The endpoint of the scheduled loads."""

    name: str


def main() -> int:
    """Measure and print, or, with --serve, be the server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        return _serve(options.serve)
    with server() as url:
        closed = measure_closed(url, options.seconds, options.repeats)
        opened = [measure_open(url, client, rps, options.seconds) for client, rps in OPEN]
    if options.json:
        print(json.dumps({"closed": list(map(asdict, closed)), "open": list(map(asdict, opened))}, indent=2))
    else:
        _print(closed, opened)
    lean = next(row for row in closed if row.user == "Lean")
    return ExitCode.PASS if lean.cheaper >= GOAL else ExitCode.FAIL


def measure_closed(url: str, seconds: float, repeats: int) -> list[Closed]:
    """Return one row a kind of user, from *repeats* rounds in which all take their turn."""
    samples: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for _ in range(repeats):
        for kind in KINDS:
            samples[kind].append(_sample(url, kind, seconds))

    def median(kind: str, name: str) -> float:
        return statistics.median(sample[name] for sample in samples[kind])

    boto3 = median("Boto3", "cpu_us")
    return [
        Closed(kind, median(kind, "rps"), median(kind, "cpu_us"), boto3 / median(kind, "cpu_us"))
        for kind in KINDS
    ]


def measure_open(url: str, client: Client, rps: float, seconds: float) -> Open:
    """Return what a scheduled load at *rps* costs, and how late its requests are."""
    model = OpenModel(Named("ranker"), Constant(rps, seconds), client=client, payload=Payload("row", ["1.0"]))
    with tempfile.TemporaryDirectory() as directory, _on_core(1):
        plan = LoadPlan(url, (model,), Path(directory) / "load", time.monotonic())
        result = run_load(plan, Path(directory))
        (report,) = plan.results_dir.glob("report-*.json")
        share = json.loads(report.read_text())["cpu_share_mean"]
    return Open(client, rps, share, share / rps * 1e6, result.lag_p50_s * 1e3, result.lag_p99_s * 1e3)


def _sample(url: str, kind: str, seconds: float) -> dict[str, float]:
    locustfile = Path(__file__).with_name("load_users.py")
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), kind, "--headless", "--only-summary"]
    command += ["--host", url, "--users", str(USERS), "--spawn-rate", str(USERS)]
    environment = os.environ | {"BENCHMARK_SECONDS": str(seconds)}
    with _on_core(1):
        process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in process.stdout.splitlines() if line.startswith("SAMPLE ")]
    if not lines:
        raise SystemExit(f"{kind} gave no sample:\n{process.stdout}{process.stderr}")
    sample: dict[str, float] = json.loads(lines[0].removeprefix("SAMPLE "))
    if sample["failures"]:
        raise SystemExit(f"{kind}: {sample['failures']:.0f} requests failed; its figures mean nothing")
    return sample


@contextmanager
def server() -> Iterator[str]:
    """Run the server on core 0; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _on_core(0):
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.load", "--serve", str(port)])
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _on_core(core: int) -> Iterator[None]:
    """Start children on one core, where the system can do that and has several."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cores)[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _await(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the benchmark's server did not start")


def _serve(port: int) -> int:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", port)
        await server.serve_forever()

    try:
        import uvloop
    except ImportError:
        asyncio.run(forever())
    else:
        uvloop.run(forever())
    return ExitCode.PASS


def _print(closed: list[Closed], opened: list[Open]) -> None:
    print(f"{'32 users, closed':20} {'calls/s':>9} {'CPU us':>8} {'cheaper than boto3':>19}")
    for row in closed:
        print(f"{row.user:20} {row.rps:9,.0f} {row.cpu_us:8.1f} {row.cheaper:18.1f}x")
    print(f"\n{'scheduled':20} {'calls/s':>9} {'CPU us':>8} {'of a core':>10} {'lag p50':>9} {'lag p99':>9}")
    for one in opened:
        lags = f"{one.lag_p50_ms:6.1f} ms {one.lag_p99_ms:6.1f} ms"
        print(f"{one.client:20} {one.rps:9,.0f} {one.cpu_us:8.1f} {one.cpu_share:10.0%} {lags}")


if __name__ == "__main__":
    sys.exit(main())
