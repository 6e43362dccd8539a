"""The processes of environments end with the harness, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from harness.aws.functions.interpreters import interpreter_for, own_interpreter, version_of

# A runtime that never asks for anything, whose parent then waits to be killed.
PARENT = """
import asyncio, sys
from pathlib import Path
from harness.aws.functions.process import Command, Spawner

async def main(folder):
    command = Command(sys.executable, [folder], "app.handler", Path(folder), {})
    process = await Spawner(lambda: Path(folder)).spawn(command, lambda data: None, lambda code: None)
    print(process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main(sys.argv[1]))
"""
# In the place of the runtime interface client: a handler that lets no thread run, with a child of its own.
BUSY = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
while True:
    pass
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="functions run on Linux")
def test_no_process_outlives_a_harness_that_was_killed(tmp_path: Path) -> None:
    """Neither the runtime nor what its handler started, SIGKILL included, nor the folder they run from."""
    folder = tmp_path / "functions"
    package = folder / "awslambdaric"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(BUSY)
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    deadline = monotonic() + 10.0
    children: list[int] = []
    while not children and monotonic() < deadline:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        sleep(0.01)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    while (any(map(is_alive, (pid, *children))) or folder.exists()) and monotonic() < deadline:
        sleep(0.01)
    assert children
    assert not any(map(is_alive, (pid, *children)))
    assert not folder.exists()


def test_a_runtime_names_its_python() -> None:
    """What is not Python has none."""
    assert version_of("python3.12") == "3.12"
    assert version_of("nodejs20.x") is None


@pytest.mark.skipif(sys.platform != "linux", reason="functions run on Linux")
def test_the_harness_runs_functions_of_its_own_version(tmp_path: Path) -> None:
    """With AWS's client and boto3 beside it, and nothing else of its environment."""
    own = own_interpreter()
    assert own is not None
    assert interpreter_for(own.version) == own
    linked = {each.name.partition(".")[0] for each in own.link_into(tmp_path / "runtime").iterdir()}
    assert {"awslambdaric", "runtime_client", "boto3", "botocore"} <= linked
    assert "harness" not in linked


def test_a_python_that_is_not_here_is_none() -> None:
    """Whoever asks says so."""
    assert interpreter_for("3.99") is None
