"""The command's side of the live view: the address, the child process that serves it, and its end."""

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.loopback import listen_on_loopback
from harness.processes import ChildProcess

LOG = "logs/live.log"
HOST = "127.0.0.1"
# The child gives its readers some seconds to fetch the last page; drawing that page may come before.
END_S = 15.0


class LiveView:
    """A page on loopback that follows the runs of a command. Use it as a context manager around all of them.

    *port* 0 takes a free one; `url` is known at once. `follow` is told each run's directory as soon as it is
    there. The end waits until whoever reads has the final page, for at most `END_S` seconds, and for nobody
    after an interruption. Raises EnvironmentFault when the port cannot be had.
    """

    def __init__(self, port: int = 0, *, runs: int = 1) -> None:
        self._runs = runs
        self._socket = listen_on_loopback(port, purpose="The live view")
        self._child: ChildProcess | None = None
        self._control: int | None = None
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}/"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(wait=kind is None)

    def follow(self, directory: Path) -> None:
        """Show the run in *directory* from now on; its journal need not be there yet.

        A view that has ended by itself stays away: the run is what matters (`obituary` tells).
        """
        if self._child is None:
            self._start(directory)
        self._tell({"follow": str(directory)})

    def obituary(self) -> str:
        """Return one sentence when the view has ended by itself, else ""."""
        return (self._child.obituary() or "") if self._child else ""

    def close(self, *, wait: bool = True) -> None:
        """End the view: with *wait* after those who read have the final page. A second call does nothing."""
        self._socket.close()
        child, self._child = self._child, None
        if child is None:
            return
        try:
            if wait:
                self._tell({"end": True})
                with suppress(TimeoutError):
                    child.wait(END_S)
        finally:
            child.terminate()
            if self._control is not None:
                os.close(self._control)
                self._control = None
            with suppress(OSError):
                if not child.log_path.stat().st_size:
                    child.log_path.unlink()

    def _start(self, directory: Path) -> None:
        theirs, self._control = os.pipe()
        own = self._socket.fileno()
        command = ("-m", "harness.live.server", "--socket", str(own), "--control", str(theirs))
        try:
            self._child = ChildProcess(
                "The live view",
                (*command, "--runs", str(self._runs)),
                log_path=directory / LOG,
                pass_fds=(own, theirs),
            ).start()
        finally:
            os.close(theirs)
            self._socket.close()

    def _tell(self, order: dict[str, object]) -> None:
        assert self._control is not None
        with suppress(BrokenPipeError):  # it has ended; `obituary` says so
            os.write(self._control, json.dumps(order).encode() + b"\n")
