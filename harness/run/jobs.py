"""What the process of a program or of a model build is told: the job it reads when it begins."""

from pathlib import Path

from harness.program import Job, Kind
from harness.run.context import RunContext
from harness.scenario import Program
from harness.scenario.faults.clock_skew import skew_of


def job_of(
    run: RunContext, kind: Kind, name: str, folder: Path, *, program: Program | None = None, rank: int = 0
) -> Path:
    """Write the job of the model or program *name*, whose files are in *folder*; return where it is."""
    job = Job(
        scenario=run.options.scenario_path or run.scenario.name,
        variant=run.scenario.variant,
        kind=kind,
        name=name,
        endpoint_url=run.url_for(program) if program else run.url,
        region=run.settings.region,
        account=run.settings.account_id,
        seed=run.options.seed,
        speed=run.clock.speed,
        clock_zero=run.clock.zero,
        data=str(run.options.data.resolve()) if run.options.data else "",
        work_dir=str(folder),
        result=str(folder / "result.json"),
        progress=str(folder / "progress.json"),
        ready=str(folder / "ready"),
        rank=rank,
        processes=program.processes if program else 1,
        skew_s=skew_of(run.scenario.faults, name) if kind == "program" else 0.0,
        listens=program is not None and program.moment == "beside_load",
    )
    path = folder / "job.json"
    job.write(path)
    return path
