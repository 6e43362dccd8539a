"""The files a run leaves beside its journal: summary, report, JUnit XML, and the link to the newest run."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.journal import Record
from harness.summary import summarise

JOURNAL = "journal.jsonl.gz"
SUMMARY = "summary.json"
REPORT = "report.html"


def write_results(directory: Path, records: Sequence[Record]) -> dict[str, Any]:
    """Write every file that follows from *records* into *directory* and return the summary.

    A journal too short to summarise (the backend never started) leaves the journal alone and returns {}.
    """
    if not records:
        return {}
    from reports.html import render
    from reports.junit import write_junit

    summary = summarise(records)
    (directory / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n")
    (directory / REPORT).write_text(render(records, summary), encoding="utf-8")
    write_junit(summary, directory / "junit.xml")
    _point_latest(directory)
    return summary


def _point_latest(directory: Path) -> None:
    """Make `latest`, beside the run, point at it; two runs at once leave one of the two."""
    link = directory.parent / "latest"
    fresh = directory.parent / f".latest-{directory.name}"
    try:
        fresh.symlink_to(directory.name, target_is_directory=True)
        os.replace(fresh, link)
    except OSError:  # a file system without links: the run is there all the same
        fresh.unlink(missing_ok=True)


def newest(runs: Path) -> Path:
    """Return the directory of the newest run below *runs*; raise ScenarioError when there is none."""
    found = [path.parent for path in runs.glob(f"*/*/{JOURNAL}") if path.parent.name != "latest"]
    if not found:
        raise ScenarioError(f"No run below {runs}; make one with 'harness run' or name another place with --runs")
    return max(found, key=lambda path: (path / JOURNAL).stat().st_mtime)
