"""What runs inside the process of a program or a model build: load the scenario, call the function, write
what came.

Started by the runner as `python -m harness.program JOB.json`. The environment holds AWS_ENDPOINT_URL and the
credentials of the program's role, so that any boto3 session made in there speaks to the gateway under it.
"""

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness import skew
from harness.config import own_credentials
from harness.errors import HarnessError, ScenarioError
from harness.scenario import find
from harness.sessions import client, gateway_session
from harness.stopping import Stopping, cut_receives_short, on_first_call
from harness.walls import stay_here

if TYPE_CHECKING:
    from harness.scenario import HttpApi, Queue, Scenario, Topic
    from harness.scenario.permissions import On

PROGRESS_EVERY_S = 0.2
# A result is a few figures: it stands in the journal, in the summary and in the report.
RESULT_CHARACTERS = 100_000

Kind = Literal["program", "model"]


@dataclass(frozen=True, slots=True)
class Job:
    """What to call, and with what; `result`, `progress` and `ready` are files to write.

    `clock_zero` is the moment of model second 0 on this machine's monotonic clock. A program that `listens`
    is asked to end by SIGTERM and decides itself when; another ends by it at once. `skew_s` is how far ahead
    the clock is that its calls are signed with.
    """

    scenario: str
    variant: str
    kind: Kind
    name: str
    endpoint_url: str
    region: str
    account: str
    seed: int
    speed: float
    clock_zero: float
    data: str
    work_dir: str
    result: str
    progress: str
    ready: str
    rank: int = 0
    processes: int = 1
    listens: bool = False
    skew_s: float = 0.0

    def write(self, path: Path) -> None:
        """Write the job for `main` to read."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Job":
        """Return the job that `write` wrote."""
        return cls(**json.loads(path.read_text()))


class Context:
    """What a program gets: its `scenario`, the run's `seed`, the user's `data` or None, a `work_dir`.

    `rank` is its number among the `processes` of the program, from 0. `work_dir` is its own, and what it
    leaves there is there when it is started again.
    """

    def __init__(self, job: Job, scenario: "Scenario", stopping: Stopping | None = None) -> None:
        self._job = job
        self._told_at = 0.0
        self._stopping = stopping or Stopping()
        self._signs = own_credentials()
        self.scenario = scenario
        self.seed = job.seed
        self.rank = job.rank
        self.processes = job.processes
        self.data = Path(job.data) if job.data else None
        self.work_dir = Path(job.work_dir)

    @property
    def stopping(self) -> bool:
        """Whether the run has asked the program to end: it has `stop_within_s` seconds from then on.

        Only a program beside the load is ever asked. Look in every round of its loop.
        """
        return self._stopping.look()

    @property
    def session(self) -> Any:
        """localstack-client's session: `.client(service)` and `.resource(service)`, as boto3 makes them.

        Under the program's role, at the gateway; nothing is retried unless a `config` given says so.
        """
        signs = self._signs
        return gateway_session(
            self._job.endpoint_url,
            region=self._job.region,
            access_key=signs.access_key,
            secret_key=signs.secret_key,
            session_token=signs.session_token,
        )

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of *service* at the gateway, under the program's role.

        `attempts=N` makes it try N times, by the SDK's standard rules of what is tried again; without it
        nothing is. Further options as `sessions.client` has them.
        """
        signs = self._signs
        own: dict[str, Any] = {
            "region": self._job.region,
            "access_key": signs.access_key,
            "secret_key": signs.secret_key,
            "session_token": signs.session_token,
        }
        return client(service, self._job.endpoint_url, **own | options)

    def queue_url(self, queue: "Queue | str") -> str:
        """Return the address of *queue* (or of the one that AWS calls so), without asking SQS for it."""
        name = queue if isinstance(queue, str) else queue.aws_name
        return f"{self._job.endpoint_url}/{self._job.account}/{name}"

    def topic_arn(self, topic: "Topic | str") -> str:
        """Return the ARN of *topic* (or of the one that AWS calls so)."""
        name = topic if isinstance(topic, str) else topic.aws_name
        return f"arn:aws:sns:{self._job.region}:{self._job.account}:{name}"

    def api_url(self, api: "HttpApi") -> str:
        """Return the address of the HTTP API's route at the gateway; raise ScenarioError where it is not."""
        from harness.scenario.triggers import API_PATH

        for page in self.client("apigatewayv2").get_paginator("get_apis").paginate():
            for found in page["Items"]:
                if found["Name"] == api.name:
                    return f"{self._job.endpoint_url}{API_PATH}/{found['ApiId']}/$default{api.path}"
        raise ScenarioError(f"There is no HTTP API {api.name!r}; deploy it first")

    def arn(self, one: "On") -> str:
        """Return the ARN of a declared thing; of text the text, `{region}` and `{account}` filled in."""
        from harness.scenario.permissions import arn_of

        return arn_of(one, self._job.region, self._job.account)

    def ready(self) -> None:
        """Say that the program is ready for the load, which else waits for its first AWS call."""
        Path(self._job.ready).touch()

    def now(self) -> float:
        """Return model seconds since the run began."""
        return (time.monotonic() - self._job.clock_zero) * self._job.speed

    def progress(self, done: int, total: int) -> None:
        """Tell the user how far the program is; cheap enough to call in every round."""
        now = time.monotonic()
        if now - self._told_at >= PROGRESS_EVERY_S or done >= total:
            self._told_at = now
            Path(self._job.progress).write_text(json.dumps([done, total]))

    def wait_model_s(self, seconds: float) -> None:
        """Wait *seconds* of model time, less when the program is asked to stop meanwhile."""
        self._stopping.sleep(seconds / self._job.speed)


def main(argv: list[str]) -> int:
    """Run the job in the file argv[0]; return 0, or 1 with the error in the result file."""
    job = Job.read(Path(argv[0]))
    stay_here()
    if job.skew_s:
        skew.install(job.skew_s)
    stopping = Stopping()
    if job.listens:
        stopping.listen()
        cut_receives_short(stopping)
        on_first_call(Path(job.ready).touch)
    try:
        answer = _written(job, _call(job, stopping))
    except Exception as error:
        traceback.print_exc()
        kind = "scenario" if isinstance(error, ScenarioError) else "program"
        message = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
        Path(job.result).write_text(json.dumps({"error": message[:RESULT_CHARACTERS], "kind": kind}))
        return 1
    Path(job.result).write_text(answer)
    return 0


def _call(job: Job, stopping: Stopping) -> dict[str, Any]:
    scenario = find(job.scenario).resolve(job.variant)
    context = Context(job, scenario, stopping)
    if job.kind == "model":
        model = next(one for one in scenario.models if one.name == job.name)
        artefact = context.work_dir / "model.tar.gz"
        artefact.write_bytes(_checked(f"build of model {job.name!r}", model.build(context), bytes))
        return {"artefact": str(artefact)}
    program = next(one for one in scenario.programs if one.name == job.name)
    returned = program.function(context)
    return {} if returned is None else dict(_checked(f"program {job.name!r}", returned, Mapping))


def _written(job: Job, result: dict[str, Any]) -> str:
    answer = json.dumps({"result": result}, default=_plain, allow_nan=False)
    if len(answer) > RESULT_CHARACTERS:
        raise ValueError(
            f"the {job.kind} {job.name!r} returned {len(answer)} characters, and a result has "
            f"{RESULT_CHARACTERS} at most: return figures, and write the rest into its work_dir"
        )
    return answer


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
