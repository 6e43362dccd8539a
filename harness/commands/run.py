"""`harness run`: its options, and what they decide before the first scenario starts."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.ci import after_runs
from harness.ci.options import add_options as add_ci_options
from harness.commands import emit
from harness.commands.options import (
    add_backend,
    add_iam,
    add_prices,
    add_runs,
    add_seed,
    add_workers,
    at_least_one,
    settings_of,
)
from harness.commands.parsing import section
from harness.compare.options import add_run_options as add_baseline_options
from harness.errors import ExitCode, ScenarioError
from harness.live.options import add_options as add_live_options
from harness.live.options import nothing_to_watch, spelled_out
from harness.store.options import add_run_options as add_keep_options
from harness.thresholds.options import HELP
from harness.thresholds.options import add_options as add_threshold_options

__all__ = ["add_options", "carry_out", "spelled_out"]

if TYPE_CHECKING:
    from harness.config import Settings
    from harness.cost.prices import PriceTable
    from harness.run.context import Options
    from harness.scenario import Scenario

NOTHING = "none"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness run`."""
    with section(parser, "what is rehearsed"):
        parser.add_argument("scenario", nargs="*", help="a scenario's name or the path of its file")
        parser.add_argument(
            "--variant", help="'corrected' (default) or 'as-written', the pipeline with its defect"
        )
        parser.add_argument(
            "--data", metavar="DIR", type=Path, help="a directory with NASA's turbofan files, plain or gzip"
        )
        _add_changes(parser)
    with section(parser, "how it is rehearsed"):
        _add_manner(parser)
    with section(parser, "what must hold"):
        add_threshold_options(parser)
        add_baseline_options(parser)
    with section(parser, "what is seen and kept of it"):
        add_live_options(parser)
        parser.add_argument(
            "--no-report",
            action="store_true",
            help="draw no report.html now; 'harness report' draws it later",
        )
        add_prices(parser)
        add_runs(parser)
        add_keep_options(parser)
    add_ci_options(parser)


def _add_manner(parser: argparse.ArgumentParser) -> None:
    """Add clock, seed, load, permissions and backend."""
    parser.add_argument("--clock", help="'wall', 'compressed:N' or 'virtual'; the scenario's own otherwise")
    add_seed(parser)
    parser.add_argument(
        "--client", choices=("boto3", "lean"), help="the load's client; the scenario's own otherwise"
    )
    parser.add_argument("--processes", type=at_least_one, default=1, help="Locust processes (default 1)")
    add_workers(parser)
    add_iam(parser, "enforce")
    add_backend(parser)


