"""The charts of the report in a real browser: by pointer and by keys, and pictures where they cannot be."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from harness import journal as j
from harness.summary import ByType, summarise
from reports import page_figures
from reports.figures.figure import Figure, scripts, styles

TEMPLATES = Path(__file__).parents[2] / "reports" / "templates"
END = 1_800.0
RESOURCE = "endpoint/ranker/variant/AllTraffic"
PAGE = """{% from "figure.html.j2" import drawn %}<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Figures</title>
<style>{{ css }}{{ styles }}</style><main><h1>Figures, <time data-at="600">10:00</time></h1>
{% for figure in figures %}<figure class="figure">{{ drawn(figure) }}</figure>{% endfor %}</main>
{% for script in scripts %}<script>{{ script }}</script>{% endfor %}"""


def run() -> list[j.Record]:
    """Return half an hour with a fault, an alarm and a step from one to two instances."""
    first = j.RunStarted(0.0, "s", "", "v", "virtual", 1, 0.0, "none", {}, {}, "harness simulate")
    load: list[j.Record] = [
        j.LoadRequest(float(at), "ranker", "ok", 200, service_s=0.1, queue_s=0.001 * (at % 299))
        for at in range(0, int(END), 3)
    ]
    return [
        first,
        j.PhaseStarted(0.0, "deploy"),
        j.PhaseStarted(60.0, "load"),
        j.TargetRegistered(0.0, RESOURCE, 1, 3),
        j.EndpointChanged(0.0, "ranker", "InService"),
        j.CapacityChanged(0.0, "ranker", "AllTraffic", 1, 1),
        j.AlarmChanged(600.0, "high", RESOURCE, "high", 10.0, "OK", "ALARM", ""),
        j.CapacityChanged(900.0, "ranker", "AllTraffic", 2, 2),
        *load,
        j.RunEnded(END, "pass", "", 0.0),
    ]


@cache
def figures() -> tuple[Figure, ...]:
    """Return the figures of the run, drawn once for all tests."""
    records = run()
    seen, summary = ByType(records), summarise(records)
    return (*page_figures.timelines(seen, summary), *page_figures.latency(seen, summary))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a page with nothing but the figures."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    css = "".join(
        path.read_text() for name in ("theme.css", "report.css") if (path := TEMPLATES / name).exists()
    )
    page = environment.from_string(PAGE).render(
        figures=figures(),
        css=Markup(css),
        styles=Markup(styles()),
        scripts=[Markup(script) for script in scripts()],
    )
    path = tmp_path_factory.mktemp("figures") / "figures.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()


def ranges(page: Any) -> dict[str, list[float]]:
    """Return from where to where each chart's axis goes."""
    found: dict[str, list[float]] = page.evaluate(
        "Object.fromEntries([...harnessFigures.charts].map(([n, c]) => [n, c.range()]))"
    )
    return found


def drag(page: Any, name: str, start: float, end: float) -> None:
    """Drag over the first panel of the chart *name* between these shares of its width."""
    box = page.locator(f"[data-figure={name}] .u-over").first.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], y, steps=3)
    page.mouse.up()


def key(page: Any, name: str) -> str:
    """Return what the chart *name* says of its first panel at the cursor."""
    return " ".join(page.locator(f"[data-figure={name}] .chart-key").first.inner_text().split())


def test_a_drag_zooms_all_that_is_over_model_time(page: Any, address: str) -> None:
    """The others follow, what has another axis does not, and a double click shows everything again."""
    page.goto(address)
    assert page.locator(".chart").count() == len(figures()) == 4
    assert not page.locator(".picture").first.is_visible()
    before = ranges(page)
    drag(page, "timeline-0", 0.25, 0.5)
    zoomed = ranges(page)
    assert zoomed["timeline-0"] == zoomed["latency-over-time"] == pytest.approx([450, 900], abs=5)
    assert (zoomed["latency"], zoomed["latency-spectrum"]) == (before["latency"], before["latency-spectrum"])
    page.get_by_role("button", name="To the right").first.click()
    assert ranges(page)["latency-over-time"] == pytest.approx([675, 1_125], abs=5)
    drag(page, "latency", 0.1, 0.6)
    assert ranges(page)["latency"] != before["latency"]
    page.locator("[data-figure=latency-over-time] .u-over").nth(1).dblclick()
    assert ranges(page)["timeline-0"] == before["timeline-0"] == [0, END]


