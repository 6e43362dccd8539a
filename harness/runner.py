"""Carries out a rehearsal: starts what it needs, walks through its phases, judges it and leaves its files.

Nothing is decided here: plans, verdicts and pages are functions of values. What starts is always ended, and
the journal is kept whatever happens.
"""

import platform
import shlex
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness import journal
from harness.backends import open_backend
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.deploy import Deployer
from harness.errors import EnvironmentFault, HarnessError
from harness.fidelity import fidelities
from harness.gateway.stage import Stage, assumptions_of
from harness.gateway.thread import Gateway
from harness.load_phase import LoadPhase
from harness.program_phase import ProgramPhase
from harness.recorder import Recorder
from harness.results import write_results
from harness.scenario import Scenario
from harness.scenario.expectations import judge
from harness.scenario.plan import deployment, removal, scaling
from harness.sessions import client
from harness.view import View

SERVICES = ("s3", "iam", "sagemaker", "application-autoscaling", "monitoring")
PACKAGES = ("boto3", "locust", "moto", "ministack", "onnxruntime", "scikit-learn", "numpy")
SETTLE_POLL_S = 0.05


@dataclass(frozen=True)
class Options:
    """What the command line chose for a run; None leaves it to the scenario."""

    seed: int = 1
    clock: ClockSpec | None = None
    data: Path | None = None
    client: str | None = None
    processes: int = 1
    scenario_path: str = ""


@dataclass
class Outcome:
    """What a rehearsal came to: its directory, summary, and the error that ended it early, if any."""

    directory: Path
    summary: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None


def rehearse(scenario: Scenario, options: Options, settings: Settings, view: View) -> Outcome:
    """Run *scenario* (already resolved to its variant) and return what it came to.

    A failed expectation or an invalid run is an outcome with a verdict. An error of the environment, of the
    scenario or an interruption is the outcome's `error`; the files of the run are written all the same.
    """
    directory = _run_directory(settings.runs_dir, scenario.name)
    rehearsal = Rehearsal(scenario, options, settings, view, directory)
    outcome = Outcome(directory)
    try:
        rehearsal.carry_out()
    except (HarnessError, KeyboardInterrupt) as error:
        outcome.error = error
    outcome.summary = rehearsal.close(outcome.error)
    return outcome