def _add_changes(parser: argparse.ArgumentParser) -> None:
    """Add what changes the scenario itself."""
    parser.add_argument(
        "--fault",
        metavar="KIND:...",
        action="append",
        default=[],
        help="break something on purpose, as 'throttle:sns:0.1' or 'kill:worker:every=5'; may be repeated; "
        "'--fault help' shows every form",
    )
    parser.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help="replace a value that the scenario declares, as 'endpoint.target=900'; may be repeated; "
        "'--set help' lists them",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Rehearse the scenarios named, or all; return the exit code of the worst run."""
    from harness.clock import ClockSpec
    from harness.compare.after_run import check_baseline
    from harness.cost.prices import read_prices
    from harness.run.afterwards import write_index
    from harness.run.command import SEVERITY, chosen_scenarios, run_all, with_faults, with_sets
    from harness.run.thresholds import with_thresholds
    from harness.run.told import closing_table
    from harness.terminal import Line, show_all

    settings = settings_of(arguments)
    if "help" in arguments.fault:
        return _show_faults(as_json=arguments.json)
    if HELP in arguments.threshold:
        return show_metrics(as_json=arguments.json)
    if arguments.set and not arguments.scenario:
        raise ScenarioError("--set is of one scenario: name it, as in 'harness run NAME --set help'")
    chosen = chosen_scenarios(arguments.scenario, arguments.variant)
    if "help" in arguments.set:
        return _show_settings(chosen, as_json=arguments.json)
    scenarios = with_thresholds(
        with_faults(with_sets(chosen, arguments.set), arguments.fault),
        arguments.threshold,
        abort=arguments.abort_on_fail,
        delay=arguments.abort_delay,
    )
    if arguments.baseline is not None:
        check_baseline(arguments.baseline, settings.runs_dir)
    prices = read_prices(arguments.prices) if arguments.prices else None
    options = _options(arguments, prices)
    clocks = [options.clock or ClockSpec.parse(scenario.clock) for _, scenario in scenarios]
    virtual = [each for each, clock in zip(scenarios, clocks, strict=True) if clock.is_virtual]
    real = [each for each, clock in zip(scenarios, clocks, strict=True) if not clock.is_virtual]
    if arguments.ui is not None and not real:
        raise nothing_to_watch()
    rows = _run_virtually(virtual, arguments, settings, options) if virtual else []
    codes = [ExitCode(row["exit_code"]) for row in rows]
    if real:
        more, code = run_all(real, options, settings)
        rows, codes = rows + more, [*codes, code]
    index = write_index(settings.runs_dir, rows, _again(arguments)) if options.index else None
    if len(rows) > 1:
        show_all([closing_table(rows)], sys.stderr)
        if index is not None:
            show_all([Line(f"index   {index}")], sys.stderr)
    if arguments.json:
        emit(rows[0] if len(rows) == 1 else {"runs": rows})
    after_runs(rows, arguments)
    return next((code for code in SEVERITY if code in codes), ExitCode.INVALID)


def _again(arguments: argparse.Namespace) -> str:
    """Return the command that makes the runs of *arguments* again."""
    words = ["harness", "run", *arguments.scenario]
    for name in ("variant", "data", "clock", "client", "backend"):
        value = getattr(arguments, name)
        words += [] if value is None else [f"--{name}", str(value)]
    words += [] if arguments.seed == 1 else ["--seed", str(arguments.seed)]
    for name in ("fault", "set", "threshold"):
        words += [word for value in getattr(arguments, name) for word in (f"--{name}", value)]
    return shlex.join(words)


def _options(arguments: argparse.Namespace, prices: "PriceTable | None") -> "Options":
    """Return what the command asks of every run. Raises ScenarioError for what cannot work."""
    from harness.aws.permission import Mode
    from harness.clock import ClockSpec
    from harness.load_workers import workers_of
    from harness.run.context import Options

    _check_data(arguments.data)
    return Options(
        arguments.seed,
        ClockSpec.parse(arguments.clock) if arguments.clock else None,
        arguments.data,
        arguments.client,
        arguments.processes,
        workers_of(arguments.load_workers, arguments.load_master, arguments.gateway_port),
        faults=tuple(arguments.fault),
        iam=Mode(arguments.iam),
        report=not arguments.no_report,
        sets=tuple(arguments.set),
        prices=prices,
        ui=arguments.ui,
        baseline=arguments.baseline,
        fail_on_worse=arguments.fail_on_worse,
        index=not arguments.no_report,
        keep=arguments.keep,
    )


def _check_data(directory: Path | None) -> None:
    if directory is not None and not directory.is_dir():
        raise ScenarioError(
            f"--data {directory} is no directory; name the one with train_FD001.txt and the others"
        )


def _show_faults(*, as_json: bool) -> int:
    """Print the form of every fault."""
    from harness.scenario.faults.command_line import forms

    if as_json:
        emit({"faults": forms()})
    else:
        print("\n".join(forms()))
    return ExitCode.PASS


def show_metrics(*, as_json: bool) -> int:
    """Print every metric that a threshold may speak of."""
    from harness.thresholds import asking

    if as_json:
        emit({"metrics": asking.as_json()})
    else:
        print("\n".join(asking.listed()))
    return ExitCode.PASS


def _show_settings(scenarios: "Sequence[tuple[str, Scenario]]", *, as_json: bool) -> int:
    """Print what may be set in each of *scenarios*, and what it is."""
    from harness.scenario.settings import settings_of as values_of

    found = {name: {one.path: one.value for one in values_of(scenario)} for name, scenario in scenarios}
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
    settings: "Settings",
    options: "Options",
) -> list[dict[str, Any]]:
    """Play *scenarios* on the virtual clock; without a name those that have traffic to play."""
    from harness.run.command import check_on_virtual_clock
    from harness.view import View
    from harness.whatif.simulate_command import simulate_scenarios

    chosen = [each for each in scenarios if arguments.scenario or each[1].workload]
    check_on_virtual_clock(chosen, arguments.fault)
    with View() as view:
        return simulate_scenarios(chosen, options, settings.runs_dir, view)
