"""Child processes that never outlive the run: emulators, Locust, the programs of a scenario.

Each child is started through `child.py` in its own session, with its output in a log file of the run. It is
gone, with everything it started, after `terminate()`, after the interpreter ends for whatever reason, and
after the parent was killed with SIGKILL (see `child.py` for how). A child that somebody has stopped (SIGSTOP)
cannot see that: a shell waits for the parent's end in its place, and lets it go on.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

from harness import child
from harness.config import process_environment
from harness.errors import EnvironmentFault

# Long enough for a program to write its last lines; what is not gone by then is killed.
GRACE_S = 3.0
TAIL_BYTES = 64 * 1024

_live: "weakref.WeakSet[ChildProcess]" = weakref.WeakSet()


class ChildProcess:
    """One program run as a child: `("-m", module, *args)` in the launcher itself, or any other command.

    `env` is the child's whole environment (the current one when None). `scratch` is a directory that belongs
    to the child and is removed with it. `pass_fds` are handed over under the same numbers.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        scratch: Path | None = None,
        pass_fds: Sequence[int] = (),
        python: str = sys.executable,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self.mark = f"{os.getpid()}-{uuid4().hex[:16]}"
        self._command = tuple(command)
        self._env = dict(process_environment() if env is None else env) | {child.MARK_VARIABLE: self.mark}
        self._cwd = cwd
        self._scratch = scratch
        self._pass_fds = tuple(pass_fds)
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._asked_to_end = False
        self._thawer: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and return at once. Raises EnvironmentFault when the interpreter cannot be run."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        _end_children_at_exit()
        _wake_children_of(os.getpid())
        with self.log_path.open("ab") as log:
            self._process = self._spawn(log)
        _live.add(self)
        return self

    def _spawn(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        scratch = ["--scratch", str(self._scratch)] if self._scratch else []
        # -P: a folder called `moto` where the user happens to stand must not be imported instead of moto.
        launcher = [self._python, "-P", child.__file__, "--parent", str(os.getpid()), "--mark", self.mark]
        try:
            return subprocess.Popen(
                [*launcher, *scratch, "--", *self._command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                pass_fds=self._pass_fds,
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentFault(
                f"{self.name} cannot be started: {error.filename or self._python}: {error.strerror}"
            ) from error

    @property
    def pid(self) -> int:
        """The pid, which is also that of its process group and session."""
        return self._started().pid

    def poll(self) -> int | None:
        """Return the exit code (negative: the signal that ended it), or None while it runs.

        Once the leader has ended, nothing it started is left running either.
        """
        process = self._started()
        running = process.returncode is None
        code = process.poll()
        if running and code is not None:
            self._clear_up()
        return code

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended. Raises TimeoutError after *timeout* seconds."""
        try:
            self._started().wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{self.name} (pid {self.pid}) is still running after {timeout} s") from error
        self._clear_up()
        return int(self._started().returncode)

    def terminate(self, grace_s: float = GRACE_S) -> None:
        """End it and all that it started: SIGTERM to the group, up to *grace_s* seconds, then SIGKILL.

        Safe to call twice, after it has ended, and in a fork of the parent (where it does nothing).
        """
        self.ask_to_end()
        process = self._process
        if process is None or os.getpid() != self._owner:
            return
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGKILL)
            process.wait()
        self._clear_up()

    def ask_to_end(self) -> None:
        """Send SIGTERM to the group and return at once: several children can then end side by side."""
        process = self._process
        if process is None or os.getpid() != self._owner:
            return
        self._asked_to_end = True
        if process.returncode is None:
            self._signal_group(signal.SIGTERM)
            self.thaw()  # what is frozen hears nothing

    def kill(self) -> None:
        """Send SIGKILL to the group and return at once; `poll` then says when it is gone."""
        if self._started().returncode is None:
            self._signal_group(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop the group where it stands, until `thaw` or `terminate`; twice is once.

        A frozen child cannot see that its parent has died. A shell waits for that in its place, and thaws it.
        """
        if self._thawer is not None or self._started().returncode is not None:
            return
        self._thawer = subprocess.Popen(
            ["/bin/sh", "-c", f"read _; kill -CONT -{self.pid}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={child.MARK_VARIABLE: self.mark},
            start_new_session=True,
        )
        self._signal_group(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen group go on; nothing happens to one that is not frozen."""
        if self._thawer is not None:
            self._signal_group(signal.SIGCONT)
            self._thawer.kill()
            self._thawer.communicate()  # closes the pipe and waits
            self._thawer = None

    def tail(self, lines: int = 10) -> list[str]:
        """Return the last *lines* non-empty lines of its log; [] when there is none."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except OSError:
            return []
        return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]

    def obituary(self, when: str = "") -> str | None:
        """Return one sentence (exit code, log, last line) when it has ended by itself, else None.

        `when` is put after the exit code, with its leading space.
        """
        code = None if self._process is None else self.poll()
        if code is None or self._asked_to_end:
            return None
        return f"{self.name} {ending(code)}{when}; {self.last_line()}"

    def last_line(self) -> str:
        """Return where its log is and the last line of it, as the end of a sentence."""
        lines = self.tail(1)
        return f"last line of {self.log_path}: {lines[0] if lines else '(empty)'}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminate()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    def _signal_group(self, number: signal.Signals) -> None:
        # Nobody is left; macOS says EPERM for a group of zombies.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._started().pid, number)

    def _clear_up(self) -> None:
        """The leader has ended: kill what is left of its group and its mark, and remove its scratch."""
        if self not in _live:
            return
        _live.discard(self)
        # The group's number cannot be taken by a stranger while a member lives, and it was reaped just now.
        self._signal_group(signal.SIGKILL)
        child.sweep(self.mark)
        self.thaw()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def ending(code: int) -> str:
    """Return how a process ended, by its exit code as `poll` gives it: "was ended by SIGKILL"."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has no name
        return f"was ended by signal {-code}"


def terminate_all(children: Sequence[ChildProcess], grace_s: float = GRACE_S) -> None:
    """End several children side by side, in the time of the slowest one."""
    for process in children:
        process.ask_to_end()
    for process in children:
        process.terminate(grace_s)


# Waits until standard input ends, which is when the parent has, and lets all go on that it started. By their
# marks, and so only where there is a /proc: a shell for each child would be a process more for each.
_WAKE = """read _
grep -lszE '^{variable}={parent}-' /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do
  kill -CONT "$pid"
done"""


@cache
def _wake_children_of(parent: int) -> None:
    """Once for each parent: start the shell that wakes what of its children stands still when it is gone."""
    if not Path("/proc/self/environ").exists():
        return
    waker = subprocess.Popen(
        ["/bin/sh", "-c", _WAKE.format(variable=child.MARK_VARIABLE, parent=parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath},
        cwd=os.path.sep,
        start_new_session=True,
    )

    def end() -> None:
        if os.getpid() == parent:
            waker.kill()
            waker.communicate()

    atexit.register(end)


@cache
def _end_children_at_exit() -> None:
    """Once, when the first child starts: an importer of this module gets no exit handler."""
    atexit.register(lambda: terminate_all(list(_live)))