def _run_directory(runs: Path, name: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = runs / name / f"{stamp}-{uuid.uuid4().hex[:6]}"
    try:
        (directory / "logs").mkdir(parents=True)
    except OSError as error:
        raise EnvironmentFault(f"Cannot make the run directory {directory}: {error.strerror}; choose another with --runs") from error
    return directory


class Rehearsal:
    """One run: the parts that live as long as it does, and its phases in order."""

    def __init__(self, scenario: Scenario, options: Options, settings: Settings, view: View, directory: Path) -> None:
        self.scenario = scenario
        self.options = options
        self.settings = settings
        self.view = view
        self.directory = directory.resolve()
        self.clock = Clock(options.clock or ClockSpec.parse(scenario.clock))
        self.recorder = Recorder(self.directory / "journal.jsonl.gz")
        self.url = ""
        self.failures: list[str] = []  # why the run proves nothing, if it does not
        self._began = time.monotonic()

    def carry_out(self) -> None:
        """Walk through the phases; raises HarnessError when the run cannot go on."""
        with ExitStack() as stack:
            self._open_backend(stack)
            artefacts = self._build_models()
            self._open_gateway(stack)
            self._deploy(artefacts)
            self._programs("before_load")
            self._load()
            self._settle()
            self._programs("after_load")
            self._tear_down()

    def close(self, error: BaseException | None) -> dict[str, Any]:
        """Judge the run, write its files and return its summary."""
        now = self.clock.now() if self.url else 0.0
        judged = list(judge(self.scenario.expectations, self.recorder.records, now)) if error is None else []
        for expectation in judged:
            self.recorder.record(expectation)
        verdict, reason = self._verdict(judged, error)
        self.recorder.record(journal.RunEnded(now, verdict, reason, time.monotonic() - self._began))
        self.recorder.close()
        return write_results(self.directory, self.recorder.records)

    def _verdict(self, judged: list[journal.Expectation], error: BaseException | None) -> tuple[str, str]:
        if isinstance(error, KeyboardInterrupt):
            return "interrupted", "The run was interrupted."
        if error is not None:
            return "invalid", str(error)
        if self.failures:
            return "invalid", " ".join(self.failures)
        failed = [e for e in judged if not e.ok]
        if failed:
            return "fail", "; ".join(f"{e.name}: {e.value if e.value is not None else 'nothing measured'} {e.unit}, not {e.limit}" for e in failed)
        return "pass", ""

    # -- starting ---------------------------------------------------------------------------------------------

    def _open_backend(self, stack: ExitStack) -> None:
        self.view.phase("start", f"backend {self.settings.backend}")
        self.backend = stack.enter_context(open_backend(self.settings.backend, self.settings, self.directory / "logs"))
        self._record_start()
        missing = self.backend.missing(SERVICES)
        if missing:
            raise EnvironmentFault(
                f"Backend {self.backend.name!r} lacks what {self.scenario.name!r} needs: "
                + "; ".join(f"{service} ({how})" for service, how in missing.items())
            )
        for fidelity in fidelities(self.backend.name):
            self.recorder.record(fidelity)

    def _open_gateway(self, stack: ExitStack) -> None:
        self.clock.restart()
        self.stage = Stage(
            self.clock,
            self.recorder.record,
            self.backend.route,
            self.settings,
            seed=self.options.seed,
            assumptions={e.name: assumptions_of(e) for e in self.scenario.resources},
        )
        self.gateway = stack.enter_context(Gateway(self.stage, port=0))
        self.url = self.gateway.url
        self.deployer = Deployer(self.client, self.check)

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of *service* through the gateway."""
        return client(service, self.url, region=self.settings.region, **options)

    def check(self) -> None:
        """Raise EnvironmentFault when an emulator has died."""
        dead = self.backend.dead()
        if dead:
            raise EnvironmentFault(f"{dead}; the run cannot go on, start it again")

    def _record_start(self) -> None:
        scenario = self.scenario
        self.recorder.record(
            journal.RunStarted(
                at=0.0,
                scenario=scenario.name,
                variant=scenario.variant,
                description=scenario.defect or scenario.description,
                clock=str(self.clock.spec),
                seed=self.options.seed,
                started_epoch_s=time.time(),
                backend=self.backend.name,
                emulators=dict(self.backend.emulators),
                versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
                command=_command(scenario, self.options, self.clock.spec),
                configuration=_configuration(scenario, self.options),
            )
        )

    @contextmanager
    def _phase(self, name: str, detail: str = "") -> Iterator[None]:
        self.check()
        self.recorder.record(journal.PhaseStarted(self.clock.now(), name, detail))
        self.view.phase(name, detail)
        yield

    # -- phases -----------------------------------------------------------------------------------------------

    def _build_models(self) -> Mapping[str, bytes]:
        """Train every model, in this machine's time: the model clock begins when that is done."""
        names = ", ".join(model.name for model in self.scenario.models)
        self.recorder.record(journal.PhaseStarted(0.0, "train", names))
        self.view.phase("train", names)
        programs = self._program_phase()
        return {model.name: programs.build(model) for model in self.scenario.models}

    def _deploy(self, artefacts: Mapping[str, bytes]) -> None:
        endpoints = self.scenario.resources
        with self._phase("deploy", ", ".join(endpoint.name for endpoint in endpoints)):
            self.deployer.carry_out(deployment(self.scenario, artefacts, self.settings.account_id))
            for endpoint in endpoints:
                self.deployer.await_in_service(endpoint.name)
            self.deployer.carry_out(scaling(endpoints))
            for endpoint in endpoints:
                # Registering may have moved the capacity into its bounds; the load begins when that is done.
                self.deployer.await_in_service(endpoint.name)

    def _programs(self, moment: str) -> None:
        chosen = [program for program in self.scenario.programs if program.moment == moment]
        phase = self._program_phase()
        for program in chosen:
            with self._phase("program", program.name):
                phase.run(program)

    def _program_phase(self) -> ProgramPhase:
        return ProgramPhase(self.scenario, self.options, self.settings, self.url, self.clock, self.recorder, self.view, self.check, self.directory)

    def _load(self) -> None:
        if not self.scenario.workload:
            return
        with self._phase("load", ", ".join(load.label for load in self.scenario.workload)):
            phase = LoadPhase(self.scenario, self.options, self.settings, self.url, self.clock, self.recorder, self.view, self.directory)
            self.failures += phase.run(self.check, self.stage)

    def _settle(self) -> None:
        wanted = self.scenario.settle
        if wanted is None:
            return
        with self._phase("settle", "until capacity is back at its minimum"):
            began = self.clock.now()
            while (now := self.clock.now()) < began + wanted.at_most_s and not self._settled():
                self.check()
                self.view.progress(now - began, wanted.at_most_s, self.stage.capacity_line())
                time.sleep(SETTLE_POLL_S)

    def _settled(self) -> bool:
        scaled = [endpoint for endpoint in self.scenario.resources if endpoint.scaling]
        return all(self.stage.at_minimum(endpoint.resource_id) for endpoint in scaled)

    def _tear_down(self) -> None:
        with self._phase("teardown"):
            self.deployer.carry_out(removal(self.scenario))
            for endpoint in self.scenario.resources:
                self.deployer.await_gone(endpoint.name)


def _command(scenario: Scenario, options: Options, clock: ClockSpec) -> str:
    words = ["harness", "run", options.scenario_path or scenario.name, "--variant", scenario.variant]
    words += ["--clock", str(clock), "--seed", str(options.seed)]
    words += ["--data", str(options.data)] if options.data else []
    words += ["--client", options.client] if options.client else []
    words += ["--processes", str(options.processes)] if options.processes != 1 else []
    return shlex.join(words)


def _configuration(scenario: Scenario, options: Options) -> dict[str, Any]:
    """Return what the report shows of the scenario, as plain JSON values."""
    return {
        "endpoints": [
            {
                "name": e.name,
                "instance_type": e.instance_type,
                "initial_instance_count": e.initial_instance_count,
                "service_time_s": e.service_time_on(e.instance_type),
                "concurrency": e.concurrency,
                "queue_limit": e.queue_limit,
                "scaling": None
                if e.scaling is None
                else {
                    "target_value": e.scaling.target_value,
                    "min_capacity": e.scaling.min_capacity,
                    "max_capacity": e.scaling.max_capacity,
                    "scale_out_cooldown_s": e.scaling.scale_out_cooldown_s,
                    "scale_in_cooldown_s": e.scaling.scale_in_cooldown_s,
                },
            }
            for e in scenario.resources
        ],
        "workload": [
            {"endpoint": w.endpoint_name, "client": options.client or w.client, "arrivals": w.arrivals, "over_s": w.duration_s}
            for w in scenario.workload
        ],
        "data": str(options.data) if options.data else "made by the project's own degradation model",
        "defect": scenario.defect,
        "python": sys.version.split()[0],
    }

