"""What runs inside the process of a program or a model build: load the scenario, call the function, write
what came.

Started by the runner as `python -m harness.program JOB.json`. The environment holds AWS_ENDPOINT_URL and fake
credentials, so that any boto3 session made in there speaks to the gateway.
"""

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import HarnessError, ScenarioError
from harness.scenario import find
from harness.sessions import client

if TYPE_CHECKING:
    from harness.scenario import Scenario

PROGRESS_EVERY_S = 0.2

Kind = Literal["program", "model"]


@dataclass(frozen=True, slots=True)
class Job:
    """What to call, and with what; `result` and `progress` are files to write."""

    scenario: str
    variant: str
    kind: Kind
    name: str
    endpoint_url: str
    region: str
    seed: int
    speed: float
    data: str
    work_dir: str
    result: str
    progress: str

    def write(self, path: Path) -> None:
        """Write the job for `main` to read."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Job":
        """Return the job that `write` wrote."""
        return cls(**json.loads(path.read_text()))


class Context:
    """What a program gets: its `scenario`, the run's `seed`, the user's `data` or None, a `work_dir`."""

    def __init__(self, job: Job, scenario: "Scenario") -> None:
        self._job = job
        self._told_at = 0.0
        self.scenario = scenario
        self.seed = job.seed
        self.data = Path(job.data) if job.data else None
        self.work_dir = Path(job.work_dir)

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of *service* at the gateway; options as `sessions.client` has them."""
        return client(service, self._job.endpoint_url, region=self._job.region, **options)

    def progress(self, done: int, total: int) -> None:
        """Tell the user how far the program is; cheap enough to call in every round."""
        now = time.monotonic()
        if now - self._told_at >= PROGRESS_EVERY_S or done >= total:
            self._told_at = now
            Path(self._job.progress).write_text(json.dumps([done, total]))

    def wait_model_s(self, seconds: float) -> None:
        """Wait *seconds* of model time."""
        time.sleep(seconds / self._job.speed)


def main(argv: list[str]) -> int:
    """Run the job in the file argv[0]; return 0, or 1 with the error in the result file."""
    job = Job.read(Path(argv[0]))
    try:
        answer = json.dumps({"result": _call(job)}, default=_plain, allow_nan=False)
    except Exception as error:
        traceback.print_exc()
        kind = "scenario" if isinstance(error, ScenarioError) else "program"
        message = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
        Path(job.result).write_text(json.dumps({"error": message, "kind": kind}))
        return 1
    Path(job.result).write_text(answer)
    return 0


def _call(job: Job) -> dict[str, Any]:
    scenario = find(job.scenario).resolve(job.variant)
    context = Context(job, scenario)
    if job.kind == "model":
        model = next(one for one in scenario.models if one.name == job.name)
        artefact = context.work_dir / "model.tar.gz"
        artefact.write_bytes(_checked(f"build of model {job.name!r}", model.build(context), bytes))
        return {"artefact": str(artefact)}
    program = next(one for one in scenario.programs if one.name == job.name)
    returned = program.function(context)
    return {} if returned is None else dict(_checked(f"program {job.name!r}", returned, Mapping))


def _checked(what: str, value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"the {what} returned {type(value).__name__}, where {kind.__name__} is wanted")
    return value


def _plain(value: Any) -> Any:
    """Return a figure of numpy's as Python's own."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{value!r} is no value that can be written down: return numbers and text")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
