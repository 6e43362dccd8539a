"""The `load` profile of docker-compose.yml: its commands, run here as they stand there, without Docker."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from endpoint_server import EndpointServer

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
WORKERS = 2
SCENARIO = """
from dataclasses import replace
from harness.scenario import Calls, OpenModel, find

whole = find("endpoint-autoscaling-5")
traffic = OpenModel(whole.resources[0], Calls(20, over_s=1), client="lean", arrivals="uniform", name="fine")
scenario = replace(whole, workload=[traffic], faults=[])
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(service: str, variables: dict[str, str]) -> list[str]:
    """Return a service's command, its ${NAME:-default} filled in, paths of the image made those of here."""

    def fill(found: re.Match[str]) -> str:
        return variables.get(found[1], found[2])

    words = [re.sub(r"\$\{(\w+):-([^}]*)\}", fill, word) for word in SERVICES[service]["command"]]
    program, *arguments = [word.replace("/harness/", f"{ROOT}/") for word in words]
    return [sys.executable, "-m", program, *arguments]


def fetch(url: str, form: bytes | None = None) -> dict[str, object]:
    with urlopen(url, form, timeout=5) as answer:
        return dict(json.loads(answer.read()))


def wait_for(done: Callable[[], object]) -> None:
    """Ask *done* until it says yes, for 30 s at most."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come in time")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[tuple[EndpointServer, str]]:
    """The gateway's stand-in, and the address of the master's page with its workers behind it."""
    (tmp_path / "small.py").write_text(SCENARIO)
    ports = {"--master-bind-port": free_port(), "--web-port": free_port()}
    started = []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCUST_"))}
    with EndpointServer() as server:
        variables = {
            # Another of this machine's addresses, as on several hosts.
            "HARNESS_MASTER": "127.0.0.2",
            "HARNESS_GATEWAY": server.url,
            "HARNESS_SCENARIO": str(tmp_path / "small.py"),
            "HARNESS_CLOCK": "wall",
        }
        free = [f"{name}={port}" for name, port in ports.items()]
        commands = [command("locust-master", variables) + free]
        worker = command("locust-worker", variables)
        commands += [[*worker, f"--master-port={ports['--master-bind-port']}"]] * WORKERS
        with (tmp_path / "locust.log").open("w") as log:
            started = [
                subprocess.Popen(each, env=kept, cwd=tmp_path, stdout=log, stderr=log) for each in commands
            ]
        try:
            yield server, f"http://127.0.0.1:{ports['--web-port']}"
        finally:
            for process in started:
                process.kill()
                process.wait()


@pytest.mark.long
def test_the_workers_share_the_traffic_of_the_scenario(page: tuple[EndpointServer, str]) -> None:
    """Started from the master's page, each request of the schedule is sent once, by one of the workers."""
    server, address = page
    wait_for(lambda: len(fetch(f"{address}/stats/requests")["workers"]) == WORKERS)  # type: ignore[arg-type]

    fetch(f"{address}/swarm", f"user_count={WORKERS}&spawn_rate={WORKERS}".encode())

    wait_for(lambda: len(server.received) == 20)
    wait_for(lambda: fetch(f"{address}/stats/requests")["state"] == "stopped")
    assert len(server.received) == 20
