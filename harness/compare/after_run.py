"""The comparison that a run is told with: made when it ends, kept beside it, drawn again with its report."""

import json
import os
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFault
from harness.store import LATEST, Row, baseline, read_row

COMPARISON = "comparison.json"


def check_baseline(wanted: str, runs: Path) -> list[Row]:
    """Return the runs that *wanted* names, [] for `latest`; a run must not fail over them when it has ended.

    Raises ScenarioError for what is no run, InvalidRun where none is finished and valid.
    """
    if wanted == LATEST:
        return []
    from harness.compare.sides import chosen

    return chosen(wanted, runs)


def compare_with(directory: Path, wanted: str, *, runs: Path | None = None) -> dict[str, Any] | None:
    """Compare the run in *directory* with its baseline and keep the answer beside it; return it.

    *wanted* is `latest`, or what `harness compare` takes; *runs* is where runs are kept, two above
    *directory* by default. None where there is nothing to compare with: no run before it, or it proves
    nothing itself. Raises HarnessError where the baseline or the disk is at fault.
    """
    from harness.compare.document import compare
    from harness.compare.sides import chosen, loaded, requests_of

    row = read_row(directory)
    if row is None or row.verdict not in ("pass", "fail"):
        return None
    if wanted == LATEST:
        found = baseline(row)
        before = [] if found is None else [found]
    else:
        before = chosen(wanted, runs or directory.parent.parent, [directory])
    if not before:
        return None
    document = compare(loaded(before), loaded([row]), requests_of)
    _write(directory / COMPARISON, json.dumps(document, indent=1) + "\n")
    return document


def read_comparison(directory: Path) -> dict[str, Any] | None:
    """Return the comparison that was kept beside the run in *directory*, None where there is none."""
    try:
        found = json.loads((directory / COMPARISON).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema_version") == 1 else None


def told(document: dict[str, Any]) -> list[str]:
    """Return the lines for people below the outcome of a run."""
    against = ", ".join(run["name"] for run in document["before"])
    return [f"against {against}: {document['sentence']}"]


def _write(path: Path, text: str) -> None:
    """Replace *path* in one step."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}; make room") from error
