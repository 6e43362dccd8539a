"""The stack of a scenario in a run: deployed through the gateway as its users deploy it, and removed."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.errors import HarnessError, ScenarioError
from harness.run.context import RunContext
from harness.run.deploy import Deployer
from harness.scenario.stack import Stack
from harness.templates.refer import name_of

if TYPE_CHECKING:
    from harness.aws.stage import Stage
    from harness.stacks import Deployed, Event, Ground


class StackOnStage:
    """The stack of *run*'s scenario: `deploy` makes it, `remove` takes away what was made."""

    def __init__(self, run: RunContext, stack: Stack) -> None:
        self._run = run
        self._stack = stack
        settings = run.settings
        self._template = stack.template(region=settings.region, account=settings.account_id)
        self._remove: Callable[[], None] = lambda: None
        self._kept = ExitStack()  # what Terraform has made, as long as it is not destroyed
        self._buckets = [bucket.name for bucket in run.scenario.buckets]

    @property
    def resources(self) -> str:
        """How many resources there are, in words for people."""
        count = len(self._template.resources)
        return f"{self._template.stack} ({count} {'resource' if count == 1 else 'resources'})"

    def deploy(self) -> None:
        """Make the stack; raise ScenarioError naming the resource that AWS, or an emulator, refused."""
        if self._stack.apply:
            self._apply()
            return
        from harness.stacks import delete, deploy

        ground = self._ground()
        deployed = deploy(self._template, ground, tell=self._heard)
        self._remove = lambda: self._told(delete(deployed, ground, tell=self._heard))
        if not deployed.ok:
            raise ScenarioError(_why(deployed))

    def _apply(self) -> None:
        """Let Terraform apply its folder; what it made is told when all of it is there."""
        from harness.terraform import applied

        run, folder = self._run, Path(self._stack.path)
        if self._template.language != "terraform":
            raise ScenarioError(f"Stack {folder}: apply is for a folder of Terraform's; leave it out")
        made = self._kept.enter_context(
            applied(folder, run.url, run.settings, variables=self._stack.parameters, tell=run.view.line)
        )
        self._remove = self._kept.close
        self._buckets = [name_of(one) for one in made.template.of_type("AWS::S3::Bucket")]
        for one in made.template.resources.values():
            placed = (one.logical_id, one.physical_id, one.type)
            record = journal.StackChanged(run.clock.now(), self._template.stack, *placed, "CREATE_COMPLETE")
            run.recorder.record(record)

    def fire_timers(self, stage: "Stage") -> None:
        """Fire once each timer that is not due while the load lasts, and say so."""
        now = self._run.clock.now()
        until = now + max((load.duration_s for load in self._run.scenario.workload), default=0.0)
        for name in stage.await_on_loop(stage.timers.fire_those_after(until)):
            message = f"{name} is not due while the load lasts, so it was fired once, at the beginning"
            self._run.recorder.record(
                journal.Finding(self._run.clock.now(), "timer-fired-early", "note", name, message, "")
            )

    def remove(self, deployer: Deployer) -> None:
        """Empty the buckets and remove what `deploy` made; what cannot be removed is a finding."""
        for bucket in self._buckets:
            deployer.empty(bucket)
        self._remove()

    def close(self) -> None:
        """End Terraform where the run ended early, while the gateway still answers it. Safe to call twice."""
        with suppress(HarnessError):  # the run has its own reason, and the emulators end with what is left
            self._kept.close()

    def _told(self, gone: "Deployed") -> None:
        for left in gone.left:
            message = f"{left.logical_id} ({left.type}, {left.physical_id}) could not be removed"
            self._run.recorder.record(
                journal.Finding(
                    self._run.clock.now(), "stack-not-removed", "warning", gone.stack, message, ""
                )
            )

    def _ground(self) -> "Ground":
        from harness.stacks import Ground

        settings = self._run.settings

        @cache
        def client(service: str) -> Any:
            return self._run.client(service)

        return Ground(client, settings.region, settings.account_id, time.sleep)

    def _heard(self, event: "Event") -> None:
        self._run.check()
        self._run.recorder.record(
            journal.StackChanged(
                self._run.clock.now(),
                self._template.stack,
                event.logical_id,
                event.physical_id,
                event.type,
                event.status,
                event.reason,
            )
        )


def _why(deployed: "Deployed") -> str:
    """Return why the stack could not be made, and what is left of it, in a sentence."""
    left = "everything that was made is removed again"
    if deployed.left:
        names = ", ".join(f"{one.logical_id} ({one.physical_id})" for one in deployed.left)
        left = f"these are left: {names}"
    return f"Stack {deployed.stack!r} could not be deployed: {deployed.failure}; {left}"
