"""Scaling activities: what DescribeScalingActivities shows, in the words AWS uses.

Wordings: Application Auto Scaling user guide, "Scaling activities" (status codes, not scaled reasons) and
"Tutorial: Getting started with scheduled scaling" (scheduled actions, bounds); DescribeScalingActivities as
pasted for a SageMaker variant, 2025-03-26 (case C2: description, cause, message), and for a Lambda alias,
2022-07-02 ("Setting desired concurrency to 5."); SageMaker guide, "Query endpoint autoscaling history" (the
quota message).
"""

from dataclasses import dataclass
from enum import StrEnum

from harness.scaling.words import VARIANT_WORDS, Words

ALARM_DESCRIPTION = "Attempting to scale due to alarm triggered"


class ActivityStatus(StrEnum):
    """`StatusCode` of a scaling activity (service model of application-autoscaling 2016-02-06)."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    OVERRIDDEN = "Overridden"
    UNFULFILLED = "Unfulfilled"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class NotScaledReason:
    """One entry of `NotScaledReasons`; a capacity that does not belong to the code is None."""

    code: str
    max_capacity: int | None = None
    min_capacity: int | None = None
    current_capacity: int | None = None


@dataclass(frozen=True, slots=True)
class ScalingActivity:
    """One scaling activity; moments are model seconds, `ended_at` None while it is under way.

    `from_capacity` and `to_capacity` are ours (AWS writes them only into the sentences); they are equal where
    only bounds changed. `started_at` is also when the decision fell, and `sentence` says why in figures.
    """

    activity_id: str
    resource_id: str
    description: str
    cause: str
    status: ActivityStatus
    status_message: str
    started_at: float
    ended_at: float | None
    from_capacity: int
    to_capacity: int
    sentence: str
    not_scaled_reasons: tuple[NotScaledReason, ...] = ()

    @property
    def is_scaled(self) -> bool:
        """False for the entries that AWS lists only with IncludeNotScaledActivities."""
        return not self.not_scaled_reasons

    @property
    def is_under_way(self) -> bool:
        """True until the activity reaches one of the four final states."""
        return self.status in (ActivityStatus.PENDING, ActivityStatus.IN_PROGRESS)


def setting_description(desired: int, words: Words = VARIANT_WORDS) -> str:
    """Return AWS's description of an activity that sets the capacity."""
    return f"Setting {words.what} to {desired}."


def bounds_description(min_capacity: int | None, max_capacity: int | None) -> str:
    """Return AWS's description of an activity that sets bounds; it ends without a full stop."""
    return f"Setting {_bounds(min_capacity, max_capacity)}"


def alarm_cause(alarm_name: str, policy_name: str, state: str = "ALARM") -> str:
    """Return AWS's cause of an activity that an alarm began."""
    return f"monitor alarm {alarm_name} in state {state} triggered policy {policy_name}"


def bounds_cause(desired: int, current: int) -> str:
    """Return AWS's cause of an activity that began because the capacity was out of bounds."""
    bound = "minimum" if desired > current else "maximum"
    return f"{bound} capacity was set to {desired}"


def scheduled_cause(action_name: str) -> str:
    """Return AWS's cause of the activity in which a scheduled action sets the bounds."""
    return f"scheduled action name {action_name} was triggered"


def waiting_message(desired: int, words: Words = VARIANT_WORDS) -> str:
    """Return AWS's status message while the service works on the change."""
    waiting = f"Waiting for change to be fulfilled by {words.namespace}."
    return f"Successfully set {words.what} to {desired}. {waiting}"


def success_message(desired: int, words: Words = VARIANT_WORDS) -> str:
    """Return AWS's status message of a fulfilled change."""
    return f"Successfully set {words.what} to {desired}. Change successfully fulfilled by {words.namespace}."


def bounds_message(min_capacity: int | None, max_capacity: int | None) -> str:
    """Return AWS's status message of bounds that were set."""
    return f"Successfully set {_bounds(min_capacity, max_capacity)}"


def bounds_failure_message(min_capacity: int | None, max_capacity: int | None, reason: str) -> str:
    """Return a status message for bounds that cannot be; AWS's own wording is not on record."""
    return f"Failed to set {_bounds(min_capacity, max_capacity)}. Reason: {reason}"


def unfulfilled_message(desired: int, words: Words = VARIANT_WORDS) -> str:
    """Return a status message for a change that the service gave up; AWS's own wording is not on record."""
    return (
        f"Successfully set {words.what} to {desired}. "
        f"The change could not be fulfilled by {words.namespace} before it timed out."
    )


def failure_message(desired: int, reason: str, words: Words = VARIANT_WORDS) -> str:
    """Return AWS's status message of a change that the service refused at once, with its *reason*."""
    return f"Failed to set {words.what} to {desired}. Reason: {reason}"


def unscalable_reason(resource_id: str) -> str:
    """Return why a scheduled action found a resource that cannot be changed.

    AAS guide, "How scheduled scaling works", gives the form "Resource Id [ActualResourceId] is not scalable.
    Reason: ..."; what follows is ours, since AWS's example is of another service.
    """
    return f"Resource Id [{resource_id}] is not scalable. Reason: another change of it is in progress."


def _bounds(min_capacity: int | None, max_capacity: int | None) -> str:
    parts = [
        f"{which} capacity to {value}"
        for which, value in (("min", min_capacity), ("max", max_capacity))
        if value is not None
    ]
    return " and ".join(parts)
