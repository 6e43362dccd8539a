"""Tasks on the gateway's loop that belong to a part of the stage, and end with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from harness.clock import Clock


class Following:
    """Holds tasks until they are done; `close` ends them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run *work* beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return when everything that was begun before is done."""
        current = asyncio.current_task()
        await asyncio.gather(*(task for task in self._tasks if task is not current), return_exceptions=True)

    async def close(self) -> None:
        """End what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def until(clock: Clock, model_at: float) -> None:
    """Return when *model_at* has come."""
    while (wait_s := clock.real_until(model_at)) > 0.0:
        await asyncio.sleep(wait_s)
