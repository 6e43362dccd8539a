"""`harness runs`: what is kept, what is pinned, what goes."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.config import read_settings
from harness.errors import ExitCode, ScenarioError
from harness.printable import printable
from harness.store.listing import rows
from harness.store.pins import pin, unpin
from harness.store.prune import prune
from harness.store.row import Row, is_run


def store_command(arguments: argparse.Namespace) -> int:
    """List, pin, unpin or prune runs as *arguments* say."""
    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    if arguments.pin or arguments.unpin:
        return _pin(arguments, runs)
    if arguments.scenario and not _is_one_of(runs, arguments.scenario):
        raise ScenarioError(f"No run of {arguments.scenario!r} is below {runs}; 'harness runs' lists all")
    if arguments.prune:
        return _prune(arguments, runs)
    found = rows(runs, arguments.scenario)
    if arguments.json:
        from harness.commands import emit

        emit({"runs": [row.as_json() for row in found]})
    else:
        _show(found, runs)
    return ExitCode.PASS


def _is_one_of(runs: Path, scenario: str) -> bool:
    """Return whether *scenario* names a folder in *runs*, not one elsewhere: runs in it may be deleted."""
    return Path(scenario).name == scenario != ".." and (runs / scenario).is_dir()


def _pin(arguments: argparse.Namespace, runs: Path) -> int:
    directory = _directory(arguments.pin or arguments.unpin, runs)
    (pin if arguments.pin else unpin)(directory)
    if arguments.json:
        from harness.commands import emit

        emit({"run_dir": str(directory), "pinned": bool(arguments.pin)})
    else:
        print(f"{'pinned' if arguments.pin else 'no longer pinned'}: {directory}")
    return ExitCode.PASS


def _directory(text: str, runs: Path) -> Path:
    """Return the directory of the run that *text* names: a path, or its name below *runs*."""
    for path in (Path(text).resolve(), (runs / text).resolve()):
        if is_run(path):
            return path
    raise ScenarioError(f"{text!r} is no run; 'harness runs' lists what there is")


def _prune(arguments: argparse.Namespace, runs: Path) -> int:
    gone = prune(runs, arguments.scenario, keep=arguments.keep)
    if arguments.json:
        from harness.commands import emit

        emit({"pruned": [str(path) for path in gone]})
        return ExitCode.PASS
    for path in gone:
        print(printable(f"deleted {path}"))
    print(f"{len(gone)} runs deleted" if len(gone) != 1 else "1 run deleted")
    return ExitCode.PASS


def _show(found: Sequence[Row], runs: Path) -> None:
    from harness.terminal import Column, Line, Table, show_all

    if not found:
        show_all([Line(f"No run below {runs}; 'harness run' makes one")])
        return
    columns = (
        Column("Run", style="bold"),
        Column("Verdict", whole=True),
        Column("Variant"),
        Column("Clock", whole=True),
        Column("Seed", right=True, whole=True),
        Column("Ended", whole=True),
        Column("", whole=True),
    )
    cells = [_cells(row) for row in found]
    lines = [f"{row[1]:<10} {' '.join(one for one in (row[0], *row[2:]) if one)}" for row in cells]
    show_all([Table(columns, cells, lines)])


def _cells(row: Row) -> list[str]:
    ended = datetime.fromtimestamp(row.ended_epoch_s, UTC).strftime("%Y-%m-%d %H:%M")
    seed = "" if row.seed is None else str(row.seed)
    return [row.name, row.verdict, row.variant, row.clock, seed, ended, "pinned" if row.pinned else ""]
