"""The page: offline, escaped, small, in order, and readable in every theme."""

import re
import time
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sample

from harness import journal as j
from harness.recorder import Recorder
from harness.summary import summarise
from reports.figures.svg import ROLES
from reports.html import TEMPLATES, _badge, render, write_report

RUNS = [sample.scaled_run, sample.killed_early, sample.invalid_run, sample.many_expectations]
NASTY = "$\\frac{名\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
LANDMARKS = [
    "timeline",
    "why",
    "expectations",
    "latency",
    "predictions",
    "findings",
    "fidelity",
    "configuration",
]


class Page(HTMLParser):
    """What a reader of the page meets: elements with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._skip = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._skip = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._skip = False

    def handle_data(self, data: str) -> None:
        self.words += "" if self._skip else f"{data} "

    def all(self, name: str) -> list[str]:
        """Return the values of attribute *name* in document order."""
        return [attrs[name] or "" for _, attrs in self.elements if name in attrs]


def page(records: list[j.Record]) -> Page:
    """Return the parsed page of *records*."""
    return Page(render(records, summarise(records)))


@cache
def drawn(run: Callable[[], list[j.Record]]) -> str:
    """Return the page of a sample run, drawn once for all tests."""
    return render(run(), summarise(run()))


@pytest.fixture
def full() -> Page:
    """The page of a run in which everything happens."""
    return Page(drawn(sample.scaled_run))


def test_the_first_screen_answers_the_two_questions(full: Page) -> None:
    """Verdict, the failed expectation with its value beside its limit, and both answers come first."""
    first = full.words[: full.words.index("Capacity over time")]
    assert re.search(r"Fail\s+1 of 6 expectations was not met\.", first)
    assert re.search(r"response time p99\s+:\s+25\.32 s\s+, limit ≤ 2 s", first)
    assert "8 calls of 1,050 (0.76 %) got no good answer" in first
    assert "From 1 to 5 instances in 9 min 8 s" in first


def test_sections_come_in_order(full: Page) -> None:
    """What a reader asks first stands first."""
    assert [value for value in full.all("id") if value in LANDMARKS] == LANDMARKS


@pytest.mark.parametrize("run", RUNS)
def test_links_labels_and_ids_fit_together(run: Callable[[], list[j.Record]]) -> None:
    """No id twice (also not between drawings), no link or label that leads nowhere."""
    seen = Page(drawn(run))
    ids = seen.all("id")
    assert len(ids) == len(set(ids))
    targets = [href[1:] for href in seen.all("href") if href.startswith("#")]
    assert set(targets + seen.all("aria-labelledby")) <= set(ids)


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_loaded(run: Callable[[], list[j.Record]]) -> None:
    """One file that works from a disk without a network: no script, no source, no address but links."""
    html = drawn(run)
    seen = Page(html)
    assert not {"script", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in seen.elements}
    assert seen.all("src") == []
    assert not re.search(r"@import|@font-face|url\((?!#)", html)
    assert all(
        tag in ("a", "use") or value == "data:," for tag, a in seen.elements if (value := a.get("href"))
    )


def _poisoned(record: j.Record) -> j.Record:
    """Return *record* with every text in it, and every key, turned into markup."""

    def poison(value: Any) -> Any:
        if isinstance(value, str):
            return NASTY
        if isinstance(value, dict):
            return {f"{NASTY}{i}": poison(inner) for i, inner in enumerate(value.values())}
        return [NASTY for _ in value] if isinstance(value, list) else value

    kept = {"outcome", "verdict"}  # the words that decide which way the page takes
    changes = {f.name: poison(getattr(record, f.name)) for f in fields(record) if f.name not in kept}
    return replace(record, **changes)


def test_whatever_a_journal_says_stays_text() -> None:
    """Markup in every text of every record is shown as text: in words, attributes and drawings."""
    seen = page([_poisoned(record) for record in sample.scaled_run(calls=60)])
    assert not {"script", "img"} & {tag for tag, _ in seen.elements}
    assert not [name for _, attrs in seen.elements for name in attrs if name.startswith("on")]
    assert "<script>alert(1)</script>" in seen.words


def test_only_secure_sources_become_links() -> None:
    """A finding's source that is no https address is shown, not linked."""
    finding = j.Finding(1.0, "rule", "error", "x", "m", "javascript:alert(1)")
    seen = page([sample.started(), finding, j.RunEnded(2.0, "pass", "", 1.0)])
    assert "javascript:alert(1)" in seen.words
    assert not [href for href in seen.all("href") if "javascript" in href]


