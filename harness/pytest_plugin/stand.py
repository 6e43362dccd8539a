"""Rehearsals from a test: over HTTP by the runner (its load is a process beside), or in virtual time."""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pytest

from harness.errors import EnvironmentFault, HarnessError, InvalidRun, ScenarioError
from harness.pytest_plugin.options import Asked
from harness.pytest_plugin.outcome import Files, Rehearsed

if TYPE_CHECKING:
    from harness.config import Settings
    from harness.journal import Record
    from harness.scenario import Scenario

DEFAULT_RUNS = "runs"
P = ParamSpec("P")
T = TypeVar("T")
Sets = Mapping[str, object] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rehearsal: the scenario, resolved and set, the name it was asked for by, what it runs with."""

    scenario: "Scenario"
    name: str
    seed: int
    clock: str
    sets: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    iam: str = "enforce"
    backend: str | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """Where this test process rehearses: what was asked for, pytest's rootdir, the folders of paths.

    `made` are the directories of this process's runs: they stay when old ones make room.
    """

    asked: Asked
    root: Path
    folders: tuple[Path, ...] = ()
    made: list[Path] = field(default_factory=list)

    @property
    def runs(self) -> Path:
        """The folder of runs."""
        return self.asked.runs or self.root / DEFAULT_RUNS

    def settings(self, backend: str | None = None) -> "Settings":
        """Return the settings of a run. Raises ScenarioError for an address that is not allowed."""
        from harness.config import read_settings

        chosen = backend or self.asked.backend
        return read_settings(backend=chosen, runs_dir=self.runs, allowed_endpoints=self.asked.allowed)

    def found(self, scenario: "Scenario | str | Path") -> "tuple[Scenario, str]":
        """Return *scenario*, a Scenario, the name of one or its file's path, and what it is called by.

        Raises ScenarioError when there is none.
        """
        from harness.scenario import Scenario, find

        if isinstance(scenario, Scenario):
            return scenario, _file_of(scenario) or scenario.name
        text = str(scenario)
        if text.endswith(".py") or "/" in text:
            places = [folder / text for folder in (*self.folders, self.root, Path.cwd())]
            text = str(next((place for place in places if place.is_file()), text))
        return find(text), text

    def wanted(
        self,
        scenario: "Scenario | str | Path",
        *,
        variant: str | None = None,
        clock: str | None = None,
        seed: int | None = None,
        set: Sets = (),  # noqa: A002  # as the command line's --set
        fault: str | Sequence[str] = (),
        threshold: str | Sequence[str] = (),
        iam: str | None = None,
        backend: str | None = None,
    ) -> Wanted:
        """Return what to rehearse; what is None is as pytest was asked. Raises ScenarioError."""
        from harness.run.command import with_faults, with_sets
        from harness.run.thresholds import with_thresholds
        from harness.scenario.spec import CORRECTED

        one, name = self.found(scenario)
        sets = pairs(set)
        faults = (fault,) if isinstance(fault, str) else tuple(fault)
        limits = (threshold,) if isinstance(threshold, str) else tuple(threshold)
        is_resolved = variant is None and one.variant != CORRECTED
        resolved = one if is_resolved else one.resolve(variant or CORRECTED)
        changed = with_faults(with_sets([(name, resolved)], sets), faults)
        [(_, resolved)] = with_thresholds(changed, limits)
        return Wanted(
            resolved,
            name,
            self.asked.seed if seed is None else seed,
            clock or self.asked.clock or resolved.clock,
            sets,
            faults,
            iam or self.asked.iam,
            backend,
        )

    def rehearse(self, wanted: Wanted, *, ranges: bool = True) -> Rehearsed:
        """Rehearse *wanted* and return what it came to.

        Raises what kept it from running: EnvironmentFault, ScenarioError, BackendError.
        """
        from harness.clock import ClockSpec

        is_virtual = ClockSpec.parse(wanted.clock).is_virtual
        done = self._play(wanted, ranges=ranges) if is_virtual else self._run(wanted)
        if self.asked.report == "always":
            _ = done.report
        return done

    def _run(self, wanted: Wanted) -> Rehearsed:
        from harness import journal
        from harness.aws.permission import Mode
        from harness.clock import ClockSpec
        from harness.run.context import Options
        from harness.run.results import JOURNAL
        from harness.run.runner import rehearse
        from harness.store import prune
        from harness.view import View

        _check_has_file(wanted)
        options = Options(
            wanted.seed,
            ClockSpec.parse(wanted.clock),
            scenario_path=wanted.name,
            faults=wanted.faults,
            iam=Mode(wanted.iam),
            sets=wanted.sets,
            report=False,
        )
        with View() as view:
            outcome = rehearse(wanted.scenario, options, self.settings(wanted.backend), view)
        if outcome.error is not None and not isinstance(outcome.error, InvalidRun):
            raise outcome.error
        if not outcome.summary:
            raise outcome.error or EnvironmentFault(f"The run {outcome.directory} has no summary")
        directory = outcome.directory
        self.made.append(directory)
        prune(self.runs, wanted.scenario.name, spare=self.made)

        def records() -> "Sequence[Record]":
            return journal.read(directory / JOURNAL)

        files = Files(lambda: directory, lambda: _drawn(directory, records(), outcome.summary))
        return Rehearsed(outcome.summary, records, files, drawn=self.asked.report != "never")

    def _play(self, wanted: Wanted, *, ranges: bool) -> Rehearsed:
        from harness.run.asked import asked_for, options_for
        from harness.run.command import check_on_virtual_clock
        from harness.whatif.from_scenario import assumptions_in, case_of_scenario
        from harness.whatif.run_virtual import played

        scenario = wanted.scenario
        check_on_virtual_clock([(wanted.name, scenario)], wanted.faults)
        case, shown = case_of_scenario(scenario, assumptions_in(scenario), seed=wanted.seed)
        words = ["harness", "simulate", wanted.name, "--variant", scenario.variant]
        words += ["--seed", str(wanted.seed), *options_for(wanted.sets, None)]
        asked = asked_for(wanted.sets, None)
        records = played(case, "auto", shown, command=shlex.join(words), with_ranges=ranges, asked=asked)
        return self.of_records(case.name, records)

    def of_records(self, name: str, records: "Sequence[Record]") -> Rehearsed:
        """Return the outcome of a run in virtual time; its files are written when they are asked for."""
        from harness.summary import summarise

        def leave(*, with_report: bool) -> Path:
            from harness.whatif import leave as leaving

            directory, _, trouble = leaving.leave(self.runs, name, records, with_report=with_report)
            if trouble:
                raise ScenarioError(trouble)
            return directory.resolve()

        def draw() -> Path:
            return leave(with_report=True) / "report.html"

        files = Files(lambda: leave(with_report=False), draw)
        drawn = self.asked.report != "never"
        return Rehearsed(summarise(records), lambda: records, files, drawn=drawn)


def plainly(call: Callable[P, T]) -> Callable[P, T]:
    """Let what *call* raises of the harness's own errors be a sentence: no line of ours is at fault."""

    @wraps(call)
    def called(*arguments: P.args, **named: P.kwargs) -> T:
        __tracebackhide__ = True
        try:
            return call(*arguments, **named)
        except (HarnessError, pytest.UsageError) as error:
            raise error.with_traceback(None) from None

    return called


