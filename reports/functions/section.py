"""All that the section about functions shows, ready for its template."""

from typing import Any

from harness.journal import EventSourceDeclared, FunctionEventEnded, FunctionInvoked
from harness.summary import ByType
from reports.functions import chart as functions_chart
from reports.functions import durations as functions_durations
from reports.functions import series as functions_series
from reports.functions import tables as functions_tables
from reports.functions import words as functions
from reports.functions import worst as functions_worst
from reports.functions.throttles import throttles
from reports.text import span


def section(seen: ByType, summary: dict[str, Any], *, drawings: bool = True) -> dict[str, Any] | None:
    """Return what the template shows of functions; None where there was none."""
    found = summary.get("functions")
    if not found:
        return None
    names, cut = functions_series.chosen(seen)
    shown = functions_series.loads(seen, names, max(summary["model_s"], 1.0))
    took = functions_series.durations(seen, names)
    invoked = seen.all(FunctionInvoked)
    queues = {one.mapping: one.queue for one in seen.all(EventSourceDeclared)}
    kinds, kinds_cut = functions_worst.failed(invoked, queues)
    lost, lost_cut = functions_worst.lost(seen.all(FunctionEventEnded))
    return {
        "figures": functions_chart.loads(shown, drawings=drawings),
        "figures_cut": cut,
        "window": next((span(one.step_s) for one in shown if one.mean), ""),
        "minutes": next((span(one.step_s) for one in shown if one.by_minute), ""),
        "tables": functions_tables.tables(found, throttles(seen)),
        "durations": functions_durations.figure(took, "durations", drawings=drawings) if took else None,
        "failed": kinds,
        "failed_cut": kinds_cut,
        "slowest": functions_worst.slowest(invoked, queues),
        "lost": lost,
        "lost_cut": lost_cut,
        "overrun": functions.overrun(found),
        "overhead": found.get("overhead_s"),
    }
