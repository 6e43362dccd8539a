"""`harness compare`: from its arguments to what is printed, and the exit code."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.config import read_settings
from harness.errors import ExitCode, ScenarioError
from harness.store import baseline, trend


def compare_command(arguments: argparse.Namespace) -> int:
    """Print the comparison or the trend that *arguments* ask for; return the exit code (`exit_code`)."""
    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    if arguments.trend is not None:
        return _trend(arguments, runs)
    document = compared(arguments.before, arguments.after, runs)
    if arguments.json:
        from harness.commands import emit

        emit(document)
    else:
        from harness.compare.view import parts_of
        from harness.terminal import show_all

        show_all(parts_of(document))
    return exit_code(document, fail_on_worse=arguments.fail_on_worse)


def compared(before: str, after: str | None, runs: Path) -> dict[str, Any]:
    """Return the comparison of the two sides; of one alone with the run before it.

    Raises ScenarioError for what is no run, InvalidRun where a side has none that is finished and valid.
    """
    from harness.compare.document import compare
    from harness.compare.sides import chosen, loaded, named, requests_of

    if after is None:
        after_rows = chosen(before, runs)
        row = baseline(after_rows[0])
        if row is None:
            raise ScenarioError(
                f"There is no run before {after_rows[0].name} to compare it with, of the same variant, clock "
                "and client; name two: harness compare BEFORE AFTER"
            )
        before_rows = [row]
    else:
        # The newest are after: NAME@4 NAME@4 is the last four against the four before them.
        after_rows = chosen(after, runs, named(before, runs))
        before_rows = chosen(before, runs, [row.directory for row in after_rows])
    return compare(loaded(before_rows), loaded(after_rows), requests_of)


def exit_code(document: Mapping[str, Any], *, fail_on_worse: bool) -> ExitCode:
    """Return 0; 1 where something is worse and that was asked to count; 4 where nothing could be compared."""
    if document["verdict"] == "not comparable":
        return ExitCode.INVALID
    return ExitCode.FAIL if fail_on_worse and document["verdict"] == "worse" else ExitCode.PASS


def _trend(arguments: argparse.Namespace, runs: Path) -> int:
    if arguments.after is not None:
        raise ScenarioError("--trend is of one scenario: harness compare NAME --trend 10")
    found = trend(arguments.before, arguments.trend, runs=runs)
    if arguments.json:
        from harness.commands import emit

        emit(found.as_json())
    else:
        from harness.compare.view import trend_parts
        from harness.terminal import show_all

        show_all(trend_parts(found))
    return ExitCode.PASS
