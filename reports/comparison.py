"""The report's section that holds a run against those before it: `comparison.json`, ready to be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.compare.words import MINUS, by_reason, change_words, interval_words, value_words
from reports.text import limit, plural

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_FINDINGS = 20
MOST_GRANTS = 60
TONES = {
    "worse": "bad",
    "better": "ok",
    "differs": "good",
    "no difference shown": "plain",
    "no noise known": "warn",
    "not comparable": "plain",
}
HEADLINES = {
    "worse": "Worse than before",
    "better": "Better than before",
    "differs": "Different from before",
    "no difference shown": "No difference shown",
    "not comparable": "Not comparable",
}
FLIP_TONES = {"now fails": "bad", "new, fails": "bad", "now met": "ok", "new, met": "plain", "gone": "plain"}
APART = "not comparable"
MOST_DIFFERS = 8  # shown at once; the others are folded away
WIDTH, HEIGHT, MIDDLE = 120, 14, 60
REACH = 54  # from the middle to the farthest end that is drawn
LEAST_WIDTH = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """One figure as it is shown; `bar` is the drawing of its interval, None where there is none."""

    title: str
    before: str
    after: str
    change: str
    interval: str
    bar: "Markup | None"
    verdict: str
    tone: str
    why: str


def section(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what `comparison.html.j2` shows of *document*, None where there is no comparison."""
    if document is None:
        return None
    lines = document["lines"]
    shown = [one for one in lines if not _is_equal(one) and one["verdict"] != APART]
    reach = max((_reach(one) for one in shown), default=0.0)
    return {
        "headline": HEADLINES[document["verdict"]],
        "tone": TONES[document["verdict"]],
        "sentence": document["sentence"],
        "before": document["before"],
        "after": document["after"],
        "differs": document["differs"][:MOST_DIFFERS],
        "differs_more": document["differs"][MOST_DIFFERS:],
        "rows": [_row(one, reach) for one in shown],
        "scale": _scale(reach),
        "apart": by_reason(lines),
        "equal": [one["title"] for one in lines if _is_equal(one)],
        "expectations": [_flip(one) for one in document["expectations"]],
        "findings": _findings(document["findings"]),
        "policies": [_role(one) for one in document["policies"]],
        "method": document["method_words"],
    }


def _is_equal(line: Mapping[str, Any]) -> bool:
    return bool(line["verdict"] == "no difference shown" and line["change"] == 0)


def _row(line: Mapping[str, Any], reach: float) -> Row:
    unit = line["unit"]
    return Row(
        title=line["title"],
        before=value_words(line["before"], unit),
        after=value_words(line["after"], unit),
        change=change_words(line["before"], line["change"], unit),
        interval=interval_words(line),
        bar=_bar(line, reach),
        verdict=line["verdict"],
        tone=TONES[line["verdict"]],
        why=line["why"],
    )


# --- the interval as a bar -------------------------------------------------------------------------------


def _ratios(line: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Return the change and the ends of its interval as shares of what was before, None without them."""
    if line["low"] is None or not line["before"] or line["change"] is None:
        return None
    before = abs(line["before"])
    return line["low"] / before, line["change"] / before, line["high"] / before


def _reach(line: Mapping[str, Any]) -> float:
    """Return how far the bar of *line* must reach: twice as much or nothing at all is drawn at the end."""
    found = _ratios(line)
    return 0.0 if found is None else min(max(abs(each) for each in found), 1.0)


def _bar(line: Mapping[str, Any], reach: float) -> "Markup | None":
    """Return the interval around its change, no change being in the middle; the words say it all."""
    from markupsafe import Markup

    found = _ratios(line)
    if found is None or reach <= 0.0:
        return None
    low, change, high = (MIDDLE + REACH * min(max(each / reach, -1.0), 1.0) for each in found)
    half = max(high - low, LEAST_WIDTH) / 2
    centre = (low + high) / 2
    return Markup(
        f'<svg class="span" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'aria-hidden="true" focusable="false"><path d="M{MIDDLE} 0V{HEIGHT}" style="stroke:var(--muted)"/>'
        f'<rect x="{centre - half:.1f}" y="4" width="{2 * half:.1f}" height="6" rx="2" '
        'style="fill:var(--tone);opacity:.45"/>'
        f'<circle cx="{change:.1f}" cy="7" r="3.2" style="fill:var(--tone)"/></svg>'
    )


def _scale(reach: float) -> str:
    """Return what the ends of the bars are."""
    ends = f"{100 * reach:.3g} %"
    return f"Bars reach from {MINUS}{ends} to +{ends}; the line in the middle is no change." if reach else ""


# --- what came and went ----------------------------------------------------------------------------------


def _flip(one: Mapping[str, Any]) -> dict[str, str]:
    unit = one["unit"]
    return {
        "name": one["name"],
        "what": one["what"],
        "tone": FLIP_TONES[one["what"]],
        "limit": limit(one["limit"], unit),
        "before": _outcome(one["before"], one["before_met"], unit),
        "after": _outcome(one["after"], one["after_met"], unit),
    }


def _outcome(value: float | None, met: Sequence[int] | None, unit: str) -> str:
    if met is None:
        return "not asked"
    words = "not measured" if value is None else value_words(value, unit)
    return f"{words}, met in {met[0]} of {met[1]} runs" if met[1] > 1 else words


def _findings(found: Mapping[str, Sequence[Mapping[str, str]]]) -> list[dict[str, Any]]:
    groups = (("came", "New findings"), ("went", "Findings that are gone"))
    return [
        {"title": title, "rows": found[key][:MOST_FINDINGS], "cut": max(len(found[key]) - MOST_FINDINGS, 0)}
        for key, title in groups
        if found[key]
    ]


def _role(one: Mapping[str, Any]) -> dict[str, Any]:
    added, removed = one["added"], one["removed"]
    lines = [("+", each) for each in added] + [("-", each) for each in removed]
    return {
        "role": one["role"],
        "line": f"{plural(len(added), 'grant')} more, {plural(len(removed), 'grant')} fewer",
        "lines": lines[:MOST_GRANTS],
        "cut": max(len(lines) - MOST_GRANTS, 0),
    }
