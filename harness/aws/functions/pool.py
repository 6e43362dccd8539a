"""The execution environments that live: each a process, made from what its version of a function says."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from harness.aws.aws_json import Refused
from harness.aws.functions.codes import Codes
from harness.aws.functions.configurations import Version
from harness.aws.functions.environment import Environment
from harness.aws.functions.interpreters import Interpreter, interpreter_for, own_interpreter, version_of
from harness.aws.functions.packages import Packages
from harness.aws.functions.process import Command, Spawner
from harness.aws.functions.variables import Surroundings, variables_of
from harness.clock import Clock
from harness.config import Credentials
from harness.refusal import Refusal

# How often the memory of what runs is looked at, real seconds.
MEMORY_CHECK_S = 0.05
# How often it is looked whether what was killed has ended, real seconds.
EXIT_CHECK_S = 0.002

# How many processes live at once: each takes some 30 MB. Beyond it those idle longest are ended, and started
# again when their environment is used.
MOST_PROCESSES = 128

Signs = Callable[[str, str, str], Awaitable[Credentials | Refusal]]


class Findings(Protocol):
    """Takes a finding: rule, severity, resource, message, source."""

    def __call__(self, rule: str, severity: str, resource: str, message: str, source: str = "") -> None: ...


class LiveEnvironment(Environment):
    """An environment of a *version*, with its log stream and a scratch folder of its own."""

    version: Version
    stream: str
    provisioned: bool
    scratch: Path


class Pool:
    """Environments by their identity, which the admission model gives. All on the gateway's loop.

    *sign* gives the credentials of an execution role (role, function name, function ARN).
    """

    def __init__(
        self,
        codes: Codes,
        packages: Packages,
        clock: Clock,
        sign: Signs,
        finding: Findings,
        region: str,
        gateway_url: Callable[[], str],
    ) -> None:
        self._codes = codes
        self._packages = packages
        self._clock = clock
        self._sign = sign
        self._finding = finding
        self._region = region
        self._gateway_url = gateway_url
        self._spawner = Spawner(lambda: codes.folder)
        self._live: dict[str, LiveEnvironment] = {}
        self._credentials: dict[tuple[str, str], Credentials] = {}
        self._told: set[str] = set()
        self._watching: asyncio.Task[None] | None = None
        self._warming: set[asyncio.Task[None]] = set()

    def get(self, identity: str) -> LiveEnvironment | None:
        """Return the environment of that identity, None where there is none."""
        return self._live.get(identity)

    def of(self, function: str) -> list[LiveEnvironment]:
        """Return the environments of a function."""
        return [each for each in self._live.values() if each.version.name == function]

    def make(self, identity: str, version: Version, *, provisioned: bool) -> LiveEnvironment:
        """Return a new environment; nothing runs in it until it is made `ready`."""
        made = LiveEnvironment(
            identity,
            lambda address: self._command(made, address),
            self._spawner,
            self._clock,
            version.memory_mb,
        )
        made.version, made.provisioned = version, provisioned
        made.stream = _stream(self._clock, version.version)
        made.scratch = self._codes.folder / f"tmp-{uuid4().hex[:12]}"
        self.end(identity)  # a function that was made anew numbers its environments anew
        self._spare_others()
        self._live[identity] = made
        self._watch()
        return made

    def _spare_others(self) -> None:
        if len(self._live) < MOST_PROCESSES:
            return
        up = sorted((each for each in self._live.values() if each.is_up), key=lambda each: each.used_at)
        idle = [each for each in up if not each.is_busy]
        for each in idle[: max(len(up) + 1 - MOST_PROCESSES, 0)]:
            each.spare()

    def warm(self, environment: LiveEnvironment, limit_s: float) -> None:
        """Initialise it ahead of its use; beyond MOST_PROCESSES when it is used, as if it had been."""

        async def later() -> None:
            if self._live.get(environment.identity) is environment and not environment.is_busy:
                await environment.ready(limit_s)

        if sum(each.is_alive for each in self._live.values()) + len(self._warming) >= MOST_PROCESSES:
            environment.was_spared = True
            return

        task = asyncio.get_running_loop().create_task(later())
        self._warming.add(task)
        task.add_done_callback(self._warmed)

    def _warmed(self, task: "asyncio.Task[None]") -> None:
        self._warming.discard(task)
        if not task.cancelled():
            task.exception()  # whoever invokes it meets the same error, and tells it

    def end(self, identity: str) -> None:
        """End an environment and remove what it leaves."""
        ended = self._live.pop(identity, None)
        if ended is not None:
            ended.close()
            if ended.scratch.exists():
                shutil.rmtree(ended.scratch, ignore_errors=True)

    async def close(self) -> None:
        """End all of them, and return when they have."""
        if self._watching is not None:
            self._watching.cancel()
        for task in self._warming:
            task.cancel()
        ending = list(self._live.values())
        for each in ending:
            self.end(each.identity)
        while any(each.is_alive for each in ending):
            await asyncio.sleep(EXIT_CHECK_S)
        self._spawner.close()

    # -- memory -----

    def _watch(self) -> None:
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch_memory())

    async def _watch_memory(self) -> None:
        while True:
            await asyncio.sleep(MEMORY_CHECK_S)
            for each in self._live.values():
                each.watch_memory()

    # -- how one is started -----

    async def credentials(self, version: Version) -> Credentials:
        """Return what the calls of a function are signed with; raise Refused where Lambda may not have it."""
        key = (version.role, version.name)
        kept = self._credentials.get(key)
        if kept is None:
            found = await self._sign(version.role, version.name, version.arn)
            if isinstance(found, Refusal):
                raise Refused("AccessDeniedException", found.message, 403)
            kept = self._credentials[key] = found
        return kept

    async def _command(self, made: LiveEnvironment, address: str) -> Command:
        version = made.version
        code = await self._packages.code(version)
        layers = await self._packages.layers(version)
        python = await self._interpreter(version)
        runtime = python.link_into(self._codes.folder / f"runtime-{python.version}")
        made.scratch.mkdir(exist_ok=True)
        around = Surroundings(
            address,
            self._gateway_url(),
            self._region,
            await self.credentials(version),
            code,
            runtime,
            made.scratch,
            made.stream,
            made.provisioned,
        )
        paths = [code, *_layer_paths(layers, python.version), runtime]
        given = version.variables.get("PYTHONPATH", "")
        return Command(
            python.python,
            [*map(str, paths), *filter(None, given.split(os.pathsep))],
            version.handler,
            code,
            variables_of(version.described(), around),
        )

    async def _interpreter(self, version: Version) -> Interpreter:
        """Return the Python that runs *version*; raise Refused where there is none, and say what differs."""
        wanted, own = version_of(version.runtime), own_interpreter()
        if own is None:
            raise self._not_covered(
                version, "no runtime interface client is installed here; pip install awslambdaric (Linux)"
            )
        if version.package_type != "Zip" or wanted is None:
            raise self._not_covered(version, f"{version.runtime or version.package_type} is not covered here")
        found = await asyncio.get_running_loop().run_in_executor(None, interpreter_for, wanted)
        if found is None and version.runtime not in self._told:
            self._told.add(version.runtime)
            self._finding(
                "function-runtime-differs",
                "warning",
                f"function/{version.name}",
                f"{version.runtime} runs on Python {own.version}: no Python {wanted} with awslambdaric was "
                "found on this machine.",
            )
        return found or own

    def _not_covered(self, version: Version, why: str) -> Refused:
        message = f"Function {version.name} cannot run in this rehearsal: {why}."
        if version.name not in self._told:
            self._told.add(version.name)
            self._finding("function-not-covered", "error", f"function/{version.name}", message)
        return Refused("InvalidRuntimeException", message, 502)


def _layer_paths(layers: list[Path], version: str) -> list[Path]:
    """Return what Lambda adds to the path for layers: `python` and its site-packages, where they are."""
    found = [
        path
        for layer in layers
        for path in (layer / "python" / "lib" / f"python{version}" / "site-packages", layer / "python")
    ]
    return [path for path in found if path.is_dir()]


def _stream(clock: Clock, version: str) -> str:
    """Return the name of a log stream, as Lambda makes them: YYYY/MM/DD/[version]hex."""
    from datetime import UTC, datetime

    day = datetime.fromtimestamp(clock.epoch_s(clock.now()), UTC)
    return f"{day:%Y/%m/%d}/[{version}]{uuid4().hex}"
