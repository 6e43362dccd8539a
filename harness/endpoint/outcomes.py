"""What becomes of one request: accepted, rejected, completed.

These are made once or twice per request, up to 100,000 a second, so they are named tuples: as immutable
as a frozen dataclass and made in a quarter of its time. `Completed` starts with `at`, so it is its own
heap entry.
"""

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """How an accepted request ended."""

    OK = "ok"
    TIMED_OUT = "timed_out"
    """No answer within the invocation time-out; SageMaker answers the caller with ModelError (424)."""
    LOST = "lost"
    """The instance or its zone failed, or the instance was stopped before it could answer."""


class RejectReason(StrEnum):
    """Why a request was turned away at the door."""

    NO_CAPACITY = "no_capacity"
    """The variant has no instance in service."""
    QUEUE_FULL = "queue_full"
    """The instance it was routed to has no free slot and its queue is at its limit."""
    NOT_IN_SERVICE = "not_in_service"
    """The endpoint is still being created, has failed or is being deleted."""
    UNKNOWN_VARIANT = "unknown_variant"
    """The request named a target variant that this endpoint does not have."""


class Accepted(NamedTuple):
    """A request took a place on an instance.

    `complete_at` is when its answer leaves if nothing fails before; the truth comes as `Completed`.
    """

    request_id: int
    variant: str
    instance_id: str
    start_at: float
    complete_at: float


class Rejected(NamedTuple):
    """A request was turned away at once; it will not be named by `advance`."""

    request_id: int
    variant: str
    reason: RejectReason


class Completed(NamedTuple):
    """An accepted request ended `at`; queue_s + service_s is what the caller waited inside the model."""

    at: float
    request_id: int
    variant: str
    instance_id: str
    queue_s: float
    service_s: float
    outcome: Outcome
