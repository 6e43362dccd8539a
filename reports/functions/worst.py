"""The worst invocations: each kind of failure with its log, the slowest, lost events. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.journal import FunctionEventEnded, FunctionInvoked
from harness.summary.function_events import is_lost
from reports.functions.words import OUTCOMES
from reports.text import clock, plural, short

MOST_KINDS = 12  # of failures
MOST_SLOW = 5
MOST_LOST = 20
LOG_CHARACTERS = 3_000  # of the end of a log; the journal has all that was kept
OPEN_LOGS = 1  # the first is open: a reader sees that there are logs

Queues = Mapping[str, str]  # the queue of each event source mapping: an id tells a reader nothing


@dataclass(frozen=True, slots=True)
class Worst:
    """One invocation to look at: what came of it, its facts as (name, value), its error and log."""

    tone: str
    chip: str
    function: str
    line: str
    facts: list[tuple[str, str]]
    error: str
    log: str
    is_open: bool = False


def failed(invoked: Sequence[FunctionInvoked], queues: Queues) -> tuple[list[Worst], int]:
    """Return one of each kind of failure, the most frequent first, and how many kinds are left out.

    A kind is what came of an invocation of one function, and the errorType; shown is the first with a log.
    """
    groups: defaultdict[tuple[str, str, str], list[FunctionInvoked]] = defaultdict(list)
    for one in invoked:
        if one.outcome != "ok":
            groups[one.function, one.outcome, one.error.partition(":")[0]].append(one)
    ordered = sorted(groups.values(), key=len, reverse=True)
    shown = [_failure(of, queues, is_open=place < OPEN_LOGS) for place, of in enumerate(ordered[:MOST_KINDS])]
    return shown, len(ordered) - len(shown)


def _failure(of: Sequence[FunctionInvoked], queues: Queues, *, is_open: bool) -> Worst:
    one = next((each for each in of if each.log), of[0])
    kind = one.error.partition(":")[0]
    often = f"{plural(len(of), 'time')}, {clock(of[0].at)} to {clock(of[-1].at)}" if len(of) > 1 else "once"
    return Worst(
        "bad", OUTCOMES.get(one.outcome, one.outcome), one.function, ", ".join(filter(None, (kind, often))),
        _facts(one, queues), one.error, _tail(one.log), is_open,
    )  # fmt: skip


def slowest(invoked: Sequence[FunctionInvoked], queues: Queues) -> list[Worst]:
    """Return the slowest invocations that ended well, initialisation included."""
    well = [one for one in invoked if one.outcome == "ok"]
    found = sorted(well, key=lambda one: -(one.init_s + one.duration_s))[:MOST_SLOW]
    return [
        Worst(
            "plain", short(one.init_s + one.duration_s), one.function,
            f"{'cold, ' if one.cold else ''}at {clock(one.began_at)}", _facts(one, queues), "",
            _tail(one.log),
        )
        for one in found
    ]  # fmt: skip


def _facts(one: FunctionInvoked, queues: Queues) -> list[tuple[str, str]]:
    """Return what there is to know of *one*; what does not apply is left out."""
    waited = one.began_at - one.due_at
    batch = f"{plural(one.records, 'record')}, {one.failed_records:,} came back" if one.records else ""
    version = f"{one.version} ({one.qualifier})" if one.qualifier not in ("", one.version) else one.version
    facts = [
        ("Began", clock(one.began_at)),
        ("Duration", short(one.duration_s)),
        ("Initialisation", short(one.init_s) if one.cold else ""),
        ("Waited before", short(waited) if waited >= 0.001 else ""),
        ("Asked by", _asker(one, queues)),
        ("Attempt", str(one.attempt) if one.attempt > 1 else ""),
        ("Batch", batch),
        ("Memory", f"{one.memory_mb:,} MB" if one.memory_mb is not None else ""),
        ("Version", version),
        ("Environment", one.environment + (" (provisioned)" if one.provisioned else "")),
        ("Request", one.request),
    ]
    return [(name, value) for name, value in facts if value]


def _asker(one: FunctionInvoked, queues: Queues) -> str:
    return ", ".join(filter(None, (one.source, queues.get(one.trigger, one.trigger) or one.caller)))


def _tail(log: str) -> str:
    return log if len(log) <= LOG_CHARACTERS else f"…{log[-LOG_CHARACTERS:]}"


@dataclass(frozen=True, slots=True)
class Lost:
    """An asynchronous event that came to nothing, and of which nobody has a record."""

    request: str
    function: str
    how: str


def _attempts(count: int) -> str:
    return f"after {plural(count, 'attempt')}" if count else "before it was tried"


def lost(ended: Sequence[FunctionEventEnded]) -> tuple[list[Lost], int]:
    """Return the first of the lost events, and how many more there are."""
    found = [one for one in ended if is_lost(one)]
    rows = [
        Lost(
            one.request,
            one.function,
            f"{one.how} {_attempts(one.attempts)}, {clock(one.accepted_at)} to {clock(one.at)}",
        )
        for one in found[:MOST_LOST]
    ]
    return rows, len(found) - len(rows)
