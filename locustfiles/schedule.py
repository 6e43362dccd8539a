"""Which requests of a schedule this process sends, and when they are due on the real clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from harness.load_plan import LoadPlan
from harness.scenario.workload import Due, schedule


@dataclass(frozen=True, slots=True)
class Share:
    """This process is number *index* of *of* that share the load."""

    index: int = 0
    of: int = 1

    def part(self, total: int) -> int:
        """Return this process's part of a bound on *total* things, at least 1."""
        return max(1, total // self.of + (self.index < total % self.of))


@dataclass(frozen=True, slots=True)
class LoadClock:
    """Model seconds of the run against `time.monotonic()`."""

    zero: float
    speed: float

    def model(self, real_at: float) -> float:
        """Return the model second of a moment of `time.monotonic()`."""
        return (real_at - self.zero) * self.speed

    def real(self, model_at: float) -> float:
        """Return when *model_at* is on `time.monotonic()`."""
        return self.zero + model_at / self.speed


def share_of(plan: LoadPlan, share: Share) -> Iterator[Due]:
    """Yield the requests of *plan* that belong to *share*; all shares together make the whole schedule."""
    return islice(schedule(plan.models, plan.seed), share.index, None, share.of)
