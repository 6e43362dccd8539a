"""`harness simulate`: from its arguments to the run's files, what is printed, and the exit code."""

import argparse
import gc
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import read_settings
from harness.errors import ExitCode, ScenarioError
from harness.journal import Record
from harness.terminal import indented
from harness.thresholds.options import HELP
from harness.view import View
from harness.whatif.case import Case
from harness.whatif.options import Assumptions, assumptions, number, span

if TYPE_CHECKING:
    from harness.run.context import Options
    from harness.scenario import Scenario

CODES = {"pass": ExitCode.PASS, "fail": ExitCode.FAIL}
# Arguments that change nothing in the journal, and those that a command leaves out when they have this value.
_SILENT = ("scenario", "json", "carry_out", "runs", "no_report", "seed")
_DEFAULTS = {"engine": "auto", "arrivals": "poisson", "variant": "corrected"}


def simulate_command(arguments: argparse.Namespace) -> int:
    """Carry out `harness simulate`; print its summary, or a few lines for people; return the exit code."""
    # A command that ends after a second need not look for garbage; its records are many, and looking through
    # them again and again takes half of that second.
    gc.disable()
    if HELP in arguments.threshold:
        from harness.commands.run import show_metrics

        return show_metrics(as_json=arguments.json)
    row, trouble = simulated(arguments)
    if arguments.json:
        from harness.commands import emit

        emit(row)
    else:
        from harness.terminal import show_all
        from harness.whatif.simulate_view import parts_of

        show_all(parts_of(row, trouble))
    gc.freeze()  # nor need anybody look on the way out
    return int(row["exit_code"])


