"""The strip of figures below the verdict. Pure."""

from typing import Any

from harness import journal
from harness.summary import ByType
from harness.summary.load import VIRTUAL, is_call
from reports import cost, text
from reports.functions import words as functions
from reports.messages import words as messages
from reports.permissions import words as permissions

Figure = tuple[str, str, str]  # its label, its value, what it is of


def key_figures(seen: ByType, summary: dict[str, Any]) -> list[Figure]:
    """Return the figures in reading order: traffic and times, instances, messages, functions, roles, cost."""
    of_parts = (messages.key_figures, functions.key_figures, permissions.key_figures)
    return [
        *_load(seen, summary),
        *_instances(seen, summary),
        *(figure for figures in of_parts for figure in figures(summary)),
        *_found(summary),
        *cost.key_figures(summary),
        _time(seen, summary),
    ]


def _load(seen: ByType, summary: dict[str, Any]) -> list[Figure]:
    found: list[Figure] = []
    if load := summary.get("load"):
        answered = text.share(load["completed"], load["offered"]) if load["offered"] else "none"
        offers = seen.all(journal.LoadRequest)
        what = "Calls offered" if not offers or any(map(is_call, offers)) else "Messages offered"
        found.append((what, text.number(load["offered"]), f"{answered} answered"))
    if times := summary.get("latency"):
        response = times["response_s"]
        found.append(("Response p50", text.short(response["p50"]), f"p99 {text.short(response['p99'])}"))
    return found


def _instances(seen: ByType, summary: dict[str, Any]) -> list[Figure]:
    peaks = [c.in_service for c in seen.all(journal.CapacityChanged)]
    if not peaks:
        return []
    last = summary.get("scaling", {})
    bounds = f"of {last['max_capacity']} allowed" if "max_capacity" in last else "in service at once"
    return [("Most instances", str(max(peaks)), bounds)]


def _found(summary: dict[str, Any]) -> list[Figure]:
    found: list[Figure] = []
    if predicted := summary.get("predictions"):
        found.append(("RMSE", text.number(predicted["rmse"]), f"over {predicted['rows']:,} rows"))
    if findings := summary["findings"]:
        errors = sum(f["severity"] == "error" for f in findings)
        among = f"{text.plural(errors, 'error')} among them" if errors else ""
        found.append(("Findings", str(len(findings)), among))
    return found


def _time(seen: ByType, summary: dict[str, Any]) -> Figure:
    if seen.all(journal.RunStarted)[0].clock == VIRTUAL:
        return "Model time", text.span(summary["model_s"]), "reckoned, not waited for"
    cut_off = "so far" if summary["verdict"] == "running" else "cut off there"
    rehearsed = f"rehearsed in {text.span(summary['wall_s'])}" if "wall_s" in summary else cut_off
    return "Model time", text.span(summary["model_s"]), rehearsed
