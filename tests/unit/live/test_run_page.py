"""The page of one run, from the directory it writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import journal as j
from harness.live.run_page import RunPage
from harness.recorder import Recorder
from harness.run.results import JOURNAL, REPORT, SUMMARY
from reports.live import IndexRow

STARTED = j.RunStarted(
    0.0, "watched", "corrected", "A run.", "wall", 1, 1.7e9, "embedded", {"moto": "5"}, {}, "harness run"
)
ANSWERED = [
    j.Exchange(3.0 + n, "sagemaker", "InvokeEndpoint", 200, "", 0.001, 9, 9, endpoint="echo", service_s=0.1)
    for n in range(20)
]


class Run:
    """A run's directory, its journal and the page made of them."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.recorder = Recorder(directory / JOURNAL)
        self.page = RunPage(1, directory)

    def write(self, *records: j.Record) -> None:
        """Have *records* on disk, and read by the page."""
        for record in records:
            self.recorder.record(record)
        self.recorder.flush()
        self.page.look()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path / "watched" / "1")
    yield made
    made.recorder.close()


def test_before_its_journal_begins_a_page_waits(run: Run) -> None:
    """With the scenario's name, and no version: there is nothing to draw."""
    assert not run.page.draw()
    assert (run.page.state, run.page.changes.version) == ("starting", 0)
    assert "<h1>watched</h1>" in run.page.html


def test_a_run_that_goes_on_has_no_verdict_and_no_answers(run: Run) -> None:
    """Its journal has no end, which elsewhere means that it was cut off; what is seen is so far."""
    run.write(STARTED, j.PhaseStarted(1.0, "load", "echo"), *ANSWERED)
    assert run.page.draw()
    assert "Running" in run.page.html
    assert "So far: " in run.page.html
    assert "cut off" not in run.page.html
    assert "proves nothing" not in run.page.html


def test_a_page_that_says_the_same_is_no_new_version(run: Run) -> None:
    """However often it is drawn."""
    run.write(STARTED)
    assert [run.page.draw(), run.page.draw()] == [True, False]


def test_the_report_is_taken_as_it_is(run: Run) -> None:
    """Once it is there; until then the verdict is shown from the journal."""
    run.write(STARTED, j.RunEnded(9.0, "pass", "", 1.0))
    assert run.page.draw()
    assert (run.page.state, run.page.row().badge) == ("judged", "Pass")
    assert not run.page.finish(wait=True)
    (run.page.directory / REPORT).write_text("<footer>the report</footer>")
    assert run.page.finish(wait=True)
    assert (run.page.state, run.page.html) == ("over", "<footer>the report</footer>")


def test_a_run_that_nobody_watched_has_its_verdict_from_the_summary(run: Run) -> None:
    """Its journal was never read."""
    (run.page.directory / REPORT).write_text("<footer>the report</footer>")
    (run.page.directory / SUMMARY).write_text('{"verdict": "fail"}')
    assert run.page.finish(wait=False)
    assert run.page.row() == IndexRow(1, "watched", "Fail")


def test_a_run_without_a_report_has_it_drawn_here(run: Run) -> None:
    """With `--no-report`; it is a whole page, without the live view's script."""
    run.write(STARTED, j.RunEnded(9.0, "fail", "why", 1.0))
    assert run.page.finish(wait=False)
    assert run.page.state == "over"
    assert "data-live-run" not in run.page.html
    assert "Fail" in run.page.html


def test_a_run_that_left_nothing_keeps_its_page(run: Run) -> None:
    """It ended before its journal began."""
    assert run.page.finish(wait=False)
    assert "<h1>watched</h1>" in run.page.html


def test_what_is_forgotten_while_nobody_looks_is_read_again(run: Run) -> None:
    """Nothing is kept of it, and the page is the same: what came meanwhile is on it, too."""
    run.write(STARTED, j.PhaseStarted(1.0, "load", "echo"), *ANSWERED[:10])
    assert run.page.draw()
    run.page.forget()
    assert run.page._records == []
    assert not run.page.draw()
    run.write(*ANSWERED[10:])
    assert len(run.page._records) == 2 + len(ANSWERED)
    assert run.page.draw()
    assert (run.page.state, run.page.changes.version) == ("running", 2)
