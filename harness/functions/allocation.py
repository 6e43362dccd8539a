"""How much provisioned concurrency is asked for and how much is there: a change takes minutes.

Source: Lambda developer guide, "Configuring provisioned concurrency for a function".
"""

import math
from dataclasses import dataclass
from random import Random

from harness.functions.refusals import LEAST_UNRESERVED, below_minimum
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class ProvisionedChanged:
    """The provisioned concurrency of an alias was asked to be *desired*, or has become it."""

    at: float
    resource_id: str
    desired: int
    allocated: int


class Allocation:
    """What is asked for and allocated of *resource_id*; moments must not run back."""

    def __init__(
        self, resource_id: str, initial: int, *, seed: str | int, settings: FunctionSettings, now: float
    ) -> None:
        self.desired = self.allocated = initial
        self.done_at = math.inf
        self._resource_id = resource_id
        self._settings = settings
        self._stream = f"{seed}/{resource_id}/allocation"
        self._changes = 0
        self._history: list[tuple[float, int]] = [(now, initial)]
        self._outbox: list[ProvisionedChanged] = []

    @property
    def may_change(self) -> bool:
        """False while Lambda would refuse another change."""
        return self._settings.changeable_while_allocating or self.done_at == math.inf

    def ask(self, desired: int, now: float) -> Refusal | None:
        """Begin a change to *desired*; what is allocated stays until all of it is complete.

        Guide: "you can't access any of those environments until all of them are completely allocated". The
        words of the refusal of a second change are ours.
        """
        self.finish_until(now)
        refusal = self._refusal(desired)
        if refusal is not None or desired == self.desired:
            return refusal
        self.desired = desired
        self.done_at = now + self._span(desired) if desired != self.allocated else math.inf
        self._outbox.append(ProvisionedChanged(now, self._resource_id, desired, self.allocated))
        self.finish_until(now)
        return None

    def finish_until(self, now: float) -> None:
        """Complete the change that is due by *now*."""
        if self.done_at <= now:
            at, self.done_at = self.done_at, math.inf
            self.allocated = self.desired
            self._history.append((at, self.allocated))
            self._outbox.append(ProvisionedChanged(at, self._resource_id, self.desired, self.allocated))

    def give_up(self, now: float) -> None:
        """Let nothing be asked for and nothing allocated from *now* on."""
        self.finish_until(now)
        self.desired = self.allocated = 0
        self.done_at = math.inf
        self._history.append((now, 0))
        self._outbox.append(ProvisionedChanged(now, self._resource_id, 0, 0))

    def before(self, moment: float) -> int:
        """Return what was allocated just before *moment*."""
        earlier = (allocated for at, allocated in reversed(self._history) if at < moment)
        return next(earlier, self._history[0][1])

    def told(self) -> list[ProvisionedChanged]:
        """Return the changes that were not yet told."""
        told, self._outbox = self._outbox, []
        return told

    def _refusal(self, desired: int) -> Refusal | None:
        if not self.may_change:
            return Refusal(
                "ResourceConflictException",
                f"An update of the provisioned concurrency of {self._resource_id} is in progress",
            )
        if desired > self._settings.account_concurrency - LEAST_UNRESERVED:
            return below_minimum("ConcurrentExecutions")
        return None

    def _span(self, desired: int) -> float:
        """Return the seconds a change to *desired* takes; each has a stream of its own."""
        self._changes += 1
        random = Random(f"{self._stream}/{self._changes}")
        added = desired - self.allocated
        if added <= 0:
            return self._settings.release_time.draw(random)
        provisioning_s = added * MINUTE_S / self._settings.allocation_per_minute
        return self._settings.allocation_time.draw(random) + provisioning_s
