"""Hostile names, messages and log lines in the pages beside the report: a browser runs none of it.

The report itself is in test_page.py. A page that asks for anything off this machine fails its test by itself.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live_reader import WrittenRun

from harness import journal as j
from harness.live.view import LiveView
from harness.store.row import Row
from reports.index_page import write_index

WORDS = (
    "</title></style></script><script>window.hit = 1</script>",
    "'\"><img src=x onerror='window.hit = 1'><svg onload='window.hit = 1'>",
    "javascript:window.hit=1",
    "<a href='javascript:window.hit=1' autofocus onfocus='window.hit=1'>here</a>",
    "]]>--></textarea><iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "{{ 7 * 7 }}{% for x in () %}${7*7}",
    "\u202egpj.exe\u2066\x1b[2J",
)
NASTY = "".join(WORDS)
CLEAN = """() => window.hit === undefined && document.images.length === 0
    && document.querySelectorAll("iframe, object, embed, base, [onfocus], [onload], [onerror]").length === 0
    && [...document.links].every((one) => ["http:", "https:", "file:"].includes(one.protocol))
    && !document.body.innerText.includes("49")"""


def rows(folder: Path) -> list[Row]:
    """Return a run of each verdict with nothing but hostile words in it."""
    made = folder / "a'\"><script>window.hit=1<"
    made.mkdir()
    (made / "report.html").write_text("<!doctype html>")
    return [
        Row(
            directory=made,
            scenario=NASTY,
            verdict=verdict,
            ended_epoch_s=1_790_000_000.0,
            variant=NASTY,
            clock=NASTY,
            backend=NASTY,
            reason=NASTY,
            started_at=NASTY,
            figures={"response_p99": 0.2},
            missed=(NASTY, "javascript:window.hit=1"),
        )
        for verdict in ("pass", "fail", "invalid", "broken", NASTY)
    ]


@pytest.mark.parametrize("verdicts", [slice(0, 4), slice(0, 5)])
def test_the_index_runs_nothing(tmp_path: Path, page: Any, verdicts: slice) -> None:
    """Whatever its runs are called, and wherever they stand."""
    page.goto(write_index(tmp_path / "index.html", rows(tmp_path)[verdicts], command=NASTY).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CLEAN)
    page.get_by_role("searchbox").fill(WORDS[0])
    assert page.evaluate(CLEAN)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[LiveView, WrittenRun]]:
    """A live view that follows a run called by hostile words."""
    run = WrittenRun(tmp_path, "followed")
    with LiveView(runs=2) as view:
        view.follow(run.directory)
        yield view, run
        run.recorder.close()


def hostile_records() -> list[j.Record]:
    """Return the first records of a run whose every text is hostile."""
    first = j.RunStarted(
        0.0, NASTY, NASTY, NASTY, "wall", 1, 1.7e9, NASTY, {NASTY: NASTY}, {NASTY: NASTY}, NASTY
    )
    call = j.Exchange(3.0, NASTY, NASTY, 500, NASTY, 0.001, 9, 9, endpoint=NASTY, service_s=0.1)
    return [
        replace(first, configuration={NASTY: NASTY}),
        j.PhaseStarted(1.0, "load", NASTY),
        call,
        *(j.Finding(4.0 + n, words, "warning", words, words, words) for n, words in enumerate(WORDS)),
        j.Finding(20.0, "last", "warning", "last", "The last was found.", ""),
    ]


def test_the_live_page_runs_nothing(live: tuple[LiveView, WrittenRun], page: Any) -> None:
    """Neither when it is opened nor by what comes while it is read, in the list of runs and in a page."""
    view, run = live
    run.write(*hostile_records())
    page.goto(view.url)
    assert page.evaluate(CLEAN)
    page.locator("#runs li a").first.click()
    found = page.locator("body").filter(has_text="The last was found.")
    found.wait_for(state="attached", timeout=30_000)
    run.write(*(j.Finding(30.0, words, "error", words, words, words) for words in WORDS))
    run.write(j.Finding(31.0, "later", "warning", "later", "Found while it was read.", NASTY))
    later = page.locator("body").filter(has_text="Found while it was read.")
    later.wait_for(state="attached", timeout=30_000)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(CLEAN)
