"""Plays the calls of functions and tells them as records: each one, or a minute of them at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import journal
from harness.functions.concurrency import Account
from harness.functions.outcomes import Source
from harness.functions.settings import FunctionSettings
from harness.journal import Record
from harness.virtual.admission import play_calls
from harness.virtual.calls import REASONS, Calls, Fate, Fates
from harness.virtual.driver import Engine
from harness.whatif.functions_case import Functions, account_of
from harness.whatif.served import FATES, MINUTE_S, Answered, histogram

# The principal on whose behalf an HTTP API invokes its function.
TRIGGERS = {"function": "", "api": "apigateway.amazonaws.com"}
THROTTLED, TIMED_OUT = FATES.index("throttled"), FATES.index("timed out")
# What a caller gets: Lambda API reference, Invoke. What an HTTP API answers for a function that is throttled
# or timed out is not documented; users see 503.
THROTTLED_STATUS = {"function": 429, "api": 503}
TIMED_OUT_STATUS = {"function": 200, "api": 503}


@dataclass(frozen=True, slots=True)
class Played:
    """What became of the calls of functions."""

    functions: Functions
    fates: Fates
    account: Account


def play_functions(functions: Functions, settings: FunctionSettings, seed: int, engine: Engine) -> Played:
    """Let the calls come, from second 0 on; the account's concurrency is the same throughout."""
    account = account_of(functions, settings, seed)
    by_hand = engine if engine in (Engine.REFERENCE, Engine.EXACT) else Engine.AUTO
    return Played(functions, play_calls(account, functions.calls, engine=by_hand), account)


def declared(functions: Functions) -> Iterator[Record]:
    """Yield what is known of the functions before the first call."""
    for each in functions.declared:
        yield each.record
        for alias, _, provisioned in each.aliases:
            if provisioned:
                yield journal.ConcurrencySet(0.0, each.record.function, alias, provisioned, provisioned)


def answered(played: Played) -> dict[str, Answered]:
    """Return the answers by what the load calls: Init is the wait, the duration the service."""
    functions, fates, calls = played.functions, played.fates, played.functions.calls
    durations = fates.durations(calls)
    outcome = np.where(fates.runs, np.where(fates.deaths(calls), TIMED_OUT, 0), THROTTLED).astype(np.uint8)
    names = list(dict.fromkeys(load.name for load in functions.loads))
    of = np.array([names.index(load.name) for load in functions.loads])[functions.load]
    return {
        name: Answered(
            calls.at[of == number],
            durations[of == number],
            fates.init_s[of == number],
            outcome[of == number],
        )
        for number, name in enumerate(names)
    }


# --- one by one --------------------------------------------------------------------------------------------


def one_by_one(played: Played) -> list[Record]:
    """Return every request of the load, then every invocation as it ended or was throttled."""
    rows = list(_rows(played))
    requests: list[Record] = [_request(row) for row in rows]
    ended: list[Any] = [_told(row) for row in rows]
    ended.sort(key=lambda record: record.at)
    return requests + ended


@dataclass(frozen=True, slots=True)
class _Row:
    """One call in plain values."""

    number: int
    at: float
    end_at: float
    duration_s: float
    init_s: float
    fate: int
    dies: bool
    name: str
    kind: str
    function: str
    qualifier: str
    version: str
    environment: str
    timeout_s: float


def _rows(played: Played) -> Iterator[_Row]:
    functions, fates, calls = played.functions, played.fates, played.functions.calls
    versions = [played.account.member(name).resolve(qualifier)[0] for name, qualifier in calls.targets]
    timeouts = {each.record.function: each.record.timeout_s for each in functions.declared}
    columns = (
        calls.at,
        fates.ends(calls),
        fates.durations(calls),
        fates.init_s,
        fates.fate,
        fates.deaths(calls),
        calls.target,
        functions.load,
        fates.started_by,
    )
    for number, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        at, end_at, duration_s, init_s, fate, dies, target, load, started_by = row
        name, qualifier = calls.targets[target]
        called = functions.loads[load]
        yield _Row(
            number,
            at,
            end_at,
            duration_s,
            init_s,
            fate,
            dies,
            called.name,
            called.kind,
            name,
            qualifier,
            versions[target],
            _environment(name, qualifier, started_by),
            timeouts[name],
        )


