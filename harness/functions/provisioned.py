"""Provisioned concurrency of one Lambda alias whose invocations are known with their durations beforehand.

What is allocated, what uses it, what spills over: invocations beyond the allocation run on demand at once, so
nothing waits. Cold starts, throttling and the rest of the account are `harness.functions.concurrency`'s.
"""

import math
from enum import Enum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from harness.errors import ScenarioError
from harness.functions.pool import (
    DIMENSION,
    ProvisionedPool,
    is_modelled,
    resource_id_of,
    split_resource_id,
)
from harness.functions.rates import REQUESTS_PER_ENVIRONMENT_S
from harness.functions.samples import MINUTE_S, Metric, Minute
from harness.functions.settings import FunctionSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "DIMENSION",
    "ProvisionedConcurrency",
    "Ran",
    "is_modelled",
    "resource_id_of",
    "split_resource_id",
]


class Ran(Enum):
    """Where an invocation ran."""

    PROVISIONED = "provisioned"
    ON_DEMAND = "on demand"


class ProvisionedConcurrency(ProvisionedPool):
    """The pool of *resource_id* and the invocations on it, each given with its duration as it arrives."""

    def __init__(
        self,
        resource_id: str,
        initial: int,
        *,
        seed: str | int,
        settings: FunctionSettings | None = None,
        publish_delay_s: float = MINUTE_S,
        now: float = 0.0,
    ) -> None:
        super().__init__(
            resource_id, initial, seed=seed, settings=settings, publish_delay_s=publish_delay_s, now=now
        )
        self._provisioned_ends: list[float] = []
        self._on_demand_ends: list[float] = []

    # -- invocations -----

    def arrive(self, now: float, duration_s: float) -> Ran:
        """Start one invocation that takes *duration_s*, on a provisioned environment if one may take it."""
        self._allocation.finish_until(now)
        _check_durations(duration_s)
        _let_go(self._provisioned_ends, now)
        _let_go(self._on_demand_ends, now)
        before = len(self._provisioned_ends)
        provisioned = self.take(before, now)
        heappush(self._provisioned_ends if provisioned else self._on_demand_ends, now + duration_s)
        minute = self.sample(before, provisioned, now)
        at_once = len(self._provisioned_ends) + len(self._on_demand_ends)
        minute.samples[Metric.CONCURRENT_EXECUTIONS].add_each(float(at_once))
        return Ran.PROVISIONED if provisioned else Ran.ON_DEMAND

    def arrive_all(self, at: "NDArray[np.float64]", duration_s: "NDArray[np.float64]") -> "NDArray[np.bool_]":
        """Start invocations at ascending moments; return which of them ran on provisioned environments.

        The same as `arrive` one by one. A minute in which nothing spills over is counted as a whole.
        """
        import numpy as np

        _check_durations(float(duration_s.min(initial=math.inf)))
        provisioned = np.ones(len(at), dtype=np.bool_)
        start = 0
        while start < len(at):
            self._allocation.finish_until(float(at[start]))
            minute_ends = (math.floor(float(at[start]) / MINUTE_S) + 1) * MINUTE_S
            end = int(np.searchsorted(at, min(minute_ends, self._allocation.done_at)))
            part = slice(start, end)
            if not self._took_all(at[part], duration_s[part]):
                pairs = zip(at[part].tolist(), duration_s[part].tolist(), strict=True)
                provisioned[part] = [self.arrive(now, span) is Ran.PROVISIONED for now, span in pairs]
            start = end
        return provisioned

    def _took_all(self, at: "NDArray[np.float64]", duration_s: "NDArray[np.float64]") -> bool:
        """Start a minute's invocations on provisioned environments; where some spill, none, and False."""
        import numpy as np

        allocated = self._allocation.allocated
        before = np.array(self._provisioned_ends)
        ends = np.concatenate((before, at + duration_s))
        in_use = len(before) + np.arange(1, len(at) + 1) - np.searchsorted(np.sort(ends), at, side="right")
        seconds, starts = np.unique(np.floor(at), return_counts=True)
        if seconds[0] == self._rate.second:
            starts[0] += self._rate.starts
        if in_use.max() > allocated or starts.max() > REQUESTS_PER_ENVIRONMENT_S * allocated:
            return False
        self._rate.second, self._rate.starts = int(seconds[-1]), int(starts[-1])
        on_demand = np.sort(np.array(self._on_demand_ends))
        beside = len(on_demand) - np.searchsorted(on_demand, at, side="right")
        self._count(float(at[0]), allocated, in_use, in_use + beside)
        self._provisioned_ends = ends[ends > at[-1]].tolist()
        heapify(self._provisioned_ends)
        return True

    def _count(
        self, now: float, allocated: int, in_use: "NDArray[np.int64]", at_once: "NDArray[np.int64]"
    ) -> None:
        minute, count = self._minutes.setdefault(math.floor(now / MINUTE_S), Minute()), len(in_use)
        counted = in_use if self._settings.sample_counts_itself else in_use - 1
        minute.add_use(allocated, int(counted.sum()), count, int(counted.min()), int(counted.max()))
        minute.add_starts(True, count)
        minute.samples[Metric.CONCURRENT_EXECUTIONS].add(
            float(at_once.sum()), count, float(at_once.min()), float(at_once.max())
        )


def _let_go(ends: list[float], now: float) -> None:
    while ends and ends[0] <= now:
        heappop(ends)


def _check_durations(least_s: float) -> None:
    if not least_s > 0:
        raise ScenarioError(f"A Lambda invocation takes {least_s!r} s; a duration must be above 0 seconds")
