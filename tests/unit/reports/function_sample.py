"""Journals of runs with functions to draw reports from, in the order a run writes them; always the same."""

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from random import Random
from typing import Any

import message_sample
import sample

from harness import journal as j

RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT = "ConcurrentInvocationLimitExceeded"
RATE = "FunctionInvocationRateLimitExceeded"
SYNC, ASYNC, SOURCE = "synchronous", "asynchronous", "event source"
TRACE = """START RequestId: {request} Version: $LATEST
[ERROR] ValueError: poison item: expected 26 columns, got 3
Traceback (most recent call last):
  File "/var/task/ingest.py", line 41, in handler
    row = parse(record["body"])
END RequestId: {request}
REPORT RequestId: {request} Duration: 212.07 ms Billed Duration: 213 ms Memory Size: 256 MB"""


def declared(name: str, reserved: int | None = None, memory_mb: int = 256) -> j.FunctionDeclared:
    """Return what the function *name* is."""
    role = f"arn:aws:iam::000000000000:role/{name}"
    return j.FunctionDeclared(0.5, name, "python3.11", f"{name}.handler", role, memory_mb, 3.0, reserved)


def invoked(at: float, began_at: float, function: str = "f", **changes: Any) -> j.FunctionInvoked:
    """Return an invocation from *began_at* to *at*; *changes* replace its fields."""
    known: dict[str, Any] = {
        "due_at": began_at, "qualifier": "", "version": "$LATEST", "request": f"{function}-{began_at:.3f}",
        "source": SYNC, "trigger": "", "environment": f"{function}/0", "cold": False, "provisioned": False,
        "init_s": 0.0, "duration_s": at - began_at, "overhead_s": 0.0021, "outcome": "ok", "memory_mb": 71,
    }  # fmt: skip
    return j.FunctionInvoked(at=at, began_at=began_at, function=function, **(known | changes))


def throttled(at: float, function: str = "f", reason: str = RESERVED, **changes: Any) -> j.FunctionThrottled:
    """Return an attempt that was not admitted; *changes* replace its fields."""
    known: dict[str, Any] = {
        "qualifier": "",
        "request": f"{function}-{at:.3f}",
        "source": SYNC,
        "trigger": "",
    }
    return j.FunctionThrottled(at=at, function=function, reason=reason, **(known | changes))


def whole(
    *records: j.Record,
    verdict: str = "pass",
    name: str = "functions",
    description: str = "",
    account: int | None = None,
) -> list[j.Record]:
    """Return the journal of a run that has *records* between its first and its last, by moment."""
    last = max((r.due_at if isinstance(r, j.LoadRequest) else r.at for r in records), default=0.0) + 1.0
    started = message_sample.started(name, "corrected", description)
    if account is not None:
        started = replace(started, configuration={"settings": {"account_concurrency": str(account)}})
    return sample.ordered([started, *records, j.RunEnded(last, verdict, "", last)])


@dataclass
class Environments:
    """The environments of one function: enough of Lambda to make a plausible journal."""

    function: str
    limit: int
    provisioned: int = 0
    ready_at: float = 0.0
    busy: list[tuple[float, str, bool]] = field(default_factory=list)
    warm: list[str] = field(default_factory=list)
    made: int = 0

    def take(self, at: float) -> tuple[str, bool, bool] | None:
        """Return a free environment, whether it is cold, whether provisioned; None where none may be had."""
        while self.busy and self.busy[0][0] <= at:
            _, name, provisioned = heappop(self.busy)
            self.warm += [name] * (not provisioned)
        if len(self.busy) >= self.limit:
            return None
        if sum(one[2] for one in self.busy) < self.provisioned and at >= self.ready_at:
            return f"{self.function}/p{sum(one[2] for one in self.busy)}", False, True
        if self.warm:
            return self.warm.pop(), False, False
        self.made += 1
        return f"{self.function}/{self.made}", True, False


def _served(
    random: Random, pool: Environments, moments: list[float], mean_s: float, **changes: Any
) -> list[j.Record]:
    """Return what became of invocations due at *moments*: admitted where one is free, else throttled."""
    found: list[j.Record] = []
    for number, at in enumerate(moments):
        request = f"{pool.function}-{number:06}"
        got = pool.take(at)
        if got is None:
            asked = {name: value for name, value in changes.items() if name != "version"}
            found.append(throttled(at, pool.function, request=request, **asked))
            continue
        name, cold, provisioned = got
        init_s = random.uniform(0.55, 0.8) if cold else 0.0
        took = random.lognormvariate(0.0, 0.4) * mean_s
        ends = at + init_s + took
        heappush(pool.busy, (ends, name, provisioned))
        found.append(
            invoked(
                ends, at, pool.function, request=request, environment=name, cold=cold, init_s=init_s,
                provisioned=provisioned, duration_s=took, memory_mb=random.randrange(64, 92), **changes,
            )
        )  # fmt: skip
    return found


