"""What a command does with runs that have ended: tell how they compare, keep the store small, end with 1."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.compare.after_run import compare_with, told
from harness.errors import ExitCode, HarnessError, ScenarioError
from harness.journal import Record
from harness.run.results import INDEX, draw
from harness.store import LATEST, prune, read_row, trend


def compared(directory: Path, wanted: str | None, runs: Path) -> tuple[dict[str, Any] | None, str]:
    """Return the run in *directory* held against *wanted*, by default the run before it, and what was wrong.

    The run has its result all the same: a baseline that cannot be read is a sentence, "" where all is well.
    """
    try:
        return compare_with(directory, wanted or LATEST, runs=runs), ""
    except HarnessError as error:
        return None, f"It could not be compared: {error}"


def compared_when_drawn(
    directory: Path, records: Sequence[Record], summary: dict[str, Any], wanted: str | None, runs: Path
) -> tuple[dict[str, Any] | None, str]:
    """Return what `compared` does of a run whose report is there already, and draw that again with it."""
    comparison, trouble = compared(directory, wanted, runs)
    if comparison is None:
        return comparison, trouble
    return comparison, trouble or draw(directory, records, summary, comparison=comparison)


def lines_of(comparison: dict[str, Any] | None) -> list[str]:
    """Return what people are told of *comparison*; nothing where there is none."""
    return told(comparison) if comparison else []


def code_with(code: ExitCode, comparison: dict[str, Any] | None, *, fail_on_worse: bool) -> ExitCode:
    """Return the exit code of a run that ended with *code*: 1 where it is worse and that was asked for."""
    is_worse = comparison is not None and comparison["verdict"] == "worse"
    return ExitCode.FAIL if code is ExitCode.PASS and fail_on_worse and is_worse else code


def keep_store_small(
    runs: Path, scenario: str, keep: int, directory: Path, comparison: dict[str, Any] | None
) -> None:
    """Delete the oldest runs of *scenario*; the one in *directory* stays, with what it was compared with."""
    before = [Path(run["run_dir"]) for run in (comparison or {}).get("before", [])]
    prune(runs, scenario, keep=keep, spare=[directory, *before])


def write_index(runs: Path, found: Sequence[Mapping[str, Any]], again: str) -> Path | None:
    """Write the page about the runs *found*, which the command *again* makes again; return its path.

    None where the disk refuses it: the runs have their reports.
    """
    from reports.index_page import write_index as write

    listed = [row for one in found if (row := read_row(Path(one["run_dir"]))) is not None]
    trends = {}
    for row in listed:
        with suppress(ScenarioError):  # none to tell of
            trends[row.scenario] = trend(row.scenario, runs=runs)
    with suppress(OSError):
        return write(runs / INDEX, listed, trends, command=again)
    return None
