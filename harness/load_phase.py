"""Sends a scenario's load through Locust, breaks what its faults name when they are due, journals every request."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import journal
from harness.clock import Clock
from harness.config import Settings
from harness.gateway.stage import Stage
from harness.load import LoadProgress, LoadResult, run_load
from harness.load_plan import LoadPlan
from harness.recorder import Recorder
from harness.scenario import Scenario
from harness.scenario.faults import Fault
from harness.view import View

if TYPE_CHECKING:
    from harness.runner import Options


class LoadPhase:
    """One load of one run."""

    def __init__(
        self,
        scenario: Scenario,
        options: "Options",
        settings: Settings,
        url: str,
        clock: Clock,
        recorder: Recorder,
        view: View,
        directory: Path,
    ) -> None:
        models = [
            replace(model, client=options.client) if options.client else model for model in scenario.workload
        ]
        self._scenario = scenario
        self._options = options
        self._clock = clock
        self._recorder = recorder
        self._view = view
        self._logs = directory / "logs"
        self._plan = LoadPlan(
            gateway_url=url,
            models=tuple(models),
            results_dir=directory / "load",
            clock_zero=clock.zero,
            seed=options.seed,
            speed=clock.speed,
            start_at=clock.now(),
            region=settings.region,
        )
        self._endpoints = {model.label: model.endpoint_name for model in models}

    def run(self, check: Callable[[], None], stage: Stage) -> list[str]:
        """Send the load to its end; return why it proves nothing, empty when it does.

        *check* raises when the backend has died; the clients are ended then and the error goes on.
        """
        watch = _Watch(check)
        timers = _Faults(self._scenario.faults, stage, self._clock)
        try:
            result = run_load(
                self._plan,
                self._logs,
                self._show,
                processes=self._options.processes,
                should_stop=watch.must_stop,
                on_begin=timers.begin,
            )
        finally:
            timers.stop()
        self._journal(result)
        watch.reraise()
        return list(result.why)

    def _show(self, progress: LoadProgress) -> None:
        text = (
            f"{progress.sent} sent, {progress.completed} answered, {progress.failed + progress.dropped} not"
        )
        self._view.progress(progress.at_s, progress.duration_s, text)

    def _journal(self, result: LoadResult) -> None:
        for row in result.rows():
            self._recorder.record(
                journal.LoadRequest(
                    due_at=row.due_at,
                    endpoint=self._endpoints[row.model],
                    outcome=row.outcome,
                    status=row.status,
                    sent_at=row.sent_at,
                    received_at=row.received_at,
                    lag_s=row.lag_s,
                    queue_s=row.queue_s or 0.0,
                    service_s=row.service_s or 0.0,
                    overhead_s=row.overhead_s or 0.0,
                    error=row.error,
                )
            )
        self._recorder.record(
            journal.LoadEnded(
                at=self._clock.now(),
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
        )


class _Watch:
    """Turns an exception of `check` into "stop" for the load, and raises it again afterwards."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._error: Exception | None = None

    def must_stop(self) -> bool:
        try:
            self._check()
        except Exception as error:
            self._error = error
        return self._error is not None

    def reraise(self) -> None:
        if self._error is not None:
            raise self._error


class _Faults:
    """Timers that break things at their moments of model time."""

    def __init__(
        self, faults: "list[Fault] | tuple[Fault, ...] | object", stage: Stage, clock: Clock
    ) -> None:
        self._faults: tuple[Fault, ...] = tuple(faults)  # type: ignore[arg-type]
        self._stage = stage
        self._clock = clock
        self._timers: list[threading.Timer] = []

    def begin(self, began_at: float) -> None:
        """Arm every fault; the load begins at model second *began_at*."""
        for fault in self._faults:
            wait = max(0.0, self._clock.real_until(began_at + fault.after_s))
            timer = threading.Timer(wait, self._stage.inject, (fault,))
            timer.daemon = True
            timer.start()
            self._timers.append(timer)

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
