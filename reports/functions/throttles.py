"""The throttled attempts of a run, whether they were kept one by one or by the minute. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.functions.outcomes import Source
from harness.journal import FunctionMinute, FunctionThrottled
from harness.summary import ByType


@dataclass(frozen=True, slots=True)
class Throttles:
    """*count* attempts that were throttled at `at`, or in the minute that begins there."""

    at: float
    function: str
    reason: str
    source: str
    count: int = 1


def throttles(seen: ByType) -> list[Throttles]:
    """Return the throttled attempts of all functions in order of time."""
    found = [Throttles(o.at, o.function, o.reason, o.source) for o in seen.all(FunctionThrottled)]
    return sorted([*found, *_by_minute(seen)], key=lambda one: one.at)


def _by_minute(seen: ByType) -> Iterator[Throttles]:
    for minute in seen.all(FunctionMinute):
        for reason, count in minute.throttled.items():
            # Only what a load calls itself is kept by the minute.
            yield Throttles(minute.at, minute.function, reason, Source.SYNCHRONOUS.value, count)
