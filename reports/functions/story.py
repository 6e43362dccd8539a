"""What happened to functions as lines of the story: limits that were set, throttling, lost events. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness import journal
from harness.journal import ConcurrencySet, FunctionEventEnded, FunctionMinute
from harness.summary import ByType
from harness.summary.function_events import is_lost
from reports.functions.throttles import Throttles, throttles
from reports.text import MINUTE_S, clock, plural

QUIET_S = 10.0  # throttles further apart than this are two lines


@dataclass(frozen=True, slots=True)
class Line:
    """What happened from `at` until `until` (None: at once), its kind, text and tone."""

    at: float
    kind: str
    text: str
    tone: str = "plain"
    until: float | None = None


def lines(seen: ByType) -> Iterator[Line]:
    """Yield the lines about functions, kind by kind."""
    yield from (_set(one) for one in seen.all(ConcurrencySet))
    yield from _throttles(throttles(seen), MINUTE_S + 1.0 if seen.all(FunctionMinute) else QUIET_S)
    yield from _lost(seen.all(FunctionEventEnded))
    yield from _mappings(seen.all(journal.EventSourceDeclared))


def _set(one: ConcurrencySet) -> Line:
    if not one.qualifier:
        words = "nothing is reserved" if one.requested is None else f"{one.requested:,} reserved"
        return Line(one.at, "limit", f"Function {one.function}: {words}.")
    who = f"Function {one.function}:{one.qualifier}"
    if not one.requested:
        return Line(one.at, "limit", f"{who}: provisioned concurrency was taken away.")
    there = f"{one.allocated or 0:,} of {plural(one.requested, 'provisioned environment')} allocated"
    tone = "good" if one.allocated == one.requested else "plain"
    return Line(one.at, "limit", f"{who}: {there}.", tone)


def _throttles(throttled: Iterable[Throttles], quiet_s: float) -> Iterator[Line]:
    """Yield a line for each stretch in which one function met one limit, with no pause above *quiet_s*."""
    stretches: dict[tuple[str, str], list[Throttles]] = {}
    for one in throttled:
        stretch = stretches.setdefault((one.function, one.reason), [])
        if stretch and one.at - stretch[-1].at > quiet_s:
            yield _stretch(stretch)
            stretch.clear()
        stretch.append(one)
    yield from (_stretch(stretch) for stretch in stretches.values())


def _stretch(of: list[Throttles]) -> Line:
    first, last = of[0], of[-1]
    often = plural(sum(one.count for one in of), "attempt")
    words = f"Function {first.function}: {often} throttled, {first.reason}."
    until = last.at if clock(first.at) != clock(last.at) else None
    return Line(first.at, "throttle", words, "bad" if first.source == "synchronous" else "warn", until)


def _lost(ended: Iterable[FunctionEventEnded]) -> Iterator[Line]:
    groups: dict[tuple[str, str], list[FunctionEventEnded]] = {}
    for one in ended:
        if is_lost(one):
            groups.setdefault((one.function, one.how), []).append(one)
    for (function, how), of in groups.items():
        words = f"Function {function}: {plural(len(of), 'asynchronous event')} {how} and lost."
        until = of[-1].at if clock(of[-1].at) != clock(of[0].at) else None
        yield Line(of[0].at, "event", words, "bad", until)


def _mappings(declared: Iterable[journal.EventSourceDeclared]) -> Iterator[Line]:
    for one in declared:
        state = "polls" if one.enabled else "no longer polls"
        words = f"An event source {state} {one.queue} for function {one.function}"
        yield Line(one.at, "event", f"{words}, in batches of at most {one.batch_size:,}.")