def simulated(arguments: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """Play what *arguments* say and leave its files; return what `left` does."""
    from harness.cost.prices import read_prices
    from harness.run.asked import asked_for
    from harness.whatif.run_virtual import played

    case, shown = _case(arguments)
    if arguments.threshold:
        from harness.thresholds.asking import asked, with_asked

        case = replace(case, thresholds=with_asked(case.thresholds, asked(arguments.threshold)))
    gc.freeze()  # what has been imported is no garbage
    records = played(
        case,
        arguments.engine,
        shown,
        command=command_of(arguments),
        with_ranges=not arguments.no_ranges,
        asked=asked_for(declared(arguments), read_prices(arguments.prices) if arguments.prices else None),
    )
    with_report = not (arguments.json or arguments.no_report)
    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    return left(runs, case.name, records, with_report=with_report)


def left(
    runs: Path, name: str, records: Sequence[Record], *, with_report: bool
) -> tuple[dict[str, Any], str]:
    """Write a simulated run; return its summary with place and exit code, and why there is no report."""
    from harness.whatif.leave import leave

    directory, summary, trouble = leave(runs, name, records, with_report=with_report)
    code = CODES.get(summary["verdict"], ExitCode.INVALID)
    return {"run_dir": str(directory), "exit_code": int(code), **summary}, trouble


def simulate_scenarios(
    scenarios: "Sequence[tuple[str, Scenario]]", options: "Options", runs: Path, view: View
) -> list[dict[str, Any]]:
    """Play *scenarios*, each under the name it was asked for, as `harness run --clock virtual` does.

    They have the values that *options* set already; the bill is at its prices where they are given.
    """
    from harness.run.asked import asked_for, options_for
    from harness.run.told import heading
    from harness.thresholds.asking import words_for
    from harness.whatif.from_scenario import assumptions_in, case_of_scenario
    from harness.whatif.run_virtual import played
    from harness.whatif.simulate_view import parts_of

    rows = []
    for name, scenario in scenarios:
        view.show(heading(scenario.name, scenario.variant, "virtual", options.seed))
        case, shown = case_of_scenario(scenario, assumptions_in(scenario), seed=options.seed)
        words = ["harness", "simulate", name, "--variant", scenario.variant, "--seed", str(options.seed)]
        asked = (options.sets, options.prices)
        command = shlex.join([*words, *words_for(scenario.limits), *options_for(*asked)])
        records = played(case, "auto", shown, command=command, asked=asked_for(*asked))
        row, trouble = left(runs, case.name, records, with_report=True)
        against = _compared(row, records, options, runs)
        rows.append({"scenario_path": name, **row})
        view.show(*(indented(part) for part in parts_of(row, trouble)))
        for line in against:
            view.line(f"  {line}")
    return rows


def _compared(row: dict[str, Any], records: Sequence[Record], options: "Options", runs: Path) -> list[str]:
    """Hold the run of *row* against its baseline, draw its report with that, and return what to tell."""
    from harness.run.afterwards import code_with, compared_when_drawn, keep_store_small, lines_of

    directory = Path(row["run_dir"])
    summary = {key: value for key, value in row.items() if key not in ("run_dir", "exit_code")}
    found, trouble = compared_when_drawn(directory, records, summary, options.baseline, runs)
    row["exit_code"] = int(code_with(ExitCode(row["exit_code"]), found, fail_on_worse=options.fail_on_worse))
    keep_store_small(runs, summary["scenario"], options.keep, directory, found)
    return [*lines_of(found), *([trouble] if trouble else [])]


def _case(arguments: argparse.Namespace) -> tuple[Case, dict[str, Any]]:
    """Return the case and what its summary shows of instances and traffic."""
    if arguments.scenario is not None:
        return _scenario_case(arguments)
    if arguments.policy is None or arguments.traffic is None:
        raise ScenarioError("Say what to simulate: SCENARIO, or --policy FILE with --traffic FILE|STAGES")
    return _policy_case(arguments, _assumptions(arguments))


def _assumptions(arguments: argparse.Namespace, base: Assumptions | None = None) -> Assumptions:
    of_scenario = declared(arguments)
    return assumptions(
        [each for each in arguments.set if each not in of_scenario],
        launch=arguments.launch,
        service_time=arguments.service_time,
        concurrency=arguments.concurrency,
        instance_type=arguments.instance_type,
        base=base,
    )


def _policy_case(arguments: argparse.Namespace, assumed: Assumptions) -> tuple[Case, dict[str, Any]]:
    from harness.inputs.policy_files import read_policy
    from harness.inputs.traffic import read_traffic
    from harness.whatif.from_policy import Asked, case_of, instance_of
    from harness.whatif.profile import read_profile

    policies = read_policy(arguments.policy, target=arguments.target, parameters=_parameters(arguments))
    profile = read_profile(arguments.profile, policies.endpoint) if arguments.profile else None
    asked = Asked(
        initial=arguments.initial,
        seed=arguments.seed,
        start_epoch_s=None if arguments.start is None else moment(arguments.start),
        until_s=None if arguments.until is None else _until(arguments.until),
        arrivals=arguments.arrivals,
    )
    container = assumed.container
    if arguments.duration is not None:
        container = replace(container, service_time=span("--duration", arguments.duration))
    instance = instance_of(container, profile, tuple(policies.policies), policies.instance_type)
    traffic = read_traffic(arguments.traffic, instances=arguments.initial)
    case = case_of(policies, traffic, assumed, instance, asked, name=f"simulate-{_stem(arguments.policy)}")
    return case, {
        "instance": {policies.endpoint: instance.shown()},
        "traffic": {
            "source": traffic.source,
            "requests": traffic.total,
            "lasts_s": traffic.duration_s,
            "arrivals": arguments.arrivals if traffic.counts is not None else "as given",
            "notes": list(traffic.notes),
        },
    }


def _parameters(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what is said for the parameters of a template."""
    pairs = [text.partition("=") for text in arguments.parameter]
    for name, equals, value in pairs:
        if not equals:
            raise ScenarioError(f"--parameter {name}{value}: say NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _scenario_case(arguments: argparse.Namespace) -> tuple[Case, dict[str, Any]]:
    from harness.scenario import find
    from harness.scenario.settings import with_settings
    from harness.scenario.spec import CORRECTED
    from harness.whatif.from_scenario import assumptions_in, case_of_scenario

    for option in ("policy", "target", "traffic", "initial", "until", "profile"):
        if getattr(arguments, option) is not None:
            raise ScenarioError(f"--{option} goes with --policy and --traffic, not with a scenario")
    scenario = with_settings(
        find(arguments.scenario).resolve(arguments.variant or CORRECTED), declared(arguments)
    )
    start_s = None if arguments.start is None else moment(arguments.start)
    assumed = _assumptions(arguments, assumptions_in(scenario))
    duration = None if arguments.duration is None else span("--duration", arguments.duration)
    return case_of_scenario(scenario, assumed, seed=arguments.seed, start_epoch_s=start_s, duration=duration)


def declared(arguments: argparse.Namespace) -> list[str]:
    """Return what `--set` says of values that a scenario declares: their paths have points in them."""
    return [each for each in arguments.set if arguments.scenario and "." in each.partition("=")[0]]


def _until(text: str) -> float:
    found = float(number("--until", text))
    if found <= 0:
        raise ScenarioError(f"--until is {found:g}; give seconds after the beginning of the traffic")
    return found


def moment(text: str) -> float:
    """Return the moment that *text* (ISO 8601) says, in seconds since 1970; UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScenarioError(f"--start {text!r} is no moment: say it as 2026-01-01T00:00:00Z") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _stem(path: Path) -> str:
    """Return the name of the file or folder at *path* as it may stand in a directory's name."""
    name = path.resolve().stem or "policy"
    return "".join(each if each.isalnum() or each in "-_." else "-" for each in name)


def command_of(arguments: argparse.Namespace) -> str:
    """Return the command that repeats the simulation, its defaults left out."""
    words = ["harness", "simulate"]
    words += [arguments.scenario] if arguments.scenario is not None else []
    for name, value in sorted(vars(arguments).items()):
        if name in _SILENT or value in (None, False, []) or _DEFAULTS.get(name) == value:
            continue
        option = f"--{name.replace('_', '-')}"
        for each in value if isinstance(value, list) else [value]:
            words += [option] if each is True else [option, str(each)]
    return shlex.join([*words, "--seed", str(arguments.seed)])
