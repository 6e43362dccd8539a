"""Sends a scenario's load through Locust, breaks what its faults name, and journals every request."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness import journal
from harness.aws.stage import Stage
from harness.clock import Clock
from harness.errors import HarnessError
from harness.interrupts import Deferred
from harness.load import LoadProgress, LoadResult, run_load
from harness.load_plan import AccessKey, LoadPlan
from harness.run.context import RunContext
from harness.scenario.faults import Fault


def send_load(run: RunContext, stage: Stage) -> list[str]:
    """Send the load to its end and journal it; return why it proves nothing, empty when it does.

    When the backend dies or the user interrupts, the clients are ended, what they had sent is journalled, and
    the error goes on.
    """
    plan = _plan(run)
    watch = _Watch(run.check)
    faults = _Faults(run.scenario.faults, stage, run.clock)
    with Deferred() as interrupt:
        try:
            result = run_load(
                plan,
                run.logs,
                lambda progress: _show(run, progress),
                processes=run.options.processes,
                should_stop=lambda: interrupt.came or watch.must_stop(),
                on_begin=faults.begin,
            )
        finally:
            faults.stop()
        _journal(run, plan, result)
    watch.reraise()
    return [*result.why, *faults.failures]


def _plan(run: RunContext) -> LoadPlan:
    chosen = run.options.client
    models = [replace(one, client=chosen) if chosen else one for one in run.scenario.workload]
    return LoadPlan(
        gateway_url=run.url,
        models=tuple(models),
        results_dir=run.directory / "load",
        clock_zero=run.clock.zero,
        seed=run.options.seed,
        speed=run.clock.speed,
        start_at=run.clock.now(),
        region=run.settings.region,
        account=run.settings.account_id,
        role_keys={one.role_name: AccessKey(f"role-{one.role_name}") for one in models if one.role_name},
    )


def _show(run: RunContext, progress: LoadProgress) -> None:
    missed = progress.failed + progress.dropped
    text = f"{progress.sent} sent, {progress.completed} answered, {missed} not"
    run.view.progress(progress.at_s, progress.duration_s, text)


def _journal(run: RunContext, plan: LoadPlan, result: LoadResult) -> None:
    models = {model.label: model for model in plan.models}
    for row in result.rows():
        run.recorder.record(
            journal.LoadRequest(
                due_at=row.due_at,
                endpoint=models[row.model].endpoint_name,
                outcome=row.outcome,
                status=row.status,
                sent_at=row.sent_at,
                received_at=row.received_at,
                lag_s=row.lag_s,
                queue_s=row.queue_s or 0.0,
                service_s=row.service_s or 0.0,
                overhead_s=row.overhead_s or 0.0,
                error=row.error,
                target=models[row.model].target,
            )
        )
    run.recorder.record(_account(result, run.clock.now()))


def _account(result: LoadResult, now: float) -> journal.LoadEnded:
    return journal.LoadEnded(
        at=now,
        began_at=result.began_at,
        offered=result.offered,
        sent=result.sent,
        completed=result.completed,
        failed=result.failed,
        dropped=result.dropped,
        unfinished=result.unfinished,
        lag_p99_s=result.lag_p99_s,
        client=result.client,
        client_cpu=result.client_cpu,
        processes=result.processes,
        saturated=result.saturated,
        why=list(result.why),
    )


class _Watch:
    """Turns an error of `check` into "stop" for the load, and raises it again afterwards."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._error: HarnessError | None = None

    def must_stop(self) -> bool:
        try:
            self._check()
        except HarnessError as error:
            self._error = error
        return self._error is not None

    def reraise(self) -> None:
        if self._error is not None:
            raise self._error


class _Faults:
    """Timers that break things at their moments of model time; `failures` says what could not be broken."""

    def __init__(self, faults: Sequence[Fault], stage: Stage, clock: Clock) -> None:
        self.failures: list[str] = []
        self._faults = faults
        self._stage = stage
        self._clock = clock
        self._timers: list[threading.Timer] = []

    def begin(self, began_at: float) -> None:
        """Arm every fault; the load begins at model second *began_at*."""
        for fault in self._faults:
            wait = max(0.0, self._clock.real_until(began_at + fault.after_s))
            timer = threading.Timer(wait, self._inject, (fault,))
            timer.daemon = True
            timer.start()
            self._timers.append(timer)

    def stop(self) -> None:
        """Let no fault happen any more; one that is happening is waited for."""
        for timer in self._timers:
            timer.cancel()
        for timer in self._timers:
            timer.join()

    def _inject(self, fault: Fault) -> None:
        try:
            self._stage.inject(fault)
        except Exception as error:  # in a thread of its own nobody else would hear of it
            self.failures.append(f"{fault} could not be injected: {error}.")
