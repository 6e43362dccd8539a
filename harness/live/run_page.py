"""The page of one run, version by version: from its growing journal, and at last from its report."""

import json
from pathlib import Path
from typing import Any

from harness import journal
from harness.errors import JournalError
from harness.journal import Record
from harness.live.progress import LoadFiles
from harness.live.sections import Changes
from harness.live.tail import JournalTail
from harness.run.results import JOURNAL, REPORT, SUMMARY
from reports.live import IndexRow, Live, waiting_page

RUNNING = "running"  # in place of a verdict: a journal without an end is no run that was cut off, here
BADGES = {"pass": "Pass", "fail": "Fail"}


class RunPage:
    """Run number *number* of the command, in *directory*.

    `state` is `starting` until the journal has begun, `running`, `judged` once it holds the verdict, and
    `over` when `html` is the final report. Only the thread that draws calls its methods.
    """

    def __init__(self, number: int, directory: Path) -> None:
        self.number = number
        self.directory = directory
        self.name = directory.parent.name
        self.state = "starting"
        self.html = waiting_page(Live(number, 0), self.name)
        self.changes = Changes()
        self.verdict = ""
        self.trouble = ""
        self._tail = JournalTail(directory / JOURNAL)
        self._load = LoadFiles(directory)
        self._records: list[Record] = []
        self._phase = ""
        self._at_s = 0.0
        self._is_broken = False

    def look(self) -> bool:
        """Read what the journal has got since; return whether that was anything.

        Raises JournalError for a record that cannot be read. Nothing is read after it, and the page says so.
        """
        if self._is_broken:
            return False
        try:
            new = self._tail.new()
        except JournalError:
            self._is_broken = True
            raise
        for record in new:
            if isinstance(record, journal.PhaseStarted):
                self._phase = record.phase
            elif isinstance(record, journal.RunEnded):
                self.state, self.verdict = "judged", record.verdict
            elif isinstance(record, journal.RunStarted):
                self.state = "running"
        if new and not isinstance(new[-1], journal.LoadRequest):
            self._at_s = max(self._at_s, new[-1].at)
        self._records += new
        return bool(new)

    def forget(self) -> None:
        """Let go of what was read, while nobody looks: the next `look` reads it again.

        A page is made of all records of its run, half a gigabyte of them after an hour of load, so that there
        is no fewer to keep while somebody looks.
        """
        if self._records and not self._is_broken:
            self._records = []
            self._tail = JournalTail(self.directory / JOURNAL)

    def draw(self) -> bool:
        """Draw the page of what was read; return whether it is a new version."""
        from harness.summary import summarise
        from reports.html import render

        if not self._records:
            return False
        summary = summarise(self._records)
        if self.state == "running":
            summary |= {"verdict": RUNNING, "reason": ""}
        live = Live(self.number, self.changes.version + 1)
        html = render(self._records, summary, drawings=False, live=live)
        if not self._is_broken:
            self.trouble = ""
        return self._show(html)

    def finish(self, *, wait: bool) -> bool:
        """Take the final report for the page; return whether that was done.

        With *wait* only when it is there; without, the run leaves none and it is drawn here. Where that
        cannot be done the last page stays.
        """
        report = self.directory / REPORT
        if wait and not report.is_file():
            return False
        self.state = "over"
        self.verdict = self._summarised() or self.verdict
        try:
            self._show(report.read_text(encoding="utf-8") if report.is_file() else self._drawn_here())
        finally:
            self._records = []
        return True

    def _summarised(self) -> str:
        """Return the verdict of the run's summary: nobody may have looked, and so nobody read the journal."""
        try:
            verdict: str = json.loads((self.directory / SUMMARY).read_bytes())["verdict"]
        except (OSError, ValueError, KeyError):
            return ""
        return verdict

    def _drawn_here(self) -> str:
        from harness.summary import summarise
        from reports.html import render

        self.look()
        self.state = "over"
        return render(self._records, summarise(self._records)) if self._records else self.html

    def _show(self, html: str) -> bool:
        self.html = html
        return self.changes.note(html)

    def status(self, now: float) -> dict[str, Any]:
        """Return how the run stands at *now* on `time.monotonic()`, as `live.js` reads it."""
        status: dict[str, Any] = {
            "run": self.number,
            "name": self.name,
            "state": self.state,
            "version": self.changes.version,
            "sections": dict(self.changes.changed),
            "trouble": self.trouble,
        }
        if self.state == "running":
            status |= {"phase": self._phase or "start", "at_s": self._at_s}
            load = self._load.look(now) if self._phase == "load" else None
            if load is not None:
                at_s = min(load.at_s, load.ends_at_s)
                status |= {"at_s": at_s, "ends_at_s": load.ends_at_s, "left_s": load.left_s}
                status["counts"] = load.counts
        return status

    def row(self) -> IndexRow:
        """Return the run's line on the index."""
        if self.verdict:
            return IndexRow(self.number, self.name, BADGES.get(self.verdict, "Invalid"))
        if self.state in ("starting", "over"):
            return IndexRow(self.number, self.name, self.state.capitalize())
        return IndexRow(self.number, self.name, "Running", self._phase)
