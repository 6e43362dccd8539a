"""After the runs of a command: which files are written and what is printed, where, and for whom."""

import argparse
import gzip
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.ci import of_runs
from harness.ci.annotations import commands
from harness.ci.remarks import Remark, remarks
from harness.ci.summary import MOST_BYTES, markdown
from harness.compare.after_run import COMPARISON
from harness.config import GitHub, github
from harness.errors import EnvironmentFault
from harness.run.results import JOURNAL

Rows = Sequence[Mapping[str, Any]]


def leave(rows: Rows, arguments: argparse.Namespace, where: GitHub | None = None) -> None:
    """Do what *arguments* ask of the runs *rows*; *where* is what GitHub tells, read when it is not given.

    Raises EnvironmentFault for a file that cannot be written.
    """
    where = github() if where is None else where
    root = (where.workspace or Path.cwd()).resolve()
    rows = [_with_files(row) for row in rows]
    by_run = {str(row.get("run_dir", "")): remarks(row, root) for row in rows}
    found = [one for each in by_run.values() for one in each]
    if arguments.junit is not None:
        _write("--junit", arguments.junit, of_runs.junit(rows))
    if arguments.sarif is not None:
        document = json.dumps(of_runs.sarif(found), indent=1, ensure_ascii=False) + "\n"
        _write("--sarif", arguments.sarif, document.encode())
    if summary := arguments.github_summary or where.summary:
        _add_summary(summary, rows, by_run)
    if arguments.annotations == "github" or (arguments.annotations == "auto" and where.is_here):
        # The runner reads both streams; with --json stdout is one document.
        stream = sys.stderr if arguments.json else sys.stdout
        for line in commands([*of_runs.annotations(found)]):
            print(line, file=stream)


def _with_files(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *row* with what only the files of its run tell: the command, and how it compares."""
    if "run_dir" not in row:
        return row
    run = Path(row["run_dir"])
    return {"command": command_of(run), "against": against_of(run), **row}


def against_of(run: Path) -> str:
    """Return how the run in the directory *run* compares, in a sentence; "" where nothing says so."""
    try:
        document = json.loads((run / COMPARISON).read_text(encoding="utf-8"))
        return str(document.get("sentence", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def command_of(run: Path) -> str:
    """Return the command that made the run in the directory *run*; "" where its journal does not tell."""
    try:
        with gzip.open(run / JOURNAL, "rt", encoding="utf-8") as lines:
            return str(json.loads(next(lines)).get("command", ""))
    except (OSError, EOFError, ValueError, StopIteration):
        return ""


def _add_summary(path: Path, rows: Rows, by_run: Mapping[str, Sequence[Remark]]) -> None:
    """Add to what the step has said already, within what GitHub takes of it in all."""
    written = path.stat().st_size if path.is_file() else 0
    text = markdown(rows, by_run, room=MOST_BYTES - written)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _cannot_write("--github-summary", path, error) from error


def _write(option: str, path: Path, data: bytes) -> None:
    """Replace *path* in one step."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    except OSError as error:
        raise _cannot_write(option, path, error) from error


def _cannot_write(option: str, path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(f"{option} {path} cannot be written: {error.strerror}; name another place")
