"""Who carries out the exact runs: threads of this process, or the workers of a Dask cluster.

Threads, because compiled code gives the interpreter lock away: all cores work on one trace in one memory.
A cluster gets the trace once, not with every policy.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from harness.errors import EnvironmentFault

Shared = TypeVar("Shared", contravariant=True)
Item = TypeVar("Item")
Answer = TypeVar("Answer")

DASK_ANSWERS_WITHIN_S = 5.0
PER_WORKER = 2
"""Tasks handed out per worker at a time: one to work on, one to go on with; Ctrl-C has little to wait for."""


class Workers(Protocol):
    """Something that carries out a function over many items; a context manager."""

    count: int

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def each(
        self, function: Callable[[Any, Item], Answer], shared: Any, items: Sequence[Item]
    ) -> Iterator[tuple[int, Answer]]:
        """Yield (index, function(shared, item)) as they end, in no order; *shared* travels once."""


class Threads:
    """*count* threads of this process; as many as it may use cores when it is 0."""

    def __init__(self, count: int = 0) -> None:
        self.count = count or usable_cores()
        self._pool = ThreadPoolExecutor(self.count, thread_name_prefix="sweep")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def each(
        self, function: Callable[[Any, Item], Answer], shared: Any, items: Sequence[Item]
    ) -> Iterator[tuple[int, Answer]]:
        """Yield the answers as they end; the threads share *shared*."""
        yield from _spread(self._pool, self.count, function, shared, items)


class DaskWorkers:
    """The workers of the Dask scheduler at *address*, through its executor.

    Entering raises EnvironmentFault when Dask is missing here, when nobody answers at *address* within a few
    seconds, or when the scheduler has no worker.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._lost: tuple[type[BaseException], ...] = ()
        self.count = 0

    def __enter__(self) -> Self:
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise EnvironmentFault(
                "--dask needs Dask, which is not installed here; install this project with its extra 'dask' "
                "(pip install 'aws-ml-rehearsal-harness[dask]')"
            ) from error
        _silence("distributed", "tornado", "asyncio")
        try:
            client: Any = Client  # distributed has no types for it
            self._client = client(self._address, timeout=f"{DASK_ANSWERS_WITHIN_S}s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EnvironmentFault(
                f"No Dask scheduler answered at {self._address} within {DASK_ANSWERS_WITHIN_S:g} s; start "
                "one (dask scheduler) and name it as tcp://HOST:PORT"
            ) from error
        self._lost = (OSError, CancelledError, KilledWorker)
        self.count = sum(self._client.nthreads().values())
        if not self.count:
            self._client.close()
            raise EnvironmentFault(
                f"The Dask scheduler at {self._address} has no workers; start some "
                f"(dask worker {self._address})"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def each(
        self, function: Callable[[Any, Item], Answer], shared: Any, items: Sequence[Item]
    ) -> Iterator[tuple[int, Answer]]:
        """Yield the answers as they end; each worker gets *shared* once, before the first item."""
        held = self._client.scatter(shared, broadcast=True, hash=False)
        with self._client.get_executor(pure=False) as pool:
            try:
                yield from _spread(pool, self.count, function, held, items)
            except ModuleNotFoundError as error:
                raise EnvironmentFault(
                    f"A Dask worker of {self._address} lacks {error.name}; install this project there too"
                ) from error
            except self._lost as error:
                raise EnvironmentFault(
                    f"The Dask cluster at {self._address} was lost ({type(error).__name__}); start it again "
                    "and give the same command: what is done is kept"
                ) from error


def _silence(*libraries: str) -> None:
    """Let *libraries* log nothing: what goes wrong is said here in one sentence, not in many tracebacks."""
    for name in [*libraries, *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in libraries:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spread(
    pool: Executor, count: int, function: Callable[[Any, Item], Answer], shared: Any, items: Sequence[Item]
) -> Iterator[tuple[int, Answer]]:
    running: dict[Future[Answer], int] = {}
    following = iter(enumerate(items))
    try:
        while True:
            while len(running) < PER_WORKER * count and (given := next(following, None)) is not None:
                running[pool.submit(function, shared, given[1])] = given[0]
            if not running:
                return
            done = wait(running, return_when=FIRST_COMPLETED).done
            # What failed comes last: an answer that came with it is kept.
            for future in sorted(done, key=lambda each: each.exception() is not None):
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
