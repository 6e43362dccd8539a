"""What the compiled kernels take and give back: cases, the two sets of settings, launch draws, results.

A case is one target tracking policy on InvocationsPerInstance with its bounds, on one variant. Each becomes
a record of numbers (`records_of`), the settings another (`rules_of`), so that no Python is left inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.endpoint.fleet import Routing
from harness.endpoint.settings import EndpointSettings, Joins, Leaves
from harness.endpoint.variant import DEFAULT_QUEUE_LIMIT
from harness.errors import ScenarioError
from harness.scaling.decision import Reason
from harness.scaling.policies import DEFAULT_COOLDOWN_S
from harness.scaling.settings import CapacityBasis, CooldownStart, Datapoint, ScaleInMode, ScalingSettings

Records = npt.NDArray[np.void]
REASONS = tuple(Reason)
"""The reasons by the code that compiled decisions carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelCase:
    """One policy on one variant. Spans in seconds.

    `service_scale` multiplies the service times of the trace (another instance type); a request is bad when
    it fails or takes longer than `latency_limit_s`, waiting included.
    """

    target_value: float
    min_capacity: int
    max_capacity: int
    initial: int
    scale_in_cooldown_s: float = DEFAULT_COOLDOWN_S
    scale_out_cooldown_s: float = DEFAULT_COOLDOWN_S
    disable_scale_in: bool = False
    suspended_in: bool = False
    suspended_out: bool = False
    concurrency: int = 1
    queue_limit: int = DEFAULT_QUEUE_LIMIT
    routing: Routing = Routing.RANDOM
    service_scale: float = 1.0
    latency_limit_s: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.target_value < np.inf:
            raise ScenarioError(f"KernelCase.target_value is {self.target_value!r}; it must be above 0")
        if not 0 <= self.min_capacity <= self.max_capacity:
            raise ScenarioError(
                f"KernelCase: bounds {self.min_capacity} to {self.max_capacity}; give 0 <= minimum <= maximum"
            )
        for name in ("initial", "max_capacity", "concurrency"):
            if getattr(self, name) < 1:
                raise ScenarioError(f"KernelCase.{name} is {getattr(self, name)}; it must be at least 1")
        if self.queue_limit < 0 or not 0 < self.service_scale < np.inf:
            raise ScenarioError("KernelCase: queue_limit must not be negative, service_scale above 0")

    @property
    def most_instances(self) -> int:
        """The largest capacity that can occur."""
        return max(self.initial, self.max_capacity)


CASE = np.dtype(
    [
        ("target_value", np.float64),
        ("scale_in_cooldown_s", np.float64),
        ("scale_out_cooldown_s", np.float64),
        ("service_scale", np.float64),
        ("latency_limit_s", np.float64),
        ("low_threshold", np.float64),
        ("min_capacity", np.int64),
        ("max_capacity", np.int64),
        ("initial", np.int64),
        ("concurrency", np.int64),
        ("queue_limit", np.int64),
        ("most_instances", np.int64),
        ("disable_scale_in", np.bool_),
        ("suspended_in", np.bool_),
        ("suspended_out", np.bool_),
        ("has_low_alarm", np.bool_),
        ("least", np.bool_),
    ],
    align=True,
)

RULES = np.dtype(
    [
        ("publish_delay_s", np.float64),
        ("reaction_delay_s", np.float64),
        ("evaluation_period_s", np.float64),
        ("evaluation_offset_s", np.float64),
        ("scale_in_percent", np.float64),
        ("timeout_s", np.float64),
        ("settle_s", np.float64),
        ("scale_in_s", np.float64),
        ("drain_limit_s", np.float64),
        ("join_spread_limit_s", np.float64),
        ("join_to_traffic_s", np.float64),
        ("high_periods", np.int64),
        ("low_periods", np.int64),
        ("range_extra", np.int64),
        ("zones", np.int64),
        ("datapoint", np.int64),
        ("scale_in_mode", np.int64),
        ("basis_current", np.bool_),
        ("flapping_guard", np.bool_),
        ("cooldown_at_decision", np.bool_),
        ("out_blocks_in", np.bool_),
        ("emit_zeros", np.bool_),
        ("finish_timed_out", np.bool_),
        ("joint", np.bool_),
        ("leaves_newest", np.bool_),
    ],
    align=True,
)

