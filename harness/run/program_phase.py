"""The phases of a run in which its programs work: before, beside and after the load; and model builds."""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import journal
from harness.config import program_environment
from harness.errors import ScenarioError
from harness.processes import ChildProcess
from harness.run.context import RunContext
from harness.run.credentials import credentials_of
from harness.run.jobs import job_of
from harness.run.program_results import merged, why_failed
from harness.run.workers import Workers
from harness.scenario import Model, Program

POLL_S = 0.02
BUILD_AT_MOST_S = 600.0
# How long the load waits for the programs beside it to make their first call, seconds of this machine: an
# import of scikit-learn takes 2 s, and twice that on a busy machine.
READY_WITHIN_S = 10.0


# -- model builds -----


@dataclass(frozen=True, slots=True)
class Build:
    """A model build under way: its process, where its artefact will be, and when it is given up."""

    label: str
    child: ChildProcess
    folder: Path
    give_up_at: float


def begin_build(run: RunContext, model: Model, stack: ExitStack) -> Build:
    """Start the build of *model*, to be ended with *stack* at the latest."""
    folder = run.directory / "work" / f"model-{model.name}"
    folder.mkdir(parents=True, exist_ok=True)
    child = ChildProcess(
        model.name,
        ("-m", "harness.program", str(job_of(run, "model", model.name, folder))),
        log_path=run.logs / f"model-{model.name}.log",
        env=program_environment(run.url, run.settings),
    )
    give_up_at = time.monotonic() + BUILD_AT_MOST_S
    return Build(f"Model {model.name!r}", stack.enter_context(child), folder, give_up_at)


def built(run: RunContext, build: Build) -> bytes:
    """Return the artefact of a build when it is there; raise ScenarioError when the build fails."""
    while build.child.poll() is None:
        run.check()
        if time.monotonic() > build.give_up_at:
            build.child.terminate()
            raise ScenarioError(
                f"{build.label} was ended after {BUILD_AT_MOST_S:g} s, the most that its build may take; its "
                f"log is {build.child.log_path}"
            )
        _show(run, build.child.name, _progress(build.folder))
        time.sleep(POLL_S)
    answer = _answer(build)
    if "error" in answer:
        where = "" if answer["kind"] == "scenario" else f"; its log is {build.child.log_path}"
        raise ScenarioError(f"{answer['error']}{where}")
    return Path(answer["result"]["artefact"]).read_bytes()


def _answer(build: Build) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads((build.folder / "result.json").read_text())
    except (OSError, ValueError):
        return {"error": build.child.obituary() or f"{build.label} left no result", "kind": "program"}
    return answer


def _progress(folder: Path) -> tuple[int, int] | None:
    try:
        done, total = json.loads((folder / "progress.json").read_text())
    except (OSError, ValueError):  # not begun, or being written this moment
        return None
    return done, total


# -- programs -----


def run_program(run: RunContext, workers: Workers, program: Program) -> None:
    """Run *program* to its end and journal what came of it.

    Raises ScenarioError where the program did: then the scenario, or the data it was given, cannot work.
    """
    _begin(run, workers, program)
    await_end(run, workers, program)
    conclude(run, workers, program)


def start_beside(run: RunContext, workers: Workers, programs: Sequence[Program]) -> None:
    """Start *programs*, which work beside the load; return when each is ready for it, or has had its time.

    A process is ready with its first AWS call, when it says so (`context.ready`), or has ended.
    """
    for program in programs:
        _begin(run, workers, program)
    give_up_at = time.monotonic() + READY_WITHIN_S
    while any(workers.unready(program.name) for program in programs) and time.monotonic() < give_up_at:
        run.check()
        time.sleep(POLL_S)
    for program in programs:
        workers.tell_unready(program.name, READY_WITHIN_S)


def await_end(run: RunContext, workers: Workers, program: Program) -> None:
    """Wait until *program*, which was started, has ended by itself or was ended for taking too long."""
    while not workers.over(program.name):
        run.check()
        _show(run, program.name, workers.progress(program.name))
        time.sleep(POLL_S)


def stop_beside(run: RunContext, workers: Workers, programs: Sequence[Program]) -> None:
    """Ask *programs* to end, wait until they have, and journal what came of each.

    The wait is that of the longest `stop_within_s`. Raises ScenarioError where one of them did.
    """
    for program in programs:
        workers.ask_to_stop(program.name)
    for program in programs:
        await_end(run, workers, program)
        conclude(run, workers, program)


def conclude(run: RunContext, workers: Workers, program: Program) -> None:
    """Journal what *program*, which is over, came to. Raises ScenarioError where the program did."""
    answers = workers.answers(program.name)
    for answer in answers:
        if answer.cannot_work:
            raise ScenarioError(answer.error)
    result = merged([answer.result for answer in answers])
    error = why_failed(answers, workers.logs(program.name))
    now, began = run.clock.now(), workers.began(program.name)
    run.recorder.record(journal.ProgramEnded(now, program.name, began, int(bool(error)), result, error))
    rows, rmse = result.get("rows"), result.get("rmse")
    if program.processes == 1 and isinstance(rows, int) and isinstance(rmse, int | float):
        source = str(result.get("source", program.name))
        run.recorder.record(journal.Predicted(now, rows, float(rmse), source))


def _begin(run: RunContext, workers: Workers, program: Program) -> None:
    credentials = credentials_of(program, run.client, run.settings.account_id, run.act_as)
    workers.begin(program, credentials)


def _show(run: RunContext, name: str, progress: tuple[int, int] | None) -> None:
    if progress is not None:
        done, total = progress
        run.view.progress(done, total, f"{name}: {done} of {total}")
