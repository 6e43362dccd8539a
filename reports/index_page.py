"""The index of runs: what came of each, why it failed, what it cost, and the way to its report.

One offline page without anything loaded, like the report. Whoever has no scripts reads the whole list; with
them it can be narrowed by verdict and by name. What a run's files say is untrusted text and is escaped.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.compare.metrics import METRICS
from harness.compare.words import value_words
from harness.summary.load import VIRTUAL
from reports import environment
from reports.text import plural, span

if TYPE_CHECKING:
    from harness.store.row import Row
    from harness.store.trend import Series, Trend

MOST_ROWS = 1_000  # about 1 kB each
MOST_CHARACTERS = 300  # of a name or a reason
MOST_MISSED = 3  # names of failed expectations in a row; the report has them all
MOST_FIGURES = 3
SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 112.0, 28.0, 3.0
# What tells most of a run, the most telling first; those of the second line only where they are not zero.
FIGURES = (
    "response_p99",
    "scale_out_lag",
    "processed_p99",
    "duration_p99",
    "rmse",
    "policy_unused",
    "instances",
)
TROUBLES = ("error_ratio", "lost", "dead_lettered", "duplicates", "throttles", "function_errors")
TRENDS = ("response_p99", "processed_p99", "duration_p99", "scale_out_lag", "cost")
_TITLES = {metric.name: (metric.title, metric.unit) for metric in METRICS}
# Badge, tone and place of each verdict: what needs a look stands first.
VERDICTS = {
    "fail": ("Fail", "bad", 0),
    "invalid": ("Invalid", "warn", 1),
    "broken": ("Broken", "warn", 2),
    "unfinished": ("Unfinished", "warn", 3),
    "running": ("Running", "good", 4),
    "pass": ("Pass", "ok", 5),
}
OTHERS = {"fail": "failed", "broken": "cannot be read", "running": "still running"}
ALONE = {"fail": "failed", "invalid": "proves nothing", "broken": "cannot be read", "running": "goes on"}
UNKNOWN = ("Unknown", "warn", 6)


@dataclass(frozen=True, slots=True)
class Spark:
    """A trend as a small drawing: the points of its line, its last point, and what it says in words."""

    points: str
    last: tuple[float, float]
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One run as the index shows it; `href` is "" where it left no report."""

    badge: str
    tone: str
    verdict: str
    name: str
    variant: str
    href: str
    why: list[str]
    why_cut: int
    figures: list[tuple[str, str]]
    spark: Spark | None
    cost: str
    took: str
    when: str
    how: str


