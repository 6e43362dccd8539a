"""Within which moments a modelled scaling activity may fall on AWS: for figure, table and words. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.summary import ByType
from reports.text import clock

MOST_ROWS = 40  # of the table; the summary has all


@dataclass(frozen=True, slots=True)
class Window:
    """One activity's range: from `before` to `after` instances, when it may be decided and be in service.

    `served` ends at infinity where the change may not come at all.
    """

    decided: tuple[float, float]
    served: tuple[float, float]
    before: int
    after: int


def windows(seen: ByType, resource_id: str) -> list[Window]:
    """Return the windows of a target's activities, in the order of their decisions."""
    steps = {
        activity.activity_id: activity
        for activity in seen.all(journal.ScalingActivity)
        if activity.resource_id == resource_id
    }
    found = []
    for each in seen.all(journal.ActivityRange):
        step = steps.get(each.activity_id)
        if each.resource_id == resource_id and step is not None:
            low = math.inf if each.in_service_low is None else each.in_service_low
            high = math.inf if each.in_service_high is None or not each.certain else each.in_service_high
            decided = (each.at_low, each.at_high)
            found.append(Window(decided, (low, high), step.from_capacity, step.to_capacity))
    return sorted(found, key=lambda window: window.decided)


def envelope(found: Sequence[Window], end: float) -> list[tuple[float, int, int]]:
    """Return from when on the capacity in service lies between which two counts, as (moment, least, most).

    Each change may have come from the early end of its range on, and may be missing until the late end.
    """
    if not found:
        return []
    cuts = {0.0, *(at for window in found for at in window.served if at < end)}
    return [(at, *_between(found, at)) for at in sorted(cuts)]


def _between(found: Sequence[Window], at: float) -> tuple[int, int]:
    possible = []
    for passed in range(len(found) + 1):
        may_be = passed == 0 or found[passed - 1].served[0] <= at
        may_wait = passed == len(found) or found[passed].served[1] > at
        if may_be and may_wait:
            possible.append(found[passed].before if passed < len(found) else found[-1].after)
    return (min(possible), max(possible)) if possible else (found[-1].after, found[-1].after)


def rows(scaling: dict[str, Any] | None) -> list[dict[str, str]]:
    """Return the table of activities with a range: what, when in the model, when on AWS."""
    targets = (scaling or {}).get("targets", {})
    several = len(targets) > 1
    return [
        _row(activity, resource_id.split("/")[1] if several and "/" in resource_id else "")
        for resource_id, story in targets.items()
        for activity in story["activities"]
        if "at_s_low" in activity
    ]


def _row(activity: dict[str, Any], endpoint: str) -> dict[str, str]:
    done = clock(activity["in_service_s"]) if "in_service_s" in activity else "not in this run"
    served = ""
    if "in_service_s_low" in activity:
        served = f"{clock(activity['in_service_s_low'])} to {clock(activity['in_service_s_high'])}"
    return {
        "what": f"{endpoint} {activity['from']} to {activity['to']}".strip(),
        "decided": clock(activity["at_s"]),
        "decided_range": f"{clock(activity['at_s_low'])} to {clock(activity['at_s_high'])}",
        "in_service": done,
        "in_service_range": served,
        "to_range": _counts(activity["to_low"], activity["to_high"]),
        "sure": "" if activity["certain"] else "may not happen at all",
    }


def _counts(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def sentence(found: Sequence[dict[str, str]]) -> str:
    """Return the note that says what the bands are, empty where there are none."""
    if not found:
        return ""
    first = found[0]
    return (
        "The moments of scaling are modelled, not measured. The band shows how many instances may be in "
        "service on AWS, whiskers when each decision may fall there, given what AWS does not document "
        "(delays, the phase of the evaluation, launch times and the like). "
        f"The first, {first['what']}, falls at {first['decided']} here; on AWS from {first['decided_range']}."
    )
