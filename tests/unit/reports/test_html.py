"""The page: offline, escaped, small, in order, and readable in every theme."""

import re
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sample

from harness import journal as j
from harness.recorder import Recorder
from harness.summary import summarise
from reports import environment
from reports.figures import figure
from reports.figures.pen import ROLES
from reports.html import TEMPLATES, _badge, render, write_report
from reports.live import Live

RUNS = [sample.scaled_run, sample.killed_early, sample.invalid_run, sample.many_expectations]
NASTY = "$\\frac{名\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
LANDMARKS = [
    "expectations",
    "timeline",
    "why",
    "latency",
    "predictions",
    "findings",
    "fidelity",
    "configuration",
]


OWN = {*map(str, map(environment.own, ("page.js", "live.js", "index.js"))), *figure.scripts()}


class Page(HTMLParser):
    """What a reader of the page meets: elements with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        # Data is no script, and the page's own are known word for word: another one is told as an element.
        if tag != "script" or attrs not in ([], [("type", "application/json")]):
            self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and data not in OWN and not data.lstrip().startswith("{"):
            self.elements.append(("script", {}))
        self.words += "" if self._inside in ("script", "style") else f"{data} "

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
    assert re.search(r"response time p99\s+25\.32 s\s+limit ≤ 2 s\s+Evidence", first)
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
    """One file that works from a disk without a network: no source, no address but links."""
    html = drawn(run)
    seen = Page(html)
    assert not {"script", "img", "iframe", "object", "embed", "base", "form"} & {
        tag for tag, _ in seen.elements
    }
    assert seen.all("src") == []
    assert not re.search(r"@import|@font-face|url\((?!#)", html)
    assert all(
        tag in ("a", "use") or value == "data:," for tag, a in seen.elements if (value := a.get("href"))
    )


def scripts(html: str) -> list[str]:
    """Return what stands between the tags of each script that runs."""
    return re.findall(r"<script>(.*?)</script>", html, re.S)


def test_only_the_scripts_of_the_page_may_run() -> None:
    """The policy names each by its hash, and neither allows others nor a place to load them from."""
    html = drawn(sample.scaled_run)
    policy = next(a["content"] for _, a in Page(html).elements if "http-equiv" in a)
    allowed = re.search(r"script-src ([^;]*)", policy or "")
    hashes = [f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts(html)]
    assert allowed is not None
    assert allowed[1].split() == hashes
    assert (policy or "").startswith("default-src 'none'; ")
    assert "connect-src" not in (policy or "")


def test_a_live_page_may_speak_to_its_server_only() -> None:
    """It has the strip and the script of the live view, named in the policy too."""
    records = sample.killed_early()
    html = render(records, summarise(records), drawings=False, live=Live(1, 4))
    seen = Page(html)
    policy = next(a["content"] for _, a in seen.elements if "http-equiv" in a) or ""
    assert "connect-src 'self'" in policy
    assert policy.count("'sha256-") == len(scripts(html)) == len(scripts(drawn(sample.killed_early))) + 1
    assert "live" in seen.all("id")


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


def test_expectations_that_were_all_met_are_not_read_first() -> None:
    """They come behind what a reader came for: capacity and why."""
    records = [one for one in sample.scaled_run(calls=60) if not isinstance(one, j.Expectation) or one.ok]
    seen = page([*records[:-1], j.RunEnded(sample.END, "pass", "", 1.0)])
    assert [value for value in seen.all("id") if value in LANDMARKS][:3] == [
        "timeline",
        "why",
        "expectations",
    ]


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
    assert len(described) == len(full.all("data-figure")) == 4
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
    """Below 1 MB and, journal in hand, within 2 s of a processor."""
    records = sample.scaled_run(calls=100_000)
    summary = summarise(records)
    began = time.process_time()
    html = render(records, summary)
    took = time.process_time() - began
    assert took < 2.0
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
BLOCKS = re.findall(r":root(\S*) \{(.*?)\}", CSS, re.S)
THEMES = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block)) for _, block in BLOCKS]
NAMES = ["light", "dark of the system", "dark of the toggle", "print"]
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


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
def test_words_are_readable_in_every_theme(theme: dict[str, str]) -> None:
    """Contrast AA: 4.5 for every pair of text and ground that the page uses."""
    pairs = [(text, ground) for text in ("ink", "muted", "accent") for ground in ("bg", "card")]
    pairs += [(tone, f"{tone}-bg") for tone in TONES] + [("card", tone) for tone in ("ok", "bad", "warn")]
    pairs += [("c-ink", "card"), ("c-muted", "card"), ("bad", "bg")]
    assert {
        p: contrast(theme[p[0]], theme[p[1]]) for p in pairs if contrast(theme[p[0]], theme[p[1]]) < 4.5
    } == {}


@pytest.mark.parametrize("theme", THEMES, ids=NAMES)
def test_lines_are_visible_in_every_theme(theme: dict[str, str]) -> None:
    """Contrast 3 for what a drawing says with a line (WCAG 1.4.11)."""
    fills = {"ink", "muted", "grid", "panel", "served", "ok", "nodata", "phase"}
    lines = set(ROLES) - fills
    assert {
        line: theme[f"c-{line}"] for line in lines if contrast(theme[f"c-{line}"], theme["card"]) < 3
    } == {}


def test_every_theme_knows_every_colour() -> None:
    """A colour that one theme forgot would be invisible there."""
    assert len(THEMES) == len(NAMES)
    assert len({frozenset(theme) for theme in THEMES}) == 1
    assert THEMES[1] == THEMES[2]


def test_a_simulation_that_promised_nothing_is_not_called_a_pass() -> None:
    """A fifth of the calls may have failed: nothing was judged, and the page says so."""
    assert _badge({"verdict": "pass", "clock": "virtual", "expectations": []}) == ("Simulated", "plain")
    assert _badge({"verdict": "pass", "clock": "virtual", "expectations": [{}]})[0] == "Pass"
    assert _badge({"verdict": "pass", "clock": "wall", "expectations": []})[0] == "Pass"
    assert _badge({"verdict": "invalid", "clock": "virtual", "expectations": []})[0] == "Invalid"
