"""What the connections of one server share."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Protocol

from harness.gateway.alike import Alike
from harness.gateway.chain import Chain
from harness.gateway.head import RequestHead
from harness.gateway.splice import Pool

# What may wait, unread by anyone, before its sender is asked to wait.
HIGH_WATER_BYTES = 256 * 1024


class ModelClock(Protocol):
    """Model time as the gateway needs it; harness.clock.Clock has it."""

    speed: float

    def now(self) -> float: ...
    def real_until(self, model_at: float) -> float: ...


class Closable(Protocol):
    """A connection that the server can end."""

    def close(self) -> None:
        """End it once what was written has gone out."""

    def abort(self) -> None:
        """End it now."""


@dataclass(slots=True)
class House:
    """The chain, the clock and the pool, and what is alive on the loop."""

    chain: Chain
    clock: ModelClock
    pool: Pool
    loop: asyncio.AbstractEventLoop
    entrance: str = ""  # the VPC endpoint that its connections come in by
    connections: set[Closable] = field(default_factory=set)
    alikes: dict[tuple[object, ...], Alike[RequestHead]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run *work*, held by a reference until it is done: the loop itself keeps only a weak one."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