def _arrivals(random: Random, start: float, end: float, rps: float) -> list[float]:
    moments, at = [], start
    while (at := at + random.expovariate(rps)) < end:
        moments.append(at)
    return moments


def all_phenomena(verdict: str = "fail", calls: float = 1.0) -> list[j.Record]:
    """Return a run with an alias with provisioned concurrency, a queue's poller, events and a timer.

    Cold starts, spill-over, throttles of two reasons, time-outs, crashes, poison, lost events are in it;
    *calls* multiplies the calls of the first function.
    """
    return whole(
        *_phases(), *_predict(calls), *_ingest(), *_notify(), *_export(),
        *message_sample.declared("items", dead_letter="items-poison"),
        *message_sample.samples("items", [(int(40 * abs(12 - s % 24) / 12), 12) for s in range(150)], 30.0),
        *_items(),
        j.Expectation(196.0, "predict: throttled", "<= 0.01", 0.08, "ratio", verdict == "pass",
                      "of all attempts", "team"),
        j.Fidelity(0.1, "admission of invocations", "modelled", "concurrency, rate, cold starts"),
        verdict=verdict, name="lambda-concurrency", account=20,
        description="Calls rise past the reserved concurrency of predict while a queue feeds ingest.",
    )  # fmt: skip


def _phases() -> list[j.Record]:
    return [
        j.PhaseStarted(0.1, "deploy", "4 functions, 2 queues"),
        j.PhaseStarted(30.0, "load", "predict:prod"),
        j.PhaseStarted(180.0, "settle", "until items is empty"),
        j.PhaseStarted(194.0, "teardown", ""),
        j.FaultInjected(90.0, "killed function", "an environment of ingest is killed every 20 s"),
        j.FaultEnded(150.0, "killed function", "an environment of ingest is killed every 20 s", 3, 3),
    ]


def _predict(calls: float) -> list[j.Record]:
    random = Random("7/predict")
    moments: list[float] = []
    for start, end, rps in ((30, 80, 12.0), (80, 120, 38.0), (120, 180, 14.0)):
        moments += _arrivals(random, start, end, rps * calls)
    pool = Environments("predict", round(10 * calls), provisioned=4, ready_at=95.0)
    return [
        declared("predict", reserved=10),
        j.ConcurrencySet(20.0, "predict", "prod", 4, 0),
        j.ConcurrencySet(88.0, "predict", "prod", 4, 2),
        j.ConcurrencySet(95.0, "predict", "prod", 4, 4),
        *_served(random, pool, moments, 0.28, qualifier="prod", version="1"),
    ]


def _ingest() -> list[j.Record]:
    random, mapping = Random("7/ingest"), "f0e1d2c3-items"
    records: list[j.Record] = [
        declared("ingest"),
        j.EventSourceDeclared(1.0, mapping, "ingest", "items", 10, 0.0, 8, True),
        *(
            j.EventSourceSampled(30.0 + 15 * i, mapping, min(5 + i, 8), random.randrange(2, 8))
            for i in range(10)
        ),
    ]
    for one in _served(random, Environments("ingest", 7), _arrivals(random, 31, 182, 9.0), 0.6):
        batch = {"source": SOURCE, "trigger": mapping}
        if isinstance(one, j.FunctionThrottled):
            records.append(throttled(one.at, "ingest", ACCOUNT, request=one.request, **batch))
            continue
        assert isinstance(one, j.FunctionInvoked)
        bad: dict[str, Any] = {}
        if random.random() < 0.04:
            bad = {
                "outcome": "error",
                "error": "ValueError: poison item: expected 26 columns, got 3",
                "log": TRACE.format(request=one.request),
                "failed_records": 10,
            }
        elif random.random() < 0.015:
            bad = {
                "outcome": "timeout",
                "error": "Sandbox.Timedout: RequestId: x Error: Task timed out after 3.00 seconds",
                "log": f"START RequestId: {one.request}\nstill writing items to the table\n" * 2,
                "failed_records": 10,
            }
        elif random.random() < 0.03:
            bad = {"failed_records": 1}
        keep = {"init_s": one.init_s, "cold": one.cold, "request": one.request}
        at = one.began_at + 3.0 if bad.get("outcome") == "timeout" else one.at
        records.append(invoked(at, one.began_at, "ingest", records=10, **keep, **batch, **bad))
    for at in (98.0, 118.0, 138.0):
        records.append(
            invoked(at, at - 0.4, "ingest", outcome="crash", records=10, failed_records=10, source=SOURCE,
                    trigger=mapping, log="START RequestId: x\nloading the scaler",
                    error="Runtime.ExitError: RequestId: x Error: Runtime exited with error: signal: killed")
        )  # fmt: skip
    return records


