"""How the store stays small: of each scenario the newest runs are kept, and what somebody needs.

Only directories that are runs of ours are ever deleted; a link is never followed. A run goes in two steps: it
is renamed, under its lock, which only one pruner can do, and then deleted, its journal last. A pruner that is
killed in between leaves a directory that the next one knows by its name and journal.
"""

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from harness.store.listing import LATEST, run_directories
from harness.store.lock import take
from harness.store.row import JOURNAL, Row, is_run, read_row

KEEP = 20
# An unfinished journal that grew a moment ago belongs to somebody, where there are no locks to tell.
ABANDONED_AFTER_S = 3_600.0
DOOMED = ".pruned-"


def prune(
    runs: Path, scenario: str | None = None, *, keep: int = KEEP, spare: Collection[Path] = ()
) -> list[Path]:
    """Delete all but the newest *keep* runs of each scenario below *runs* (or of one); return which went.

    0 keeps all. Older ones stay too where they are pinned, named in *spare* or by `latest`, or still being
    written. What cannot be deleted stays as it is.
    """
    folders = [runs / scenario] if scenario else _directories(runs)
    gone: list[Path] = []
    for folder in folders:
        _clear_away(folder)
        if keep > 0:
            gone += _prune_folder(folder, keep, {path.resolve() for path in spare})
    return gone


def _prune_folder(folder: Path, keep: int, spare: set[Path]) -> list[Path]:
    if folder.is_symlink():
        return []
    found = [row for one in run_directories(folder) if (row := read_row(one))]
    newest_first = sorted(found, key=lambda row: (row.ended_epoch_s, row.directory.name), reverse=True)
    doomed = [row for row in newest_first[keep:] if not _is_needed(row, spare)]
    return [row.directory for row in doomed if _delete(row.directory)]


def _is_needed(row: Row, spare: set[Path]) -> bool:
    if row.pinned or row.verdict == "running" or row.directory.resolve() in spare:
        return True
    if (row.directory.parent / LATEST).resolve() == row.directory.resolve():
        return True
    age_s = datetime.now(UTC).timestamp() - row.ended_epoch_s
    return not row.is_finished and age_s < ABANDONED_AFTER_S


def _delete(directory: Path) -> bool:
    """Delete the run in *directory* if nobody writes it; return whether it is gone by our doing."""
    held = take(directory)
    if held is None:
        return False
    doomed = directory.with_name(f"{DOOMED}{directory.name}")
    try:
        if not is_run(directory):
            return False
        os.rename(directory, doomed)
    except OSError:
        return False  # another pruner was first, or the folder cannot be written
    finally:
        os.close(held)
    _remove(doomed)
    return True


def _clear_away(folder: Path) -> None:
    """Delete what a pruner that was killed has left in *folder*."""
    for one in _directories(folder):
        if one.name.startswith(DOOMED) and is_run(one):
            _remove(one)


def _remove(directory: Path) -> None:
    """Delete *directory*, its journal last: as long as anything of it is there, it is known for a run."""
    with suppress(OSError):
        for entry in sorted(directory.iterdir()):
            if entry.name == JOURNAL:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        (directory / JOURNAL).unlink(missing_ok=True)
        directory.rmdir()


def _directories(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir() and not one.is_symlink())
    except OSError:
        return []
