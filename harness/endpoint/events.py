"""Everything the endpoint core reports, as frozen values with the model moment `at` it happened.

The shell journals them, answers waiting requests with `Completed`, and pushes what AWS clients must see
(alarm states, datapoints) into the backend. They come in time order from every `advance`.
"""

from dataclasses import dataclass
from enum import StrEnum

from harness.endpoint.metrics import MinuteMetrics
from harness.endpoint.outcomes import Completed
from harness.scaling.events import ResourceChanged, ScalingEvent


class EndpointStatus(StrEnum):
    """`EndpointStatus` values this model passes through (service model of SageMaker)."""

    CREATING = "Creating"
    IN_SERVICE = "InService"
    UPDATING = "Updating"
    FAILED = "Failed"
    DELETING = "Deleting"


class LeaveCause(StrEnum):
    """Why an instance is gone."""

    SCALED_IN = "scaled_in"
    REPLACED = "replaced"
    DELETED = "deleted"
    ABANDONED = "abandoned"
    INSTANCE_FAILED = "instance_failed"
    ZONE_FAILED = "zone_failed"


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The endpoint went to another status; `previous` is None when it was just created."""

    at: float
    endpoint: str
    previous: EndpointStatus | None
    status: EndpointStatus
    failure_reason: str = ""


@dataclass(frozen=True, slots=True)
class EndpointDeleted:
    """The endpoint is gone and its name free again."""

    at: float
    endpoint: str


@dataclass(frozen=True, slots=True)
class CapacityChanged:
    """Desired or in-service count of a variant as DescribeEndpoint shows them from `at` on."""

    at: float
    endpoint: str
    variant: str
    desired: int
    in_service: int


@dataclass(frozen=True, slots=True)
class InstanceJoined:
    """An instance came into service; it is paid for since `launched_at`."""

    at: float
    endpoint: str
    variant: str
    instance_id: str
    zone: str
    instance_type: str
    launched_at: float


@dataclass(frozen=True, slots=True)
class InstanceLeft:
    """An instance is gone, after draining or by a failure."""

    at: float
    endpoint: str
    variant: str
    instance_id: str
    zone: str
    cause: LeaveCause


@dataclass(frozen=True, slots=True)
class MetricPublished:
    """One minute of a variant became visible to CloudWatch's readers."""

    at: float
    endpoint: str
    variant: str
    minute: MinuteMetrics


EndpointEvent = StatusChanged | EndpointDeleted | CapacityChanged | InstanceJoined | InstanceLeft | Completed
"""What an `EndpointModel` reports."""

Event = EndpointEvent | MetricPublished | ResourceChanged | ScalingEvent
"""What a `World` reports."""