DATAPOINTS = tuple(Datapoint)
SCALE_IN_MODES = tuple(ScaleInMode)
LAST, MAXIMUM = DATAPOINTS.index(Datapoint.LAST), DATAPOINTS.index(Datapoint.MAXIMUM)
PROPORTIONAL = SCALE_IN_MODES.index(ScaleInMode.PROPORTIONAL)
PERCENT = SCALE_IN_MODES.index(ScaleInMode.PERCENT)


def records_of(cases: Sequence[KernelCase], settings: ScalingSettings) -> Records:
    """Return *cases* as an array of CASE records."""
    records = np.zeros(len(cases), CASE)
    same = [name for name in CASE.names or () if name in KernelCase.__slots__]
    for record, case in zip(records, cases, strict=True):
        for name in same:
            record[name] = getattr(case, name)
        # As scaling.policies has it: rounded to drop the noise of 0.9 x 70.
        record["low_threshold"] = round(case.target_value * settings.low_threshold_ratio, 9)
        record["most_instances"] = case.most_instances
        record["has_low_alarm"] = settings.create_low_alarm_when_disabled or not case.disable_scale_in
        record["least"] = case.routing is Routing.LEAST_OUTSTANDING_REQUESTS
    return records


def rules_of(endpoint: EndpointSettings, scaling: ScalingSettings) -> Any:
    """Return both sets of settings as one RULES record; ScenarioError where quotas would have to be kept."""
    if endpoint.quotas:
        raise ScenarioError(
            "EndpointSettings.quotas: the compiled kernel keeps no quotas; play such a world with `play`"
        )
    record = np.zeros(1, RULES)
    plain = {name: getattr(endpoint, name) for name in RULES.names or () if hasattr(endpoint, name)}
    plain |= {name: getattr(scaling, name) for name in RULES.names or () if hasattr(scaling, name)}
    plain |= {
        "timeout_s": endpoint.invocation_timeout_s,
        "zones": len(endpoint.zones),
        "joint": endpoint.joins is Joins.JOINT,
        "leaves_newest": endpoint.leaves is Leaves.NEWEST,
        "range_extra": scaling.evaluation_range_extra,
        "datapoint": DATAPOINTS.index(scaling.datapoint),
        "scale_in_mode": SCALE_IN_MODES.index(scaling.scale_in_mode),
        "basis_current": scaling.capacity_basis is CapacityBasis.CURRENT,
        "cooldown_at_decision": scaling.cooldown_start is CooldownStart.DECISION,
        "out_blocks_in": scaling.scale_out_cooldown_blocks_scale_in,
    }
    for name, value in plain.items():
        record[name] = value
    return record[0]


@dataclass(frozen=True, slots=True)
class LaunchDraws:
    """What chance says of the launches of one variant: `first_s[n]` from request to first join of launch n,
    `gaps_s[n]` between its joins before they are held to the spread limit."""

    first_s: npt.NDArray[np.float64]
    gaps_s: npt.NDArray[np.float64]


def launch_draws(own: str, settings: EndpointSettings, launches: int, instances: int) -> LaunchDraws:
    """Draw *launches* launches of up to *instances* each, as the variant *own* would.

    *own* is "SEED/ENDPOINT/VARIANT": launch n has the stream `Random(f"{own}/launch/{n}")`, as in
    `endpoint.variant`.
    """
    count = 0 if settings.joins is Joins.JOINT else max(0, instances - 1)
    first_s = np.empty(launches)
    gaps_s = np.empty((launches, count))
    for number in range(launches):
        random = Random(f"{own}/launch/{number + 1}")
        first_s[number] = settings.launch_time.draw(random)
        gaps_s[number] = [settings.join_stagger.draw(random) for _ in range(count)]
    return LaunchDraws(first_s, gaps_s)
