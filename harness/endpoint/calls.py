"""What the calls on an endpoint take and give back: changes, views, refusals in AWS's words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harness.endpoint.events import EndpointStatus
from harness.endpoint.variant import VariantView
from harness.refusal import Refusal

NO_CAPACITY_REASON = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML "
    "instance type."
)
"""`FailureReason` when AWS has no instances of the type."""


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """One entry of UpdateEndpointWeightsAndCapacities; None leaves count or weight as it is."""

    variant: str
    desired_count: int | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint as DescribeEndpoint shows it; moments in model seconds."""

    name: str
    config_name: str
    status: EndpointStatus
    created_at: float
    modified_at: float
    failure_reason: str
    variants: tuple[VariantView, ...]
    pending_config_name: str = ""


def busy(endpoint: str) -> Refusal:
    """Return the refusal of a change to an endpoint that is not InService.

    The wording of recorded refusals; AWS puts the ARN between the quotes.
    """
    return Refusal("ValidationException", f'Cannot update in-progress endpoint "{endpoint}".')


def check_changes(
    endpoint: str, variants: Collection[str], changes: Sequence[CapacityChange]
) -> Refusal | None:
    """Return why *changes* cannot be meant for an endpoint with *variants*, or None.

    A count below 1 is refused (ProductionVariant, InitialInstanceCount: minimum 1; only inference components
    scale to zero).
    """
    for change in changes:
        if change.variant not in variants:
            return Refusal(
                "ValidationException", f'Variant "{change.variant}" does not exist on endpoint "{endpoint}".'
            )
        if change.desired_count is not None and change.desired_count < 1:
            return Refusal(
                "ValidationException",
                f'DesiredInstanceCount of variant "{change.variant}" is {change.desired_count}; '
                "it must be at least 1.",
            )
    return None
