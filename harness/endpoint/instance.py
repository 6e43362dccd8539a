"""One instance of a fleet, and what an observer sees of it."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from harness.endpoint.outcomes import Completed


@dataclass(frozen=True, slots=True)
class InstanceView:
    """One instance as an observer sees it; `gone_at` is None unless it is draining."""

    instance_id: str
    zone: str
    in_service_since: float
    gone_at: float | None
    outstanding: int


class Sample(NamedTuple):
    """What the instances of a fleet had to do at moment `at`, one entry for each that was there.

    `outstanding` counts the requests an instance held, running or queued. `busy` is the mean number of its
    slots that worked since the last whole minute (or since it came); None except at whole minutes.
    """

    at: float
    outstanding: tuple[int, ...]
    busy: tuple[float, ...] | None


class Instance:
    """One instance as its fleet keeps it: slots, queue, and what it has worked."""

    __slots__ = (
        "gone_at",
        "instance_id",
        "level",
        "order",
        "since",
        "slots",
        "told",
        "told_at",
        "waiting",
        "work",
        "zone",
    )

    def __init__(self, instance_id: str, zone: str, since: float, concurrency: int) -> None:
        self.instance_id = instance_id
        self.zone = zone
        self.since = since
        self.slots = [since] * concurrency  # heap: when each slot is free
        self.waiting: deque[float] = deque()  # when each queued request leaves the queue, ascending
        self.gone_at: float | None = None
        self.order = 0  # place in the order of joining
        self.level = 0  # outstanding requests, kept only for LEAST_OUTSTANDING_REQUESTS
        self.work = 0.0  # seconds of slot time given out so far
        self.told = 0.0  # seconds of slot time worked until told_at
        self.told_at = since

    def worked(self, at: float) -> float:
        """Return the slot seconds worked up to *at*, which no later request has come before.

        What was given out is worked without a break, so only what the slots still owe is not done.
        """
        return self.work - math.fsum(free - at for free in self.slots if free > at)


def take_sample(
    instances: Iterable[Instance], pending: Iterable[Completed], at: float, *, whole: bool
) -> Sample:
    """Return what *instances*, all in service before *at*, had to do then; no request may have come later.

    At a *whole* minute it also tells how busy each was since the one before.
    """
    held: dict[str, int] = {}
    for ended in pending:
        if ended.at > at:
            held[ended.instance_id] = held.get(ended.instance_id, 0) + 1
    present = [each for each in instances if each.gone_at is None or each.gone_at > at]
    busy: list[float] = []
    for each in present if whole else ():
        worked = each.worked(at)
        busy.append(max(0.0, worked - each.told) / (at - each.told_at))
        each.told, each.told_at = worked, at
    outstanding = tuple(held.get(each.instance_id, 0) for each in present)
    return Sample(at, outstanding, tuple(busy) if whole else None)
