"""What Lambda answers about provisioned concurrency."""

from dataclasses import dataclass
from enum import StrEnum

from harness.functions.pool import ProvisionedPool


class ProvisionedStatus(StrEnum):
    """Status of GetProvisionedConcurrencyConfig. FAILED, which it also has, does not come up here."""

    IN_PROGRESS = "IN_PROGRESS"
    READY = "READY"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """RequestedProvisionedConcurrentExecutions, Available..., Allocated... and Status."""

    requested: int
    available: int
    allocated: int
    status: ProvisionedStatus

    @classmethod
    def of(cls, pool: ProvisionedPool) -> "Provisioned":
        """Return the figures of *pool*; what is allocated is available, whether it is busy or not."""
        is_ready = pool.next_change() is None
        return cls(
            pool.desired_capacity,
            pool.current_capacity,
            pool.current_capacity,
            ProvisionedStatus.READY if is_ready else ProvisionedStatus.IN_PROGRESS,
        )
