"""All that the section about messages shows, ready for its template."""

from typing import Any

from harness.summary import ByType
from reports import page_figures
from reports.figures import depths
from reports.messages import flow, refusals
from reports.messages import words as messages

SINCE_DUE = (
    ("first_receive", "First received", "a consumer or webhook got it"),
    ("deletion", "Processed", "its consumer deleted it"),
)


def section(seen: ByType, summary: dict[str, Any], *, drawings: bool = True) -> dict[str, Any] | None:
    """Return what the template shows of messages; None where there were none."""
    found = summary.get("messages")
    if not found:
        return None
    way = flow.flow(seen, found)
    depth = depths.depths(seen, max(summary["model_s"], 1.0))
    refused = refusals.refusals(found)
    return {
        "flow": page_figures.message_flow(way, drawings=drawings),
        "flow_cut": way.cut,
        "depths": page_figures.queue_depths(depth, drawings=drawings),
        "depths_cut": depth.cut if depth else 0,
        "targets": messages.target_rows(found, [stop.name for stop in way.stops]),
        "named": messages.named(found),
        "refusals": refused[: refusals.MOST_REFUSALS],
        "refusals_cut": max(len(refused) - refusals.MOST_REFUSALS, 0),
        "times": [
            (name, words, found["latency_s"][key])
            for key, name, words in SINCE_DUE
            if key in found["latency_s"]
        ],
    }
