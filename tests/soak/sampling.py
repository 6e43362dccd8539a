"""Looks at a command and all that it started, from outside: memory, descriptors, threads and CPU by part."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from command import started_by

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# What a process of a run is called here, by a word of its command line.
PARTS = {
    "harness.backends.ministack": "MiniStack",
    "harness.backends.moto": "moto",
    "locust": "Locust",
    "harness.program": "program",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One part at one moment, all of its processes together; *at* is on the monotonic clock."""

    at: float
    memory_bytes: float
    descriptors: int
    threads: int
    cpu_s: float


class Sampling:
    """Looks at the command *pid* each *every_s* seconds, in a thread, until it is gone or `end` is called.

    `samples` are those of each part and of all of them (`all`); `busy` is the CPU time (seconds) that the
    whole machine has used, whoever used it.
    """

    def __init__(self, pid: int, every_s: float) -> None:
        self.samples: dict[str, list[Sample]] = {}
        self.busy: list[tuple[float, float]] = []
        self._pid = pid
        self._every_s = every_s
        self._names = {pid: "harness"}
        self._over = Event()
        self._thread = Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while not self._over.wait(self._every_s):
            self._look()

    def _look(self) -> None:
        now, parts = time.monotonic(), {}
        for pid in (self._pid, *started_by(self._pid)):
            if (found := _of_process(pid, now)) is not None:
                name = self._names.setdefault(pid, _name_of(pid))
                parts[name] = _sum(now, [parts[name], found]) if name in parts else found
        self.busy.append((now, _busy_s()))
        if "harness" in parts:
            for name, found in (parts | {"all": _sum(now, list(parts.values()))}).items():
                self.samples.setdefault(name, []).append(found)


def _of_process(pid: int, now: float) -> Sample | None:
    """Return what a process is at *now*; None where it has ended, or ends meanwhile."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None
    cpu_s = (int(fields[11]) + int(fields[12])) / TICKS
    return Sample(now, float(resident * PAGE_BYTES), descriptors, int(fields[17]), cpu_s)


def _busy_s() -> float:
    """Return the CPU time of this machine but for idling and waiting for a disk (proc(5), /proc/stat)."""
    user, nice, system, _idle, _waiting, irq, softirq, *_ = map(int, _first_line("/proc/stat").split()[1:])
    return (user + nice + system + irq + softirq) / TICKS


def _first_line(path: str) -> str:
    with Path(path).open() as lines:
        return lines.readline()


def _sum(now: float, samples: list[Sample]) -> Sample:
    return Sample(
        now,
        sum(one.memory_bytes for one in samples),
        sum(one.descriptors for one in samples),
        sum(one.threads for one in samples),
        sum(one.cpu_s for one in samples),
    )


def _name_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return "other"
    return next((name for word, name in PARTS.items() if word in words), "other")
