"""What one policy comes to over one trace: the figures that a sweep compares, and what each of them means."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

BREACH_SHARE = 0.01
"""A minute is in breach when more than this share of its arrivals was not answered within the limit."""

P99_RULE = "p99 is over all arrivals; one without an answer counts as the invocation time-out."


@dataclass(frozen=True, slots=True)
class Figures:
    """One policy over one trace.

    `instance_s`: seconds of instances that exist, joining and draining ones included. `p99_s`: of the
    response times of all arrivals, one that failed counting as the invocation time-out. `breach_minutes`:
    see `breach_rule`. `failed`: arrivals without an answer. `peak_instances`: the most
    that were asked for at once, None by the fluid model. `activities`: scaling activities.
    """

    instance_s: float
    p99_s: float
    breach_minutes: int
    offered: int
    failed: int
    peak_instances: int | None
    activities: int

    @property
    def failed_ratio(self) -> float:
        """Return failed / offered; 0 without arrivals."""
        return self.failed / self.offered if self.offered else 0.0

    def values(self, cost_usd: float) -> dict[str, float]:
        """Return the figures by the names that thresholds use."""
        return {
            "p99": self.p99_s,
            "breach_minutes": float(self.breach_minutes),
            "failed_ratio": self.failed_ratio,
            "cost_usd": cost_usd,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the fields for a record; `of_json` brings them back bit for bit."""
        return asdict(self)

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> "Figures":
        """Return the figures of a record; TypeError or ValueError when it is not one."""
        return cls(
            float(document["instance_s"]),
            float(document["p99_s"]),
            int(document["breach_minutes"]),
            int(document["offered"]),
            int(document["failed"]),
            int(document["peak_instances"]),
            int(document["activities"]),
        )


def breach_rule(limit_s: float) -> str:
    """Return what a minute in breach is, in one sentence for people."""
    return (
        f"A minute is in breach when more than {BREACH_SHARE:.0%} of the requests that arrived in it were "
        f"not answered within {limit_s:g} s."
    )
