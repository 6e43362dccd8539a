"""`locust -f locustfiles/scenario.py` with its own web page, before a gateway that serves the scenario."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from conftest import Served, until

HERE = Path(__file__).parent
LOCUSTFILE = HERE.parents[1] / "locustfiles" / "scenario.py"
TINY = HERE / "tiny.py"


@contextmanager
def locust(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run Locust as a user does, in *folder*; it is gone afterwards."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCUST_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *arguments],
        cwd=folder,
        env=kept | {"HOME": str(folder), "TINY": "quick"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def asked(url: str) -> Any:
    """Return what JSON Locust answers there."""
    with urlopen(url, timeout=5) as answer:
        return json.load(answer)


@pytest.mark.long
def test_the_web_page_shows_a_scenario_at_the_gateway(served: Served, tmp_path: Path, free_port: int) -> None:
    """The page opens, and its statistics count the scenario's requests, none of which failed."""
    served.create(served.config(), "echo")
    served.await_status("echo", "InService")
    url = f"http://127.0.0.1:{free_port}"
    scenario = ["--scenario", str(TINY), "--clock", "compressed:60", "--host", served.url]
    web = ["--web-host", "127.0.0.1", "--web-port", str(free_port), "--autostart"]

    def all_sent() -> dict[str, Any] | None:
        with suppress(OSError):  # the page is not there yet
            found: dict[str, Any] = asked(f"{url}/stats/requests")
            return found if found["state"] == "stopped" and found["stats"][0]["num_requests"] else None
        return None

    with locust(tmp_path, *scenario, *web):
        counted = until(all_sent, "the end of the load on Locust's page")
        assert counted["stats"][0]["name"] == "InvokeEndpoint echo"
        assert (counted["stats"][0]["num_requests"] > 60, counted["fail_ratio"]) == (True, 0.0)
        with urlopen(f"{url}/", timeout=5) as page:
            assert b"<title>Locust" in page.read()


@pytest.fixture
def free_port() -> int:
    """A port that nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
