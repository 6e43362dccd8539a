"""The files a run leaves beside its journal: summary, JUnit XML, report, and the link to the newest run."""

import json
import os
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import DiskFault, EnvironmentFault, JournalError, ScenarioError, machine_fault
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
ROLE_NAME_SIGNS = "+=,.@-_"  # IAM API reference, CreateRole: beside letters and digits
INDEX = "index.html"
INDEX_FROM_RUN = f"../../{INDEX}"
REPORT_LOG = "logs/report.log"


def write_summary(
    directory: Path, records: Sequence[Record], prices: "PriceTable | None" = None
) -> dict[str, Any]:
    """Write `summary.json` into *directory* and return what is in it; *prices* are others than the run's."""
    from harness.summary import summarise

    summary = summarise(records, prices)
    save_summary(directory, summary)
    return summary


def save_summary(directory: Path, summary: dict[str, Any]) -> None:
    """Write *summary* as `summary.json` into *directory*; raise DiskFault where there is no room for it."""
    _write(directory / SUMMARY, json.dumps(summary, indent=1) + "\n")


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
        # What a client called its role may be no name that AWS takes, and would be a path.
        _write(directory / POLICIES / f"{quote(role, safe=ROLE_NAME_SIGNS)}.json", text)


def draw(
    directory: Path,
    records: Sequence[Record],
    summary: dict[str, Any],
    *,
    comparison: dict[str, Any] | None = None,
    with_report: bool = True,
    with_index: bool = False,
) -> str:
    """Write JUnit XML and the report, with a *comparison* if there is one and a way to the index.

    Return "" or one sentence about why they cannot be drawn.

    A page that cannot be drawn is no reason to lose what the run found: the traceback goes to a log. Raises
    EnvironmentFault where the machine takes no file.
    """
    try:
        from reports.junit import write_junit

        write_junit(summary, directory / JUNIT)
        if with_report:
            from reports.html import render

            _write(
                directory / REPORT,
                render(records, summary, comparison=comparison, index=INDEX_FROM_RUN if with_index else None),
            )
    except DiskFault:
        raise
    except Exception as error:
        if isinstance(error, OSError) and (fault := machine_fault(error, directory)) is not None:
            raise fault from error
        log = directory / REPORT_LOG
        log.parent.mkdir(exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8")
        return f"The report could not be drawn ({type(error).__name__}: {error}); see {log}"
    return ""


def _previous(directory: Path, comparison: dict[str, Any] | None) -> str | None:
    """Return the way from the report in *directory* to that of the newest run it is compared with."""
    before = [Path(run["run_dir"]) / REPORT for run in (comparison or {}).get("before", [])]
    there = [path for path in before if path.is_file()]
    return os.path.relpath(there[-1], directory) if there else None


def records_of(directory: Path) -> list[Record]:
    """Return the records of the run in *directory*; of one that was cut off under load, with what its clients
    have left of their requests. Raises JournalError where the journal cannot be read."""
    from harness import journal
    from harness.run.recovering import recovered

    return recovered(directory, journal.read(directory / JOURNAL))


def redraw(directory: Path, prices: "PriceTable | None" = None) -> tuple[dict[str, Any], str]:
    """Write the files of the run in *directory* again from its journal; return its summary and `draw`'s
    answer. *prices* are others than the run's.

    Raises ScenarioError when *directory* is no run, EnvironmentFault when its journal cannot be read.
    """
    from harness.compare.after_run import read_comparison

    path = directory / JOURNAL
    if not path.is_file():
        raise ScenarioError(f"{directory} is no run: it has no {JOURNAL}; name the directory of one")
    try:
        records = records_of(directory)
        if not records:
            raise EnvironmentFault(f"{path} is empty: the run ended before it began; run it again")
        summary = write_summary(directory, records, prices)
    except JournalError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error}; run the scenario again") from error
    with_index = (directory.parent.parent / INDEX).is_file()
    return summary, draw(
        directory, records, summary, comparison=read_comparison(directory), with_index=with_index
    )


def _write(path: Path, text: str) -> None:
    """Replace *path* in one step: whoever looks sees the old text or the new one.

    Raises DiskFault where there is no room for it.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise machine_fault(error, path) or error from error
