"""Runs a scenario's programs and model builds: one child process each, watched, with its log kept."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.clock import Clock
from harness.config import Settings, program_environment
from harness.errors import ScenarioError
from harness.processes import ChildProcess
from harness.program import Job
from harness.recorder import Recorder
from harness.scenario import Scenario
from harness.scenario.programs import Program
from harness.scenario.resources import Model
from harness.view import View

if TYPE_CHECKING:
    from harness.runner import Options

POLL_S = 0.02
BUILD_AT_MOST_S = 600.0


class ProgramPhase:
    """Starts programs of one scenario, one after another, and turns what they leave into records."""

    def __init__(
        self,
        scenario: Scenario,
        options: "Options",
        settings: Settings,
        url: str,
        clock: Clock,
        recorder: Recorder,
        view: View,
        check: Callable[[], None],
        directory: Path,
    ) -> None:
        self._scenario = scenario
        self._options = options
        self._settings = settings
        self._url = url
        self._clock = clock
        self._recorder = recorder
        self._view = view
        self._check = check
        self._directory = directory

    def build(self, model: Model) -> bytes:
        """Return the artefact that *model* builds; raise ScenarioError when the build fails."""
        answer, log = self._carry_out("model", model.name, BUILD_AT_MOST_S)
        if "error" in answer:
            where = "" if answer.get("kind") == "scenario" else f"; its log is {log}"
            raise ScenarioError(f"{answer['error']}{where}")
        return Path(answer["result"]["artefact"]).read_bytes()

    def run(self, program: Program) -> None:
        """Run *program* to its end and journal what came of it."""
        began = self._clock.now()
        answer, log = self._carry_out("program", program.name, program.at_most_real_s)
        if answer.get("kind") == "scenario":
            raise ScenarioError(answer["error"])
        result = answer.get("result", {})
        error = f"{answer['error']} (log: {log})" if "error" in answer else ""
        now = self._clock.now()
        self._recorder.record(journal.ProgramEnded(now, program.name, began, int(bool(error)), result, error))
        if "rmse" in result:
            self._recorder.record(
                journal.Predicted(now, int(result["rows"]), float(result["rmse"]), str(result.get("source", program.name)))
            )

    def _carry_out(self, kind: str, name: str, at_most_s: float) -> tuple[dict[str, Any], Path]:
        work = self._directory / "work" / name
        work.mkdir(parents=True, exist_ok=True)
        job = Job(
            scenario=self._options.scenario_path or self._scenario.name,
            variant=self._scenario.variant,
            kind=kind,
            name=name,
            endpoint_url=self._url,
            region=self._settings.region,
            seed=self._options.seed,
            speed=self._clock.speed,
            data=str(self._options.data.resolve()) if self._options.data else "",
            work_dir=str(work),
            result=str(work / "result.json"),
            progress=str(work / "progress.json"),
        )
        job.write(work / "job.json")
        log = self._directory / "logs" / f"{name}.log"
        command = ("-m", "harness.program", str(work / "job.json"))
        with ChildProcess(name, command, log_path=log, env=program_environment(self._url, self._settings)) as child:
            self._watch(child, work / "progress.json", at_most_s)
            return _answer(work / "result.json", child), log

    def _watch(self, child: ChildProcess, progress: Path, at_most_s: float) -> None:
        give_up_at = time.monotonic() + at_most_s
        while child.poll() is None:
            self._check()
            if time.monotonic() > give_up_at:
                child.terminate()
                return
            _show(progress, self._view, child.name)
            time.sleep(POLL_S)


def _show(progress: Path, view: View, name: str) -> None:
    try:
        done, total = json.loads(progress.read_text())
    except (OSError, ValueError):  # not begun, or being written this moment
        return
    view.progress(done, total, f"{name}: {done} of {total}")


def _answer(path: Path, child: ChildProcess) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        died = child.obituary() or f"{child.name} was ended because it took too long"
        return {"error": f"{died}", "kind": "program"}
    return answer


