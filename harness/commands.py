"""What each command does once its arguments are known; prints for people on stderr and JSON on stdout."""

import argparse
import json
from pathlib import Path
from typing import Any

from harness.clock import ClockSpec
from harness.config import read_settings
from harness.errors import ExitCode, HarnessError, ScenarioError
from harness.results import JOURNAL, REPORT, newest
from harness.scenario import Scenario, find, names
from harness.scenario.spec import CORRECTED
from harness.view import View

# When several runs end differently the command ends with the first of these that occurred.
SEVERITY = (ExitCode.ENVIRONMENT, ExitCode.USAGE, ExitCode.INVALID, ExitCode.FAIL, ExitCode.PASS)


def list_scenarios(*, as_json: bool) -> int:
    """Print every scenario with its variants and what it is about."""
    rows = [_row(find(name)) for name in names()]
    if as_json:
        print(json.dumps({"scenarios": rows}, indent=1))
        return ExitCode.PASS
    for row in rows:
        print(f"{row['name']:<26} {row['description']}")
        if row["defect"]:
            print(f"{'':<26} --variant as-written: {row['defect']}")
    return ExitCode.PASS


def _row(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "description": scenario.description,
        "variants": list(scenario.variants),
        "defect": scenario.as_written.defect if scenario.as_written else "",
        "clock": scenario.clock,
    }


def run_scenarios(arguments: argparse.Namespace) -> int:
    """Rehearse what was named, or everything, and return the exit code that sums it up."""
    from harness.runner import Options, rehearse

    settings = read_settings(backend=arguments.backend, runs_dir=arguments.runs, allowed_endpoints=arguments.allow_endpoint)
    chosen = [(name, find(name).resolve(arguments.variant or CORRECTED)) for name in arguments.scenario or names()]
    _check_data(arguments.data)
    clock = ClockSpec.parse(arguments.clock) if arguments.clock else None
    runs: list[dict[str, Any]] = []
    codes: list[ExitCode] = []
    with View() as view:
        for name, scenario in chosen:
            options = Options(arguments.seed, clock, arguments.data, arguments.client, arguments.processes, name)
            view.line(f"{scenario.name} ({scenario.variant}, {options.clock or scenario.clock}, seed {options.seed})")
            outcome = rehearse(scenario, options, settings, view)
            runs.append({"run_dir": str(outcome.directory), **outcome.summary})
            codes.append(_code(outcome.summary, outcome.error))
            _tell(view, outcome.directory, outcome.summary, outcome.error)
            if isinstance(outcome.error, KeyboardInterrupt):
                raise outcome.error
    if arguments.json:
        print(json.dumps(runs[0] if len(runs) == 1 else {"runs": runs}, indent=1))
    return next(code for code in SEVERITY if code in codes)


def _check_data(directory: Path | None) -> None:
    if directory is not None and not directory.is_dir():
        raise ScenarioError(f"--data {directory} is no directory; name the one with train_FD001.txt and the others")


def _code(summary: dict[str, Any], error: BaseException | None) -> ExitCode:
    if isinstance(error, HarnessError):
        return error.exit_code
    return {"pass": ExitCode.PASS, "fail": ExitCode.FAIL}.get(summary.get("verdict", ""), ExitCode.INVALID)


def _tell(view: View, directory: Path, summary: dict[str, Any], error: BaseException | None) -> None:
    for expectation in summary.get("expectations", []):
        value = "nothing measured" if expectation["value"] is None else f"{expectation['value']:.6g} {expectation['unit']}"
        sign = "ok  " if expectation["ok"] else "FAIL"
        view.line(f"  {sign} {expectation['name']}: {value} ({expectation['limit']})")
    verdict = summary.get("verdict", "invalid")
    reason = str(error) if isinstance(error, HarnessError) else summary.get("reason", "")
    view.line(f"  {verdict}{': ' + reason if reason and verdict == 'invalid' else ''}")
    if (directory / REPORT).exists():
        view.line(f"  report  {directory / REPORT}")
    else:
        view.line(f"  journal {directory / JOURNAL}")


def redraw(run: Path | None, runs: Path | None, *, as_json: bool) -> int:
    """Draw a run's report and summary again from its journal."""
    from harness import journal
    from harness.results import write_results

    directory = run or newest(runs or read_settings(backend="embedded").runs_dir)
    path = directory / JOURNAL
    if not path.is_file():
        raise ScenarioError(f"{directory} is no run: it has no {JOURNAL}")
    summary = write_results(directory, journal.read(path))
    print(json.dumps({"report": str(directory / REPORT), "verdict": summary["verdict"]}) if as_json else directory / REPORT)
    return ExitCode.PASS


def serve(arguments: argparse.Namespace) -> int:
    """Serve the gateway until interrupted."""
    from harness.serving import serve_until_interrupted

    settings = read_settings(backend=arguments.backend, runs_dir=arguments.runs, allowed_endpoints=arguments.allow_endpoint)
    return serve_until_interrupted(
        settings, ClockSpec.parse(arguments.clock), port=arguments.port, seed=arguments.seed, as_json=arguments.json
    )


def doctor(arguments: argparse.Namespace) -> int:
    """Print what this machine has and lacks; 3 when something the harness needs is missing."""
    from harness.backends.doctor import doctor_rows

    settings = read_settings(backend=arguments.backend, allowed_endpoints=arguments.allow_endpoint)
    rows = doctor_rows(settings)
    if arguments.json:
        print(json.dumps({"checks": [{"check": r.check, "ok": r.ok, "detail": r.detail} for r in rows]}, indent=1))
    else:
        for row in rows:
            print(f"{'ok  ' if row.ok else 'FAIL'} {row.check:<24} {row.detail}")
    return ExitCode.PASS if all(row.ok for row in rows) else ExitCode.ENVIRONMENT
