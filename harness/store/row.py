"""One run of the store as a value: what it was, what came of it, its key figures."""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.compare.metrics import figures_of
from harness.store.lock import is_being_written
from harness.store.pins import is_pinned

JOURNAL = "journal.jsonl.gz"
SUMMARY = "summary.json"
REPORT = "report.html"
VIRTUAL = "virtual"
RUNNING, UNFINISHED, BROKEN = "running", "unfinished", "broken"
FINISHED = ("pass", "fail", "invalid")
FIRST_LINE_BYTES = 1 << 20  # what is read of a journal for its first record


@dataclass(frozen=True, slots=True)
class Row:
    """One run. `verdict` is pass, fail or invalid; `running`, `unfinished` (cut off) or `broken` (its journal
    cannot be read) where there is none. `ended_epoch_s` is when it ended, or its journal last grew.

    `started_at` is ISO 8601; of the virtual clock the model's own calendar. `figures` are by the names of
    `harness.compare.metrics`. `missed` are the names of the expectations that were not met.
    """

    directory: Path
    scenario: str
    verdict: str
    ended_epoch_s: float
    variant: str = ""
    clock: str = ""
    backend: str = ""
    client: str = ""
    seed: int | None = None
    reason: str = ""
    started_at: str = ""
    model_s: float | None = None
    wall_s: float | None = None
    pinned: bool = False
    figures: Mapping[str, float] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    findings: int = 0

    @property
    def name(self) -> str:
        """Return the directory's own name, which `harness compare` takes after the scenario's."""
        return f"{self.directory.parent.name}/{self.directory.name}"

    @property
    def is_finished(self) -> bool:
        """Return whether it came to its end and left a summary."""
        return self.verdict in FINISHED

    @property
    def summary(self) -> Path | None:
        """Return where its summary is, None where there is none."""
        return _there(self.directory / SUMMARY)

    @property
    def report(self) -> Path | None:
        """Return where its report is, None where none was drawn."""
        return _there(self.directory / REPORT)

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain JSON values."""
        plain = ("scenario", "variant", "clock", "backend", "client", "seed", "verdict", "reason")
        return {
            "run_dir": str(self.directory),
            **{name: getattr(self, name) for name in plain},
            "started_at": self.started_at,
            "ended_at": datetime.fromtimestamp(self.ended_epoch_s, UTC).isoformat(timespec="seconds"),
            "pinned": self.pinned,
            "missed": list(self.missed),
            "figures": dict(self.figures),
        }


def is_run(directory: Path) -> bool:
    """Return whether *directory* is a run of ours: a directory, no link, with a journal that is a file."""
    try:
        journal = directory / JOURNAL
        return (
            not directory.is_symlink()
            and directory.is_dir()
            and journal.is_file()
            and not journal.is_symlink()
        )
    except OSError:
        return False


def read_row(directory: Path) -> Row | None:
    """Return the row of the run in *directory*; None where it is none, or is gone by now.

    Nothing in it can make this fail: what cannot be read is told as such.
    """
    if not is_run(directory):
        return None
    try:
        grown_s = (directory / JOURNAL).stat().st_mtime
    except OSError:
        return None
    pinned, summary = is_pinned(directory), read_summary(directory)
    if summary is not None:  # a run that draws its report still has come to its end
        return _of_summary(directory, summary, grown_s, pinned)
    return _of_journal(directory, grown_s, pinned, is_being_written(directory))


def read_summary(directory: Path) -> dict[str, Any] | None:
    """Return the summary of the run in *directory*, None where there is none that can be read."""
    try:
        found = json.loads((directory / SUMMARY).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("verdict") in FINISHED else None


def started(directory: Path) -> dict[str, Any] | None:
    """Return the first record of the run's journal as plain values; None where it cannot be read."""
    try:
        with gzip.open(directory / JOURNAL) as stream:
            line = stream.readline(FIRST_LINE_BYTES)
        found = json.loads(line)
    except (OSError, EOFError, ValueError, zlib.error):
        return None
    return found if isinstance(found, dict) and found.get("type") == "RunStarted" else None


def _of_summary(directory: Path, summary: Mapping[str, Any], grown_s: float, pinned: bool) -> Row:
    told = {name: summary.get(name) for name in ("variant", "clock", "reason", "started_at")}
    backend, load = summary.get("backend"), summary.get("load")
    return Row(
        directory=directory,
        scenario=_text(summary.get("scenario")) or directory.parent.name,
        verdict=summary["verdict"],
        ended_epoch_s=_ended(summary, grown_s),
        **{name: _text(value) for name, value in told.items()},
        backend=_text(backend.get("name")) if isinstance(backend, dict) else "",
        client=_text(load.get("client")) if isinstance(load, dict) else "",
        seed=summary["seed"] if isinstance(summary.get("seed"), int) else None,
        model_s=_number(summary.get("model_s")),
        wall_s=_number(summary.get("wall_s")),
        pinned=pinned,
        figures=figures_of(summary),
        missed=tuple(
            _text(one.get("name")) for one in _dicts(summary.get("expectations")) if not one.get("ok")
        ),
        findings=len(_dicts(summary.get("findings"))),
    )


def _of_journal(directory: Path, grown_s: float, pinned: bool, running: bool) -> Row:
    first = started(directory)
    verdict = RUNNING if running else BROKEN if first is None else UNFINISHED
    told = first or {}
    epoch_s = _number(told.get("started_epoch_s"))
    return Row(
        directory=directory,
        scenario=_text(told.get("scenario")) or directory.parent.name,
        verdict=verdict,
        ended_epoch_s=grown_s,
        variant=_text(told.get("variant")),
        clock=_text(told.get("clock")),
        backend=_text(told.get("backend")),
        seed=told["seed"] if isinstance(told.get("seed"), int) else None,
        started_at="" if epoch_s is None else _iso(epoch_s),
        pinned=pinned,
    )


def _ended(summary: Mapping[str, Any], grown_s: float) -> float:
    """Return when the run ended: by its own word, for what is copied or unpacked loses the times of its
    files. On the virtual clock it tells the model's calendar, and only its file's time is left."""
    if summary.get("clock") == VIRTUAL:
        return grown_s
    try:
        began = datetime.fromisoformat(str(summary.get("started_at")))
    except ValueError:
        return grown_s
    return began.timestamp() + (_number(summary.get("wall_s")) or 0.0)


def _iso(epoch_s: float) -> str:
    try:
        return datetime.fromtimestamp(epoch_s, UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return ""


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
