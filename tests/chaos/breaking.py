"""Runs the pipeline with the real command, breaks something while its load is under way, and keeps what shows
afterwards whether anything was left: the ports that were listened on, the scratch folders, the processes."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from command import Command, Ended, none_left, started_by

from harness.load_plan import BEGIN_FILE
from harness.run.results import JOURNAL

PIPELINE = Path(__file__).with_name("pipeline.py")
SEED = int(os.environ.get("HARNESS_CHAOS_SEED", "1"))
LISTEN = "0A"  # a socket's state in /proc/net/tcp
GONE_WITHIN_S = 10.0


def moment(what: str, earliest_s: float = 1.5, latest_s: float = 6.0) -> float:
    """Return how long after the load's beginning *what* happens: the same for the same HARNESS_CHAOS_SEED."""
    return Random(f"{SEED}/chaos/{what}").uniform(earliest_s, latest_s)


@dataclass(frozen=True)
class Left:
    """How a run ended, and what it left: its folder, and the sockets that were listened on while it ran."""

    ended: Ended
    directory: Path
    sockets: frozenset[str]
    scratch: Path

    def processes(self) -> list[int]:
        """Return the processes of the run that live on, some seconds after its end."""
        return [] if none_left(self.ended.pid, GONE_WITHIN_S) else started_by(self.ended.pid)

    def held(self) -> frozenset[str]:
        """Return the sockets of the run, by their inodes, that are listened on some seconds after its end: a
        process that is killed closes its files a moment after it has ceased to be seen."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while (left := self.sockets & frozenset(listened_on())) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def scratch_left(self) -> list[Path]:
        """Return what is left in the folder for what is temporary."""
        return sorted(self.scratch.iterdir())


class Rehearsal:
    """`harness run` of the pipeline in the folder *cwd*, its temporary files in a folder of their own."""

    def __init__(
        self,
        cwd: Path,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        scenario: Path = PIPELINE,
        through: Sequence[str] = (),
    ) -> None:
        self.cwd = cwd
        self.scratch = cwd / "scratch"
        self.scratch.mkdir()
        words = ("run", str(scenario), "--json", "--seed", str(SEED), *arguments)
        environment = {"TMPDIR": str(self.scratch)} | dict(env or {})
        self.command = Command(*words, cwd=cwd, env=environment, through=through)
        self._sockets: set[str] = set()

    @property
    def runs(self) -> Path:
        """Where its run's folder is."""
        return self.cwd / "runs"

    @property
    def directory(self) -> Path:
        """The folder of the one run."""
        (found,) = (path.parent for path in self.runs.glob(f"*/2*/{JOURNAL}"))
        return found

    def under_load(self, after_s: float) -> None:
        """Return *after_s* seconds after its load has begun."""
        self.command.until_true(lambda: any(self.runs.glob(f"*/2*/load/{BEGIN_FILE}")), 120.0)
        self.note_sockets()
        end = time.monotonic() + after_s
        self.command.until_true(lambda: time.monotonic() >= end)

    def note_sockets(self) -> None:
        """Remember who listens: the command and all that it started."""
        mine = {socket for pid in [self.command.pid, *self.command.children()] for socket in sockets_of(pid)}
        self._sockets |= mine & set(listened_on())

    def leader(self, word: str) -> int:
        """Return the process that was started for *word* (of the command lines), not what it forked."""
        return next(pid for pid in self.command.children(word) if os.getsid(pid) == pid)

    def forked(self, word: str) -> list[int]:
        """Return what the process for *word* forked."""
        return [pid for pid in self.command.children(word) if os.getsid(pid) != pid]

    def kill(self, pid: int) -> None:
        """Send SIGKILL to the process *pid* alone."""
        os.kill(pid, signal.SIGKILL)

    def end(self) -> Left:
        """Return how it ended, once it has."""
        ended = self.command.end()
        return Left(ended, self.directory, frozenset(self._sockets), self.scratch)

    def close(self) -> None:
        """End what a failed test has left running."""
        for pid in [self.command.pid, *self.command.children()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


# A fixture of that name gives it: starts `harness run` of the pipeline, with the arguments of `Rehearsal`.
Start = Callable[..., Rehearsal]


def summary_of(left: Left) -> dict[str, Any]:
    """Return what is in the summary of the run."""
    found: dict[str, Any] = json.loads((left.directory / "summary.json").read_text())
    return found


def listened_on() -> Iterator[str]:
    """Yield the inodes of the sockets of this machine that are listened on."""
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                yield fields[9]


def sockets_of(pid: int) -> set[str]:
    """Return the inodes of the sockets that the process *pid* holds."""
    found = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(descriptor)
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:  # it has ended meanwhile
        pass
    return found


def stop_for(pid: int, seconds: float) -> None:
    """Let the process *pid* stand still for *seconds*: SIGSTOP, then SIGCONT."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
