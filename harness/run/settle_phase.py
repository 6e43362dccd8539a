"""The phase of a run after its load: nothing new is begun, and what was begun comes to its end."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.run.context import RunContext
from harness.run.deploy import Deployer
from harness.run.function_phase import FunctionsOnStage, readers_by_event_source
from harness.run.settling import ATTEMPTS, QUEUES_AT_MOST_REAL_S, Drain, readers_of, settle
from harness.run.workers import Workers
from harness.scenario import Endpoint, Program, Scenario
from harness.scenario.plans.triggers import stopping

if TYPE_CHECKING:
    from harness.aws.stage import Stage


class Settling:
    """Goes on until queues are empty, functions have done with what came to them and endpoints are back at
    their minimum, or the time for it is up.

    `until` says for people what is waited for, None where the scenario has nothing to wait for.
    """

    def __init__(
        self, run: RunContext, stage: "Stage", functions: FunctionsOnStage, beside: Sequence[Program]
    ) -> None:
        self._run = run
        self._stage = stage
        self._functions = functions
        self._beside = beside
        self._wanted = run.scenario.settle
        self._names = [function.name for function in run.scenario.functions]
        self._images = run.scenario.images
        self._readers = readers_of(beside, readers_by_event_source(run.scenario))
        self._scaled = _scaled(run.scenario)

    @property
    def until(self) -> str | None:
        if self._wanted is None and not self._readers and not self._names and not self._images:
            return None
        are = "is" if len(self._readers) == 1 else "are"
        parts = ["capacity is back at its minimum"] if self._wanted and self._scaled else []
        parts += [f"{', '.join(self._readers)} {are} empty"] if self._readers else []
        parts += ["no event is under way"] if self._names else []
        parts += ["no job is under way"] if self._images else []
        return f"until {' and '.join(parts)}" if parts else ""

    def carry_out(self, deployer: Deployer, workers: Workers) -> None:
        """Let no timer fire any more, wait, and journal what is left."""
        run, wanted = self._run, self._wanted
        deployer.carry_out(stopping(run.scenario), gone_is_fine=True)
        drain = self._drain(workers)
        at_most_s = wanted.at_most_s if wanted else QUEUES_AT_MOST_REAL_S * run.clock.speed
        at_minimum: Callable[[], bool] = self._at_minimum if wanted else lambda: True
        settle(run, drain, at_most_s, at_minimum, self._stage.capacity_line)
        keys = {program.name: workers.access_keys(program.name) for program in self._beside}
        for finding in drain.findings(run.clock.now(), list(run.recorder.records), keys):
            run.recorder.record(finding)

    def _drain(self, workers: Workers) -> Drain:
        return Drain(
            self._run.client("sqs", attempts=ATTEMPTS) if self._readers else None,
            self._readers,
            self._queue_url,
            lambda reader: reader not in self._names and workers.over(reader),
            self._under_way if self._names or self._images else None,
            self._names,
        )

    def _under_way(self) -> str:
        # Read from another thread: names, as they are at the moment.
        jobs = [*self._stage.jobs.under_way, *self._stage.derived_jobs.under_way]
        parts = [self._functions.under_way() if self._names else "", *(f"job {name}" for name in jobs)]
        return ", ".join(part for part in parts if part)

    def _queue_url(self, queue: str) -> str:
        return f"{self._run.url}/{self._run.settings.account_id}/{queue}"

    def _at_minimum(self) -> bool:
        return all(self._stage.at_minimum(endpoint.resource_id) for endpoint in self._scaled)


def _scaled(scenario: Scenario) -> list[Endpoint]:
    return [endpoint for endpoint in scenario.endpoints if endpoint.scaling]
