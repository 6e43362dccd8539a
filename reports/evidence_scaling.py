"""The datapoints, alarms and activities behind a figure about scaling. Pure."""

from collections.abc import Sequence

from harness import journal
from harness.summary import ByType, measures
from reports.evidence_values import MOST_ROWS, Evidence, Table, evidence, table
from reports.figures.series import endpoint_of
from reports.text import clock, number, span

OUT, IN = "out", "in"
POINTS = ("Period from", "Published", "Value", "Target", "Beside the target")
MOST_POINTS = 8  # before a decision: two minutes more than a scale-out looks at
ACTIVITIES = ("Decided", "From", "To", "In service", "Took", "Status", "Cause")
ALARMS = ("At", "Alarm", "From", "To", "Reason")
COUNTS = ("At", "Desired", "In service", "Why")


def scaling(seen: ByType, endpoint: str, direction: str = "") -> Evidence:
    """Return the activities of *endpoint* (any where "") and the datapoints before the first."""
    ended = _ended(seen, endpoint, direction)
    first = ended[0] if ended else None
    return evidence(
        "why",
        _points(seen, endpoint, first, direction),
        _activities(ended, direction),
        _alarms(seen, endpoint, first),
        None if ended else _capacity(seen, endpoint),
    )


def capacity(seen: ByType, endpoint: str) -> Evidence:
    """Return when *endpoint* had how many instances, and the activities that changed it."""
    return evidence("timeline", _capacity(seen, endpoint), _activities(_ended(seen, endpoint, ""), ""))


def _of(resource: str, endpoint: str) -> bool:
    return not endpoint or endpoint_of(resource) == endpoint


def _ended(seen: ByType, endpoint: str, direction: str) -> list[journal.ScalingActivity]:
    """Return the last stage of each activity that changed the capacity in *direction*, in order."""
    last: dict[str, journal.ScalingActivity] = {}
    for one in seen.all(journal.ScalingActivity):
        grows = one.to_capacity > one.from_capacity
        wanted = one.to_capacity != one.from_capacity and direction in ("", OUT if grows else IN)
        if wanted and _of(one.resource_id, endpoint):
            last[one.activity_id] = one
    return list(last.values())


def _points(
    seen: ByType, endpoint: str, first: journal.ScalingActivity | None, direction: str
) -> Table | None:
    """Return the last datapoints of a policy's metric that were published before *first* was decided."""
    policies = [one for one in seen.all(journal.PolicyPut) if _of(one.resource_id, endpoint)]
    if first is not None:
        policies = [one for one in policies if one.resource_id == first.resource_id] or policies
    if not policies:
        return None
    policy = policies[-1]
    known = [one for one in seen.all(journal.MetricPublished) if measures(policy, one)]
    if first is not None:
        decided = first.started_at or first.at
        known = [one for one in known if one.at <= decided]
        shown = known[-MOST_POINTS:]
        caption = f"{policy.metric}: what was published before the decision at {clock(decided)}"
    else:
        least = direction == IN
        shown = sorted(known, key=lambda one: one.value if least else -one.value)[:MOST_ROWS]
        shown.sort(key=lambda one: one.period_at)
        caption = f"{policy.metric}: the {'lowest' if least else 'highest'} datapoints of the run"
    rows = [_point(one, policy.target_value) for one in shown]
    return table(caption, POINTS, rows, numeric=POINTS[:4], of=len(known))


def _point(one: journal.MetricPublished, target: float) -> Sequence[str]:
    side = "above" if one.value > target else "below 90 %" if one.value < 0.9 * target else "within"
    return clock(one.period_at), clock(one.at), number(one.value), number(target), side


def _activities(ended: Sequence[journal.ScalingActivity], direction: str) -> Table | None:
    what = {OUT: "scale-out ", IN: "scale-in "}.get(direction, "")
    rows = []
    for one in ended[:MOST_ROWS]:
        began = one.started_at or one.at
        done = one.status == "Successful" and one.ended_at is not None
        served = clock(one.ended_at) if done and one.ended_at is not None else "never"
        took = span(one.ended_at - began) if done and one.ended_at is not None else "-"
        counts = str(one.from_capacity), str(one.to_capacity)
        rows.append((clock(began), *counts, served, took, one.status, one.cause))
    return table(
        f"The {what}activities, as they ended", ACTIVITIES, rows, numeric=ACTIVITIES[:5], of=len(ended)
    )


def _alarms(seen: ByType, endpoint: str, first: journal.ScalingActivity | None) -> Table | None:
    until = first.at if first is not None else float("inf")
    found = [
        one for one in seen.all(journal.AlarmChanged) if _of(one.resource_id, endpoint) and one.at <= until
    ]
    rows = [(clock(one.at), one.direction, one.before, one.after, one.reason) for one in found[-MOST_ROWS:]]
    return table("What the alarms did until then", ALARMS, rows, numeric=("At",), of=len(found))


def _capacity(seen: ByType, endpoint: str) -> Table | None:
    found = [one for one in seen.all(journal.CapacityChanged) if endpoint in ("", one.endpoint)]
    rows = [(clock(one.at), str(one.desired), str(one.in_service), one.reason) for one in found[:MOST_ROWS]]
    return table("Instances over time", COUNTS, rows, numeric=COUNTS[:3], of=len(found))