def test_the_cursor_is_shared_and_tells_values(page: Any, address: str) -> None:
    """At one moment of the run all charts over it say what was; the state of an alarm too."""
    page.goto(address)
    page.locator("[data-figure=timeline-0] .u-over").first.hover()
    assert page.locator(".chart-at").all_inner_texts()[0] == "Model time 15:00"
    assert page.locator("[data-figure=latency-over-time] .chart-at").inner_text() == "Model time 15:00"
    assert key(page, "timeline-0") == "answered 20 offered 20"
    assert "Alarm high: ALARM" in page.locator("[data-figure=timeline-0]").inner_text()
    assert key(page, "latency-over-time").startswith("p99 ")
    page.mouse.move(1, 1)
    assert key(page, "timeline-0") == "answered offered"
    page.locator("[data-at]").hover()
    assert page.locator(".chart-at").all_inner_texts()[0] == "Model time 10:00"


def test_keys_do_what_a_pointer_does(page: Any, address: str) -> None:
    """One stop of the Tab key a chart and one each for its buttons; what is at the cursor is spoken."""
    page.goto(address)
    chart = page.locator("[data-figure=timeline-0] .chart")
    chart.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    assert chart.locator(".chart-at").inner_text() == "Model time 15:00"
    page.keyboard.press("+")
    assert ranges(page)["latency-over-time"] == [450, 1_350]
    page.wait_for_function("document.querySelector('[aria-live]').textContent.includes('in service 2')")
    page.keyboard.press("Escape")
    assert ranges(page)["timeline-0"] == [0, END]


def test_a_page_that_changes_keeps_its_zoom(page: Any, address: str) -> None:
    """A section that is put in anew is drawn anew, once, as it was looked at; so is the focus."""
    page.goto(address)
    drag(page, "timeline-0", 0.25, 0.5)
    page.locator("[data-figure=timeline-0] .chart").focus()
    page.evaluate(
        """() => { const old = document.querySelector('[data-figure=timeline-0]');
        const fresh = old.cloneNode(true); fresh.querySelector('.chart').remove();
        fresh.classList.remove('is-live'); old.replaceWith(fresh);
        harnessFigures.mount(document); harnessFigures.mount(fresh); }"""
    )
    assert page.locator("[data-figure=timeline-0] .chart").count() == 1
    assert ranges(page)["timeline-0"] == pytest.approx([450, 900], abs=5)
    assert page.evaluate("document.activeElement.closest('.drawn').dataset.figure") == "timeline-0"


def test_charts_follow_theme_and_width(new_page: Callable[..., Any], address: str) -> None:
    """Dark ink becomes light, and on a phone nothing is wider than the page; accessible in both."""
    page = new_page(viewport={"width": 1_600, "height": 900}, color_scheme="light")
    page.goto(address)
    ink = """() => { const c = document.querySelector('.uplot canvas'), d = c.getContext('2d')
        .getImageData(0, 0, c.width, c.height).data; let most = 0; for (let i = 0; i < d.length; i += 4)
        if (d[i + 3] > 200) most = Math.max(most, d[i] + d[i + 1] + d[i + 2]); return most; }"""
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"({ink})() !== {light}")
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.querySelector('.chart').classList.contains('is-narrow')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    lefts = "[...document.querySelectorAll('[data-figure=timeline-0] .u-over')].map(e => e.offsetLeft)"
    assert len(set(page.evaluate(lefts))) == 1


def test_charts_are_accessible(page: Any, address: str, axe: Callable[[Any], list[str]]) -> None:
    """No violation of axe-core's rules."""
    page.goto(address)
    assert axe(page) == []


def test_print_and_readers_without_scripts_get_the_pictures(
    new_page: Callable[..., Any], address: str
) -> None:
    """The wide one on paper and on a desk, the narrow one on a phone."""
    paper = new_page()
    paper.goto(address)
    paper.emulate_media(media="print")
    assert paper.locator(".picture .wide svg").first.is_visible()
    assert not paper.locator(".chart").first.is_visible()
    phone = new_page(java_script_enabled=False, viewport={"width": 360, "height": 800})
    phone.goto(address)
    assert phone.locator(".picture .narrow svg").first.is_visible()
    assert not phone.locator(".picture .wide svg").first.is_visible()
