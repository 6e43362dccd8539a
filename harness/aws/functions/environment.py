"""One execution environment: a process that is initialised once and then takes one invocation at a time.

Lambda developer guide, "Understanding the Lambda execution environment lifecycle". All seconds here are real.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from time import time as wall_time

from harness.aws.functions.ends import Ended, Ending, exited, timed_out, told, too_large
from harness.aws.functions.lines import Lines
from harness.aws.functions.process import Command, RuntimeProcess, Spawner
from harness.aws.functions.runtime_api import RESPONSE_LIMIT_BYTES, RuntimeApi
from harness.gateway.chain import Reply
from harness.gateway.house import ModelClock

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Work:
    """One invocation as the runtime gets it; `timeout_s` is what its handler is told that it has."""

    request: str
    payload: bytes
    arn: str
    timeout_s: float
    client_context: str = ""
    trace: str = ""

    def reply(self) -> Reply:
        """Return it as `next` answers it."""
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", self.request),
            ("Lambda-Runtime-Deadline-Ms", str(int((wall_time() + self.timeout_s) * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", self.arn),
            ("Lambda-Runtime-Trace-Id", self.trace),
        ]
        if self.client_context:
            headers.append(("Lambda-Runtime-Client-Context", self.client_context))
        return Reply(200, self.payload, tuple(headers))


@dataclass(frozen=True, slots=True)
class Initialised:
    """An initialisation that ended after `real_s`: well where `failure` is None."""

    real_s: float
    failure: Ended | None = None


@dataclass(slots=True)
class _Under:
    """The invocation that is under way."""

    work: Work
    began: float
    end: "asyncio.Future[Ended | None]"  # None: the process ended before it took the invocation
    handed: bool = False


class Environment:
    """An environment named *identity*, started by what *command* makes for the address of its runtime API.

    It listens as `runtime_api.Listener`. A process that has ended is started again by the next `ready`.
    """

    def __init__(
        self,
        identity: str,
        command: Callable[[str], Awaitable[Command]],
        spawner: Spawner,
        clock: ModelClock,
        memory_mb: int,
    ) -> None:
        self.identity = identity
        self.lines = Lines()
        self._command = command
        self._spawner = spawner
        self._limit_bytes = memory_mb * MIB
        self._api = RuntimeApi(self, clock)
        self._process: RuntimeProcess | None = None
        self._starting: asyncio.Task[Initialised] | None = None
        self._init: asyncio.Future[Ended | None] | None = None
        self._under: _Under | None = None
        self._up = False  # initialised, and neither ended nor asked to
        self._over_memory = False
        self._closed = False
        self.used_at = perf_counter()  # when it was last given something to do, real
        self.was_spared = False  # its process was ended for want of memory on this machine

    @property
    def is_up(self) -> bool:
        """Whether it is initialised and lives."""
        return self._up

    @property
    def is_alive(self) -> bool:
        """Whether a process of it lives."""
        return self._process is not None and self._process.alive

    @property
    def is_busy(self) -> bool:
        """Whether an invocation is under way."""
        return self._under is not None

    # -- initialisation -----

    async def ready(self, limit_s: float) -> Initialised:
        """Return once it is initialised or has failed to be, within *limit_s*; at once where it is up."""
        if self.is_up:
            return Initialised(0.0)
        if self._starting is None or self._starting.done():
            self._starting = asyncio.get_running_loop().create_task(self._start(limit_s))
        return await asyncio.shield(self._starting)

    async def _start(self, limit_s: float) -> Initialised:
        before, self._process = self._process, None
        if before is not None:
            before.kill()
        self._api.close()
        command = await self._command(await self._api.open())
        async with self._spawner.gate:
            return await self._initialise(command, limit_s)

    async def _initialise(self, command: Command, limit_s: float) -> Initialised:
        loop = asyncio.get_running_loop()
        init = self._init = loop.create_future()
        began = perf_counter()
        process = await self._spawner.spawn(
            command, self.lines.hear, lambda code: self._exited(process, code)
        )
        self._process = process
        self._over_memory = False
        if self._closed:
            process.kill()
        timer = loop.call_later(limit_s, self._init_over, timed_out("", limit_s, limit_s))
        try:
            failure = await init
        finally:
            timer.cancel()
            self._init = None
        self._up = failure is None and process.alive and not self._closed
        if failure is not None:
            process.drain()
            process.kill()
        return Initialised(perf_counter() - began, failure)

    def _init_over(self, failure: Ended | None) -> bool:
        if self._init is None or self._init.done():
            return False
        self._init.set_result(failure)
        return True

    # -- an invocation -----

    async def invoke(self, work: Work, limit_s: float) -> Ended:
        """Return how *work* ends, after *limit_s* at the latest. It must be up, and not busy.

        A process that ends before it takes the invocation, as after an answer that was too long, is started
        once more.
        """
        self.used_at = perf_counter()
        ended = await self._hand(work, limit_s)
        while ended is None:
            again = await self.ready(limit_s)
            ended = again.failure or await self._hand(work, limit_s)
        return ended

    async def _hand(self, work: Work, limit_s: float) -> Ended | None:
        if not self._up:
            return None
        loop = asyncio.get_running_loop()
        under = self._under = _Under(work, perf_counter(), loop.create_future())
        timer = loop.call_later(limit_s, self._timed_out, under)
        under.handed = self._api.hand(work.reply())
        try:
            return await under.end
        finally:
            timer.cancel()

    def _finish(self, ended: Ended | None) -> None:
        under, self._under = self._under, None
        process = self._process
        if process is not None:
            process.drain()
        if under is not None and not under.end.done():
            under.end.set_result(ended)

    def _timed_out(self, under: _Under) -> None:
        if self._under is under:
            self._finish(timed_out(under.work.request, under.work.timeout_s, self._since(under)))
            self.kill()

    @staticmethod
    def _since(under: _Under) -> float:
        return perf_counter() - under.began

    def memory_bytes(self) -> int:
        """Return the most memory that it has used, 0 where it does not run."""
        return self._process.peak_bytes() if self._process is not None and self._process.alive else 0

    def watch_memory(self) -> None:
        """End it where it uses more memory than it has."""
        if self._under is not None and self.memory_bytes() > self._limit_bytes:
            self._over_memory = True
            self.kill()

    # -- its end -----

    def kill(self) -> None:
        """End its process at once; what is under way ends with it."""
        self._up = False
        if self._process is not None:
            self._process.kill()

    def spare(self) -> None:
        """End its process until it is used again; that start is this machine's, and no cold start."""
        self.was_spared = True
        self.kill()

    def close(self) -> None:
        """End it for good."""
        self._closed = True
        self.kill()
        self._api.close()

    def _exited(self, process: RuntimeProcess, code: int) -> None:
        if process is not self._process:
            return  # another one has come in its place
        self._up = False
        self._init_over(exited("", code, 0.0, Ending.INIT))
        under = self._under
        if under is not None and not under.handed and not self._closed:
            self._finish(None)
        elif under is not None:
            ending = Ending.MEMORY if self._over_memory else Ending.CRASH
            self._finish(exited(under.work.request, code, self._since(under), ending))

    # -- what the runtime says -----

    def asked(self) -> Reply | None:
        """Return the invocation that waits, None where there is none yet: it is initialised by now."""
        self._init_over(None)
        under = self._under
        if under is None or under.handed:
            return None
        under.handed = True
        return under.work.reply()

    def responded(self, request: str, payload: bytes) -> bool:
        """Take the answer to *request*."""
        under = self._waits_for(request)
        if under is not None:
            self._finish(Ended(Ending.OK, payload, self._since(under)))
        return under is not None

    def failed(self, request: str, error: bytes) -> bool:
        """Take the failure of *request*."""
        under = self._waits_for(request)
        if under is not None:
            self._finish(told(Ending.ERROR, error, self._since(under)))
        return under is not None

    def response_too_large(self, request: str) -> None:
        """Fail *request* for the length of its answer; the runtime does not live through the 413."""
        under = self._waits_for(request)
        if under is not None:
            self._finish(too_large(RESPONSE_LIMIT_BYTES, self._since(under)))

    def init_failed(self, error: bytes) -> None:
        """Take the failure of the initialisation."""
        self._init_over(told(Ending.INIT, error, 0.0))

    def _waits_for(self, request: str) -> _Under | None:
        under = self._under
        return under if under is not None and under.work.request == request else None