def _file_of(scenario: "Scenario") -> str:
    """Return the file of the module whose `scenario` this is, "" where it is in none."""
    for module in [*sys.modules.values()]:
        if getattr(module, "__dict__", {}).get("scenario") is scenario:
            return str(getattr(module, "__file__", "") or "")
    return ""


def _check_has_file(wanted: Wanted) -> None:
    """Raise ScenarioError where processes of a run would have to load what is in no file."""
    from harness.scenario import names

    scenario = wanted.scenario
    runs_elsewhere = bool(scenario.programs) or (bool(scenario.models) and not scenario.stack)
    if runs_elsewhere and wanted.name == scenario.name and scenario.name not in names():
        raise ScenarioError(
            f"Scenario {scenario.name!r} is in no file, and its programs and models run in processes that "
            "load one: write it as `scenario = ...` in a file of its own, and name that"
        )


def pairs(given: Sets) -> tuple[str, ...]:
    """Return *given* in the form of --set, PATH=VALUE."""
    if isinstance(given, Mapping):
        return tuple(f"{path}={value}" for path, value in given.items())
    return (given,) if isinstance(given, str) else tuple(given)


def _drawn(directory: Path, records: "Sequence[Record]", summary: Mapping[str, Any]) -> Path:
    """Draw the report of a run and return its path; raise ScenarioError where that fails."""
    from harness.run.results import REPORT, draw

    if trouble := draw(directory, records, dict(summary)):
        raise ScenarioError(trouble)
    return directory / REPORT
