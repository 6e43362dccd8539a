"""Limits of a run's expectations and thresholds that can be drawn into its figures. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from harness.stats import Span
from reports.figures.plan import DASHED, Rule
from reports.figures.series import Band
from reports.text import short, span

MOST = 4  # more would hide what they are drawn into
WAIT = "breach to instances in service"  # harness.scenario.expectations.scaling calls it so
_RESPONSE = re.compile(r"response")
_BARE = re.compile(r"^(?:p\(|max\b)")  # a threshold that names no metric is of the response time
_PERCENTILE = re.compile(r"\bp\(?(\d+(?:\.\d+)?)\)?|\bmax(?:imum)?\b")
_LAG = re.compile(r"^scale_out_lag(?:\{endpoint:(?P<endpoint>[^}]+)\})?(?=[\s:<]|$)")
_UPPER = re.compile(r"^<=? (-?[\d.]+(?:e[+-]?\d+)?)$")


def of_times(checks: Iterable[dict[str, Any]]) -> list[Rule]:
    """Return the limits that *checks* set to percentiles of the response time, the strictest first."""
    found: dict[str, float] = {}
    for check, value in _upper(checks):
        which = _PERCENTILE.search(check["name"])
        if which and (_RESPONSE.search(check["name"]) or _BARE.match(check["name"])):
            name = f"p{which[1]}" if which[1] else "max"
            found[f"{name} limit {short(value)}"] = value
    chosen = sorted(found.items(), key=lambda item: item[1])[:MOST]
    return [Rule(value, label, "target", DASHED, beside=True) for label, value in chosen if value > 0]


def _upper(checks: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], float]]:
    """Yield those of *checks* that set an upper limit in seconds, with it."""
    for check in checks:
        found = _UPPER.match(str(check["limit"]))
        if found and check["unit"] == "s":
            yield check, float(found[1])


def of_the_wait(summary: dict[str, Any], resource_id: str, end: float) -> list[Band]:
    """Return how long the first scale-out of a target took from the breach on, and how long it may take.

    Empty where *summary* does not know, up to *end*; without a limit only the wait itself.
    """
    story = summary.get("scaling", {}).get("targets", {}).get(resource_id, {})
    waited = story.get("breach_to_in_service_s")
    done = [
        a["in_service_s"] for a in story.get("activities", ()) if a["to"] > a["from"] and "in_service_s" in a
    ]
    if waited is None or not done:
        return []
    breach, endpoint = done[0] - waited, resource_id.split("/")[1] if "/" in resource_id else resource_id
    limit = min(
        (v for c, v in _upper(summary["expectations"]) if _is_wait(c["name"], endpoint)), default=None
    )
    is_late = limit is not None and waited > limit
    took = Band("First scale-out", [Span(breach, done[0], span(waited))], "alarm" if is_late else "desired")
    if limit is None:
        return [took]
    return [took, Band("Its limit", [Span(breach, min(breach + limit, end), span(limit))], "nodata")]


def _is_wait(name: str, endpoint: str) -> bool:
    lag = _LAG.match(name)
    return name == f"{endpoint}: {WAIT}" or bool(lag and lag["endpoint"] in (None, endpoint))
