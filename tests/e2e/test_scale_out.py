"""Load from several hosts: workers that share nothing with the run send what one process would."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from endpoint_server import EndpointServer

from harness.load import LoadPlan, run_load
from harness.load_result import LoadResult
from harness.load_workers import Workers
from harness.scenario.workload import Constant, OpenModel, Payload

ROWS = Payload("rows", [f"{number},2,3" for number in range(5)])
Start = Callable[..., "subprocess.Popen[bytes]"]


@dataclass(frozen=True)
class Thing:
    """An endpoint that has nothing but its name."""

    name: str


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Start]:
    """Start one worker in a folder of its own with an environment of its own; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int, *arguments: str) -> "subprocess.Popen[bytes]":
        home = tmp_path / f"host-{len(started)}"
        home.mkdir()
        command = [sys.executable, "-m", "locust", "-f", "-", "--worker"]
        command += ["--master-host", "127.0.0.1", "--master-port", str(port), *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(home)}
        with (home / "locust.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=subprocess.STDOUT)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def plan(server: EndpointServer, directory: Path) -> LoadPlan:
    many = OpenModel(Thing("fine"), Constant(60, 1), client="lean", payload=ROWS, name="many")
    few = OpenModel(Thing("refuses"), Constant(15, 1), client="lean", payload=ROWS, name="few")
    return LoadPlan(server.url, (many, few), directory, time.monotonic(), seed=3, lag_limit_s=2.0)


def told(result: LoadResult) -> list[tuple[object, ...]]:
    """Return what a report is made of, request by request, but for what a clock measured."""
    return [(row.number, row.model, *row[6:]) for row in sorted(result.rows())]


def due(result: LoadResult) -> list[float]:
    """Return when each request was due, from the load's start."""
    return [row.due_at - result.began_at for row in sorted(result.rows())]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_two_workers_elsewhere_send_what_one_process_here_does(worker: Start, tmp_path: Path) -> None:
    """With nothing but the gateway's address they send each request once, and the result is the same."""
    port = free_port()
    with EndpointServer() as server:
        processes = [worker(port, "--host", server.url) for _ in range(2)]
        far = run_load(plan(server, tmp_path / "far"), tmp_path, workers=Workers(2, port=port))
        ended = [process.wait(10) for process in processes]
        near = run_load(plan(server, tmp_path / "near"), tmp_path)
    assert (far.why, far.processes, far.client) == ((), 2, "lean")
    assert (told(far), far.counts) == (told(near), near.counts)
    assert due(far) == pytest.approx(due(near), abs=1e-5)
    assert ended == [0, 0]
    # Their clocks are ours within a few milliseconds, so that nothing is sent before it is due.
    assert all(row.sent_at >= row.due_at - 0.005 for row in far.rows() if row.sent_at is not None)


@pytest.mark.long
def test_a_worker_that_may_not_reach_the_gateway_ends_the_load(worker: Start, tmp_path: Path) -> None:
    """An address off this machine that nobody allowed is refused by the worker, and the run says so."""
    port = free_port()
    worker(port, "--host", "http://192.0.2.1:4566")
    with EndpointServer() as server, pytest.raises(Exception, match="--allow-endpoint"):
        run_load(plan(server, tmp_path / "load"), tmp_path, workers=Workers(1, port=port))


@pytest.mark.long
def test_a_worker_that_is_lost_is_named(worker: Start, tmp_path: Path) -> None:
    """Killed in the middle, it makes the load invalid; what it had told by then is kept."""
    port = free_port()
    with EndpointServer() as server:
        lost, kept = worker(port), worker(port)
        load = plan(server, tmp_path / "load")
        result = run_load(
            load,
            tmp_path,
            workers=Workers(2, port=port),
            on_begin=lambda began_at: threading.Timer(0.8, lost.kill).start(),
        )
    assert any("1 of 2 client processes ended without an account" in sentence for sentence in result.why)
    assert 30 < result.completed + result.failed < 75
    assert kept.wait(10) == 0


@pytest.mark.long
def test_a_load_of_workers_can_be_stopped(worker: Start, tmp_path: Path) -> None:
    """Told to stop, they give their accounts and end."""
    port = free_port()
    with EndpointServer() as server:
        processes = [worker(port), worker(port)]
        many = OpenModel(Thing("fine"), Constant(60, 60), client="lean", payload=ROWS)
        load = LoadPlan(server.url, (many,), tmp_path / "load", time.monotonic(), lag_limit_s=2.0)
        begun: list[float] = []
        result = run_load(
            load,
            tmp_path,
            workers=Workers(2, port=port),
            on_begin=lambda began_at: begun.append(time.monotonic()),
            should_stop=lambda: bool(begun) and time.monotonic() > begun[0] + 2.0,
        )
    assert result.why[0] == "The load was stopped before its end."
    assert result.processes == 2
    assert 60 < result.completed < 600
    assert [process.wait(10) for process in processes] == [0, 0]


def test_too_few_workers_are_counted(tmp_path: Path) -> None:
    """Nobody came: the error says where to and how many were awaited."""
    port = free_port()
    with EndpointServer() as server, pytest.raises(Exception, match=f"Only 0 of the load's 2.*:{port}"):
        run_load(plan(server, tmp_path / "load"), tmp_path, workers=Workers(2, port=port, patience_s=0.5))


HOSTS = ("run", "first", "second")


@pytest.fixture
def hosts() -> Iterator[dict[str, str]]:
    """Three network namespaces on one bridge: hosts that reach each other by address alone."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the program ip (Debian: iproute2)")
    mark = f"h{os.getpid() % 10_000}"
    names = {host: f"{mark}{number}" for number, host in enumerate(HOSTS, 1)}
    try:
        if not ip(f"link add {mark} type bridge"):
            pytest.skip("this machine lets nobody make a network bridge")
        ip(f"link set {mark} up")
        for number, name in enumerate(names.values(), 1):
            ip(f"netns add {name}")
            ip(f"link add {name} type veth peer name eth0 netns {name}")
            ip(f"link set {name} master {mark} up")
            for line in (f"addr add 10.77.0.{number}/24 dev eth0", "link set eth0 up", "link set lo up"):
                ip(f"-n {name} {line}")
        yield names
    finally:
        for name in names.values():
            ip(f"netns del {name}")
        ip(f"link del {mark}")


def ip(line: str) -> bool:
    """Run `ip`; return whether it did what was asked."""
    return subprocess.run(["ip", *line.split()], capture_output=True, check=False).returncode == 0


@pytest.mark.long
def test_a_run_on_three_hosts(hosts: dict[str, str], tmp_path: Path) -> None:
    """The run on one, a worker on each of two others: all they have in common is a network."""
    here = Path(__file__).parent

    def on(host: str, *command: str) -> "subprocess.Popen[str]":
        home = tmp_path / host
        home.mkdir()
        where = ["ip", "netns", "exec", hosts[host], sys.executable, "-m", *command]
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(here)}
        return subprocess.Popen(
            where, cwd=home, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    worker = ("locust", "-f", "-", "--worker", "--master-host", "10.77.0.1")
    reach = ("--host", "http://10.77.0.1:4566", "--allow-endpoint", "10.77.0.1")
    started = [on("first", *worker, *reach), on("second", *worker, *reach)]
    try:
        master = ("--load-workers", "2", "--load-master", "10.77.0.1", "--gateway-port", "4566")
        started.append(on("run", "harness", "run", str(here / "tiny.py"), "--runs", "runs", *master))
        said, _ = started[-1].communicate(timeout=200)
        assert [process.wait(10) for process in started[:2]] == [0, 0]
    finally:
        for process in started:
            process.kill()
            process.communicate()
    summary = json.loads((tmp_path / "run" / "runs" / "tiny" / "latest" / "summary.json").read_text())
    # On a busy machine requests are sent late, which the run rightly says; nothing else may be wrong with it.
    why = summary["load"].get("why", [])
    assert why == [one for one in why if "were sent late" in one], said
    assert summary["verdict"] == ("invalid" if why else "pass"), said
    assert summary["load"]["sent"] == summary["load"]["completed"] == summary["load"]["offered"]
