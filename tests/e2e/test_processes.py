"""Nothing outlives the run: whichever way the parent ends, every process that it started ends too."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

import harness
from harness.child import MARK_VARIABLE
from harness.errors import EnvironmentFault
from harness.loopback import listen_on_loopback
from harness.processes import ChildProcess

PROGRAMS = Path(__file__).parent / "programs"
FAMILY = [sys.executable, str(PROGRAMS / "family.py")]
# cProfile runs the script in the launcher's own process, as `-m` commands are run.
FAMILY_IN_PROCESS = ["-m", "cProfile", "-o", os.devnull, str(PROGRAMS / "family.py")]
TEST_MARK = "HARNESS_TEST_MARK"
SOON_S = 10.0

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="processes are found in /proc"
)


@dataclass
class Parent:
    """A parent program that has started its child, and how to find all that carries its mark."""

    process: "subprocess.Popen[bytes]"
    mark: str

    def family(self) -> list[int]:
        """Return the parent and all that it started, as far as they live, by either mark."""
        marks = (f"{TEST_MARK}={self.mark}", f"{MARK_VARIABLE}={self.process.pid}-")
        return [pid for pid, lines in environments() if any(line.startswith(marks) for line in lines)]

    def homes(self) -> list[Path]:
        """Return the scratch directories that serve the family as home directories."""
        mine = set(self.family())
        lines = (line for pid, lines in environments() if pid in mine for line in lines)
        return sorted({Path(line[5:]) for line in lines if line.startswith("HOME=") and "/harness-" in line})

    def end(self, number: signal.Signals | None) -> None:
        """End it by a signal, or by letting it go on, and close its pipes."""
        if number is not None:
            self.process.send_signal(number)
        with self.process:
            pass


Start = Callable[..., Parent]


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts a parent program; what a failed test leaves running is killed."""
    started: list[Parent] = []

    def run(program: str, *arguments: str) -> Parent:
        mark = uuid4().hex
        root = str(Path(harness.__file__).parents[1])
        process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / program), *arguments],
            env=dict(os.environ) | {TEST_MARK: mark, "PYTHONPATH": root},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        parent = Parent(process, mark)
        started.append(parent)
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        return parent

    yield run
    for parent in started:
        for pid in parent.family():
            os.kill(pid, signal.SIGKILL)
        parent.end(None)


def environments() -> Iterator[tuple[int, list[str]]]:
    """Yield (pid, environment lines) of every process that may be read; zombies have no lines."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "environ").read_text(errors="replace").split("\0")
            except OSError:  # ended meanwhile, or another user's
                continue


def eventually(condition: Callable[[], bool], within_s: float = SOON_S) -> bool:
    """Return whether *condition* came true in time."""
    limit = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("command", [FAMILY, FAMILY_IN_PROCESS], ids=["command", "module"])
@pytest.mark.parametrize(
    ("how", "number"),
    [
        ("return", None),
        ("raise", None),
        ("exit", None),
        ("wait", signal.SIGTERM),
        ("wait", signal.SIGINT),
        ("wait", signal.SIGKILL),
    ],
)
def test_no_process_is_left_however_the_parent_ends(
    start: Start, tmp_path: Path, how: str, number: signal.Signals | None, command: list[str]
) -> None:
    """Children, their own children and those in other sessions are gone after every exit of the parent."""
    log = tmp_path / "child.log"
    parent = start("parent.py", how, str(log), *command)
    assert eventually(lambda: log.exists() and "family is here" in log.read_text())
    assert len(parent.family()) >= 5

    parent.end(number)

    assert eventually(lambda: parent.family() == [])


def test_who_was_stopped_ends_with_a_killed_parent(start: Start, tmp_path: Path) -> None:
    """A process that stands still cannot see that its parent is gone; it is woken, and ends."""
    log = tmp_path / "child.log"
    parent = start("parent.py", "wait", str(log), *FAMILY)
    assert eventually(lambda: log.exists() and "family is here" in log.read_text())
    for pid in parent.family():
        if pid != parent.process.pid:
            os.kill(pid, signal.SIGSTOP)

    parent.end(signal.SIGKILL)

    assert eventually(lambda: parent.family() == [])


def test_ministack_and_its_lambda_workers_end_with_a_killed_parent(start: Start, tmp_path: Path) -> None:
    """SIGKILL of the parent leaves no emulator, no Lambda worker and no scratch directory."""
    parent = start("lambda_parent.py", str(tmp_path))
    homes = parent.homes()
    assert len(parent.family()) >= 4  # the parent, MiniStack, moto, a worker
    assert len(homes) == 2

    parent.end(signal.SIGKILL)

    assert eventually(lambda: parent.family() == [])
    assert eventually(lambda: not any(home.exists() for home in homes))


def test_locust_with_processes_ends_with_a_killed_parent(start: Start, tmp_path: Path) -> None:
    """Locust forks its workers under gevent; they and their master end when the parent is killed."""
    log = tmp_path / "locust.log"
    port = free_port()
    locust = ["-m", "locust", "-f", str(PROGRAMS / "locustfile.py"), "--headless", "-u", "2", "-t", "60"]
    workers = ["--processes", "2", "--master-bind-port", port, "--master-port", port]
    parent = start("parent.py", "wait", str(log), *locust, *workers)
    assert eventually(lambda: log.exists() and "All users spawned" in log.read_text()), log.read_text()
    assert len(parent.family()) >= 4  # the parent, the master, two workers

    parent.end(signal.SIGKILL)

    assert eventually(lambda: parent.family() == [])


def free_port() -> str:
    """Return a port that was free a moment ago; Locust's master cannot be handed a socket."""
    with listen_on_loopback(purpose="the test") as listener:
        return str(listener.getsockname()[1])


