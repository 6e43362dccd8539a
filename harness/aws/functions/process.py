"""One process of an execution environment: started, listened to, measured and ended, on the gateway's loop.

It is a child of one thread that lives as long as the gateway and has a process group of its own, which a
watchdog knows: nothing that it starts outlives the harness.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# How many processes may start at the same time: more only take each other's time, which would count as
# their initialisation.
STARTS_AT_ONCE = 2 * max(1, os.cpu_count() or 1)
STARTER, WATCHDOG = (Path(__file__).with_name(name) for name in ("starter.py", "watchdog.py"))
_READ_BYTES = 1 << 16
_KIB = 1024
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a runtime: the interpreter, what it may import, the handler, its folder and variables."""

    python: str
    paths: Sequence[str]
    handler: str
    folder: Path
    variables: Mapping[str, str]


class Spawner:
    """The thread whose children they all are: PR_SET_PDEATHSIG speaks of the thread, not of the process.

    *folder* is what they run from, which does not outlive the harness either.
    """

    def __init__(self, folder: Callable[[], Path] | None = None) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="functions")
        self._watchdog: subprocess.Popen[bytes] | None = None
        self.gate = asyncio.Semaphore(STARTS_AT_ONCE)  # to be held while one is initialised

    async def spawn(
        self, command: Command, hear: Callable[[bytes], None], ended: Callable[[int], None]
    ) -> "RuntimeProcess":
        """Return the process; *hear* gets what it prints, *ended* its exit code, negative for a signal."""
        loop = asyncio.get_running_loop()
        child, output = await loop.run_in_executor(self._thread, self._popen, command)

        def over(code: int) -> None:
            self._note(f"-{child.pid}")
            ended(code)

        return RuntimeProcess(child, output, hear, over)

    def close(self) -> None:
        """End the thread and the watchdog, and with them whatever still runs."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and watchdog.stdin is not None:
            watchdog.stdin.close()
            watchdog.wait()

    def _popen(self, command: Command) -> tuple["subprocess.Popen[bytes]", int]:
        if self._watchdog is None:
            self._watchdog = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WATCHDOG), *([str(self._folder())] if self._folder else [])],
                stdin=subprocess.PIPE,
                bufsize=0,
                env={},
                cwd=os.path.sep,
                start_new_session=True,
            )
        child, output = _popen(command)
        self._note(f"+{child.pid}")
        return child, output

    def _note(self, line: str) -> None:
        if self._watchdog is not None and self._watchdog.stdin is not None:
            with suppress(BrokenPipeError):
                self._watchdog.stdin.write(f"{line}\n".encode())


def _popen(command: Command) -> tuple["subprocess.Popen[bytes]", int]:
    output, output_end = os.pipe()
    arguments = [os.pathsep.join(command.paths), str(os.getpid()), command.handler]
    try:
        child = subprocess.Popen(
            [command.python, "-I", "-S", str(STARTER), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output_end,
            stderr=output_end,
            env=dict(command.variables),
            cwd=command.folder,
            start_new_session=True,
        )
    except BaseException:
        os.close(output)
        raise
    finally:
        os.close(output_end)
    os.set_blocking(output, False)
    return child, output


class RuntimeProcess:
    """A running process. Everything here belongs to the gateway's loop."""

    def __init__(
        self,
        child: "subprocess.Popen[bytes]",
        output: int,
        hear: Callable[[bytes], None],
        ended: Callable[[int], None],
    ) -> None:
        self.pid = child.pid
        self._child = child
        self._output: int | None = output
        self._hear = hear
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._watch = os.pidfd_open(child.pid)
        # Held open: they are read after each invocation.
        self._status = os.open(f"/proc/{child.pid}/status", os.O_RDONLY)
        self._children = os.open(f"/proc/{child.pid}/task/{child.pid}/children", os.O_RDONLY)
        self._loop.add_reader(self._watch, self._exited)
        self._loop.add_reader(output, self.drain)
        self.exit_code: int | None = None

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.exit_code is None

    def drain(self) -> None:
        """Hear all that it has printed so far."""
        while self._output is not None:
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._close_output()
                return
            self._hear(data)

    def kill(self) -> None:
        """End it and its group at once; `ended` is still told."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def peak_bytes(self) -> int:
        """Return the most memory that it has had resident, with what its children have now; 0 if it ended."""
        if not self.alive:
            return 0
        try:
            status = os.pread(self._status, _READ_BYTES, 0)
            children = os.pread(self._children, _READ_BYTES, 0)
        except OSError:
            return 0
        _, found, rest = status.partition(b"VmHWM:")
        own = int(rest.split(None, 1)[0]) * _KIB if found else 0
        return own + sum(_resident_bytes(int(child)) for child in children.split())

    def _exited(self) -> None:
        self._loop.remove_reader(self._watch)
        for descriptor in (self._watch, self._status, self._children):
            os.close(descriptor)
        # Before it is reaped: until then nobody else can have this group's number.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.exit_code = self._child.wait()
        self.drain()
        self._close_output()
        self._ended(self.exit_code)

    def _close_output(self) -> None:
        output, self._output = self._output, None
        if output is not None:
            self._loop.remove_reader(output)
            os.close(output)


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
        below = Path(f"/proc/{pid}/task/{pid}/children").read_bytes()
    except (OSError, IndexError, ValueError):
        return 0
    return pages * _PAGE_BYTES + sum(_resident_bytes(int(child)) for child in below.split())
