"""Every figure about endpoints and their scaling that AWS does not document, as a setting with a default.

Each field carries, in its metadata, where its default comes from and the range of the unknown (`low`,
`high`): `--set NAME=VALUE` changes it, and a report can show how far an answer moves over that range.
Documented rules are not settings; they live, with their source, in the code that applies them.
"""

# ruff: noqa: RUF009 - `setting` returns a dataclass field, it makes no shared default

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from harness.endpoint.distributions import Constant, Distribution, LaunchTime, LogNormal, Uniform
from harness.errors import ScenarioError


def setting(default: Any, why: str, *, low: Any = None, high: Any = None) -> Any:
    """Return a dataclass field with *default*, the reason for it and the range of what it stands for."""
    return field(default=default, metadata={"why": why, "low": low, "high": high})


class Joins(StrEnum):
    """How the instances of one launch come into service."""

    STAGGERED = "staggered"
    JOINT = "joint"


class Leaves(StrEnum):
    """Which instance a scale-in takes away."""

    NEWEST = "newest"
    OLDEST = "oldest"


class NoCapacityStatus(StrEnum):
    """What becomes of a scaling activity for which AWS finds no instances."""

    IN_PROGRESS = "InProgress"
    UNFULFILLED = "Unfulfilled"


class Datapoint(StrEnum):
    """Which datapoints of the alarm's window feed the capacity formula."""

    LAST = "last"
    MEAN = "mean"
    MAXIMUM = "maximum"


class CapacityBasis(StrEnum):
    """Which number of instances the metric is multiplied with."""

    AT_DATAPOINT = "at_datapoint"
    CURRENT = "current"


class ScaleInMode(StrEnum):
    """How far one scale-in goes."""

    ONE_STEP = "one_step"
    PROPORTIONAL = "proportional"
    PERCENT = "percent"


