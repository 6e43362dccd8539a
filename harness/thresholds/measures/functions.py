"""What became of the invocations of functions, each by itself or by the minute."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.functions.outcomes import Source
from harness.journal import (
    FunctionEventEnded,
    FunctionInvoked,
    FunctionMinute,
    FunctionServed,
    FunctionThrottled,
)
from harness.summary.function_events import is_lost
from harness.thresholds.found import Binned, Counted, Found, Nothing, Values
from harness.thresholds.measures.run import Follow, Following, Run, Tags, about, counted, values

_OF_INVOCATION = ("function", "qualifier", "source", "outcome", "reason")
_BY_MINUTE = ("function", "qualifier")
_MANY = "So many invocations are kept by the minute, not one by one"


def _of(kind: type, each_of: Callable[[FunctionInvoked], Iterable[float]]) -> Following:
    """Return what *each_of* makes of each record of *kind* that has the tags."""

    def follow(tags: Tags) -> Follow:
        wanted = [(tag, tags[tag]) for tag in _OF_INVOCATION if tag in tags]

        def each(one: FunctionInvoked) -> Iterator[float]:
            if all(getattr(one, tag) == value for tag, value in wanted):
                yield from each_of(one)

        return each

    return Following((kind,), follow)


INVOCATIONS = _of(FunctionInvoked, lambda one: (1.0,))
ERRORS = _of(FunctionInvoked, lambda one: (1.0,) if one.outcome != "ok" else ())
COLD_STARTS = _of(FunctionInvoked, lambda one: (1.0,) if one.cold else ())
THROTTLES = _of(FunctionThrottled, lambda one: (1.0,))
DURATION = _of(FunctionInvoked, lambda one: (one.duration_s,))
INIT = _of(FunctionInvoked, lambda one: (one.init_s,) if one.cold else ())
EVENT_AGE = _of(
    FunctionInvoked,
    lambda one: (one.began_at - one.due_at,) if one.source == Source.ASYNCHRONOUS.value else (),
)


def _lost(tags: Tags) -> Follow:
    def each(one: FunctionEventEnded) -> Iterator[float]:
        if is_lost(one) and tags.get("function", one.function) == one.function:
            yield 1.0

    return each


EVENTS_LOST = Following((FunctionEventEnded,), _lost)


# -- counts -----


def invocations(run: Run, tags: Tags) -> Found:
    """Return how many invocations ran."""
    if served := [
        one for one in run.seen.all(FunctionServed) if tags.get("function", one.function) == one.function
    ]:
        ran = sum(one.invocations for one in served)
        return Counted(f"{ran} invocations{about(tags)}", ran, run.span_s)
    return _count(run, tags, INVOCATIONS, "invocations ran", lambda one: one.invocations)


def errors(run: Run, tags: Tags) -> Found:
    """Return how many invocations did not end well."""
    outcome = tags.get("outcome")
    return _count(
        run,
        tags,
        ERRORS,
        "invocations failed",
        lambda one: sum(count for name, count in one.errors.items() if outcome in (None, name)),
    )


def throttles(run: Run, tags: Tags) -> Found:
    """Return how many attempts were not admitted."""
    reason = tags.get("reason")
    return _count(
        run,
        tags,
        THROTTLES,
        "attempts were throttled",
        lambda one: sum(count for name, count in one.throttled.items() if reason in (None, name)),
    )


def cold_starts(run: Run, tags: Tags) -> Found:
    """Return how many invocations waited for a new environment."""
    return _count(run, tags, COLD_STARTS, "invocations began cold", lambda one: one.cold_starts)


def _count(
    run: Run, tags: Tags, following: Following, words: str, by_minute: Callable[[FunctionMinute], int]
) -> Found:
    """Return the count of *following*; nothing where nothing at all was asked of the function."""
    if minutes := run.seen.all(FunctionMinute):
        if "source" in tags:
            return Nothing(_MANY)
        named = [one for one in minutes if _is_named(one, tags)]
        asked = sum(one.invocations + sum(one.throttled.values()) for one in named)
        found = float(sum(map(by_minute, named)))
    else:
        named_by = {tag: value for tag, value in tags.items() if tag in _BY_MINUTE}
        asked = len(run.each(INVOCATIONS, named_by)) + len(run.each(THROTTLES, named_by))
        found = float(len(run.each(following, tags)))
    if not asked:
        return Nothing(f"Nothing was asked of a function{about(tags)}")
    return Counted(f"{found:.0f} {words}, of {asked} that were asked for{about(tags)}", found, run.span_s)


def _is_named(one: FunctionMinute, tags: Tags) -> bool:
    return all(getattr(one, tag) == tags[tag] for tag in _BY_MINUTE if tag in tags)


def events_lost(run: Run, tags: Tags) -> Found:
    """Return how many events were given up; nothing where no asynchronous event came."""
    part = _part(run, tags)
    if "asynchronous" not in part:
        return Nothing(f"No asynchronous event came to a function{about(tags)}")
    found = run.each(EVENTS_LOST, tags)
    accepted = part["asynchronous"]["accepted"]
    return counted(run, f"{len(found)} of {accepted} events lost{about(tags)}", found)


def spillover(run: Run, tags: Tags) -> Found:
    """Return how many invocations found no provisioned environment free."""
    part = _part(run, tags)
    if not part.get("invocations"):
        return Nothing(f"No invocation of a function{about(tags)} ran")
    spilled = part["spillover"]
    return Counted(f"{spilled} of {part['invocations']} invocations{about(tags)}", spilled, run.span_s)


def concurrency(run: Run, tags: Tags) -> Found:
    """Return the most invocations at once."""
    peak = _part(run, tags).get("peak_concurrency")
    if not peak:
        return Nothing(
            f"The concurrency of a function{about(tags)} is not known; no invocation ran, or too many"
        )
    return Values(f"{peak} invocations at once at the most{about(tags)}", [float(peak)])


def _part(run: Run, tags: Tags) -> dict[str, Any]:
    """Return the summary's account of all functions, or of the one that *tags* name."""
    whole = run.part("functions")
    if "function" not in tags:
        return dict(whole)
    return dict(whole.get("by_function", {}).get(tags["function"], {}))


# -- times -----


def duration(run: Run, tags: Tags) -> Found:
    """Return how long invocations took."""
    minutes = run.seen.all(FunctionMinute)
    if not minutes:
        return _times(run, tags, DURATION, "invocations")
    if "source" in tags:
        return Nothing(_MANY)
    bins: dict[int, int] = {}
    for one in minutes:
        for number, count in one.duration if _is_named(one, tags) else ():
            bins[number] = bins.get(number, 0) + count
    if not bins:
        return Nothing(f"No invocation of a function{about(tags)} ran")
    return Binned(f"over {sum(bins.values())} invocations{about(tags)}", list(map(list, bins.items())))


def init_time(run: Run, tags: Tags) -> Found:
    """Return how long new environments took to initialise."""
    return _times(run, tags, INIT, "cold starts")


def event_age(run: Run, tags: Tags) -> Found:
    """Return how old events were when attempts at them began."""
    return _times(run, tags, EVENT_AGE, "attempts at asynchronous events")


def _times(run: Run, tags: Tags, following: Following, what: str) -> Found:
    if run.seen.all(FunctionMinute):
        return Nothing(_MANY)
    found = run.each(following, tags)
    return values(f"over {len(found)} {what}{about(tags)}", found, f"There were no {what}{about(tags)}")
