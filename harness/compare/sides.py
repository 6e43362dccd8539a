"""From what is written on the command line to the runs that are meant, and their files.

A side is one run or several: the directory of a run, a scenario's name (its newest finished run), `NAME@5`
(its last five, like the newest), or several of these with commas between them.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.compare.document import Run
from harness.compare.requests import read_requests
from harness.compare.windows import Requests
from harness.errors import EnvironmentFault, InvalidRun, ScenarioError
from harness.store import Row, is_run, like, read_row, rows
from harness.store.row import JOURNAL, read_summary, started


def chosen(text: str, runs: Path, without: Iterable[Path] = ()) -> list[Row]:
    """Return the runs that *text* names, oldest first, each once; those of *without* are not among the ones
    that a scenario's name stands for.

    Raises ScenarioError for what is no run and no scenario that has one, InvalidRun when none of them is
    finished and valid.
    """
    taken = {path.resolve() for path in without}
    found = {row.directory: row for part in text.split(",") if part for row in _part(part, runs, taken)}
    good = [row for row in found.values() if row.verdict in ("pass", "fail")]
    if not good:
        told = "; ".join(f"{row.name} is {row.verdict}{_why(row)}" for row in found.values())
        raise InvalidRun(f"There is nothing to compare in {text!r}: {told or 'no run is named'}")
    return sorted(good, key=lambda row: (row.ended_epoch_s, row.directory.name))


def named(text: str, runs: Path) -> list[Path]:
    """Return the directories that *text* names themselves, not by their scenario."""
    return [row.directory for part in text.split(",") if part and (row := _named(part, runs))]


def _why(row: Row) -> str:
    return f" ({row.reason})" if row.reason else ""


def _part(text: str, runs: Path, taken: set[Path]) -> list[Row]:
    name, at, count = text.rpartition("@")
    if at and count.isdigit():
        if int(count) < 1:
            raise ScenarioError(f"{text!r}: say how many of the last runs, as in {name}@5")
        return _last(name, int(count), runs, taken)
    row = _named(text, runs)
    return [row] if row else _last(text, 1, runs, taken)


def _named(text: str, runs: Path) -> Row | None:
    """Return the run whose directory *text* names, from here or below *runs*; None where it names none."""
    for path in (Path(text).resolve(), (runs / text).resolve()):
        if is_run(path):
            return read_row(path)
    return None


def _last(name: str, count: int, runs: Path, taken: set[Path]) -> list[Row]:
    """Return the last *count* finished runs of the scenario *name* that are like the newest of them."""
    found = [row for row in rows(runs) if row.scenario == name and row.directory.resolve() not in taken]
    good = [row for row in found if row.verdict in ("pass", "fail")]
    if not good:
        raise ScenarioError(
            f"{name!r} is no run, and no finished run of a scenario of that name is below {runs}; "
            "'harness runs' lists what there is"
        )
    return [good[0], *like(good[0], good)][:count]


def loaded(side: Sequence[Row]) -> list[Run]:
    """Return the runs of *side* with what is compared of them; EnvironmentFault where one cannot be read."""
    return [_loaded(row) for row in side]


def _loaded(row: Row) -> Run:
    first, summary = started(row.directory), read_summary(row.directory)
    if first is None or summary is None:
        raise EnvironmentFault(
            f"The run {row.directory} cannot be read; 'harness report {row.directory}' makes it again"
        )
    return Run(str(row.directory), first, summary)


def requests_of(run: Run) -> Requests | None:
    """Return the requests of *run* out of its journal."""
    return read_requests(Path(run.directory) / JOURNAL)
