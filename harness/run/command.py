"""`harness run`: which scenarios, one after another, what people are told of each, and the exit code."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.config import Settings
from harness.cost.told import cost_lines
from harness.errors import ExitCode, HarnessError, ScenarioError
from harness.live.watching import watching
from harness.run.afterwards import code_with, keep_store_small, lines_of
from harness.run.context import Options
from harness.run.outcome import Outcome
from harness.run.results import REPORT
from harness.run.runner import rehearse
from harness.run.told import expectations_table, heading, verdict_line, where
from harness.run.verdict import not_reproduced
from harness.scenario import Scenario, find, names
from harness.scenario.faults import ZoneFailure
from harness.scenario.faults.command_line import parse_fault
from harness.scenario.settings import with_settings
from harness.scenario.spec import AS_WRITTEN, CORRECTED
from harness.thresholds.judging import SOURCE
from harness.view import View

# When several runs end differently the command ends with the first of these that occurred.
SEVERITY = (
    ExitCode.INTERRUPTED,
    ExitCode.ENVIRONMENT,
    ExitCode.USAGE,
    ExitCode.INVALID,
    ExitCode.FAIL,
    ExitCode.PASS,
)


def chosen_scenarios(asked: Sequence[str], variant: str | None) -> list[tuple[str, Scenario]]:
    """Return the scenarios *asked* for, each under the name it was asked for, resolved to *variant*.

    Without a name these are all installed ones that have the variant. Raises ScenarioError for a scenario
    that there is not, cannot be loaded or lacks the variant.
    """
    wanted = variant or CORRECTED
    if asked:
        return [(name, find(name).resolve(wanted)) for name in asked]
    found = [(name, scenario) for name in names() if wanted in (scenario := find(name)).variants]
    if not found:
        raise ScenarioError(
            f"No scenario has a variant {wanted!r}; there are {CORRECTED!r} and {AS_WRITTEN!r}"
        )
    return [(name, scenario.resolve(wanted)) for name, scenario in found]


def with_faults(
    scenarios: Sequence[tuple[str, Scenario]], texts: Sequence[str]
) -> list[tuple[str, Scenario]]:
    """Return *scenarios* with the faults that *texts* name beside their own.

    Raises ScenarioError for one that cannot be read, or that cannot happen in one of the scenarios.
    """
    faults = [parse_fault(text) for text in texts]
    if not faults:
        return list(scenarios)
    return [(name, replace(one, faults=[*one.faults, *faults])) for name, one in scenarios]


def with_sets(scenarios: Sequence[tuple[str, Scenario]], texts: Sequence[str]) -> list[tuple[str, Scenario]]:
    """Return *scenarios* with the values that *texts*, each PATH=VALUE, say of them.

    Raises ScenarioError where one cannot be set in one of them.
    """
    return [(name, with_settings(one, texts)) for name, one in scenarios]


def check_on_virtual_clock(scenarios: Sequence[tuple[str, Scenario]], texts: Sequence[str]) -> None:
    """Raise ScenarioError when a scenario, or one of *texts*, has a fault that needs calls or processes:
    there are none on the virtual clock."""
    for name, scenario in scenarios:
        for fault in scenario.faults:
            if not isinstance(fault, ZoneFailure):
                how = "drop --fault" if texts else "say --clock wall"
                raise ScenarioError(
                    f"Scenario {name!r} has a {fault.KIND}, and on the virtual clock there are no calls, "
                    f"messages or processes that it could hit; {how}"
                )


def run_all(
    scenarios: Sequence[tuple[str, Scenario]], options: Options, settings: Settings
) -> tuple[list[dict[str, Any]], ExitCode]:
    """Rehearse *scenarios* in order; return a row for each run and the code of the worst.

    An interruption ends the whole, with the rows of what there was.
    """
    rows: list[dict[str, Any]] = []
    codes: list[ExitCode] = []
    with View() as view, watching(options.ui, len(scenarios), view.line) as follow:
        for name, scenario in scenarios:
            clock = options.clock or scenario.clock
            view.show(heading(scenario.name, scenario.variant, clock, options.seed))
            outcome = rehearse(scenario, replace(options, scenario_path=name), settings, view, follow)
            code = exit_code(outcome)
            codes.append(code_with(code, outcome.comparison, fail_on_worse=options.fail_on_worse))
            rows.append({"scenario_path": name, **_row(outcome, codes[-1])})
            _tell(view, scenario, outcome)
            if codes[-1] is ExitCode.INTERRUPTED:
                break
            keep_store_small(
                settings.runs_dir, scenario.name, options.keep, outcome.directory, outcome.comparison
            )
    return rows, next(code for code in SEVERITY if code in codes)


def exit_code(outcome: Outcome) -> ExitCode:
    """Return what a command ends with after one run that came to *outcome*."""
    if isinstance(outcome.error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    if outcome.error is not None:
        return outcome.error.exit_code
    verdicts = {"pass": ExitCode.PASS, "fail": ExitCode.FAIL}
    return verdicts.get(outcome.summary.get("verdict", ""), ExitCode.INVALID)


def _row(outcome: Outcome, code: ExitCode) -> dict[str, Any]:
    """Return the summary of a run with what only the command knows: place, exit code, what went wrong."""
    row = {"run_dir": str(outcome.directory), "exit_code": int(code), **outcome.summary}
    if isinstance(outcome.error, HarnessError):
        row["error"] = str(outcome.error)
    if outcome.trouble:
        row["report_error"] = outcome.trouble
    return row


def _tell(view: View, scenario: Scenario, outcome: Outcome) -> None:
    view.phases_over()
    expectations = outcome.summary.get("expectations", [])
    if expectations:
        view.show(expectations_table(expectations))
    verdict = outcome.summary.get("verdict", "invalid")
    view.show(verdict_line(f"  {verdict}{_why(outcome)}", verdict))
    if scenario.defect and expectations:
        # A threshold of the command line is no part of the defect, unless the scenario says that it is.
        told = [one for one in expectations if one["source"] != SOURCE or one["name"] in scenario.must_fail]
        other = not_reproduced(scenario, (one["name"] for one in told if not one["ok"]))
        view.line(f"  {'the defect does not show: ' + other if other else 'as expected: ' + scenario.defect}")
    if outcome.trouble:
        view.line(f"  {outcome.trouble}")
    for line in [*cost_lines(outcome.summary), *lines_of(outcome.comparison)]:
        view.line(f"  {line}")
    drawn = (outcome.directory / REPORT).is_file()
    view.line(f"  {where(outcome.directory, drawn=drawn)}")


def _why(outcome: Outcome) -> str:
    """Return why there is no result; what failed is told above, expectation by expectation."""
    if isinstance(outcome.error, HarnessError):
        return f": {outcome.error}"
    missed = [f"{one['name']}: " for one in outcome.summary.get("expectations", []) if not one["ok"]]
    reasons = outcome.summary.get("reason", "").split("; ")
    untold = "; ".join(one for one in reasons if one and not one.startswith(tuple(missed)))
    return f": {untold}" if untold else ""
