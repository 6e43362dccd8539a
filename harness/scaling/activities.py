"""Scaling activities: what DescribeScalingActivities shows, in the words AWS uses.

Wordings: Application Auto Scaling user guide, "Scaling activities" (status codes, not scaled reasons);
a pasted DescribeScalingActivities of a SageMaker variant, 2025-03-26 (case C2: description, cause, message);
SageMaker guide, "Query endpoint autoscaling history" (the quota message); AppStream guide (the bounds cause).
"""

from dataclasses import dataclass
from enum import StrEnum

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

    `from_capacity` and `to_capacity` are ours (AWS writes them only into the sentences); `decided_at` is
    when the decision fell, equal to `started_at`, and `sentence` says why in figures.
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


def setting_description(desired: int) -> str:
    """Return AWS's description of an activity that sets the capacity."""
    return f"Setting desired instance count to {desired}."


def alarm_cause(alarm_name: str, policy_name: str) -> str:
    """Return AWS's cause of an activity that an alarm began."""
    return f"monitor alarm {alarm_name} in state ALARM triggered policy {policy_name}"


def bounds_cause(desired: int, current: int) -> str:
    """Return AWS's cause of an activity that registration began because capacity was out of bounds."""
    bound = "minimum" if desired > current else "maximum"
    return f"{bound} capacity was set to {desired}"


def waiting_message(desired: int) -> str:
    """Return AWS's status message while SageMaker works on the change."""
    return (
        f"Successfully set desired instance count to {desired}. "
        "Waiting for change to be fulfilled by sagemaker."
    )


def success_message(desired: int) -> str:
    """Return AWS's status message of a fulfilled change."""
    return (
        f"Successfully set desired instance count to {desired}. Change successfully fulfilled by sagemaker."
    )


def unfulfilled_message(desired: int) -> str:
    """Return a status message for a change that SageMaker gave up; AWS's own wording is not on record."""
    return (
        f"Successfully set desired instance count to {desired}. "
        "The change could not be fulfilled by sagemaker before it timed out."
    )


def failure_message(desired: int, reason: str) -> str:
    """Return AWS's status message of a change that SageMaker refused at once, with its *reason*."""
    return f"Failed to set desired instance count to {desired}. Reason: {reason}"