def _items() -> list[j.Record]:
    """Return the messages of the queue `items`: processed once each, but for the poison."""
    records: list[j.Record] = []
    for number in range(300):
        at, queue = 30.0 + number / 2, "items"
        records.append(
            j.MessagePublished(at, at, f"p{number:05}", "", [queue], key=f"k{number}", queue=queue)
        )
        records.append(message_sample.received(number, at + 0.4, queue))
        records.append(message_sample.deleted(number, at + 1.1, queue))
    return [*records, *message_sample.taken(193.0, items=0, items_poison=0)]


def _notify() -> list[j.Record]:
    random = Random("7/notify")
    records: list[j.Record] = [declared("notify", reserved=2, memory_mb=128)]
    for number in range(40):
        accepted, request = 35.0 + 2 * number, f"event-{number:03}"
        common: dict[str, Any] = {"request": request, "source": ASYNC, "trigger": "sns.amazonaws.com"}
        if number % 10 == 3:
            for attempt, at in enumerate((accepted, accepted + 60, accepted + 180), start=1):
                if at > 185:
                    break
                records.append(
                    invoked(at + 0.3, at, "notify", due_at=accepted, attempt=attempt, outcome="error",
                            error="KeyError: 'Message'", log=f"KeyError in attempt {attempt}", **common)
                )  # fmt: skip
            records.append(j.FunctionEventEnded(186.0, accepted, "notify", request, "failed", 2))
            continue
        at = accepted
        while number % 4 == 1 and at < accepted + 3:
            records.append(throttled(at, "notify", RESERVED, **common))
            at += 1.5
        took = random.uniform(0.05, 0.4)
        records.append(
            invoked(at + took, at, "notify", due_at=accepted, cold=number == 0, init_s=0.2, **common)
        )
        records.append(j.FunctionEventEnded(at + took, accepted, "notify", request, "succeeded", 1))
    destination = f"arn:aws:sqs:{message_sample.ACCOUNT}:notify-failures"
    records.append(j.FunctionEventEnded(187.0, 40.0, "notify", "event-900", "expired", 0))
    records.append(j.FunctionEventEnded(187.0, 41.0, "notify", "event-901", "failed", 3, destination))
    records.append(
        invoked(185.5, 185.2, "notify", due_at=185.0, request="event-902", source=ASYNC, outcome="error")
    )
    return records


def _export() -> list[j.Record]:
    records: list[j.Record] = [declared("export", memory_mb=512)]
    for minute in (1, 2, 3):
        due = 60.0 * minute
        fired = due + 0.02 * minute
        records.append(j.TimerFired(fired, due, "every-minute", 1))
        records.append(
            invoked(fired + 1.1, fired + 0.05, "export", due_at=due, source=ASYNC, cold=minute == 1,
                    trigger="events.amazonaws.com", init_s=0.4, request=f"tick-{minute}", memory_mb=188)
        )  # fmt: skip
        records.append(j.FunctionEventEnded(fired + 1.1, fired, "export", f"tick-{minute}", "succeeded", 1))
    return records


def one_function(count: int = 60) -> list[j.Record]:
    """Return a run of *count* calls of one function, all of which end well."""
    random = Random("7/one")
    moments = [5.0 + 0.5 * number for number in range(count)]
    served = _served(random, Environments("classify", 1_000), moments, 0.3)
    return whole(declared("classify"), *served, name="lambda-inference")


def ten_functions() -> list[j.Record]:
    """Return a run of ten functions with long names; three of them are throttled."""
    random = Random("7/ten")
    records: list[j.Record] = []
    for number in range(10):
        name = f"a-function-with-quite-a-long-name-for-team-{number:02}"
        pool = Environments(name, 2 if number % 4 == 1 else 50)
        records.append(declared(name, reserved=2 if number % 4 == 1 else None))
        records += _served(random, pool, _arrivals(random, 5.0, 65.0, 2.0 + number), 0.4)
    return whole(*records, verdict="fail", name="ten-teams")


def many_invocations(count: int = 100_000) -> list[j.Record]:
    """Return a run of *count* calls within an hour, thousands of which are throttled or fail."""
    random = Random("7/many")
    moments = sorted(random.uniform(5.0, 3_605.0) for _ in range(count))
    served = _served(random, Environments("predict", 30), moments, 0.8)
    records = [
        invoked(one.at, one.began_at, "predict", outcome="error", request=one.request, log="x" * 4_000,
                error=f"ValueError: item {number}")
        if number % 50 == 0 and isinstance(one, j.FunctionInvoked)
        else one
        for number, one in enumerate(served)
    ]  # fmt: skip
    return whole(declared("predict", reserved=30), *records, verdict="fail")
