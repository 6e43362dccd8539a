"""The containers of a job watched, from their start until they have ended or were ended."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

from harness.aws.jobs.access import Access
from harness.aws.jobs.containers import Cluster
from harness.aws.jobs.signals import Reason, Signal

# How often they are looked at, real seconds.
LOOK_S = 0.05
# API reference, StopTrainingJob: SIGTERM, "which delays job termination for 120 seconds". On a compressed
# clock that is short; what writes a model needs some of this machine's time all the same.
STOP_WITHIN_S, LEAST_STOP_S = 120.0, 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """Why the containers are no more ("": by themselves), and their codes; None for one that was killed."""

    why: Reason
    codes: tuple[int | None, ...]

    @property
    def failed(self) -> int | None:
        """The first code that says failure, None where there is none."""
        return next((code for code in self.codes if code), None)


class Watch:
    """Runs *cluster*. *hear* takes the lines of each host, *beside* is done again and again meanwhile."""

    def __init__(
        self,
        cluster: Cluster,
        access: Access,
        signal: Signal,
        hear: Callable[[str, list[str]], None],
        beside: Callable[[], Awaitable[None]],
        speed: float,
    ) -> None:
        self._cluster = cluster
        self._access = access
        self._signal = signal
        self._hear = hear
        self._beside = beside
        self._stop_within_s = max(STOP_WITHIN_S / speed, LEAST_STOP_S)

    async def run(self, left_s: Callable[[], float]) -> Ended:
        """Return how they ended: asked by the signal, or when *left_s* came to nothing."""
        try:
            await self._access.in_thread(self._cluster.start)
            return await self._watch(left_s)
        finally:
            if any(each.code is None for each in self._cluster.containers):
                self._cluster.kill()  # the run is over: not in a thread, which may not come to it

    async def _watch(self, left_s: Callable[[], float]) -> Ended:
        while True:
            codes = await self._look()
            if all(code is not None for code in codes):
                return Ended("", codes)
            if any(codes):  # one that fails takes the others along
                await self._access.in_thread(self._cluster.kill)
                return Ended("", codes)
            why: Reason = self._signal.reason or ("runtime" if left_s() <= 0.0 else "")
            if why:
                return Ended(why, await self._end())
            await self._beside()
            await self._signal.wait(LOOK_S)

    async def _end(self) -> tuple[int | None, ...]:
        """Ask them to end, and end those that do not."""
        give_up_at = perf_counter() + self._stop_within_s
        await self._access.in_thread(self._cluster.ask_to_end)
        codes = await self._look()
        while any(code is None for code in codes) and perf_counter() < give_up_at:
            await asyncio.sleep(LOOK_S)
            codes = await self._look()
        if any(code is None for code in codes):
            await self._access.in_thread(self._cluster.kill)
            self._tell()
        return codes

    async def _look(self) -> tuple[int | None, ...]:
        codes = tuple(await self._access.in_thread(self._cluster.look))
        self._tell()
        return codes

    def _tell(self) -> None:
        for each in self._cluster.containers:
            lines = each.take()
            if lines:
                self._hear(each.wanted.host, lines)
