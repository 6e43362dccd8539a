"""The section about jobs: how each ended, on what, how long it took, and its metrics. Pure."""

from dataclasses import dataclass
from typing import Any

from reports.text import plural, significant, span

MOST_ROWS = 60  # summary.json has all
_NAMES = {
    "training": "training",
    "processing": "processing",
    "transform": "batch transform",
    "tuning": "tuning",
    "labelling": "labeling",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One job. `good` says whether it ended well; `below` is why it ended as it did."""

    name: str
    kind: str
    status: str
    good: bool
    below: str
    instances: str
    took: str
    billed: str
    metrics: str


def section(summary: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the template shows of the jobs; None where there were none."""
    found = summary.get("jobs")
    if not found:
        return None
    rows = [_row(one) for one in found]
    rows.sort(key=lambda row: row.good)  # what failed comes first
    return {
        "headline": _headline(found),
        "rows": rows[:MOST_ROWS],
        "cut": max(len(rows) - MOST_ROWS, 0),
    }


def _headline(found: list[dict[str, Any]]) -> str:
    well = sum(one["status"] == "Completed" for one in found)
    return f"{well} of {plural(len(found), 'job')} completed."


def _row(one: dict[str, Any]) -> Row:
    good = one["status"] == "Completed"
    spot = ", spot" if one["spot"] else ""
    instances = f"{one['instance_count']} \N{MULTIPLICATION SIGN} {one['instance_type']}{spot}"
    return Row(
        one["job"],
        _NAMES.get(one["kind"], one["kind"]),
        one["status"],
        good,
        "" if good else one.get("reason", "it had not ended when the run did"),
        instances if one["instance_count"] else "",
        span(one["took_s"]) if "took_s" in one else "",
        span(one["billable_s"]) if "billable_s" in one else "",
        ", ".join(f"{name} {significant(value)}" for name, value in one.get("metrics", {}).items()),
    )