def _environment(name: str, qualifier: str, started_by: int) -> str:
    """Return a name of the environment: by the call that started it; provisioned ones are not told apart."""
    return f"{name}/{started_by + 1}" if started_by >= 0 else f"{name}:{qualifier}/provisioned"


def _request(row: _Row) -> journal.LoadRequest:
    if row.fate >= Fate.CONCURRENT:
        reason = REASONS[Fate(row.fate)].value
        error = f"TooManyRequestsException: {reason}" if row.kind == "function" else "ServiceUnavailable"
        status, outcome = THROTTLED_STATUS[row.kind], "failed"
    elif row.dies:
        error = "FunctionError: Sandbox.Timedout" if row.kind == "function" else "ServiceUnavailable"
        status, outcome = TIMED_OUT_STATUS[row.kind], "failed"
    else:
        status, outcome, error = 200, "ok", ""
    return journal.LoadRequest(
        due_at=row.at,
        endpoint=row.name,
        outcome=outcome,
        status=status,
        sent_at=row.at,
        received_at=row.end_at,
        queue_s=row.init_s,
        service_s=row.duration_s if outcome == "ok" else 0.0,
        error=error,
        target=row.kind,
    )


def _told(row: _Row) -> Record:
    request, source, trigger = f"call-{row.number + 1}", Source.SYNCHRONOUS.value, TRIGGERS[row.kind]
    if row.fate >= Fate.CONCURRENT:
        reason = REASONS[Fate(row.fate)].value
        return journal.FunctionThrottled(
            row.at, row.function, row.qualifier, request, source, trigger, reason
        )
    late = f"Sandbox.Timedout: Task timed out after {row.timeout_s:.2f} seconds"
    return journal.FunctionInvoked(
        row.end_at,
        row.at,
        row.at,
        row.function,
        row.qualifier,
        row.version,
        request,
        source,
        trigger,
        row.environment,
        row.fate == Fate.COLD,
        row.fate == Fate.PROVISIONED,
        row.init_s,
        row.duration_s,
        0.0,
        "timeout" if row.dies else "ok",
        late if row.dies else "",
    )


# --- by the minute -----------------------------------------------------------------------------------------


def by_minute(played: Played) -> Iterator[journal.FunctionMinute]:
    """Yield a record for each target and each minute in which calls came to it."""
    calls = played.functions.calls
    for number, (name, qualifier) in enumerate(calls.targets):
        mine = np.flatnonzero(calls.target == number)
        minutes = np.floor(calls.at[mine] / MINUTE_S).astype(np.int64)
        cuts = np.flatnonzero(np.diff(minutes, prepend=-1))
        for first, last in zip(cuts, [*cuts[1:], len(mine)], strict=True):
            at = float(minutes[first]) * MINUTE_S
            yield _minute(at, name, qualifier, calls, played.fates, mine[first:last])


def _minute(
    at: float, name: str, qualifier: str, calls: Calls, fates: Fates, mine: Any
) -> journal.FunctionMinute:
    fate, runs = fates.fate[mine], fates.runs[mine]
    counts = np.bincount(fate, minlength=len(Fate))
    drawn = fates.drawn[mine][runs]
    timed_out = int(calls.dies[drawn].sum())
    return journal.FunctionMinute(
        at=at,
        function=name,
        qualifier=qualifier,
        period_s=MINUTE_S,
        invocations=int(runs.sum()),
        cold_starts=int(counts[Fate.COLD]),
        provisioned=int(counts[Fate.PROVISIONED]),
        spillover=int(((fates.ready[mine] > 0) & (fate <= Fate.COLD)).sum()),
        throttled={REASONS[each].value: int(counts[each]) for each in REASONS if counts[each]},
        errors={"timeout": timed_out} if timed_out else {},
        concurrency=int(fates.of_target[mine].max()),
        of_function=int(fates.of_function[mine].max()),
        duration=histogram(calls.duration_s[drawn]),
    )
