"""Runs the real `harness` command as a process of its own, and looks for what it leaves running."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.child import MARK_VARIABLE

GIVE_UP_S = 280.0


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    pid: int
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


class Command:
    """`harness ARGUMENTS` in the folder *cwd*; `until` follows what it tells, `end` waits for it.

    *through* is a command that becomes it, say a shell that prepares something and then does `exec "$@"`.
    """

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        niceness: int = 0,
        through: Sequence[str] = (),
    ) -> None:
        nice = ["nice", "-n", str(niceness)] if niceness else [*through]
        self._process = subprocess.Popen(
            [*nice, sys.executable, "-m", "harness", *arguments],
            cwd=cwd,
            env=dict(os.environ) | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._told = ""
        self._printed = ""
        self._readers = [threading.Thread(target=each, daemon=True) for each in (self._read, self._read_out)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._told += line

    def _read_out(self) -> None:
        # While it runs: a document of more than a pipe holds (64 KB) would hold the command up for ever.
        assert self._process.stdout is not None
        with self._process.stdout as out:
            self._printed = out.read()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def until(self, text: str, timeout_s: float = 60.0) -> None:
        """Return once *text* was told on stderr."""
        self.until_true(lambda: text in self._told, timeout_s)

    def until_true(self, holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Return once *holds* does; fail when the command ends before that."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"The command never came so far: {self._told}")
            time.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, to its process alone."""
        self._process.send_signal(number)

    def children(self, word: str = "") -> list[int]:
        """Return the pids of its living descendants whose command line holds *word*."""
        return [pid for pid in started_by(self.pid) if word.encode() in _read_proc(pid, "cmdline")]

    def end(self, timeout_s: float = GIVE_UP_S) -> Ended:
        """Return how it ended, once it has; it is killed where that takes longer."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        for reader in self._readers:
            reader.join(10)
        return Ended(self.pid, code, self._printed, self._told)


def harness(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, niceness: int = 0) -> Ended:
    """Return how `harness ARGUMENTS` ended; with *niceness* it left the processors to others."""
    return Command(*arguments, cwd=cwd, env=env, niceness=niceness).end()


def started_by(pid: int) -> list[int]:
    """Return the living processes that the command *pid* started, itself or through others."""
    mark = f"{MARK_VARIABLE}={pid}-".encode()
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [one for one in pids if any(v.startswith(mark) for v in _read_proc(one, "environ").split(b"\0"))]


def none_left(pid: int, timeout_s: float = 5.0) -> bool:
    """Return whether nothing that the command *pid* started is alive, within *timeout_s* of its end."""
    deadline = time.monotonic() + timeout_s
    while started_by(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _read_proc(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended, or belongs to somebody else
        return b""
