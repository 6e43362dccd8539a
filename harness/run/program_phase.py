"""Runs a scenario's programs and model builds: one child process each, watched, with its log kept."""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import journal
from harness.config import program_environment
from harness.errors import ScenarioError
from harness.processes import ChildProcess
from harness.program import Job, Kind
from harness.run.context import RunContext
from harness.scenario import Model, Program

POLL_S = 0.02
BUILD_AT_MOST_S = 600.0


@dataclass(frozen=True, slots=True)
class Task:
    """A child process under way: what it is called, where its result will be, and when it is given up."""

    label: str
    child: ChildProcess
    folder: Path
    at_most_s: float
    began_at: float

    def answer(self, run: RunContext) -> dict[str, Any]:
        """Return its `result`, or its `error` and the `kind` of it, once it has ended or its time is up."""
        give_up_at = self.began_at + self.at_most_s
        while self.child.poll() is None:
            run.check()
            if time.monotonic() > give_up_at:
                self.child.terminate()
                took = f"{self.label} was ended after {self.at_most_s:g} s, the most it may take"
                return {"error": took, "kind": "program"}
            self._show(run)
            time.sleep(POLL_S)
        return self._result()

    def _show(self, run: RunContext) -> None:
        try:
            done, total = json.loads((self.folder / "progress.json").read_text())
        except (OSError, ValueError):  # not begun, or being written this moment
            return
        run.view.progress(done, total, f"{self.child.name}: {done} of {total}")

    def _result(self) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        except (OSError, ValueError):
            return {"error": self.child.obituary() or f"{self.label} left no result", "kind": "program"}
        return answer


def begin_build(run: RunContext, model: Model, stack: ExitStack) -> Task:
    """Start the build of *model*, to be ended with *stack* at the latest."""
    return _begin(run, "model", model.name, BUILD_AT_MOST_S, stack)


def built(run: RunContext, task: Task) -> bytes:
    """Return the artefact of a build when it is there; raise ScenarioError when the build fails."""
    answer = task.answer(run)
    if "error" in answer:
        where = "" if answer["kind"] == "scenario" else f"; its log is {task.child.log_path}"
        raise ScenarioError(f"{answer['error']}{where}")
    return Path(answer["result"]["artefact"]).read_bytes()


def run_program(run: RunContext, program: Program) -> None:
    """Run *program* to its end and journal what came of it.

    Raises ScenarioError where the program did: then the scenario, or the data it was given, cannot work.
    """
    began = run.clock.now()
    with ExitStack() as stack:
        task = _begin(run, "program", program.name, program.at_most_real_s, stack)
        answer = task.answer(run)
    if answer.get("kind") == "scenario":
        raise ScenarioError(answer["error"])
    result = answer.get("result", {})
    error = f"{answer['error']} (log: {task.child.log_path})" if "error" in answer else ""
    now = run.clock.now()
    run.recorder.record(journal.ProgramEnded(now, program.name, began, int(bool(error)), result, error))
    rows, rmse = result.get("rows"), result.get("rmse")
    if isinstance(rows, int) and isinstance(rmse, int | float):
        source = str(result.get("source", program.name))
        run.recorder.record(journal.Predicted(now, rows, float(rmse), source))


def _begin(run: RunContext, kind: Kind, name: str, at_most_s: float, stack: ExitStack) -> Task:
    folder = run.directory / "work" / f"{kind}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "job.json"
    _job(run, kind, name, folder).write(path)
    child = ChildProcess(
        name,
        ("-m", "harness.program", str(path)),
        log_path=run.logs / f"{kind}-{name}.log",
        env=program_environment(run.url, run.settings),
    )
    label = f"{kind.capitalize()} {name!r}"
    return Task(label, stack.enter_context(child), folder, at_most_s, time.monotonic())


def _job(run: RunContext, kind: Kind, name: str, folder: Path) -> Job:
    return Job(
        scenario=run.options.scenario_path or run.scenario.name,
        variant=run.scenario.variant,
        kind=kind,
        name=name,
        endpoint_url=run.url,
        region=run.settings.region,
        seed=run.options.seed,
        speed=run.clock.speed,
        data=str(run.options.data.resolve()) if run.options.data else "",
        work_dir=str(folder),
        result=str(folder / "result.json"),
        progress=str(folder / "progress.json"),
    )
