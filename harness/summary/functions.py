"""The summary's account of functions: invocations, throttles, concurrency, events, event sources, timers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness import journal
from harness.journal import FunctionDeclared, FunctionEventEnded, FunctionInvoked, FunctionThrottled
from harness.stats import Steps, spread
from harness.summary.concurrency import (
    account_limit,
    covering,
    peak,
    provisioned,
    reserved,
    running,
    utilization,
)
from harness.summary.function_events import asynchronous, event_sources, timers
from harness.summary.function_minutes import functions_by_minute
from harness.summary.grouped import ByType
from harness.summary.load import VIRTUAL


@dataclass(slots=True)
class Life:
    """What the journal tells of one function."""

    declared: FunctionDeclared | None = None
    invoked: list[FunctionInvoked] = field(default_factory=list)
    throttled: list[FunctionThrottled] = field(default_factory=list)
    ended: list[FunctionEventEnded] = field(default_factory=list)


def lives(seen: ByType) -> dict[str, Life]:
    """Return what the journal tells of each function, by name; those that were declared first."""
    found: defaultdict[str, Life] = defaultdict(Life)
    for declared in seen.all(FunctionDeclared):
        found[declared.function].declared = declared
    for invoked in seen.all(FunctionInvoked):
        found[invoked.function].invoked.append(invoked)
    for throttled in seen.all(FunctionThrottled):
        found[throttled.function].throttled.append(throttled)
    for ended in seen.all(FunctionEventEnded):
        found[ended.function].ended.append(ended)
    return dict(found)


def functions(seen: ByType) -> dict[str, Any]:
    """Return what became of the invocations of functions, together and `by_function`; {} for no function.

    A throttled attempt is no invocation. `cold_starts` are invocations that began with the initialisation of
    their environment, `spillover` those that found no provisioned environment free though some were asked
    for. Spans are model seconds, but for `overhead_s`.
    """
    if served := seen.all(journal.FunctionServed):
        return {name: sum(getattr(one, name) for one in served) for name in ("invocations", "spillover")}
    if minutes := seen.all(journal.FunctionMinute):
        whole = functions_by_minute(minutes, account_limit(seen))
        return whole | {"by_function": _with_limits(seen, whole["by_function"], minutes)}
    found, fired = lives(seen), timers(seen)
    if not found:
        return {"invocations": 0, "spillover": 0, "timers": fired} if fired else {}
    asked = _asked(seen)
    invoked, ended = seen.all(FunctionInvoked), seen.all(FunctionEventEnded)
    throttled = seen.all(FunctionThrottled)
    parts = {
        **_asynchronous(invoked, throttled, ended),
        "event_sources": event_sources(seen),
        "timers": fired,
    }
    return {
        **_counts(invoked, throttled, asked),
        "account_concurrency": account_limit(seen),
        **_overhead(seen, invoked),
        **{name: part for name, part in parts.items() if part},
        "by_function": {name: _function(seen, name, life, asked) for name, life in found.items()},
    }


def _asked(seen: ByType) -> dict[tuple[str, str], Steps[int | None]]:
    return {key: Steps.of((one.at, one.requested) for one in sets) for key, sets in provisioned(seen).items()}


def _counts(
    invoked: Sequence[FunctionInvoked],
    throttled: Sequence[FunctionThrottled],
    asked: dict[tuple[str, str], Steps[int | None]],
) -> dict[str, Any]:
    times = {
        "duration_s": spread(one.duration_s for one in invoked),
        "init_s": spread(one.init_s for one in invoked if one.cold),
    }
    return {
        "invocations": len(invoked),
        "cold_starts": sum(one.cold for one in invoked),
        "spillover": sum(not one.provisioned and covering(one, asked) != "" for one in invoked if asked),
        "throttles": dict(sorted(Counter(one.reason for one in throttled).items())),
        "errors": dict(sorted(Counter(one.outcome for one in invoked if one.outcome != "ok").items())),
        "sources": _sources(invoked, throttled),
        "peak_concurrency": peak(running(invoked)),
        **{name: part for name, part in times.items() if part},
    }


def _sources(
    invoked: Iterable[FunctionInvoked], throttled: Iterable[FunctionThrottled]
) -> dict[str, dict[str, int]]:
    """Return how many invocations and throttled attempts each kind of source had."""
    ran, stopped = (Counter(one.source for one in each) for each in (invoked, throttled))
    return {
        source: {"invocations": ran[source], "throttled": stopped[source]}
        for source in sorted({*ran, *stopped})
    }


def _asynchronous(
    invoked: Sequence[FunctionInvoked],
    throttled: Sequence[FunctionThrottled],
    ended: Sequence[FunctionEventEnded],
) -> dict[str, Any]:
    found = asynchronous(invoked, throttled, ended)
    return {"asynchronous": found} if found else {}


def _overhead(seen: ByType, invoked: Sequence[FunctionInvoked]) -> dict[str, Any]:
    """Return the harness's own real seconds, and by how much environments were busy beyond the modelled time.

    There are none where nothing was waited for. The more model time a second of this machine is, the more
    its work weighs: what overran counts in concurrency, and in throttles.
    """
    waited = all(run.clock != VIRTUAL for run in seen.all(journal.RunStarted))
    if not invoked or not waited:
        return {}
    modelled = sum(one.init_s + one.duration_s for one in invoked)
    busy = sum(max(one.at - one.began_at, one.init_s + one.duration_s) for one in invoked)
    return {
        "overhead_s": spread(one.overhead_s for one in invoked),
        **({"overrun_ratio": busy / modelled - 1.0} if modelled else {}),
    }


def _with_limits(
    seen: ByType, by_function: dict[str, dict[str, Any]], minutes: Sequence[journal.FunctionMinute]
) -> dict[str, Any]:
    """Return *by_function*, counted by the minute, with what was declared of each and provisioned for it."""
    found, sets = lives(seen), provisioned(seen)
    whole = {}
    for name, counts in by_function.items():
        mine = {
            qualifier: {
                "requested": max(one.requested or 0 for one in of),
                "allocated": max(one.allocated or 0 for one in of),
                "spillover": sum(
                    m.spillover for m in minutes if (m.function, m.qualifier) == (name, qualifier)
                ),
            }
            for (function, qualifier), of in sets.items()
            if function == name
        }
        limits = _limits(seen, name, found[name].declared if name in found else None)
        whole[name] = {**counts, **limits, **({"provisioned": mine} if mine else {})}
    return whole


def _limits(seen: ByType, name: str, declared: FunctionDeclared | None) -> dict[str, Any]:
    """Return memory, timeout and reserved concurrency, as far as they are known."""
    held = [count for _, count in reserved(seen, name).points if count is not None]
    known = {} if declared is None else {"memory_mb": declared.memory_mb, "timeout_s": declared.timeout_s}
    return {**known, **({"reserved": held[-1]} if held else {})}


def _function(
    seen: ByType, name: str, life: Life, asked: dict[tuple[str, str], Steps[int | None]]
) -> dict[str, Any]:
    used = [one.memory_mb for one in life.invoked if one.memory_mb is not None]
    ready = _provisioned(seen, name, life, asked)
    return {
        **_counts(life.invoked, life.throttled, asked),
        **_asynchronous(life.invoked, life.throttled, life.ended),
        **_limits(seen, name, life.declared),
        **({"provisioned": ready} if ready else {}),
        **({"memory_used_mb": max(used)} if used else {}),
    }


def _provisioned(
    seen: ByType, name: str, life: Life, asked: dict[tuple[str, str], Steps[int | None]]
) -> dict[str, Any]:
    """Return by qualifier what was asked for, allocated at most, used of it, and what spilled over.

    The time that utilization counts ends with the function's last invocation.
    """
    mine = {qualifier: sets for (of, qualifier), sets in provisioned(seen).items() if of == name}
    covered: defaultdict[str, list[FunctionInvoked]] = defaultdict(list)
    for one in life.invoked if mine else ():
        covered[covering(one, asked)].append(one)
    until = max((one.at for one in life.invoked), default=0.0)
    return {qualifier: _use(sets, covered[qualifier], until) for qualifier, sets in mine.items()}


def _use(
    sets: Sequence[journal.ConcurrencySet], invoked: Sequence[FunctionInvoked], until: float
) -> dict[str, Any]:
    allocated = [(one.at, one.allocated or 0) for one in sets]
    share = utilization(running([one for one in invoked if one.provisioned]), allocated, until)
    return {
        "requested": max(one.requested or 0 for one in sets),
        "allocated": max(count for _, count in allocated),
        "spillover": sum(not one.provisioned for one in invoked),
        **({"utilization": share} if share else {}),
    }
