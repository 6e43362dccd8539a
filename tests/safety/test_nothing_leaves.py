"""Nothing ever leaves the machine: whole runs in a network whose every way out is watched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.scenario.find import names

HERE = Path(__file__).parent
ALONE = ("unshare", "--user", "--map-root-user", "--net", sys.executable, str(HERE / "alone.py"))
LEAKY = HERE / "leaky.py"
# Credentials as real ones look (AWS's documentation has these), and a secret that is easily found again.
CANARY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCANARYKEY00"
REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "AWS_SESSION_TOKEN": f"token-{CANARY}",
    "HTTPS_PROXY": "http://198.51.100.9:3128",
}


@dataclass(frozen=True)
class Watched:
    """A command that was alone: its exit code, what it said, and each line of what it tried."""

    code: int
    said: str
    tried: list[str]


def alone(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> Watched:
    """Run *command* in *folder* without a network; skip where this system lets nobody make one."""
    report = folder / "tried.json"
    try:
        done = subprocess.run(
            [*ALONE, str(report), *command],
            cwd=folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no `unshare` on the PATH (util-linux): a network of one's own needs it")
    if not report.is_file():
        pytest.skip(f"this system lets no process have a network of its own: {done.stderr.strip()[-200:]}")
    return Watched(done.returncode, done.stdout + done.stderr, json.loads(report.read_text()))


def summary_of(runs: Path, scenario: str) -> dict[str, Any]:
    """Return the summary of the only run of *scenario* below *runs*."""
    found: dict[str, Any] = json.loads((runs / scenario / "latest" / "summary.json").read_text())
    return found


def test_what_would_leave_is_seen(tmp_path: Path) -> None:
    """The instrument itself: a name that is looked up and a packet to elsewhere are both in its report."""
    tries = (
        "import socket\n"
        "for attempt in (lambda: socket.getaddrinfo('leaving.example', 80), lambda: socket.socket("
        "socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.7', 514))):\n"
        "    try:\n        attempt()\n    except OSError:\n        pass\n"
    )
    watched = alone(tmp_path, sys.executable, "-c", tries)
    assert "packet 198.51.100.7:514" in watched.tried
    assert any(each.startswith("name leaving.example") for each in watched.tried)


def test_a_whole_run_sends_nothing_and_reaches_nothing(tmp_path: Path) -> None:
    """Emulators, gateway, Locust, a model, a program and a function; with real-looking credentials around.

    Not one packet, not one question to a name server; what the code of the scenario tries is refused, and
    the secret is in no file of the run.
    """
    command = (sys.executable, "-m", "harness", "run", str(LEAKY), "--runs", str(tmp_path / "runs"))
    watched = alone(tmp_path, *command, env=REAL_LOOKING)
    assert watched.tried == []
    checks = summary_of(tmp_path / "runs", "leaky")["expectations"]
    of_program = [one for one in checks if one["name"].startswith("leave: ")]
    assert [one["value"] for one in of_program] == [0, 0, 0, 0], watched.said
    assert _files_with(tmp_path / "runs", CANARY) == []


@pytest.mark.long
@pytest.mark.parametrize("scenario", names())
def test_no_scenario_sends_anything(tmp_path: Path, scenario: str) -> None:
    """Nor does any of those that come with the harness, which run to their end without a network."""
    command = (sys.executable, "-m", "harness", "run", scenario, "--runs", str(tmp_path / "runs"))
    watched = alone(tmp_path, *command)
    assert watched.tried == []
    assert watched.code == 0, watched.said


def _files_with(folder: Path, secret: str) -> list[Path]:
    """Return the files below *folder* in which *secret* stands, unpacked where they are packed."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if secret.encode() in _unpacked(path)]


def _unpacked(path: Path) -> bytes:
    if path.suffix == ".gz" and shutil.which("gzip"):
        return subprocess.run(["gzip", "-dc", str(path)], capture_output=True, check=False).stdout
    return path.read_bytes()
