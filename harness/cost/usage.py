"""How much of what AWS bills a run used: a `Usage` for each item and thing, before any price is looked at."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness import journal
from harness.journal import Record

# What is recorded when all is over: it must not lengthen what is billed.
_AFTERWARDS = (journal.Expectation, journal.RunEnded, journal.NotJudged, journal.Finding, journal.Fidelity)


@dataclass(frozen=True, slots=True)
class Usage:
    """*quantity* of the item of the price table that *resource* used; *how* it was counted, in words.

    `goes_on`: the same could be done all month; a job does its work once. `usd` is given where no table has
    the price, as that of a spot instance at its time. `work_s` are the instance-seconds that were used, where
    more or fewer than them are billed.
    """

    item: str
    resource: str
    quantity: float
    how: str
    goes_on: bool = True
    usd: float | None = None
    work_s: float | None = None

    @property
    def worked_s(self) -> float:
        """The instance-seconds that another instance would be billed for."""
        return self.quantity if self.work_s is None else self.work_s


def ends_at(records: Iterable[Record]) -> float:
    """Return the model second until which is billed what nobody removed: the last thing that happened."""
    return max((_moment(one) for one in records if not isinstance(one, _AFTERWARDS)), default=0.0)


def _moment(record: Record) -> float:
    return record.due_at if isinstance(record, journal.LoadRequest) else record.at


def whole_seconds(seconds: float) -> float:
    """Return *seconds* as they are billed: every second that has begun."""
    return float(math.ceil(round(seconds, 6)))


def chunks(size_bytes: int, chunk_bytes: int) -> int:
    """Return how many requests a payload is billed as: one for each chunk that has begun, one at least."""
    return max(math.ceil(size_bytes / chunk_bytes), 1)
