"""The files a run leaves beside its journal: summary, JUnit XML, report, and the link to the newest run."""

import json
import os
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import EnvironmentFault, JournalError, ScenarioError
from harness.journal import Record

if TYPE_CHECKING:
    from harness.cost.prices import PriceTable
    from harness.scenario import Scenario

JOURNAL = "journal.jsonl.gz"
SUMMARY = "summary.json"
REPORT = "report.html"
JUNIT = "junit.xml"
PROFILE = "profile.json"
POLICIES = "policy"
REPORT_LOG = "logs/report.log"


def write_summary(
    directory: Path, records: Sequence[Record], prices: "PriceTable | None" = None
) -> dict[str, Any]:
    """Write `summary.json` into *directory* and return what is in it; *prices* are others than the run's."""
    from harness.summary import summarise

    summary = summarise(records, prices)
    _write(directory / SUMMARY, json.dumps(summary, indent=1) + "\n")
    return summary


def write_profile(directory: Path, scenario: "Scenario", records: Sequence[Record]) -> None:
    """Write what the run measured of its models into *directory*; nothing where none answered enough."""
    from harness.whatif.after_run import profiles_after
    from harness.whatif.profile import to_json

    if profiles := profiles_after(scenario, records):
        _write(directory / PROFILE, to_json(profiles))


def write_policies(directory: Path, policies: Iterable[tuple[str, str]]) -> None:
    """Write each of *policies*, a role's name and a document, below `policy/`; no folder without one."""
    for role, text in policies:
        (directory / POLICIES).mkdir(exist_ok=True)
        _write(directory / POLICIES / f"{role}.json", text)


def draw(
    directory: Path, records: Sequence[Record], summary: dict[str, Any], *, with_report: bool = True
) -> str:
    """Write JUnit XML and the report; return "" or one sentence about why they cannot be drawn.

    A page that cannot be drawn is no reason to lose what the run found: the traceback goes to a log.
    """
    try:
        from reports.junit import write_junit

        write_junit(summary, directory / JUNIT)
        if with_report:
            from reports.html import render

            _write(directory / REPORT, render(records, summary))
    except Exception as error:
        log = directory / REPORT_LOG
        log.parent.mkdir(exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8")
        return f"The report could not be drawn ({type(error).__name__}: {error}); see {log}"
    return ""


def redraw(directory: Path, prices: "PriceTable | None" = None) -> tuple[dict[str, Any], str]:
    """Write the files of the run in *directory* again from its journal; return its summary and `draw`'s
    answer. *prices* are others than the run's.

    Raises ScenarioError when *directory* is no run, EnvironmentFault when its journal cannot be read.
    """
    from harness import journal

    path = directory / JOURNAL
    if not path.is_file():
        raise ScenarioError(f"{directory} is no run: it has no {JOURNAL}; name the directory of one")
    try:
        records = journal.read(path)
        if not records:
            raise EnvironmentFault(f"{path} is empty: the run ended before it began; run it again")
        summary = write_summary(directory, records, prices)
    except JournalError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error}; run the scenario again") from error
    return summary, draw(directory, records, summary)


def point_latest(directory: Path) -> None:
    """Make `latest`, beside the run, point at it; of two runs that end at once either may win."""
    link = directory.parent / "latest"
    fresh = directory.parent / f".latest-{directory.name}"
    try:
        fresh.symlink_to(directory.name, target_is_directory=True)
        os.replace(fresh, link)
    except OSError:  # a file system without links: the run is there all the same
        fresh.unlink(missing_ok=True)


def newest(runs: Path) -> Path:
    """Return the directory of the newest run below *runs*; raise ScenarioError when there is none."""
    found = [path for path in runs.glob(f"*/*/{JOURNAL}") if path.parent.name != "latest"]
    if not found:
        raise ScenarioError(
            f"No run below {runs}; make one with 'harness run' or name another place with --runs"
        )
    return max(found, key=lambda path: path.stat().st_mtime).parent


def _write(path: Path, text: str) -> None:
    """Replace *path* in one step: whoever looks sees the old text or the new one."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)
