"""The report in a real browser: what it runs and shows, and what its keys and buttons do."""

import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "reports"))

import message_sample
import permission_sample
import sample

from harness import journal as j
from harness.summary import summarise
from reports.html import render

NASTY = "'\"></script><script>window.hit = 1</script><img src=x onerror='window.hit = 1'><!--"


def busy() -> list[j.Record]:
    """Return a run that scales, sends messages, refuses a role, fails an expectation and has a finding."""
    first, *middle, last = sample.scaled_run(calls=120)
    finding = j.Finding(
        70.0, "a-rule", "warning", sample.ENDPOINT, "It scales late.", "https://docs.aws.amazon.com/x"
    )
    more = [*message_sample.once(40), *permission_sample.glue(), finding]
    return sample.ordered([first, *middle, *more, last])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report in which most sections are."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(busy(), summarise(busy()), index="../index.html"), encoding="utf-8")
    return path.as_uri()


def poisoned(record: j.Record) -> j.Record:
    """Return *record* with every text in it, and every key, turned into markup that would run."""
    kept = {"outcome", "verdict", "change", "status", "policies", "policy"}  # what decides the page's way

    def poison(value: Any) -> Any:
        if isinstance(value, str):
            return NASTY
        if isinstance(value, dict):
            return {f"{NASTY}{place}": poison(inner) for place, inner in enumerate(value.values())}
        return [NASTY for _ in value] if isinstance(value, list) else value

    changes = {f.name: poison(getattr(record, f.name)) for f in fields(record) if f.name not in kept}
    return replace(record, **changes)


def violations(
    new_page: Callable[..., Any], axe: Callable[[Any], list[str]], address: str, **look: Any
) -> Any:
    """Return what axe-core finds with all that unfolds unfolded, and by how much the page is too wide."""
    page = new_page(**look)
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return axe(page), page.evaluate("Math.max(document.documentElement.scrollWidth - innerWidth, 0)")


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1_600)])
def test_axe_finds_nothing(
    report: str, new_page: Callable[..., Any], axe: Callable[[Any], list[str]], scheme: str, width: int
) -> None:
    """No violation and nothing wider than the window."""
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    assert violations(new_page, axe, report, **look) == ([], 0)


@pytest.mark.long
@pytest.mark.parametrize(
    ("scheme", "width"), [("dark", 360), ("light", 800), ("dark", 800), ("light", 1_600)]
)
def test_axe_finds_nothing_at_other_widths(
    report: str, new_page: Callable[..., Any], axe: Callable[[Any], list[str]], scheme: str, width: int
) -> None:
    """The same at the widths and in the colours that are left."""
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    assert violations(new_page, axe, report, **look) == ([], 0)


def test_the_first_screen_answers_without_scrolling(report: str, page: Any) -> None:
    """Verdict, the failed check with value and limit, and both answers are on a laptop's first screen."""
    page.goto(report)
    for words in (
        "was not met.",
        "25.32 s",
        "limit ≤ 2 s",
        "Would it have held?",
        "Would it have scaled in time?",
    ):
        box = page.get_by_text(words).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800


def test_hostile_words_run_nothing(tmp_path: Path, page: Any) -> None:
    """Markup in names, messages and logs is text to a browser too, and the list of evidence opens."""
    records = [poisoned(record) for record in busy()]
    path = tmp_path / "report.html"
    path.write_text(render(records, summarise(records)), encoding="utf-8")
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("window.hit === undefined && document.images.length === 0")


def test_evidence_opens_from_the_first_screen(report: str, page: Any) -> None:
    """The link beside a failed check unfolds what is behind it, and so does its address."""
    page.goto(report)
    check = page.locator("details.check").first
    assert check.get_attribute("open") is None
    page.get_by_role("link", name="Evidence for").first.click()
    assert check.get_attribute("open") is not None
    assert check.get_by_role("table").first.is_visible()
    address = page.evaluate("location.hash")
    page.goto("about:blank")
    page.goto(report + address)
    assert page.locator(f"{address}[open]").count() == 1


def test_the_toggle_changes_the_colours_and_keeps_nothing(report: str, page: Any) -> None:
    """Light to dark and back by one button; the next visit begins as the system says."""
    page.goto(report)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.get_by_role("button", name="Dark")
    button.click()
    assert page.evaluate(ground) != light
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(ground) == light
    button.click()
    assert page.evaluate("document.cookie") == ""
    page.reload()
    assert page.evaluate(ground) == light


def test_a_policy_is_copied_by_its_button(report: str, page: Any) -> None:
    """What is copied is the text beside the button, whole."""
    page.goto(report)
    page.evaluate(
        "navigator.clipboard.writeText = words => { window.copied = words; return Promise.resolve() }"
    )
    page.locator("#configuration .copy").first.click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("window.copied") == sample.started().command


def test_events_that_explain_nothing_are_shown_on_request(report: str, new_page: Callable[..., Any]) -> None:
    """Why it scaled stands there at once; phases and states come with a tick, also without scripts."""
    page = new_page(java_script_enabled=False)
    page.goto(report)
    before = page.locator("#why li:visible").count()
    page.get_by_label("Show every event").check()
    assert 0 < before < page.locator("#why li:visible").count()


def test_the_keyboard_reaches_content_and_sections(report: str, page: Any) -> None:
    """The first Tab shows the way to the content; what has the focus can be seen."""
    page.goto(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_list_of_sections_stays_and_tells_where_one_is(report: str, new_page: Callable[..., Any]) -> None:
    """On a wide screen it is beside the content, with the section marked that is read."""
    page = new_page(viewport={"width": 1_600, "height": 900}, reduced_motion="reduce")
    page.goto(report)
    page.locator("#sections").get_by_text("Latency").click()
    page.locator("#sections a[aria-current='location']").filter(has_text="Latency").wait_for()
    box = page.locator("#sections").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 100
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    page.set_viewport_size({"width": 800, "height": 900})
    assert page.evaluate("getComputedStyle(document.getElementById('sections')).position") == "static"


def test_without_scripts_all_is_there(report: str, new_page: Callable[..., Any]) -> None:
    """Pictures instead of charts, no button that does nothing, and evidence that unfolds by a click."""
    page = new_page(java_script_enabled=False)
    page.goto(report)
    assert page.locator("button:visible").count() == 0
    assert page.locator("#timeline svg:visible").count() >= 1
    page.locator("details.check > summary").first.click()
    assert page.locator("details.check table").first.is_visible()


def test_paper_is_light_and_unfolded(report: str, new_page: Callable[..., Any]) -> None:
    """Printed from a dark screen it is dark on white, with evidence unfolded and long lists folded."""
    page = new_page(viewport={"width": 800, "height": 1_100}, color_scheme="dark")
    page.goto(report)
    page.get_by_role("button", name="Light").click()
    page.get_by_role("button", name="Dark").click()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("#sections").is_hidden()
    assert page.locator("details.check table").first.is_visible()
    assert page.locator("#configuration details[data-fold][open]").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.check[open]").count() == 0