def test_a_polite_program_gets_its_grace(tmp_path: Path) -> None:
    """terminate() lets a program that handles SIGTERM write its last line, and reports its own exit code."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(7)))\n"
        "print('up', flush=True); time.sleep(60)"
    )
    process = ChildProcess("polite", [sys.executable, "-c", code], log_path=tmp_path / "log").start()
    assert eventually(lambda: process.tail() == ["up"])

    process.terminate()

    assert process.tail() == ["up", "bye"]
    assert process.poll() == 7


def test_a_program_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    """terminate() kills what is not gone after the grace."""
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"import signal, time; {deaf}; print('up', flush=True); time.sleep(60)"
    process = ChildProcess("deaf", [sys.executable, "-c", code], log_path=tmp_path / "log").start()
    assert eventually(lambda: process.tail() == ["up"])

    process.terminate(grace_s=0.1)

    assert process.poll() == -signal.SIGKILL


def test_obituary_names_exit_code_and_last_line(tmp_path: Path) -> None:
    """A child that ended by itself is described in one sentence with its log."""
    code = "print('first'); print('it broke'); raise SystemExit(5)"
    process = ChildProcess("worker", [sys.executable, "-c", code], log_path=tmp_path / "log").start()

    assert process.wait(SOON_S) == 5
    assert process.obituary() == f"worker ended with exit code 5; last line of {tmp_path / 'log'}: it broke"


def test_obituary_names_the_signal(tmp_path: Path) -> None:
    """A child that a signal ended is reported by the signal's name."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGABRT)"
    process = ChildProcess("worker", [sys.executable, "-c", code], log_path=tmp_path / "log").start()
    process.wait(SOON_S)

    assert (process.obituary() or "").startswith("worker was ended by SIGABRT")


def test_no_obituary_for_what_was_asked_to_end(tmp_path: Path) -> None:
    """Ending a child on purpose is not a death to report."""
    process = ChildProcess("worker", ["sleep", "60"], log_path=tmp_path / "log").start()
    assert process.obituary() is None

    process.terminate()

    assert process.obituary() is None


def test_wait_says_who_is_still_running(tmp_path: Path) -> None:
    """wait() raises TimeoutError with the child's name when the time is over."""
    with (
        ChildProcess("worker", ["sleep", "60"], log_path=tmp_path / "log") as process,
        pytest.raises(TimeoutError, match=r"worker \(pid \d+\) is still running after 0.05 s"),
    ):
        process.wait(0.05)


def test_a_missing_interpreter_is_an_environment_fault(tmp_path: Path) -> None:
    """One sentence says which interpreter could not be run."""
    process = ChildProcess("worker", ["-m", "this"], log_path=tmp_path / "log", python="/no/such/python")

    with pytest.raises(EnvironmentFault, match="worker cannot be started: /no/such/python: No such file"):
        process.start()


def test_a_missing_program_ends_with_127_and_says_so(tmp_path: Path) -> None:
    """A command that does not exist ends as it does in a shell."""
    process = ChildProcess("worker", ["/no/such/program"], log_path=tmp_path / "log").start()

    assert process.wait(SOON_S) == 127
    assert process.tail(1) == ["/no/such/program: No such file or directory"]
