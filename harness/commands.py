"""What each command does once its arguments are known: JSON for machines on stdout, the rest for people."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.clock import ClockSpec
from harness.config import Settings, read_settings
from harness.errors import ExitCode, ScenarioError

if TYPE_CHECKING:
    from harness.cost.prices import PriceTable
    from harness.scenario import Scenario

NOTHING = "none"


def list_scenarios(*, as_json: bool) -> int:
    """Print every scenario with its variants and what it is about."""
    from harness.scenario import find, names

    rows = [_row(find(name)) for name in names()]
    if as_json:
        emit({"scenarios": rows})
        return ExitCode.PASS
    for row in rows:
        print(f"{row['name']:<26} {row['description']}")
        if row["defect"]:
            print(f"{'':<26} --variant as-written: {row['defect']}")
    return ExitCode.PASS


def _row(scenario: "Scenario") -> dict[str, Any]:
    return {
        "name": scenario.name,
        "description": scenario.description,
        "variants": list(scenario.variants),
        "defect": scenario.as_written.defect if scenario.as_written else "",
        "clock": scenario.clock,
    }


def run_scenarios(arguments: argparse.Namespace) -> int:
    """Rehearse the scenarios named, or all; return the exit code of the worst run."""
    from harness.aws.permission import Mode
    from harness.cost.prices import read_prices
    from harness.run.command import SEVERITY, chosen_scenarios, run_all, with_faults, with_sets
    from harness.run.context import Options

    settings = _settings(arguments)
    if "help" in arguments.fault:
        return _show_faults(as_json=arguments.json)
    if arguments.set and not arguments.scenario:
        raise ScenarioError("--set is of one scenario: name it, as in 'harness run NAME --set help'")
    chosen = chosen_scenarios(arguments.scenario, arguments.variant)
    if "help" in arguments.set:
        return show_settings(chosen, as_json=arguments.json)
    scenarios = with_faults(with_sets(chosen, arguments.set), arguments.fault)
    prices = read_prices(arguments.prices) if arguments.prices else None
    _check_data(arguments.data)
    clock = ClockSpec.parse(arguments.clock) if arguments.clock else None
    for _, scenario in scenarios:
        ClockSpec.parse(scenario.clock)
    options = Options(
        arguments.seed,
        clock,
        arguments.data,
        arguments.client,
        arguments.processes,
        faults=tuple(arguments.fault),
        iam=Mode(arguments.iam),
        report=not arguments.no_report,
        sets=tuple(arguments.set),
        prices=prices,
    )
    virtual = [each for each in scenarios if (clock or ClockSpec.parse(each[1].clock)).is_virtual]
    real = [each for each in scenarios if each not in virtual]
    rows = _run_virtually(virtual, arguments, settings, prices) if virtual else []
    codes = [ExitCode(row["exit_code"]) for row in rows]
    if real:
        more, code = run_all(real, options, settings)
        rows, codes = rows + more, [*codes, code]
    if arguments.json:
        emit(rows[0] if len(rows) == 1 else {"runs": rows})
    return next((code for code in SEVERITY if code in codes), ExitCode.INVALID)


def _show_faults(*, as_json: bool) -> int:
    """Print the form of every fault."""
    from harness.scenario.faults.command_line import forms

    if as_json:
        emit({"faults": forms()})
    else:
        print("\n".join(forms()))
    return ExitCode.PASS


def show_settings(scenarios: "Sequence[tuple[str, Scenario]]", *, as_json: bool) -> int:
    """Print what may be set in each of *scenarios*, and what it is."""
    from harness.scenario.settings import settings_of

    found = {name: {one.path: one.value for one in settings_of(scenario)} for name, scenario in scenarios}
    if as_json:
        emit({"settings": found})
        return ExitCode.PASS
    for name, values in found.items():
        print(f"{name}: --set PATH=VALUE")
        print("\n".join(f"  {path}={NOTHING if value is None else value}" for path, value in values.items()))
    return ExitCode.PASS


def _run_virtually(
    scenarios: "Sequence[tuple[str, Scenario]]",
    arguments: argparse.Namespace,
    settings: Settings,
    prices: "PriceTable | None",
) -> list[dict[str, Any]]:
    """Play *scenarios* on the virtual clock; without a name those that have traffic to play."""
    from harness.run.command import check_on_virtual_clock
    from harness.view import View
    from harness.whatif.simulate_command import simulate_scenarios

    chosen = [each for each in scenarios if arguments.scenario or each[1].workload]
    check_on_virtual_clock(chosen, arguments.fault)
    with View() as view:
        return simulate_scenarios(
            chosen, arguments.seed, settings.runs_dir, view, sets=arguments.set, prices=prices
        )


def _settings(arguments: argparse.Namespace) -> Settings:
    return read_settings(
        backend=arguments.backend,
        runs_dir=getattr(arguments, "runs", None),
        allowed_endpoints=arguments.allow_endpoint,
    )


def _check_data(directory: Path | None) -> None:
    if directory is not None and not directory.is_dir():
        raise ScenarioError(
            f"--data {directory} is no directory; name the one with train_FD001.txt and the others"
        )


def redraw(run: Path | None, runs: Path | None, *, prices: Path | None = None, as_json: bool) -> int:
    """Draw a run's report and summary again from its journal, at other *prices* where a table is named.

    3 when the report cannot be drawn.
    """
    from harness.cost.prices import read_prices
    from harness.run import results

    directory = run or results.newest(runs or read_settings(backend="embedded").runs_dir)
    summary, trouble = results.redraw(directory, read_prices(prices) if prices else None)
    if trouble:
        from harness.errors import EnvironmentFault

        raise EnvironmentFault(trouble)
    report = directory / results.REPORT
    if as_json:
        emit({"report": str(report), "verdict": summary["verdict"]})
    else:
        print(report)
    return ExitCode.PASS


def serve(arguments: argparse.Namespace) -> int:
    """Serve the gateway until interrupted."""
    from harness.aws.permission import Mode
    from harness.scenario.jobs import images_given
    from harness.serving import serve_until_interrupted

    clock = ClockSpec.parse(arguments.clock)
    if clock.is_virtual:
        raise ScenarioError("--clock virtual waits for nobody, so no client can be served on it; say 'wall'")
    return serve_until_interrupted(
        _settings(arguments),
        clock,
        port=arguments.port,
        seed=arguments.seed,
        as_json=arguments.json,
        iam=Mode(arguments.iam),
        images=images_given(arguments.image),
    )


def doctor(arguments: argparse.Namespace) -> int:
    """Print what this machine has and lacks; 3 when something the harness needs is missing."""
    from harness.backends.doctor import doctor_rows

    rows = doctor_rows(_settings(arguments))
    if arguments.json:
        emit({"checks": [{"check": row.check, "ok": row.ok, "detail": row.detail} for row in rows]})
    else:
        for row in rows:
            print(f"{'ok  ' if row.ok else 'FAIL'} {row.check:<24} {row.detail}")
    return ExitCode.PASS if all(row.ok for row in rows) else ExitCode.ENVIRONMENT


def emit(document: dict[str, Any] | Sequence[Any]) -> None:
    """Print the one JSON document of a command on stdout."""
    print(json.dumps(document, indent=1))
