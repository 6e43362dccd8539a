"""What a running job is asked meanwhile: to stop, or to leave its spot capacity."""

import asyncio
from contextlib import suppress
from typing import Literal

Reason = Literal["", "stop", "interrupt", "runtime"]


class Signal:
    """The first thing that a job was asked, until it is taken."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: Reason = ""

    def give(self, reason: Reason) -> None:
        """Ask it; to stop comes before all else."""
        if not self.reason or reason == "stop":
            self.reason = reason
        self._event.set()

    def clear(self) -> None:
        """Forget what was asked: it was done."""
        self.reason = ""
        self._event.clear()

    async def wait(self, real_s: float) -> bool:
        """Return whether something is asked, within *real_s* seconds of this machine."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), max(real_s, 0.0))
        return bool(self.reason)
