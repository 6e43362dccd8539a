"""The provisioned concurrency of one alias or version as a thing that is scaled: what is asked for and there.

A `TimedResource` for the dimension lambda:function:ProvisionedConcurrency, resource id
`function:NAME:QUALIFIER`. Sources: Lambda developer guide, "Configuring provisioned concurrency for a
function" and "Understanding Lambda function scaling"; where they are silent: `FunctionSettings`.
"""

import math
from collections.abc import Callable

from harness.errors import ScenarioError
from harness.functions.allocation import Allocation, ProvisionedChanged
from harness.functions.rates import RequestRate
from harness.functions.samples import MINUTE_S, NAMESPACE, OF_ALIASES, Metric, Minute, Statistic, merged
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal
from harness.scaling.resource import Datapoint, ScalingMetric

DIMENSION = "lambda:function:ProvisionedConcurrency"

_STATISTICS = frozenset(Statistic)


def resource_id_of(function: str, alias: str) -> str:
    """Return the resource id under which AWS registers an alias or a version."""
    return f"function:{function}:{alias}"


def split_resource_id(resource_id: str) -> tuple[str, str]:
    """Return function and alias of *resource_id*; ScenarioError when it is none."""
    parts = resource_id.split(":")
    if len(parts) != 3 or parts[0] != "function" or not parts[1] or not parts[2]:
        raise ScenarioError(f"ResourceId {resource_id!r} is not of the form function:NAME:ALIAS")
    return parts[1], parts[2]


class ProvisionedPool:
    """The environments of *resource_id*, of which *initial* are allocated from *now* on.

    Moments must not run back. `advance` must be called when `next_change` has come, before the capacity is
    read. *publish_delay_s* is how long after its end a minute can be read. *check* is asked before a change,
    for what the rest of the account allows, *asked* is told of one; *minutes* is where samples are kept.
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
        check: Callable[[int], Refusal | None] = lambda _desired: None,
        asked: Callable[[float], None] = lambda _now: None,
        minutes: dict[int, Minute] | None = None,
    ) -> None:
        self.resource_id = resource_id
        self.function, self.alias = split_resource_id(resource_id)
        self._settings = settings or FunctionSettings()
        self._publish_delay_s = publish_delay_s
        self._allocation = Allocation(resource_id, initial, seed=seed, settings=self._settings, now=now)
        self._check, self._asked = check, asked
        self._rate = RequestRate()
        self._minutes: dict[int, Minute] = {} if minutes is None else minutes

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

    @property
    def ready_at(self) -> float:
        """When the change under way is complete, infinity where there is none."""
        return self._allocation.done_at

    def set_capacity(self, desired: int, now: float) -> Refusal | None:
        """Ask for *desired* environments; refused during a change and beyond what the account allows."""
        refusal = self._check(desired) or self._allocation.ask(desired, now)
        if refusal is None:
            self._asked(now)
        return refusal

    def begin(self, desired: int, now: float) -> None:
        """Ask for the first *desired* environments, which the account allows."""
        self._allocation.ask(desired, now)

    def give_up(self, now: float) -> None:
        """Take everything away."""
        self._allocation.give_up(now)

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

    def take(self, in_use: int, now: float) -> bool:
        """Return whether an invocation may run on an environment here while *in_use* of them are busy.

        Guide: an alias "spills over into on-demand concurrency after 10 concurrency or 100 requests per
        second, whichever happens first" for an allocation of 10. What may is counted.
        """
        allocated = self._allocation.allocated
        if in_use >= allocated or not self._rate.is_open(allocated, now):
            return False
        self._rate.count()
        return True

    def sample(self, before: int, provisioned: bool, now: float) -> Minute:
        """Count an invocation that met *before* busy environments; return the minute it counts in."""
        minute = self._minutes.setdefault(math.floor(now / MINUTE_S), Minute())
        allocated = self._allocation.allocated
        if allocated:
            # Right after a decrease more may still run than are allocated: all of them are in use, not more.
            in_use = before + (provisioned and self._settings.sample_counts_itself)
            in_use = min(in_use, allocated)
            minute.add_use(allocated, in_use, 1, in_use, in_use)
        minute.add_starts(provisioned, 1)
        return minute


def is_modelled(metric: ScalingMetric, function: str, alias: str) -> bool:
    """Return whether *metric* is one that an alias can have here, and that alias's own."""
    own = {("FunctionName", function), ("Resource", f"{function}:{alias}")}
    return (
        metric.namespace == NAMESPACE
        and metric.name in OF_ALIASES
        and metric.statistic in _STATISTICS
        and (not metric.dimensions or set(metric.dimensions) == own)
        and metric.period_s >= MINUTE_S
        and metric.period_s % MINUTE_S == 0
    )
