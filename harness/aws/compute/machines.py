"""What runs on instances: the program of its image, as a process of this machine, for as long as it runs.

An instance's root volume is a folder that lasts until it is terminated. User data is never executed.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.config import Settings, program_environment
from harness.processes import ChildProcess

# No instance has them: its programs sign with what the metadata service gives them, and name their region.
_NOT_ON_AN_INSTANCE = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EC2_METADATA_DISABLED",
)
POLL_S = 0.02  # real seconds between two looks whether a program has ended
LOG_AT_MOST_BYTES = 64 * 1024  # GetConsoleOutput: the most recent 64 KB


@dataclass(frozen=True, slots=True)
class Programs:
    """The command that each image runs at boot, by its id, and where disks and logs are kept.

    `seconds` is what a program is modelled to take, for the images that say so.
    """

    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    folder: Path = Path()
    logs: Path = Path()


class Machine:
    """The process of one instance, from its boot to its end; *ended* hears the exit code of a life."""

    def __init__(
        self, name: str, command: tuple[str, ...], programs: Programs, ended: Callable[[int], None]
    ) -> None:
        self._command = command
        self._ended = ended
        self._log = programs.logs / f"instance-{name}.log"
        self._disk = programs.folder / name
        self._name = name
        self._child: ChildProcess | None = None
        self._watch: asyncio.Task[None] | None = None

    def boot(self, gateway_url: str, metadata_url: str) -> None:
        """Start the program. Raises EnvironmentFault when it cannot be."""
        self._disk.mkdir(parents=True, exist_ok=True)
        known = program_environment(gateway_url, Settings())
        variables = {name: value for name, value in known.items() if name not in _NOT_ON_AN_INSTANCE}
        variables |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata_url, "HOME": str(self._disk)}
        self._child = ChildProcess(
            self._name, self._command, log_path=self._log, env=variables, cwd=self._disk
        ).start()
        self._watch = asyncio.get_running_loop().create_task(self._until_over(self._child))

    def ask_to_end(self) -> None:
        """Tell the program that its machine is being switched off: SIGTERM."""
        if self._child is not None:
            self._child.ask_to_end()

    def switch_off(self) -> None:
        """End what still runs, at once."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()

    def console(self) -> bytes:
        """Return the last of what it has printed."""
        try:
            return self._log.read_bytes()[-LOG_AT_MOST_BYTES:]
        except OSError:
            return b""

    def close(self) -> None:
        """End it and throw its disk away."""
        child, self._child = self._child, None
        if self._watch is not None:
            self._watch.cancel()
        if child is not None:
            child.terminate(0.0)
        shutil.rmtree(self._disk, ignore_errors=True)

    async def _until_over(self, child: ChildProcess) -> None:
        while (code := child.poll()) is None:
            await asyncio.sleep(POLL_S)
        self._ended(code)
