"""Which runs there are: all, those of a scenario, the newest, and what a run is held against."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import ScenarioError
from harness.store.row import JOURNAL, VIRTUAL, Row, is_run, read_row

LATEST = "latest"


def rows(runs: Path, scenario: str | None = None) -> list[Row]:
    """Return the runs below *runs*, of one *scenario* where it is named; the newest first.

    What is no run of ours is passed over: other files, links, directories without a journal.
    """
    folders = [runs / scenario] if scenario else _folders(runs)
    found = [row for folder in folders for one in run_directories(folder) if (row := read_row(one))]
    return sorted(found, key=_order, reverse=True)


def run_directories(folder: Path) -> list[Path]:
    """Return the directories of the runs in *folder*, one scenario's, by name; [] where it is not there."""
    return [one for one in _entries(folder) if is_run(one)]


def newest(runs: Path) -> Path:
    """Return the directory of the newest run below *runs*; raise ScenarioError when there is none."""
    found = [one for folder in _folders(runs) for one in run_directories(folder)]
    if not found:
        raise ScenarioError(
            f"No run below {runs}; make one with 'harness run' or name another place with --runs"
        )
    return max(found, key=_grown)


def point_latest(directory: Path) -> None:
    """Make `latest`, beside the run, point at it; of two runs that end at once either may win."""
    link = directory.parent / LATEST
    fresh = directory.parent / f".{LATEST}-{directory.name}"
    try:
        fresh.symlink_to(directory.name, target_is_directory=True)
        os.replace(fresh, link)
    except OSError:  # a file system without links: the run is there all the same
        fresh.unlink(missing_ok=True)


def like(run: Row, found: Sequence[Row]) -> list[Row]:
    """Return those of *found* that *run* may be held against, in their order: runs of the same scenario,
    variant, clock and client that ended before it did and are not invalid.

    Clients are told apart where both runs had one: a load over HTTP has, one on the virtual clock has not.
    """
    return [
        one
        for one in found
        if one.verdict in ("pass", "fail")
        and one.directory != run.directory
        and (one.scenario, one.variant, one.clock) == (run.scenario, run.variant, run.clock)
        and (one.client == run.client or not (one.client and run.client))
        and (one.ended_epoch_s, one.directory.name) < (run.ended_epoch_s, run.directory.name)
    ]


def baseline(run: Row) -> Row | None:
    """Return the newest finished run before *run* that it may be held against (`like`), None for none.

    On the virtual clock one of the same seed goes before newer ones: what differs from it is no noise.
    """
    found = like(run, sorted(_beside(run), key=_order, reverse=True))
    if run.clock == VIRTUAL:
        found = [one for one in found if one.seed == run.seed] or found
    return next(iter(found), None)


def _beside(run: Row) -> Iterator[Row]:
    for one in run_directories(run.directory.parent):
        if row := read_row(one):
            yield row


def _order(row: Row) -> tuple[float, str]:
    return row.ended_epoch_s, row.directory.name


def _grown(directory: Path) -> float:
    try:
        return (directory / JOURNAL).stat().st_mtime
    except OSError:  # pruned by another process just now
        return 0.0


def _folders(runs: Path) -> list[Path]:
    return [one for one in _entries(runs) if not one.is_symlink() and one.is_dir()]


def _entries(folder: Path) -> list[Path]:
    """Return what is in *folder*, by name, without what is hidden: unfinished and doomed runs are."""
    try:
        return sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    except OSError:
        return []
