"""One rehearsal: starts what it needs and walks through its phases; what starts is always ended.

Nothing is decided here: plans and verdicts are functions of values.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from harness import journal
from harness.aws.message_plane import Declared
from harness.aws.stage import Stage, assumptions_of
from harness.aws.thread import Gateway
from harness.backends import open_backend
from harness.errors import EnvironmentFault, HarnessError, ScenarioError
from harness.fidelity import fidelities
from harness.run.compute_phase import SpotOnStage, declared_compute
from harness.run.context import RunContext
from harness.run.deploy import Deployer
from harness.run.deploy_phase import deploy, deploy_stack, deployed
from harness.run.faults import RunFaults
from harness.run.function_needs import lacking
from harness.run.function_phase import (
    FunctionsOnStage,
    called_by_load,
    modelled,
    why_stretched,
)
from harness.run.hooks import Hooks, Ticker
from harness.run.load_phase import send_load
from harness.run.permission_phase import open_ways_in
from harness.run.program_phase import await_end, begin_build, built, run_program, start_beside, stop_beside
from harness.run.services import services_of
from harness.run.settle_phase import Settling
from harness.run.stack_phase import StackOnStage
from harness.run.standstill import Standstill
from harness.run.started import run_started
from harness.run.teardown import tear_down
from harness.run.workers import Workers
from harness.scenario import Program
from harness.scenario.expectations.permissions import refusals_asked_for
from harness.scenario.images import images_of
from harness.scenario.labelling import teams_of
from harness.scenario.programs import Moment


class Rehearsal:
    """One run: its phases in order. `hooks` are what others do in between.

    `began` and `began_epoch_s` are this machine's; `has_model_time` says whether the model clock has begun.
    """

    def __init__(self, run: RunContext) -> None:
        self.run = run
        self.scenario = run.scenario
        self.why_invalid: list[str] = []
        self.phase = "start"
        self.hooks = Hooks()
        self.stack: StackOnStage | None = None
        self.workers = Workers(run)
        self.beside = [program for program in run.scenario.programs if program.moment == "beside_load"]
        self.began = time.monotonic()
        self.began_epoch_s = time.time()
        self.has_model_time = False

    def carry_out(self) -> None:
        """Walk through the phases; raises HarnessError when the run cannot go on."""
        with ExitStack() as stack, self._whoever_died():
            # Building the models needs no backend, so both go on side by side, in this machine's time.
            models = () if self.scenario.stack else self.scenario.models  # a stack brings its own
            builds = {model.name: begin_build(self.run, model, stack) for model in models}
            self._open_backend(stack)
            if builds:
                self._begin("train", ", ".join(builds))
            artefacts = {name: built(self.run, task) for name, task in builds.items()}
            self._open_gateway(stack)
            self._deploy(artefacts)
            with Ticker(self.hooks.each_second, self._not_sampled):
                self._work()
            self.stage.await_on_loop(self.stage.rest())
            self._take_inventory()
            self.stage.await_on_loop(self.stage.permission.conclude())  # while the roles are there
            self._tear_down()
            self._ranges()

    @contextmanager
    def _whoever_died(self) -> Iterator[None]:
        """Tell of an emulator that has died, in place of the odd error that came of it."""
        try:
            yield
        except HarnessError:
            raise
        except Exception:
            self.run.check()
            raise

    def _work(self) -> None:
        """Let the programs and the load do what the run is about."""
        self._programs("before_load")
        self._start_beside()
        self._load()
        aborted = self.run.crossing is not None
        if not aborted:
            self._settle()
        self._end_faults()
        self._stop()
        if not aborted:
            self._programs("after_load")

    # -- starting
    # ---------------------------------------------------------------------------------------------

    def _open_backend(self, stack: ExitStack) -> None:
        run = self.run
        run.view.phase("start", f"backend {run.settings.backend}")
        self.backend = stack.enter_context(open_backend(run.settings.backend, run.settings, run.logs))
        # An emulator that runs already has an account of its own; every ARN must name that one.
        run.settings = replace(run.settings, account_id=self.backend.account_id)
        run.check = self._check
        run.recorder.record(run_started(run, self.backend.name, self.backend.emulators, self.began_epoch_s))
        missing = self.backend.missing(services_of(self.scenario))
        if missing := missing | lacking(self.scenario, self.backend.route):
            self._check()  # an emulator that has died lacks everything
            lacks = "; ".join(f"{service} ({how})" for service, how in missing.items())
            raise EnvironmentFault(
                f"Backend {self.backend.name!r} lacks what {self.scenario.name!r} needs: {lacks}; use another"
            )
        iam = run.options.iam.value
        for fidelity in fidelities(self.backend.name, self.backend.emulators, self.scenario, iam=iam):
            run.recorder.record(fidelity)

    def _open_gateway(self, stack: ExitStack) -> None:
        """Serve the modelled endpoints; model second 0 is now, whatever training took."""
        run = self.run
        run.clock.restart()
        self.has_model_time = True
        self.faults = RunFaults(self.scenario.faults, run.clock, run.recorder.record, seed=run.options.seed)
        self.stage = Stage(
            run.clock,
            run.recorder.record,
            self.backend.route,
            run.settings,
            seed=run.options.seed,
            assumptions={endpoint.name: assumptions_of(endpoint) for endpoint in self.scenario.endpoints},
            endpoint_settings=self.scenario.endpoint_settings,
            scaling_settings=self.scenario.scaling_settings,
            declared=self._declared(),
            before=self.faults.handlers,
            iam=run.options.iam,
            wanted_refusals=refusals_asked_for(self.scenario.expectations),
            functions=modelled(self.scenario),
            function_settings=self.scenario.function_settings,
            compute=declared_compute(run),
            images=images_of(self.scenario.images),
            job_settings=self.scenario.job_settings,
            teams=teams_of(self.scenario.workteams),
        )
        self.functions = FunctionsOnStage(self.stage)
        self.stage.functions.is_throttled_by_fault = self.faults.injector.throttles_invocation
        workers = run.options.workers
        at, also = (workers.gateway_port, workers.also_at) if workers is not None else (0, None)
        gateway = stack.enter_context(Gateway(self.stage, port=at, also=also))
        run.url = gateway.url
        open_ways_in(run, gateway, self.stage.permission)
        stack.enter_context(self.workers)
        stack.callback(self.faults.stop)
        stack.callback(self._close_stack)
        self.deployer = Deployer(run.client, run.check)

    def _close_stack(self) -> None:
        if self.stack is not None:
            self.stack.close()

    def _declared(self) -> Declared:
        """Return what the stage must know of messaging, and have the queues looked at where there are any."""
        scenario = self.scenario
        if scenario.topics or scenario.queues:
            if "://" in self.run.settings.backend:  # it may hold some already
                self.hooks.deployed.append(lambda: self.stage.await_on_loop(self.stage.learn()))
            self.hooks.deployed.append(lambda: self.stage.await_on_loop(self.stage.messaging.deployed()))
        if scenario.queues:
            self.hooks.each_second.append(lambda: self.stage.await_on_loop(self.stage.messaging.sample()))
            self.hooks.inventory.append(
                lambda: self.stage.await_on_loop(self.stage.messaging.take_inventory())
            )
        return Declared(scenario.topics, scenario.queues, scenario.webhooks, self.faults.deliveries)

    def _check(self) -> None:
        """Raise EnvironmentFault when an emulator is dead or the disk full, and what `Workers.check` does."""
        if dead := self.backend.dead():
            raise EnvironmentFault(f"{dead}; the run cannot go on, start it again")
        self.workers.check()
        self.run.recorder.check()

    def _begin(self, phase: str, detail: str = "") -> None:
        """Enter *phase*."""
        self.phase = phase
        self.run.check()
        now = self.run.clock.now() if self.has_model_time else 0.0
        self.run.recorder.record(journal.PhaseStarted(now, phase, detail))
        self.run.view.phase(phase, detail)

    # -- phases
    # -----------------------------------------------------------------------------------------------

    def _deploy(self, artefacts: Mapping[str, bytes]) -> None:
        if self.scenario.stack is not None:
            self.stack = StackOnStage(self.run, self.scenario.stack)
            if self.scenario.stack.stand_in_models:
                self.stage.stand_in_for_models()
            for finding in self.run.options.findings:
                self.run.recorder.record(finding)
            self._begin("deploy", self.stack.resources)
            deploy_stack(self.run, self.deployer, self.stack)
        else:
            self._begin("deploy", ", ".join(deployed(self.scenario)))
            deploy(self.run, self.deployer, artefacts)
        for action in self.hooks.deployed:
            action()

    def _programs(self, moment: Moment) -> None:
        for program in self.scenario.programs:
            if program.moment == moment:
                self._begin("program", program.name)
                run_program(self.run, self.workers, program)

    def _start_beside(self) -> None:
        if self.beside:
            self._begin("program", f"{_names(self.beside)} (beside the load)")
            start_beside(self.run, self.workers, self.beside)

    def _load(self) -> None:
        if self.stack is not None:
            self.stack.fire_timers(self.stage)
        if self.scenario.workload:
            self._begin("load", ", ".join(load.label for load in self.scenario.workload))
            with Standstill(self.run.clock) as still:
                self.why_invalid += send_load(self.run, self._begin_faults)
            self.why_invalid += still.why
            self.run.recorder.records.keep_all()  # what follows looks at the whole of them, and is short
            called = called_by_load(self.scenario)
            self.why_invalid += why_stretched(called, list(self.run.recorder.records))
            return
        self._begin_faults(self.run.clock.now())
        # Without a load, what reads no queue is what the others wait for: it works to its own end.
        for program in self.beside:
            if not program.reads and not self.workers.over(program.name):
                self._begin("program", f"{program.name} (to its end)")
                await_end(self.run, self.workers, program)

    def _begin_faults(self, began_at: float) -> None:
        self.faults.begin(began_at, self.stage, self.workers, self.functions, SpotOnStage(self.stage))

    def _end_faults(self) -> None:
        self.faults.stop()
        self.why_invalid += self.faults.failures

    def _settle(self) -> None:
        settling = Settling(self.run, self.stage, self.functions, self.beside)
        if settling.until is not None:
            self._begin("settle", settling.until)
            settling.carry_out(self.deployer, self.workers)

    def _stop(self) -> None:
        if self.beside:
            self._begin("stop", _names([one for one in self.beside if not self.workers.over(one.name)]))
            stop_beside(self.run, self.workers, self.beside)

    def _take_inventory(self) -> None:
        if self.hooks.inventory:
            self._begin("inventory", ", ".join(queue.aws_name for queue in self.scenario.queues))
            for action in self.hooks.inventory:
                action()

    def _not_sampled(self, why: str) -> None:
        """Journal that what is looked at each second could not be."""
        message = f"What is looked at each second of a run could not be: {why}"
        self.run.recorder.record(
            journal.Finding(self.run.clock.now(), "not-sampled", "warning", self.scenario.name, message, "")
        )

    def _tear_down(self) -> None:
        self._begin("teardown")
        if self.stack is not None:
            self.stack.remove(self.deployer)
        else:
            tear_down(self.scenario, self.run.settings, self.deployer)

    def _ranges(self) -> None:
        """Journal within which moments the activities may fall on AWS; none where the replay is refused."""
        run = self.run
        from harness.whatif.after_run import ranges_after

        with suppress(ScenarioError):
            found = ranges_after(self.scenario, run.options.seed, run.recorder.records, run.clock.now())
            for each in found:
                run.recorder.record(each)


def _names(programs: Sequence[Program]) -> str:
    return ", ".join(program.name for program in programs)
