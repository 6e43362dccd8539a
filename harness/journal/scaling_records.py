"""What became of endpoints and their capacity: statuses, counts, metrics, alarms, decisions, activities."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """An endpoint took a status (Creating, InService, Updating, Failed, Deleting, Deleted)."""

    at: float
    endpoint: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CapacityChanged:
    """The desired or the in-service count of a variant is now this."""

    at: float
    endpoint: str
    variant: str
    desired: int
    in_service: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InstanceChanged:
    """One instance joined, began draining, left or failed (`change`).

    One that joined has its type, and when it was asked for: it is paid for from then on.
    """

    at: float
    endpoint: str
    variant: str
    instance: str
    zone: str
    change: str
    instance_type: str = ""
    launched_at: float | None = None


@dataclass(frozen=True, slots=True)
class TargetRegistered:
    """A scalable target has these bounds; `removed` when it was deregistered."""

    at: float
    resource_id: str
    min_capacity: int
    max_capacity: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class PolicyPut:
    """A scaling policy is in force; `removed` when it was deleted."""

    at: float
    resource_id: str
    policy: str
    kind: str
    target_value: float
    metric: str
    scale_out_cooldown_s: float
    scale_in_cooldown_s: float
    removed: bool = False


@dataclass(frozen=True, slots=True)
class MetricPublished:
    """One datapoint of a scaling metric: `period_s` from `period_at` on, visible from `at`."""

    at: float
    resource_id: str
    metric: str
    period_at: float
    period_s: float
    value: float


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """A CloudWatch alarm went `before` -> `after` (OK, ALARM, INSUFFICIENT_DATA)."""

    at: float
    name: str
    resource_id: str
    direction: str
    threshold: float
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScalingEvaluated:
    """What the scaling rule decided at an evaluation: the code and the sentence a person reads."""

    at: float
    resource_id: str
    capacity: int
    desired: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ScalingActivity:
    """A scaling activity took a status; the same `activity_id` appears once for each status it takes."""

    at: float
    activity_id: str
    resource_id: str
    status: str
    from_capacity: int
    to_capacity: int
    cause: str
    description: str
    code: str = ""
    started_at: float = 0.0
    ended_at: float | None = None
    status_message: str = ""


@dataclass(frozen=True, slots=True)
class CooldownStarted:
    """From `at` until `until`, further scaling in `direction` (out, in) waits."""

    at: float
    resource_id: str
    direction: str
    until: float


@dataclass(frozen=True, slots=True)
class ActivityRange:
    """Within which moments a modelled scaling activity may fall on AWS, given what nobody documents.

    The activity of `activity_id` is decided between `at_low` and `at_high`, is over between `in_service_low`
    and `in_service_high` (None where it is over in no case) and sets a capacity between `to_low` and
    `to_high`. `certain` is False where a setting within its range makes it not happen at all.
    """

    at: float
    activity_id: str
    resource_id: str
    at_low: float
    at_high: float
    in_service_low: float | None
    in_service_high: float | None
    to_low: int
    to_high: int
    certain: bool = True
