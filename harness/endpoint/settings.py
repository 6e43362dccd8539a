"""Every figure about endpoints that AWS does not document, as a setting with a default.

Each field carries, in its metadata, where its default comes from and the range of the unknown (`low`,
`high`): `--set NAME=VALUE` changes it, and a report can show how far an answer moves over that range.
Documented rules are not settings; they live, with their source, in the code that applies them.
"""

# ruff: noqa: RUF009 - `setting` returns a dataclass field, it makes no shared default

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from harness.endpoint.distributions import Constant, Distribution, LaunchTime, LogNormal, Uniform
from harness.errors import ScenarioError
from harness.scaling.unknowns import above_zero, at_least_zero, setting


class Joins(StrEnum):
    """How the instances of one launch come into service."""

    STAGGERED = "staggered"
    JOINT = "joint"


class Leaves(StrEnum):
    """Which instance a scale-in takes away."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """How an endpoint launches, serves, drains and fails. Spans in seconds."""

    launch_time: LaunchTime = setting(
        LogNormal(240.0, 600.0),
        "Request to InService: 213 s and 426 s recorded (cases C1, C2), 346-525 s median for accelerators "
        "(C3), endpoint creation of 9-11 min reported; the distribution itself is inferred.",
        low=Constant(150.0),
        high=LogNormal(400.0, 900.0),
    )
    joins: Joins = setting(
        Joins.STAGGERED,
        "Counts of 1, 2, 3, 4 were seen one after the other over 53 s in one activity.",
        low=Joins.JOINT,
        high=Joins.STAGGERED,
    )
    join_stagger: Distribution = setting(
        Uniform(5.0, 30.0),
        "3 joins over 53 s: about 18 s apart; jitter 5-30 s.",
        low=Constant(0.0),
        high=Constant(30.0),
    )
    join_spread_limit_s: float = setting(
        180.0,
        "48 instances were in service 426 s after the decision (case C2), which 47 gaps of 18 s would "
        "exceed: gaps shrink so that the last joins at most this long after the first.",
        low=60.0,
        high=900.0,
    )
    settle_s: float = setting(
        10.0, "About 10 s were seen between the last join and InService.", low=0.0, high=50.0
    )
    zones: tuple[str, ...] = setting(
        ("a", "b", "c"),
        "SageMaker spreads instances over the zones of the endpoint's subnets; most regions "
        "have at least three.",
    )
    invocation_timeout_s: float = setting(
        60.0, "Developer guide: a container must answer within 60 s.", low=60.0, high=60.0
    )
    finish_timed_out: bool = setting(
        True,
        "SageMaker cannot stop the code in the container, so work nobody waits for still holds its slot.",
        low=False,
        high=True,
    )
    concurrency_sample_s: float = setting(
        10.0,
        "Concurrency metrics are emitted every 10 s (developer guide); whether as one sample of the moment "
        "or as the peak of more is not documented. It must divide 10.",
        low=1.0,
        high=10.0,
    )
    cpu_cores_per_slot: float = setting(
        1.0,
        "CPUUtilization sums over cores, 100 per busy core (monitoring guide). A busy slot is taken to keep "
        "one core busy, as a single-threaded inference does; waiting for memory, disk or an accelerator "
        "makes it less, a multi-threaded library more. It never exceeds the instance's vCPUs.",
        low=0.5,
        high=2.0,
    )
    join_to_traffic_s: float = setting(
        0.0,
        "From InService until a new instance takes requests. 47 s passed in case C1 until the traffic had "
        "recovered, one recording; the guide counts an instance from InService on, so the default is 0. "
        "Endpoints that are created or replaced take traffic at once.",
        low=0.0,
        high=47.4,
    )
    drain_limit_s: float = setting(
        30.0,
        "A container that is removed gets SIGTERM, and SIGKILL 30 s later (developer guide, own "
        "inference code); whether requests drain before is not documented.",
        low=0.0,
        high=300.0,
    )
    scale_in_s: float = setting(
        30.0,
        "How long an update that takes instances away lasts at least, before it settles; not documented, so "
        "as long as a container may take to stop. A user saw the capacity fall only 25 min after the traffic "
        "had (re:Post, 'SageMaker autoscaling delay'), some 7 min more than alarm and delays take.",
        low=0.0,
        high=420.0,
    )
    leaves: Leaves = setting(
        Leaves.NEWEST,
        "Not documented. Taken from the zone with most instances, so that the zones stay even.",
        low=Leaves.NEWEST,
        high=Leaves.OLDEST,
    )
    update_s: float = setting(
        30.0,
        "How long an update that moves no instance (weights only) takes; not documented.",
        low=5.0,
        high=120.0,
    )
    delete_s: float = setting(10.0, "How long Deleting lasts; not documented.", low=1.0, high=120.0)
    replace_failed: bool = setting(
        True,
        "Developer guide, inference best practices: SageMaker replaces failed instances and spreads "
        "them over zones; the time is not documented, so it is a launch.",
        low=False,
        high=True,
    )
    ping_timeout_s: float = setting(
        0.0,
        "How long after its launch a container that never passes the ping is given up. The developer guide "
        "allows it 4 min from its start; one that stops at once or whose model cannot be loaded ends sooner, "
        "and the model does not tell these apart.",
        low=0.0,
        high=240.0,
    )
    no_capacity_timeout_s: float = setting(
        2040.0,
        "With no EC2 capacity an endpoint went back to InService at its old count after 34 min (C4).",
        low=1320.0,
        high=3600.0,
    )
    quotas: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({}),
        metadata={
            "why": "Instances of a type for endpoint usage per account; absent: no limit.",
            "low": None,
            "high": None,
        },
    )

    def __post_init__(self) -> None:
        at_least_zero(
            self, "join_spread_limit_s", "settle_s", "drain_limit_s", "scale_in_s", "update_s", "delete_s"
        )
        at_least_zero(self, "cpu_cores_per_slot", "join_to_traffic_s", "ping_timeout_s")
        above_zero(self, "invocation_timeout_s", "no_capacity_timeout_s", "concurrency_sample_s")
        samples = 10.0 / self.concurrency_sample_s
        if abs(samples - round(samples)) > 1e-9 or samples < 1.0:
            raise ScenarioError(
                f"EndpointSettings.concurrency_sample_s is {self.concurrency_sample_s:g}; it must divide 10 s"
            )
        if not self.zones:
            raise ScenarioError("EndpointSettings.zones is empty; name at least one zone")
