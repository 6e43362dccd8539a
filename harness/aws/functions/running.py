"""An admitted invocation, from its environment's initialisation to its journal record."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

import orjson

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.functions.admission import Admission
from harness.aws.functions.configurations import Version
from harness.aws.functions.ends import LOST, Ended, Ending, timed_out
from harness.aws.functions.environment import MIB, Initialised, Work
from harness.aws.functions.lines import Report, tail_of
from harness.aws.functions.pool import LiveEnvironment, Pool
from harness.aws.functions.results import Modelled, Result
from harness.clock import Clock
from harness.functions.outcomes import Admitted

# Lambda developer guide, "Understanding the Lambda execution environment lifecycle", Init phase: 10 seconds;
# then it is tried again within the function's own timeout. With provisioned concurrency: 130 seconds, or the
# function's timeout where that is longer.
INIT_LIMIT_S = 10.0
PROVISIONED_INIT_LIMIT_S = 130.0
# What never returns is ended after its timeout, but not sooner than this, in real seconds.
LEAST_LIMIT_S = 1.0
# An invocation is late that takes longer by a tenth than the span that it is given; where one in twenty is,
# the concurrency of the run is not the one that was modelled.
LATE_RATIO = 0.1
LATE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """One invocation as somebody asked for it."""

    function: str
    qualifier: str
    payload: bytes
    request: str
    source: str
    due_at: float
    trigger: str = ""
    records: int = 0
    attempt: int = 1
    caller: str = ""
    client_context: str = ""


@dataclass(slots=True)
class _Run:
    """What becomes known of an invocation as it goes. Spans are model seconds, `began` is real."""

    asked: Asked
    admitted: Admitted
    version: Version
    began_at: float
    began: float
    cold: bool = False
    init_s: float = 0.0
    duration_s: float = 0.0
    modelled: bool = False
    drawn_s: float | None = None  # what the scenario says that it takes
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Lateness:
    """How many invocations with a modelled span there were, and how many of them took longer really."""

    count: int = 0
    late: int = 0

    def add(self, late_s: float, span_s: float) -> None:
        """Count one that ended so much after its span."""
        self.count += 1
        self.late += late_s > LATE_RATIO * span_s


Log = Callable[[LiveEnvironment, list[str], float], None]


class Runner:
    """Runs what was admitted; *log* takes the lines of each invocation."""

    def __init__(
        self,
        pool: Pool,
        admission: Admission,
        clock: Clock,
        record: Callable[[journal.Record], None],
        modelled: Modelled,
        log: Log,
        seed: int | str,
    ) -> None:
        self._pool = pool
        self._admission = admission
        self._clock = clock
        self._record = record
        self._modelled = modelled
        self._log = log
        self._seed = seed
        self._draws: dict[str, Random] = {}
        self._lateness: dict[str, _Lateness] = {}

    async def run(
        self, asked: Asked, admitted: Admitted, versions: Mapping[str, Version], began_at: float
    ) -> Result:
        """Return what *asked* comes to, which was admitted at *began_at*; its end is journalled.

        Raises Refused where Lambda cannot even begin: a role that it may not assume, say.
        """
        version = versions[admitted.version]
        run = _Run(asked, admitted, version, began_at, perf_counter(), drawn_s=self._drawn(asked.function))
        environment = self._pool.get(admitted.environment) or self._pool.make(
            admitted.environment, version, provisioned=admitted.provisioned
        )
        try:
            ended = await self._ended(run, environment)
        except BaseException as error:
            at = self._admission.finish(admitted.execution, failed=True, lost=True, duration_s=0.0)
            if isinstance(error, Refused):
                self._told(run, environment, _refused(error), at)
            raise
        lost = ended.ending in LOST
        if lost:
            environment.kill()
        at = self._admission.finish(
            admitted.execution, failed=ended.ending is not Ending.OK, lost=lost, duration_s=run.duration_s
        )
        return self._told(run, environment, ended, at)

    async def _ended(self, run: _Run, environment: LiveEnvironment) -> Ended:
        failure = await self._initialised(run, environment)
        run.lines += environment.lines.take()
        run.lines.append(f"START RequestId: {run.asked.request} Version: {run.version.version}")
        if failure is not None:
            return failure
        began_at = self._serves_from(run)
        work = Work(
            run.asked.request,
            run.asked.payload,
            _invoked_arn(run),
            run.version.timeout_s,
            run.asked.client_context,
            _trace(run.asked.request),
        )
        ended = await environment.invoke(work, max(run.version.timeout_s, LEAST_LIMIT_S))
        run.duration_s = ended.real_s
        run.lines += environment.lines.take()  # before the next invocation writes there
        return await self._until_modelled(run, ended, began_at)

    # -- initialisation -----

    async def _initialised(self, run: _Run, environment: LiveEnvironment) -> Ended | None:
        """Make *environment* ready; return why it cannot be."""
        if environment.is_up:
            return None
        admitted, version = run.admitted, run.version
        run.cold = admitted.cold or not (admitted.provisioned or environment.was_spared)
        environment.was_spared = False
        limit_s = max(PROVISIONED_INIT_LIMIT_S, version.timeout_s) if admitted.provisioned else INIT_LIMIT_S
        done = await environment.ready(limit_s)
        if _is_too_late(done) and not admitted.provisioned:
            run.lines += [*environment.lines.take(), _init_report(done, "timeout")]
            done = await environment.ready(max(version.timeout_s, LEAST_LIMIT_S))
        await self._init_ended(run, done)
        failure = done.failure
        if failure is None:
            return None
        run.lines += environment.lines.take()
        run.lines.append(_init_report(done, "timeout" if _is_too_late(done) else "error", failure.error))
        if _is_too_late(done):
            run.duration_s = version.timeout_s
            return timed_out(run.asked.request, version.timeout_s, done.real_s)
        return failure

    async def _init_ended(self, run: _Run, done: Initialised) -> None:
        """Let the modelled span pass where there is one; what a new process took counts otherwise."""
        if not run.cold:
            return
        run.init_s = done.real_s
        if run.admitted.cold and run.asked.function in self._modelled.init_time:
            run.init_s = max(run.admitted.init_s, done.real_s)
            await self._sleep_until(run.began_at + run.init_s)

    # -- modelled spans -----

    async def _until_modelled(self, run: _Run, ended: Ended, began_at: float) -> Ended:
        """Return how it ends when as long has passed as the scenario says that it takes."""
        drawn_s, timeout_s = run.drawn_s, run.version.timeout_s
        if drawn_s is None or ended.ending in LOST:
            return ended
        run.modelled = True
        run.duration_s = min(max(drawn_s, ended.real_s), timeout_s)
        late_s = self._clock.now() - began_at - run.duration_s
        self._lateness.setdefault(run.asked.function, _Lateness()).add(late_s, run.duration_s)
        if drawn_s > timeout_s:
            await self._sleep_until(began_at + run.duration_s)
            return timed_out(run.asked.request, timeout_s, ended.real_s)
        # Free at that moment for whoever comes then, however late this task is woken.
        self._admission.finish_at(
            began_at + run.duration_s,
            run.admitted.execution,
            failed=ended.ending is not Ending.OK,
            duration_s=run.duration_s,
        )
        await self._sleep_until(began_at + run.duration_s)
        return ended

    def _drawn(self, function: str) -> float | None:
        """Return what the scenario says that the next invocation takes; drawn in the order of admission."""
        span = self._modelled.duration.get(function)
        if span is None:
            return None
        stream = self._draws.setdefault(function, Random(f"{self._seed}/functions/{function}/duration"))
        return span.draw(stream)

    def _serves_from(self, run: _Run) -> float:
        """Return when the handler begins: by the model where that says how long everything before takes."""
        unmodelled_init = run.cold and run.asked.function not in self._modelled.init_time
        return self._clock.now() if unmodelled_init else run.began_at + run.init_s

    async def _sleep_until(self, at: float) -> None:
        while (wait_s := self._clock.real_until(at)) > 0.0:
            await asyncio.sleep(wait_s)

    def too_slow(self) -> dict[str, float]:
        """Return, by function, the share of invocations that really took longer than they were to, on the
        model clock, where that is more than LATE_SHARE of them."""
        shares = {name: one.late / one.count for name, one in self._lateness.items()}
        return {name: share for name, share in shares.items() if share > LATE_SHARE}

    # -- what is told -----

    def _told(self, run: _Run, environment: LiveEnvironment, ended: Ended, at: float) -> Result:
        used_mb = -(-environment.memory_bytes() // MIB) or ended.memory_mb
        used_mb = min(used_mb, run.version.memory_mb) or run.version.memory_mb
        if not run.modelled:
            run.lines += environment.lines.take()
        self._close_log(run, ended, used_mb)
        self._log(environment, run.lines, at)
        tail = tail_of(run.lines)
        self._record(self._invoked(run, ended, at, used_mb, tail))
        asked = run.asked
        status = "ok" if ended.ending is Ending.OK else "error"
        return Result(
            status, ended.payload, ended.error, "", asked.request, run.version.version, run.duration_s, tail
        )

    def _close_log(self, run: _Run, ended: Ended, used_mb: int) -> None:
        request = run.asked.request
        if ended.ending is Ending.TIMEOUT:
            stamp = self._clock.epoch_s(self._clock.now())
            run.lines.append(
                f"{_iso(stamp)} {request} Task timed out after {run.version.timeout_s:.2f} seconds"
            )
        elif ended.ending in (Ending.CRASH, Ending.MEMORY):
            run.lines += [ended.message, ended.error]
        status = {Ending.OK: "", Ending.ERROR: "", Ending.TOO_LARGE: "error", Ending.TIMEOUT: "timeout"}
        said = status.get(ended.ending, "error")
        report = Report(
            request,
            run.duration_s,
            run.version.memory_mb,
            used_mb,
            run.init_s if run.cold else None,
            said,
            ended.error if said == "error" else "",
        )
        run.lines += [f"END RequestId: {request}", report.line()]

    def _invoked(
        self, run: _Run, ended: Ended, at: float, used_mb: int, tail: str
    ) -> journal.FunctionInvoked:
        asked, admitted = run.asked, run.admitted
        modelled_s = run.init_s + run.duration_s
        speed = self._clock.speed if run.modelled else 1.0
        failed = ended.ending is not Ending.OK
        return journal.FunctionInvoked(
            at,
            asked.due_at,
            run.began_at,
            asked.function,
            asked.qualifier,
            run.version.version,
            asked.request,
            asked.source,
            asked.trigger,
            admitted.environment,
            run.cold,
            admitted.provisioned,
            round(run.init_s, 6),
            round(run.duration_s, 6),
            round(max(perf_counter() - run.began - modelled_s / speed, 0.0), 6),
            ended.ending.value,
            f"{ended.error}: {ended.message}" if failed else "",
            asked.attempt,
            asked.records,
            _failed_records(asked.records, ended),
            used_mb,
            asked.caller,
            tail if failed else "",
        )


def _is_too_late(done: Initialised) -> bool:
    return done.failure is not None and done.failure.ending is Ending.TIMEOUT


def _refused(error: Refused) -> Ended:
    payload = orjson.dumps({"errorType": error.code, "errorMessage": error.message})
    return Ended(Ending.INIT, payload, 0.0, error.code, error.message)


def _failed_records(records: int, ended: Ended) -> int:
    """Return how many records of a batch come back: all where it failed, else those that the answer names."""
    if not records or ended.ending is not Ending.OK:
        return records
    if b"batchItemFailures" not in ended.payload:
        return 0
    try:
        named = orjson.loads(ended.payload)["batchItemFailures"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return min(len(named), records) if isinstance(named, list) else 0


def _invoked_arn(run: _Run) -> str:
    qualifier = run.asked.qualifier
    return f"{run.version.arn}:{qualifier}" if qualifier else run.version.arn


def _init_report(done: Initialised, status: str, error: str = "") -> str:
    kind = f"\tError Type: {error}" if error and status == "error" else ""
    return f"INIT_REPORT Init Duration: {done.real_s * 1000:.2f} ms\tPhase: init\tStatus: {status}{kind}"


def _trace(request: str) -> str:
    digits = request.replace("-", "")
    return f"Root=1-{digits[:8]}-{digits[8:32]};Parent={digits[:16]};Sampled=0"


def _iso(epoch_s: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