def write_index(
    path: Path, rows: Sequence["Row"], trends: Mapping[str, "Trend"] | None = None, **look: Any
) -> Path:
    """Write the index of *rows* to *path* in one step, and return it; *look* is `render`'s."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(render(rows, here=path.parent, trends=trends, **look), encoding="utf-8")
    fresh.replace(path)
    return path


def render(
    rows: Sequence["Row"],
    *,
    here: Path,
    title: str = "Runs",
    command: str = "",
    trends: Mapping[str, "Trend"] | None = None,
) -> str:
    """Return the page that lists *rows*, to stand in the folder *here*: addresses are relative to it.

    Those that need a look come first, else they keep their order. *trends* are by scenario; *command* is what
    makes the runs again.
    """
    from markupsafe import Markup

    shown = sorted(rows[:MOST_ROWS], key=lambda row: VERDICTS.get(row.verdict, UNKNOWN)[2])
    lines = [_line(row, here, (trends or {}).get(row.scenario)) for row in shown]
    scripts = [environment.own("page.js"), environment.own("index.js")]
    counted = Counter(line.verdict for line in lines)
    badge, tone, sentence = _outcome(counted)
    context = {
        "title": title,
        "command": command,
        "lines": lines,
        "cut": max(len(rows) - MOST_ROWS, 0),
        "counted": [(name, VERDICTS.get(name, UNKNOWN), counted[name]) for name in _by_place(counted)],
        "badge": badge,
        "tone": tone,
        "sentence": sentence,
        "totals": _totals(rows),
        "with_trends": any(line.spark for line in lines),
        "spark": (SPARK_WIDTH, SPARK_HEIGHT),
        "scripts": list(map(Markup, scripts)),
        "policy": environment.policy(scripts),
    }
    return environment.page("index.html.j2", context, most=MOST_CHARACTERS)


def _by_place(counted: Counter[str]) -> list[str]:
    return sorted(counted, key=lambda name: VERDICTS.get(name, UNKNOWN)[2])


def _outcome(counted: Counter[str]) -> tuple[str, str, str]:
    """Return badge, tone and sentence of all runs together; none at all is no pass."""
    total, passed = counted.total(), counted["pass"]
    if not total:
        return "No run", "plain", "There is nothing to show yet: harness run makes the first."
    others = [f"{counted[name]} {OTHERS.get(name, name)}" for name in _by_place(counted) if name != "pass"]
    if total == 1 and not passed:
        (verdict,) = counted
        badge, tone, _ = VERDICTS.get(verdict, UNKNOWN)
        return badge, tone, f"The one run {ALONE.get(verdict, f'is {verdict}')}."
    if passed == total:
        return "Pass", "ok", "The one run passed." if total == 1 else f"All {total} runs passed."
    sentence = f"{passed} of {plural(total, 'run')} passed: {', '.join(others)}."
    if counted["fail"]:
        return "Fail", "bad", sentence
    if passed + counted["running"] == total:
        return "Running", "good", sentence
    return "Invalid", "warn", sentence


def _totals(rows: Sequence["Row"]) -> list[tuple[str, str, str]]:
    """Return the figures of all runs together: (label, value, what of)."""
    if not rows:
        return []
    scenarios = len({row.scenario for row in rows})
    found = [("Runs", f"{len(rows):,}", f"of {plural(scenarios, 'scenario')}")]
    if missed := sum(len(row.missed) for row in rows):
        found.append(
            ("Failed checks", f"{missed:,}", f"in {plural(sum(bool(r.missed) for r in rows), 'run')}")
        )
    if findings := sum(row.findings for row in rows):
        found.append(("Findings", f"{findings:,}", "what passes here, not on AWS"))
    costs = [row.figures["cost"] for row in rows if "cost" in row.figures]
    if costs:
        found.append(("Cost on AWS", value_words(sum(costs), "USD"), "of all these runs, at list prices"))
    walls = [row.wall_s for row in rows if row.wall_s is not None]
    models = [row.model_s for row in rows if row.model_s is not None]
    if sum(walls) and models:
        found.append(("Rehearsed in", span(sum(walls)), f"{span(sum(models))} of model time"))
    elif models:
        found.append(("Model time", span(sum(models)), "reckoned, not waited for"))
    return found


def _line(row: "Row", here: Path, trend: "Trend | None") -> Line:
    badge, tone, _ = VERDICTS.get(row.verdict, UNKNOWN)
    why = list(row.missed[:MOST_MISSED])
    if not why and row.verdict != "pass" and row.reason:
        why = [row.reason]
    return Line(
        badge=badge,
        tone=tone,
        verdict=row.verdict,
        name=row.scenario,
        variant=row.variant,
        href=_href(row.report, here),
        why=why,
        why_cut=max(len(row.missed) - MOST_MISSED, 0),
        figures=_figures(row.figures),
        spark=_spark(trend),
        cost=value_words(row.figures["cost"], "USD") if "cost" in row.figures else "",
        took=span(row.wall_s) if row.wall_s else "",
        when=_when(row),
        how=", ".join(one for one in (row.clock, row.backend) if one not in ("", "none")),
    )


def _when(row: "Row") -> str:
    """Return when the run began; of the virtual clock, which tells the model's calendar, when it was made."""
    if row.clock != VIRTUAL:
        return row.started_at[:16].replace("T", " ")
    return datetime.fromtimestamp(row.ended_epoch_s, UTC).strftime("%Y-%m-%d %H:%M")


def _href(report: Path | None, here: Path) -> str:
    """Return the address of *report* from *here*; an odd name in it must not make another address of it."""
    return "" if report is None else quote(Path(os.path.relpath(report, here)).as_posix(), safe="/")


def _figures(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return (title, value) of what tells most of a run: first what is wrong."""
    names = [name for name in TROUBLES if figures.get(name)] + [name for name in FIGURES if name in figures]
    return [(_TITLES[name][0], value_words(figures[name], _TITLES[name][1])) for name in names[:MOST_FIGURES]]


def _spark(trend: "Trend | None") -> Spark | None:
    """Return the most telling series of *trend* that has two points at least."""
    if trend is None:
        return None
    for name in TRENDS:
        series = trend.of(name)
        if series is not None and sum(value is not None for value in series.values) > 1:
            return _drawn(series)
    return None


def _drawn(series: "Series") -> Spark:
    """Return *series* as a line from the oldest to the newest, between its least and its greatest value."""
    values = series.values
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    wide, tall = SPARK_WIDTH - 2 * SPARK_MARGIN, SPARK_HEIGHT - 2 * SPARK_MARGIN
    points = [
        (
            round(SPARK_MARGIN + wide * place / (len(values) - 1), 1),
            round(SPARK_MARGIN + tall * (0.5 if high == low else (high - value) / (high - low)), 1),
        )
        for place, value in enumerate(values)
        if value is not None
    ]
    unit = series.metric.unit
    newest, least, most = (value_words(value, unit) for value in (known[-1], low, high))
    words = f"{series.metric.title} over {len(known)} runs: {newest} now, between {least} and {most}"
    tone = "bad" if series.is_worse else "ok" if series.is_better else "plain"
    return Spark(" ".join(f"{x:g},{y:g}" for x, y in points), points[-1], words, tone)