class CooldownStart(StrEnum):
    """The moment a cooldown counts from."""

    COMPLETION = "completion"
    DECISION = "decision"


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
        "as long as a container may take to stop.",
        low=0.0,
        high=300.0,
    )
    leaves: Leaves = setting(
        Leaves.NEWEST, "Not documented. Taken from the zone with most instances, so that the zones stay even."
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
        _at_least_zero(
            self, "join_spread_limit_s", "settle_s", "drain_limit_s", "scale_in_s", "update_s", "delete_s"
        )
        _above_zero(self, "invocation_timeout_s", "no_capacity_timeout_s")
        if not self.zones:
            raise ScenarioError("EndpointSettings.zones is empty; name at least one zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingSettings:
    """How metrics reach the alarms and how Application Auto Scaling decides. Spans in seconds."""

    publish_delay_s: float = setting(
        60.0,
        "From the end of a minute until alarms see it. AWS's notebooks: the whole is usually 1-2 minutes "
        "longer than the alarm's minutes, because publishing and reacting take time.",
        low=60.0,
        high=120.0,
    )
    reaction_delay_s: float = setting(
        30.0,
        "From the alarm to the decision; with the publish delay the middle of AWS's 1-2 minutes.",
        low=0.0,
        high=60.0,
    )
    evaluation_period_s: float = setting(
        60.0,
        "CloudWatch evaluates alarms of one-minute periods once a minute, and repeats an Auto Scaling "
        "action once a minute while the alarm stays in ALARM (user guide).",
    )
    evaluation_offset_s: float = setting(
        0.0, "Where in the minute the evaluation falls; not documented.", low=0.0, high=59.0
    )
    low_threshold_ratio: float = setting(
        0.9,
        "AlarmLow is below 90 % of the target (Lambda guide: 63 for 70; SageMaker alarms seen: 1350 for "
        "1500); some EC2 groups show 0.7.",
        low=0.7,
        high=0.9,
    )
    high_periods: int = setting(3, "AlarmHigh: 3 of 3 one-minute periods (Lambda guide; alarms seen).")
    low_periods: int = setting(
        15, "AlarmLow: 15 of 15 one-minute periods (alarms seen, all services but DynamoDB)."
    )
    evaluation_range_extra: int = setting(
        2,
        "Points retrieved beyond N: 5 for N=3 in the CloudWatch guide, 'the exact number depends'.",
        low=0,
        high=5,
    )
    emit_zeros: bool = setting(
        True,
        "Since 2021-04-14 the guide says a variant without traffic scales in, so zeros are emitted; before "
        "it said the opposite.",
    )
    datapoint: Datapoint = setting(
        Datapoint.LAST,
        "Which points feed the formula is not documented; for step scaling the guide says 'the "
        "most recent metric data points'.",
        low=Datapoint.MEAN,
        high=Datapoint.MAXIMUM,
    )
    capacity_basis: CapacityBasis = setting(
        CapacityBasis.AT_DATAPOINT,
        "Not documented. A metric is published a minute late; multiplying it with "
        "instances that it has not met would ask for them twice, which the guide's cooldown example "
        "(capacity already added counts) excludes.",
        low=CapacityBasis.AT_DATAPOINT,
        high=CapacityBasis.CURRENT,
    )
    scale_in_mode: ScaleInMode = setting(
        ScaleInMode.ONE_STEP,
        "The guide: scales in 'more gradually' than out, Lambda's in 'smaller periodic "
        "steps', and its flapping guard speaks of removing the minimum capacity unit. The size of the "
        "step is not documented.",
        low=ScaleInMode.ONE_STEP,
        high=ScaleInMode.PROPORTIONAL,
    )
    scale_in_percent: float = setting(
        10.0,
        "Only for the mode 'percent': at least one instance, else this share of the capacity.",
        low=5.0,
        high=50.0,
    )
    flapping_guard: bool = setting(
        True,
        "The guide: no scale-in if removing the minimum capacity unit would likely push the metric back "
        "above the target (code AutoScalingAnticipatedFlapping).",
    )
    cooldown_start: CooldownStart = setting(
        CooldownStart.COMPLETION,
        "The guide: the cooldown starts after a successful scale-out.",
        low=CooldownStart.DECISION,
        high=CooldownStart.COMPLETION,
    )
    scale_out_cooldown_blocks_scale_in: bool = setting(
        False, "Not documented; the guide speaks of further scale-outs only.", low=False, high=True
    )
    create_low_alarm_when_disabled: bool = setting(
        True,
        "Whether AlarmLow exists under DisableScaleIn is not documented; seen in both forms.",
    )
    repeat_not_scaled: bool = setting(
        False,
        "Whether AWS lists one not-scaled activity per minute or one per change of reason is not "
        "documented; one per change is easier to read.",
    )
    unscalable_families: tuple[str, ...] = setting(
        ("t2",),
        "The guide: burstable instances 'such as T2' cannot be registered. Whether t3 counts is not "
        "documented, so it may be registered, with a warning.",
    )
    no_capacity_status: NoCapacityStatus = setting(
        NoCapacityStatus.IN_PROGRESS,
        "Seen: the activity never left InProgress (C4); the guide names Unfulfilled for 'timed out'.",
    )

    def __post_init__(self) -> None:
        _at_least_zero(self, "publish_delay_s", "reaction_delay_s", "evaluation_offset_s")
        _at_least_zero(self, "evaluation_range_extra")
        _above_zero(self, "evaluation_period_s", "low_threshold_ratio", "high_periods", "low_periods")
        _above_zero(self, "scale_in_percent")


@dataclass(frozen=True, slots=True)
class SettingNote:
    """What a page about the settings needs of one of them."""

    name: str
    default: Any
    why: str
    low: Any
    high: Any


def notes(settings: EndpointSettings | ScalingSettings) -> tuple[SettingNote, ...]:
    """Return one note per setting, in the order of declaration, with its value in *settings*."""
    return tuple(
        SettingNote(
            item.name,
            getattr(settings, item.name),
            item.metadata["why"],
            item.metadata["low"],
            item.metadata["high"],
        )
        for item in fields(settings)
    )


def _at_least_zero(settings: object, *names: str) -> None:
    for name in names:
        if getattr(settings, name) < 0:
            raise ScenarioError(
                f"{type(settings).__name__}.{name} is {getattr(settings, name)}; it must not be negative"
            )


def _above_zero(settings: object, *names: str) -> None:
    for name in names:
        if getattr(settings, name) <= 0:
            raise ScenarioError(
                f"{type(settings).__name__}.{name} is {getattr(settings, name)}; it must be above 0"
            )