def test_parts_that_do_not_apply_are_one_line() -> None:
    """The page of a run cut off early has no empty sections, and says what it does not have."""
    seen = Page(drawn(sample.killed_early))
    assert [value for value in seen.all("id") if value in LANDMARKS] == ["why", "configuration"]
    assert (
        "Not part of this run, so not on this page: capacity over time, scaling, load, latency" in seen.words
    )


def test_every_figure_has_words(full: Page) -> None:
    """Each drawing is hidden from screen readers, which get a description of it instead."""
    described = [attrs["aria-label"] for _, attrs in full.elements if attrs.get("role") == "img"]
    assert len(described) == 2
    assert all(len(words or "") > 100 for words in described)
    assert all(attrs.get("aria-hidden") == "true" for tag, attrs in full.elements if tag == "svg")


def test_the_same_journal_gives_the_same_page() -> None:
    """Byte for byte."""
    records = sample.scaled_run()
    assert render(records, summarise(records)) == drawn(sample.scaled_run)


def test_overhead_is_not_sold_as_awss(full: Page) -> None:
    """The page says whose time it is."""
    assert "says nothing about AWS" in full.words


def test_more_targets_than_fit_are_drawn_up_to_a_limit() -> None:
    """A run with many endpoints still stays below a megabyte."""
    many = [j.CapacityChanged(1.0, f"endpoint-{i}", "A", 1, 1) for i in range(9)]
    html = render(records := [sample.started(), *many, j.RunEnded(60.0, "pass", "", 1.0)], summarise(records))
    assert html.count('role="img"') == 5
    assert "endpoint-4, variant A" in html


def test_a_run_of_100_000_requests_is_small_and_quick() -> None:
    """Below 1 MB and, journal in hand, within 5 s of a processor (2 s on an idle machine)."""
    records = sample.scaled_run(calls=100_000)
    summary = summarise(records)
    began = time.process_time()
    html = render(records, summary)
    took = time.process_time() - began
    assert took < 5.0
    assert len(html.encode()) < 1_000_000


def test_the_report_is_written_beside_the_journal(tmp_path: Path) -> None:
    """From the compressed journal of a real recorder, and the same page as from its records."""
    recorder = Recorder(tmp_path / "journal.jsonl.gz")
    records = sample.invalid_run()
    for record in records:
        recorder.record(record)
    recorder.close()
    path = write_report(tmp_path)
    assert path == tmp_path / "report.html"
    assert path.read_text(encoding="utf-8") == render(records, summarise(records))


# --- themes ------------------------------------------------------------------------------------------------

CSS = (TEMPLATES / "report.css").read_text()
THEMES = [
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
]
TONES = ("ok", "bad", "warn", "good", "plain")


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark", "print"])
def test_words_are_readable_in_every_theme(theme: dict[str, str]) -> None:
    """Contrast AA: 4.5 for every pair of text and ground that the page uses."""
    pairs = [(text, ground) for text in ("ink", "muted", "accent") for ground in ("bg", "card")]
    pairs += [(tone, f"{tone}-bg") for tone in TONES] + [("card", tone) for tone in ("ok", "bad", "warn")]
    pairs += [("c-ink", "card"), ("c-muted", "card"), ("bad", "bg")]
    assert {
        p: contrast(theme[p[0]], theme[p[1]]) for p in pairs if contrast(theme[p[0]], theme[p[1]]) < 4.5
    } == {}


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark", "print"])
def test_lines_are_visible_in_every_theme(theme: dict[str, str]) -> None:
    """Contrast 3 for what a drawing says with a line (WCAG 1.4.11)."""
    fills = {"ink", "muted", "grid", "panel", "served", "ok", "nodata", "phase"}
    lines = set(ROLES) - fills
    assert {
        line: theme[f"c-{line}"] for line in lines if contrast(theme[f"c-{line}"], theme["card"]) < 3
    } == {}


def test_every_theme_knows_every_colour() -> None:
    """A colour that one theme forgot would be invisible there."""
    names = [set(theme) - {"scheme"} for theme in THEMES]
    assert len(names) == 3
    assert names[0] == names[1] == names[2]


def test_a_simulation_that_promised_nothing_is_not_called_a_pass() -> None:
    """A fifth of the calls may have failed: nothing was judged, and the page says so."""
    assert _badge({"verdict": "pass", "clock": "virtual", "expectations": []}) == ("Simulated", "plain")
    assert _badge({"verdict": "pass", "clock": "virtual", "expectations": [{}]})[0] == "Pass"
    assert _badge({"verdict": "pass", "clock": "wall", "expectations": []})[0] == "Pass"
    assert _badge({"verdict": "invalid", "clock": "virtual", "expectations": []})[0] == "Invalid"
