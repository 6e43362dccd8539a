"""What an instance type is, and when the instances that were asked for come into service.

The table holds the general-purpose, compute and accelerated types that the scenarios and their variants
use; figures from the EC2 instance type pages (vCPU, memory in GiB, accelerator). A type that is not in the
table is no error here: `instance_type` returns None and the caller decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from harness.endpoint.distributions import Constant, Empirical, LaunchTime, LogNormal, Uniform
from harness.endpoint.settings import EndpointSettings, Joins

__all__ = [
    "Constant",
    "Empirical",
    "InstanceQuota",
    "InstanceType",
    "LaunchTime",
    "LogNormal",
    "Uniform",
    "instance_type",
    "instance_types",
    "is_burstable",
    "next_zone",
    "plan_joins",
]


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One hosting instance type. `hosting` is False for a type that SageMaker has for notebooks only.

    `accelerator` names the chip, or is empty.
    """

    name: str
    vcpu: int
    memory_gib: float
    burstable: bool = False
    accelerator: str = ""
    hosting: bool = True


def _family(
    family: str,
    sizes: Iterable[tuple[str, int, float]],
    *,
    burstable: bool = False,
    accelerator: str = "",
    hosting: bool = True,
) -> dict[str, InstanceType]:
    return {
        f"ml.{family}.{size}": InstanceType(
            f"ml.{family}.{size}", vcpu, memory, burstable, accelerator, hosting
        )
        for size, vcpu, memory in sizes
    }


_T_SIZES = (("medium", 2, 4.0), ("large", 2, 8.0), ("xlarge", 4, 16.0), ("2xlarge", 8, 32.0))
_M_SIZES = (
    ("large", 2, 8.0),
    ("xlarge", 4, 16.0),
    ("2xlarge", 8, 32.0),
    ("4xlarge", 16, 64.0),
    ("12xlarge", 48, 192.0),
    ("24xlarge", 96, 384.0),
)
_C_SIZES = (
    ("large", 2, 4.0),
    ("xlarge", 4, 8.0),
    ("2xlarge", 8, 16.0),
    ("4xlarge", 16, 32.0),
    ("9xlarge", 36, 72.0),
    ("18xlarge", 72, 144.0),
)
_C6I_SIZES = (
    ("large", 2, 4.0),
    ("xlarge", 4, 8.0),
    ("2xlarge", 8, 16.0),
    ("4xlarge", 16, 32.0),
    ("8xlarge", 32, 64.0),
)
_G_SIZES = (("xlarge", 4, 16.0), ("2xlarge", 8, 32.0), ("4xlarge", 16, 64.0), ("8xlarge", 32, 128.0))

_TYPES: dict[str, InstanceType] = {
    **_family("t2", _T_SIZES, burstable=True),
    # In the service model (ProductionVariantInstanceType, 2026) t2 is the only burstable hosting family:
    # ml.t3 exists for notebooks and processing. The pipelines still ask for it, so it is known here and
    # marked; whether AWS accepts it is for an audit rule to say.
    **_family("t3", _T_SIZES, burstable=True, hosting=False),
    **_family("m5", _M_SIZES),
    **_family("m5d", _M_SIZES),
    **_family("m6i", _M_SIZES[:4]),
    **_family("c5", _C_SIZES),
    **_family("c5d", _C_SIZES),
    **_family("c6i", _C6I_SIZES),
    **_family("g4dn", _G_SIZES, accelerator="NVIDIA T4"),
    **_family("g5", _G_SIZES, accelerator="NVIDIA A10G"),
    **_family("g6", _G_SIZES, accelerator="NVIDIA L4"),
    **_family("p3", (("2xlarge", 8, 61.0), ("8xlarge", 32, 244.0)), accelerator="NVIDIA V100"),
    **_family("inf1", (("xlarge", 4, 8.0), ("2xlarge", 8, 16.0)), accelerator="AWS Inferentia"),
}


def instance_type(name: str) -> InstanceType | None:
    """Return what is known of *name* ("ml.m5.large"), or None."""
    return _TYPES.get(name)


def instance_types() -> tuple[str, ...]:
    """Return the names of every type in the table."""
    return tuple(_TYPES)


def is_burstable(name: str) -> bool:
    """Return whether *name* belongs to a burstable family (t2, t3, ...), known in the table or not.

    SageMaker guide, "Automatic scaling prerequisites": variants on burstable instances such as T2 cannot
    be registered as scalable targets. Whether ml.t3 counts is not documented.
    """
    parts = name.split(".")
    return len(parts) == 3 and parts[0] == "ml" and parts[1] in {"t2", "t3", "t3a", "t4g"}


def plan_joins(count: int, now: float, settings: EndpointSettings, random: Random) -> tuple[float, ...]:
    """Return when each of *count* instances asked for at *now* joins, in time order.

    One launch time is drawn for the whole activity, since its instances are asked for together; then they
    join one at a time (recorded: 1, 2, 3, 4 over 53 s) with a gap drawn for each, unless the settings say
    `joint`. The gaps shrink in proportion when they would exceed `join_spread_limit_s` together.
    """
    first = now + settings.launch_time.draw(random)
    if settings.joins is Joins.JOINT:
        return (first,) * count
    gaps = [settings.join_stagger.draw(random) for _ in range(count - 1)]
    spread = sum(gaps)
    scale = min(1.0, settings.join_spread_limit_s / spread) if spread else 1.0
    joins = [first]
    for gap in gaps:
        joins.append(joins[-1] + gap * scale)
    return tuple(joins[:count])


def next_zone(zones: Iterable[str], counts: Mapping[str, int]) -> str:
    """Return the zone of *zones* with fewest instances in *counts*, the first of equals.

    In growth this is round-robin; after a loss it evens out again. SageMaker guide: instances are spread
    over availability zones, best effort.
    """
    return min(zones, key=lambda zone: counts.get(zone, 0))


class InstanceQuota:
    """The account's quota of instances for endpoint usage, by type; shared by all endpoints of a world."""

    def __init__(self, limits: "dict[str, int] | None" = None) -> None:
        self._limits = dict(limits or {})
        self._used: dict[str, int] = {}

    def reserve(self, type_name: str, count: int) -> str | None:
        """Take *count* instances, all or none. Return None, or AWS's refusal (ResourceLimitExceeded).

        The whole request is refused, also where a part would fit (recorded, case C4). The wording is that
        of a recorded refusal.
        """
        used = self._used.get(type_name, 0)
        limit = self._limits.get(type_name)
        if limit is not None and used + count > limit:
            return (
                f"The account-level service limit '{type_name} for endpoint usage' is {limit} Instances, "
                f"with current utilization of {used} Instances and a request delta of {count} Instances. "
                "Please use AWS Service Quotas to request an increase for this quota."
            )
        self._used[type_name] = used + count
        return None

    def release(self, type_name: str, count: int) -> None:
        """Give *count* instances back."""
        self._used[type_name] = self._used.get(type_name, 0) - count

    def used(self, type_name: str) -> int:
        """Return how many instances of the type are taken, launching ones included."""
        return self._used.get(type_name, 0)
