"""EC2 in a run: what the stage is told of it, and the faults of its spot market."""

from typing import TYPE_CHECKING

from harness.aws.compute.machines import Programs
from harness.aws.compute.part import DeclaredCompute
from harness.aws.jobs.interruptions import Plan
from harness.compute.interruptions import InterruptionPlan
from harness.machine import MachineJob
from harness.run.context import RunContext
from harness.scenario.faults import SpotInterruption

if TYPE_CHECKING:
    from harness.aws.stage import Stage


def declared_compute(run: RunContext) -> DeclaredCompute:
    """Return what the scenario of *run* says of EC2, with its programs written down for their processes."""
    scenario = run.scenario
    folder = run.directory / "work" / "instances"
    commands: dict[str, tuple[str, ...]] = {}
    seconds = {one.id: one.seconds for one in scenario.machine_images if one.seconds is not None}
    for image in scenario.machine_images:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{image.id}.json"
        MachineJob(
            scenario=run.options.scenario_path or scenario.name,
            variant=scenario.variant,
            image=image.id,
            seed=run.options.seed,
            speed=run.clock.speed,
            clock_zero=run.clock.zero,
            data=str(run.options.data.resolve()) if run.options.data else "",
        ).write(path)
        commands[image.id] = ("-m", "harness.machine", str(path))
    return DeclaredCompute(
        Programs(commands, seconds, folder, run.logs),
        scenario.compute_settings,
        {market.instance_type: market.steps for market in scenario.spot_markets},
    )


class SpotOnStage:
    """The spot instances of *stage*, from any thread but the gateway's."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    def take_back(self, key: str, fault: SpotInterruption) -> None:
        """Take back spot instances as *fault* has it, from now on."""
        if fault.names_job:
            self._stage.await_on_loop(self._from_jobs(key, fault))
            return
        plan = InterruptionPlan(
            key, fault.image_id, fault.running_s, fault.rebalance_s, fault.times, fault.reason == "price"
        )

        async def arm() -> None:
            self._stage.compute.interrupt(plan)

        self._stage.await_on_loop(arm())

    async def _from_jobs(self, key: str, fault: SpotInterruption) -> None:
        self._stage.jobs.take_back(key, Plan(fault.image_id, fault.running_s, fault.times))

    def taken_back(self, key: str) -> int:
        """Return how many instances, or training jobs, the fault *key* has hit."""

        async def look() -> int:
            return self._stage.compute.interrupted(key) + self._stage.jobs.interruptions.done(key)

        return self._stage.await_on_loop(look())
