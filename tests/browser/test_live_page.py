"""The page of a run that goes on, in a real browser: it changes in place and leaves its reader in peace."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from live_reader import WrittenRun

from harness import journal as j
from harness.live.view import LiveView

IN_TIME_MS = 30_000  # a page is drawn each second, on a machine that does much else


@dataclass
class Shown:
    """A run that the test writes, and the page that shows it."""

    run: WrittenRun
    page: Any

    def write(self, *records: j.Record) -> None:
        """Have *records* in the journal."""
        self.run.write(*records)

    def until(self, words: str, place: str = "body") -> None:
        """Return once *words* stand in *place*."""
        found = self.page.locator(place).filter(has_text=words)
        found.wait_for(state="attached", timeout=IN_TIME_MS)


def found(number: int) -> j.Finding:
    """Return a finding with something to read."""
    return j.Finding(
        float(number), f"rule-{number}", "warning", f"thing {number}", f"What was found {number}.", ""
    )


@pytest.fixture(scope="module")
def live() -> Iterator[LiveView]:
    """One view for all tests, each of which is a run of its own."""
    with LiveView(runs=9) as made:
        yield made


@pytest.fixture
def shown(page: Any, live: LiveView, tmp_path: Path) -> Iterator[Shown]:
    """A run in its load phase with ten findings and an endpoint, open in a browser."""
    run = WrittenRun(tmp_path, "watched")
    live.follow(run.directory)
    page.goto(live.url)
    page.locator("#runs li a").nth(-1).click()
    run.begin()
    run.write(
        j.CapacityChanged(2.0, "echo", "AllTraffic", 1, 1),
        *(
            j.Exchange(
                3.0 + n, "sagemaker", "InvokeEndpoint", 200, "", 0.001, 9, 9, endpoint="echo", service_s=0.1
            )
            for n in range(20)
        ),
        *map(found, range(10)),
    )
    made = Shown(run, page)
    made.until("What was found 9.")
    yield made
    run.recorder.close()


def test_it_changes_in_place_and_ends_in_the_verdict(shown: Shown) -> None:
    """From "Running" to the verdict in one document: what is open stays open, and what is read stays put."""
    page = shown.page
    assert page.title() == "Running: watched (corrected)"
    page.evaluate("window.sameDocument = true")
    page.evaluate("document.querySelectorAll('#configuration details').forEach((one) => (one.open = true))")
    page.locator("#configuration h2").evaluate(
        "(one) => one.scrollIntoView({block: 'start', behavior: 'instant'})"
    )
    before = page.locator("#configuration h2").bounding_box()["y"]

    shown.write(*map(found, range(10, 40)))
    shown.until("What was found 39.")
    assert abs(page.locator("#configuration h2").bounding_box()["y"] - before) < 2.0
    assert page.evaluate("[...document.querySelectorAll('#configuration details')].every((one) => one.open)")

    shown.run.end()
    shown.until("Pass", ".verdict")
    shown.until("Over", "#live")
    assert page.title() == "Pass: watched (corrected)"
    shown.until("The run is over. Pass", "#live [role=status]")
    assert page.evaluate("window.sameDocument") is True
    assert page.evaluate("[...document.querySelectorAll('#configuration details')].every((one) => one.open)")
    kept = (shown.run.directory / "report.html").read_text()
    sections = re.findall(r'<section id="([^"]+)"', kept)
    assert page.evaluate("[...document.querySelectorAll('main > section')].map((one) => one.id)") == sections


def test_focus_and_selected_text_are_left_alone(shown: Shown) -> None:
    """The keyboard's place survives an exchange; a part with selected text waits until it is let go."""
    page = shown.page
    page.locator("#configuration summary").first.focus()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#findings h2'))")
    chosen = page.evaluate("getSelection().toString()")
    shown.write(*map(found, range(10, 12)), j.PhaseStarted(30.0, "settle"))
    shown.until("settle", "#live")
    shown.until("12", ".masthead")
    assert page.evaluate("getSelection().toString()") == chosen
    assert page.evaluate("document.activeElement.localName") == "summary"
    assert "What was found 11." not in page.locator("#findings").inner_text()
    page.evaluate("getSelection().removeAllRanges()")
    shown.until("What was found 11.", "#findings")


def test_the_zoom_of_a_figure_survives(shown: Shown) -> None:
    """While the run goes on a stretch can be looked at closely."""
    page = shown.page
    plot = page.locator("#timeline .u-over").first
    plot.wait_for(timeout=IN_TIME_MS)
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 10, steps=4)
    page.mouse.up()
    scale = "() => window.harnessFigures.charts.values().next().value.panels[0].u.scales.x"
    state = f"() => [({scale})().min, ({scale})().max]"
    zoomed = page.evaluate(state)
    shown.write(j.CapacityChanged(60.0, "echo", "AllTraffic", 3, 2), found(50))
    shown.until("What was found 50.")
    assert page.evaluate(state) == zoomed


def test_it_is_accessible_while_it_runs(shown: Shown, axe: Callable[[Any], list[str]]) -> None:
    """No violation on the page with the strip, and nothing moves for who wants no movement."""
    assert axe(shown.page) == []
    shown.page.emulate_media(reduced_motion="reduce")
    dot = shown.page.locator("#live .live-dot")
    assert dot.evaluate("(one) => getComputedStyle(one).animationName") == "none"
