"""Every figure about alarms and scaling that AWS does not document, as a setting with a default.

Each field carries, in its metadata, where its default comes from and the range of the unknown (`low`,
`high`): `--set NAME=VALUE` changes it, and a report can show how far an answer moves over that range.
Documented rules are not settings; they live, with their source, in the code that applies them.
"""

# ruff: noqa: RUF009 - `setting` returns a dataclass field, it makes no shared default

from dataclasses import dataclass
from enum import StrEnum

from harness.scaling.unknowns import above_zero, at_least_zero, setting


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


class StepPoints(StrEnum):
    """Which datapoints a step policy aggregates."""

    LAST = "last"
    """The newest one when Auto Scaling gets round to the policy."""
    WINDOW = "window"
    """Those of the alarm's window when Auto Scaling gets round to the policy."""
    ALARM = "alarm"
    """Those of the alarm's window when the alarm invoked the policy."""


class NoCapacityStatus(StrEnum):
    """What becomes of a scaling activity for which AWS finds no instances."""

    IN_PROGRESS = "InProgress"
    UNFULFILLED = "Unfulfilled"


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
    high_resolution_publish_delay_s: float = setting(
        10.0,
        "From the end of a 10 s period until alarms see it. Seen: 51-61 s from load to decision with high "
        "resolution, 30 s of it data, so 20-30 s for publishing and reacting; AWS's notebooks say 1-2 "
        "minutes for the two. The default is the middle of what was seen, the range reaches what AWS says.",
        low=5.0,
        high=60.0,
    )
    high_resolution_reaction_delay_s: float = setting(
        15.0,
        "From the alarm on a 10 s metric to the decision; with its publish delay 25 s, the middle of the "
        "20-30 s seen.",
        low=10.0,
        high=60.0,
    )
    high_resolution_period_s: float = setting(
        10.0, "CloudWatch evaluates alarms with a period of 10 s or 30 s every 10 s (user guide)."
    )
    high_resolution_retry_s: float = setting(
        10.0,
        "How often an alarm on a 10 s metric that stays in ALARM invokes its policy again. Seen: a refused "
        "action was tried again every 10 s (C4); the CloudWatch guide says once a minute.",
        low=10.0,
        high=60.0,
    )
    high_resolution_high_periods: int = setting(
        3, "AlarmHigh of a 10 s metric: 3 datapoints in 30 s (AWS's scale-to-zero notebooks, D10)."
    )
    high_resolution_low_periods: int = setting(
        90, "AlarmLow of a 10 s metric: 90 datapoints within 15 minutes (AWS's notebooks, D10)."
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
        "above the target (code AutoScalingAnticipatedFlapping); how it computes that is not documented.",
        low=False,
        high=True,
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
        low=False,
        high=True,
    )
    repeat_not_scaled: bool = setting(
        False,
        "Whether AWS lists one not-scaled activity per minute or one per change of reason is not "
        "documented; one per change is easier to read.",
        low=False,
        high=True,
    )
    step_points: StepPoints = setting(
        StepPoints.WINDOW,
        "The guide: the aggregation type is applied to 'the most recent metric data points'; how many is not "
        "documented, nor whether they are read again after the alarm, so those of the alarm's window, anew.",
        low=StepPoints.LAST,
        high=StepPoints.ALARM,
    )
    schedule_delay_s: float = setting(
        10.0,
        "From the moment a schedule names to the action. The guide: 'a few seconds'; the two actions of its "
        "tutorial started 8.5 s and 14.6 s late.",
        low=0.0,
        high=15.0,
    )
    unscalable_families: tuple[str, ...] = setting(
        ("t2",),
        "The guide: burstable instances 'such as T2' cannot be registered. Whether t3 counts is not "
        "documented, so it may be registered, with a warning.",
    )
    no_capacity_status: NoCapacityStatus = setting(
        NoCapacityStatus.IN_PROGRESS,
        "Seen: the activity never left InProgress (C4); the guide names Unfulfilled for 'timed out'.",
        low=NoCapacityStatus.IN_PROGRESS,
        high=NoCapacityStatus.UNFULFILLED,
    )

    def __post_init__(self) -> None:
        at_least_zero(self, "publish_delay_s", "reaction_delay_s", "evaluation_offset_s")
        at_least_zero(self, "evaluation_range_extra")
        above_zero(self, "evaluation_period_s", "low_threshold_ratio", "high_periods", "low_periods")
        above_zero(self, "scale_in_percent", "high_resolution_period_s", "high_resolution_retry_s")
        above_zero(self, "high_resolution_high_periods", "high_resolution_low_periods")
        at_least_zero(self, "high_resolution_publish_delay_s", "high_resolution_reaction_delay_s")
        at_least_zero(self, "schedule_delay_s")
