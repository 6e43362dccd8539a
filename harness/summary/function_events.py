"""The summary's account of what invokes functions by itself: events, event source mappings, timers."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from harness import journal
from harness.functions.outcomes import Source
from harness.journal import FunctionEventEnded, FunctionInvoked, FunctionThrottled
from harness.stats import spread
from harness.summary.grouped import ByType

NAMED = 20  # lost events that the summary lists; the journal has them all
_ASYNCHRONOUS, _EVENT_SOURCE = Source.ASYNCHRONOUS.value, Source.EVENT_SOURCE.value
ENDS = ("succeeded", "failed", "expired")


def is_lost(event: FunctionEventEnded) -> bool:
    """Return whether *event* came to nothing and no destination has a record of it."""
    return event.how != "succeeded" and not event.destination


def asynchronous(
    invoked: Sequence[FunctionInvoked],
    throttled: Sequence[FunctionThrottled],
    ended: Sequence[FunctionEventEnded],
) -> dict[str, Any]:
    """Return what became of asynchronous events; an empty dict for none.

    accepted = succeeded + failed + expired + pending; `lost` are the failed and expired ones that no
    destination got. `age_s` is from the moment an event was accepted until each of its attempts began.
    """
    attempts = [one for one in invoked if one.source == _ASYNCHRONOUS]
    stopped = [one for one in throttled if one.source == _ASYNCHRONOUS]
    over = {(one.function, one.request) for one in ended}
    accepted = over | {(one.function, one.request) for one in attempts}
    accepted |= {(one.function, one.request) for one in stopped}
    if not accepted:
        return {}
    lost = [one for one in ended if is_lost(one)]
    return {
        "accepted": len(accepted),
        **{how: sum(one.how == how for one in ended) for how in ENDS},
        "pending": len(accepted - over),
        "retries": sum(one.attempt > 1 for one in attempts),
        "lost": len(lost),
        "lost_events": [_named(one) for one in lost[:NAMED]],
        **({"age_s": spread(one.began_at - one.due_at for one in attempts)} if attempts else {}),
    }


def _named(event: FunctionEventEnded) -> dict[str, Any]:
    return {
        "request": event.request,
        "function": event.function,
        "how": event.how,
        "attempts": event.attempts,
        "accepted_at_s": event.accepted_at,
        "at_s": event.at,
    }


def event_sources(seen: ByType) -> dict[str, dict[str, Any]]:
    """Return by mapping what its pollers handed over: batches that ran, records, and those that came back."""
    declared = {one.mapping: one for one in seen.all(journal.EventSourceDeclared)}
    ran: defaultdict[str, list[FunctionInvoked]] = defaultdict(list)
    stopped: defaultdict[str, list[FunctionThrottled]] = defaultdict(list)
    pollers: defaultdict[str, list[journal.EventSourceSampled]] = defaultdict(list)
    for batch in seen.all(FunctionInvoked):
        if batch.source == _EVENT_SOURCE:
            ran[batch.trigger].append(batch)
    for throttle in seen.all(FunctionThrottled):
        if throttle.source == _EVENT_SOURCE:
            stopped[throttle.trigger].append(throttle)
    for sample in seen.all(journal.EventSourceSampled):
        pollers[sample.mapping].append(sample)
    return {
        mapping: {
            **_declared(declared.get(mapping), [*ran[mapping], *stopped[mapping]]),
            **_handed_over(ran[mapping], stopped[mapping], pollers[mapping]),
        }
        for mapping in dict.fromkeys((*declared, *ran, *stopped))
    }


def _declared(
    one: journal.EventSourceDeclared | None, seen: Sequence[FunctionInvoked | FunctionThrottled]
) -> dict[str, Any]:
    if one is None:
        return {"function": seen[0].function}
    limit = {} if one.maximum_concurrency is None else {"maximum_concurrency": one.maximum_concurrency}
    return {"function": one.function, "queue": one.queue, "batch_size": one.batch_size, **limit}


def _handed_over(
    ran: Sequence[FunctionInvoked],
    stopped: Sequence[FunctionThrottled],
    samples: Sequence[journal.EventSourceSampled],
) -> dict[str, Any]:
    polled = {
        "pollers": max(one.pollers for one in samples),
        "in_flight": max(one.in_flight for one in samples),
    } if samples else {}  # fmt: skip
    return {
        "batches": len(ran),
        "records": sum(one.records for one in ran),
        "failed_records": sum(one.failed_records for one in ran),
        "errors": sum(one.outcome != "ok" for one in ran),
        "throttled": len(stopped),
        **polled,
    }


def timers(seen: ByType) -> dict[str, dict[str, Any]]:
    """Return by rule how often its schedule fired, to how many targets, and how late."""
    fired: defaultdict[str, list[journal.TimerFired]] = defaultdict(list)
    for one in seen.all(journal.TimerFired):
        fired[one.rule].append(one)
    return {
        rule: {
            "fired": len(of),
            "targets": max(one.targets for one in of),
            "late_s": spread(max(one.at - one.due_at, 0.0) for one in of),
        }
        for rule, of in fired.items()
    }
