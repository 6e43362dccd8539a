"""What the model of EC2 tells; `at` is the model second at which it happened."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class InstanceChanged:
    """An instance entered a state, or its price per hour changed while it is in it."""

    at: float
    instance: str
    state: str
    reason: str = ""
    usd_per_hour: float | None = None


@dataclass(frozen=True, slots=True)
class RequestChanged:
    """A spot request entered a state, with the status code that says why."""

    at: float
    request: str
    state: str
    code: str
    instance: str = ""


@dataclass(frozen=True, slots=True)
class LaunchDue:
    """A spot request is to be fulfilled now: launch an instance and say so to `Compute.fulfil`."""

    at: float
    request: str


@dataclass(frozen=True, slots=True)
class RebalanceRecommended:
    """A spot instance is at elevated risk of interruption."""

    at: float
    instance: str


@dataclass(frozen=True, slots=True)
class InterruptionNoticed:
    """A spot instance will be interrupted at `takes_effect_at`; `action` is terminate, stop or hibernate."""

    at: float
    instance: str
    action: str
    takes_effect_at: float


Event: TypeAlias = InstanceChanged | RequestChanged | LaunchDue | RebalanceRecommended | InterruptionNoticed
