"""Provisioned concurrency of one Lambda alias: what is allocated, what uses it, what spills over.

A `ScalableResource` for the dimension lambda:function:ProvisionedConcurrency, resource id
`function:NAME:ALIAS`. Source: Lambda developer guide, "Configuring provisioned concurrency" and
"Understanding concurrency and requests per second"; where they are silent: `FunctionSettings`. Invocations
beyond the allocation run on demand at once, so nothing waits; cold starts and throttling are not in here.
"""

import math
from enum import Enum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from harness.errors import ScenarioError
from harness.functions.allocation import Allocation, ProvisionedChanged
from harness.functions.samples import MINUTE_S, NAMESPACE, Metric, Minute, Statistic, merged
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal
from harness.scaling.resource import Datapoint, ScalingMetric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSION = "lambda:function:ProvisionedConcurrency"

# Guide: an alias "spills over into on-demand concurrency after 10 concurrency or 100 requests per second,
# whichever happens first" for an allocation of 10. Counted here in whole seconds; the window is not said.
REQUESTS_PER_ENVIRONMENT_S = 10

_METRICS, _STATISTICS = frozenset(Metric), frozenset(Statistic)


class Ran(Enum):
    """Where an invocation ran."""

    PROVISIONED = "provisioned"
    ON_DEMAND = "on demand"


def resource_id_of(function: str, alias: str) -> str:
    """Return the resource id under which AWS registers an alias or a version."""
    return f"function:{function}:{alias}"


def split_resource_id(resource_id: str) -> tuple[str, str]:
    """Return function and alias of *resource_id*; ScenarioError when it is none."""
    parts = resource_id.split(":")
    if len(parts) != 3 or parts[0] != "function" or not parts[1] or not parts[2]:
        raise ScenarioError(f"ResourceId {resource_id!r} is not of the form function:NAME:ALIAS")
    return parts[1], parts[2]


class ProvisionedConcurrency:
    """The environments of *resource_id*, of which *initial* are allocated from *now* on.

    Moments must not run back. `advance` must be called when `next_change` has come, before the capacity is
    read; arrivals do so themselves. *publish_delay_s* is how long after its end a minute can be read.
    """

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
        self.resource_id = resource_id
        self.function, self.alias = split_resource_id(resource_id)
        self._settings = settings or FunctionSettings()
        self._publish_delay_s = publish_delay_s
        self._allocation = Allocation(resource_id, initial, seed=seed, settings=self._settings, now=now)
        self._provisioned_ends: list[float] = []
        self._on_demand_ends: list[float] = []
        self._second, self._second_starts = -1, 0
        self._minutes: dict[int, Minute] = {}

    # -- what the scaler sees -----

    @property
    def desired_capacity(self) -> int:
        """The provisioned concurrency last asked for."""
        return self._allocation.desired

    @property
    def current_capacity(self) -> int:
        """The provisioned concurrency that is allocated."""
        return self._allocation.allocated

    @property
    def is_scalable(self) -> bool:
        """False while Lambda would refuse another change."""
        return self._allocation.may_change

    def set_capacity(self, desired: int, now: float) -> Refusal | None:
        """Ask for *desired* environments; refused during a change and beyond the account's limit."""
        return self._allocation.ask(desired, now)

    def covers(self, metric: ScalingMetric) -> bool:
        """Return whether *metric* is one of this alias, in whole minutes and a statistic that is kept."""
        return is_modelled(metric, self.function, self.alias)

    def datapoints(self, metric: ScalingMetric, now: float, count: int) -> tuple[Datapoint | None, ...]:
        """Return the newest *count* periods visible at *now*, oldest first, None where none was invoked.

        Periods end on a whole minute and slide by minutes (CloudWatch guide: with 5 minutes an alarm looks at
        minutes 1-5, then at 2-6).
        """
        last = math.floor((now - self._publish_delay_s) / MINUTE_S + 1e-9) * MINUTE_S
        starts = (last - number * metric.period_s for number in range(count, 0, -1))
        return tuple(self._datapoint(metric, start_at) for start_at in starts)

    def _datapoint(self, metric: ScalingMetric, start_at: float) -> Datapoint | None:
        first, per_period = round(start_at / MINUTE_S), int(metric.period_s // MINUTE_S)
        numbers = range(first, first + per_period)
        minutes = [self._minutes[each] for each in numbers if each in self._minutes]
        samples = merged(minutes, Metric(metric.name))
        if not samples.count:
            return None
        used, shares = (
            merged(minutes, each).sum for each in (Metric.PROVISIONED_EXECUTIONS, Metric.UTILIZATION)
        )
        met = used / shares if shares else float(self._allocation.before(start_at + metric.period_s))
        return Datapoint(start_at, samples.value(Statistic(metric.statistic)), met)

    # -- time -----

    def next_change(self) -> float | None:
        """Return when the change under way is complete, None where there is none."""
        return None if self._allocation.done_at == math.inf else self._allocation.done_at

    def advance(self, now: float) -> list[ProvisionedChanged]:
        """Return what changed up to *now* and was not yet told."""
        self._allocation.finish_until(now)
        return self._allocation.told()

    # -- invocations -----

    def arrive(self, now: float, duration_s: float) -> Ran:
        """Start one invocation that takes *duration_s*, on a provisioned environment if one may take it."""
        self._allocation.finish_until(now)
        _check_durations(duration_s)
        _let_go(self._provisioned_ends, now)
        _let_go(self._on_demand_ends, now)
        allocated, before = self._allocation.allocated, len(self._provisioned_ends)
        provisioned = before < allocated and self._within_rate(now)
        heappush(self._provisioned_ends if provisioned else self._on_demand_ends, now + duration_s)
        minute = self._minutes.setdefault(math.floor(now / MINUTE_S), Minute())
        if allocated:
            # Right after a decrease more may still run than are allocated: all of them are in use, not more.
            in_use = before + (provisioned and self._settings.sample_counts_itself)
            in_use = min(in_use, allocated)
            minute.add_use(allocated, in_use, 1, in_use, in_use)
        minute.add_starts(provisioned, 1)
        at_once = len(self._provisioned_ends) + len(self._on_demand_ends)
        minute.samples[Metric.CONCURRENT_EXECUTIONS].add_each(at_once)
        return Ran.PROVISIONED if provisioned else Ran.ON_DEMAND

    def _within_rate(self, now: float) -> bool:
        second = math.floor(now)
        if second != self._second:
            self._second, self._second_starts = second, 0
        if self._second_starts >= REQUESTS_PER_ENVIRONMENT_S * self._allocation.allocated:
            return False
        self._second_starts += 1
        return True

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
        if seconds[0] == self._second:
            starts[0] += self._second_starts
        if in_use.max() > allocated or starts.max() > REQUESTS_PER_ENVIRONMENT_S * allocated:
            return False
        self._second, self._second_starts = int(seconds[-1]), int(starts[-1])
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


def is_modelled(metric: ScalingMetric, function: str, alias: str) -> bool:
    """Return whether *metric* is one that an alias can have here, and that alias's own."""
    own = {("FunctionName", function), ("Resource", f"{function}:{alias}")}
    return (
        metric.namespace == NAMESPACE
        and metric.name in _METRICS
        and metric.statistic in _STATISTICS
        and (not metric.dimensions or set(metric.dimensions) == own)
        and metric.period_s >= MINUTE_S
        and metric.period_s % MINUTE_S == 0
    )
