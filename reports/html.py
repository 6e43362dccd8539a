"""The report of one run: a single offline HTML page made from the journal and its summary."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.journal import Record


def render(records: Sequence[Record], summary: dict[str, Any]) -> str:
    """Return the page, a whole HTML document."""
    return f"<!doctype html><title>{summary['scenario']}</title>{len(records)}"


def write_report(run_dir: Path) -> Path:
    """Write `report.html` beside the journal in *run_dir* and return its path."""
    from harness import journal
    from harness.summary import summarise

    records = journal.read(run_dir / "journal.jsonl.gz")
    path = run_dir / "report.html"
    path.write_text(render(records, summarise(records)), encoding="utf-8")
    return path
