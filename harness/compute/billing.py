"""What instances of EC2 cost, by what the journal has of them.

EC2 user guide, "Instance lifecycle": billed by the second while running, one minute at least each time it
enters that state. "Billing for interrupted Spot Instances": nothing where EC2 interrupts it within its first
hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compute.instances import BY_SPOT, RUNNING, STOPPED_BY_SPOT
from harness.journal import ComputeChanged

LEAST_S = 60.0
FREE_BELOW_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Billed:
    """One time that an instance ran: `ran_s` seconds, billed as `billed_s`, `usd` None without a price.

    `free` says that EC2 took a spot instance back within its first hour.
    """

    instance: str
    instance_type: str
    lifecycle: str
    began_at: float
    ran_s: float
    billed_s: float
    usd: float | None
    free: bool = False


def billed(records: Iterable[ComputeChanged], until: float) -> list[Billed]:
    """Return each time that an instance ran, in the order of the ends; one that still runs, until *until*."""
    running: dict[str, list[ComputeChanged]] = {}
    found: list[Billed] = []
    for one in records:
        if one.state == RUNNING:
            running.setdefault(one.instance, []).append(one)
        elif one.instance in running:
            found.append(_bill(running.pop(one.instance), one.at, one.reason))
    return found + [_bill(parts, max(until, parts[-1].at), "") for parts in running.values()]


def _bill(parts: list[ComputeChanged], ended_at: float, reason: str) -> Billed:
    first = parts[0]
    ran_s = ended_at - first.at
    free = reason in (BY_SPOT, STOPPED_BY_SPOT) and ran_s < FREE_BELOW_S
    least_s = max(0.0, LEAST_S - ran_s)
    ends = [one.at for one in parts[1:]] + [ended_at + least_s]
    usd: float | None = 0.0
    for one, end in zip(parts, ends, strict=True):
        usd = (
            None
            if one.usd_per_hour is None or usd is None
            else usd + one.usd_per_hour * (end - one.at) / 3_600.0
        )
    billed_s = 0.0 if free else ran_s + least_s
    return Billed(
        first.instance,
        first.instance_type,
        first.lifecycle,
        first.at,
        ran_s,
        billed_s,
        0.0 if free else usd,
        free,
    )
