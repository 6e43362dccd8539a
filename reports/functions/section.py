"""All that the section about functions shows, ready for its template."""

from typing import Any

from harness.journal import EventSourceDeclared, FunctionEventEnded, FunctionInvoked
from harness.summary import ByType
from reports.figures.canvas import LAYOUTS
from reports.functions import chart as functions_chart
from reports.functions import durations as functions_durations
from reports.functions import series as functions_series
from reports.functions import tables as functions_tables
from reports.functions import words as functions
from reports.functions import worst as functions_worst
from reports.functions.throttles import throttles
from reports.text import span


def section(seen: ByType, summary: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the template shows of functions; None where there was none."""
    found = summary.get("functions")
    if not found:
        return None
    names, cut = functions_series.chosen(seen)
    shown = functions_series.loads(seen, names, max(summary["model_s"], 1.0))
    invoked = seen.all(FunctionInvoked)
    queues = {one.mapping: one.queue for one in seen.all(EventSourceDeclared)}
    kinds, kinds_cut = functions_worst.failed(invoked, queues)
    lost, lost_cut = functions_worst.lost(seen.all(FunctionEventEnded))
    return {
        "figures": _loads(shown),
        "figures_cut": cut,
        "window": next((span(one.step_s) for one in shown if one.mean), ""),
        "minutes": next((span(one.step_s) for one in shown if one.by_minute), ""),
        "tables": functions_tables.tables(found, throttles(seen)),
        "durations": _durations(functions_series.durations(seen, names)),
        "failed": kinds,
        "failed_cut": kinds_cut,
        "slowest": functions_worst.slowest(invoked, queues),
        "lost": lost,
        "lost_cut": lost_cut,
        "overrun": functions.overrun(found),
        "overhead": found.get("overhead_s"),
    }


def _loads(loads: list[functions_series.Load]) -> list[dict[str, Any]]:
    from markupsafe import Markup

    return [
        {
            "title": shown.name,
            "alt": functions_chart.load_words(shown),
            "drawings": [
                (layout.name, Markup(functions_chart.load(shown, layout, f"f{number}{layout.name[0]}-")))
                for layout in LAYOUTS
            ],
        }
        for number, shown in enumerate(loads)
    ]


def _durations(shown: list[functions_series.Durations]) -> dict[str, Any] | None:
    from markupsafe import Markup

    if not shown:
        return None
    return {
        "alt": functions_durations.words(shown),
        "drawings": [
            (layout.name, Markup(functions_durations.draw(shown, layout, f"d{layout.name[0]}-")))
            for layout in LAYOUTS
        ],
    }
