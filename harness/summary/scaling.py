"""The summary's account of scaling: each target's activities, capacity and alarms."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from harness import journal
from harness.summary.grouped import ByType

# Statuses of activities that set or tried to set a capacity; Pending has not yet, Overridden gave way to
# another. API reference of Application Auto Scaling, ScalingActivity, StatusCode.
ACTED = ("Successful", "InProgress", "Failed", "Unfulfilled")


def scaling(seen: ByType) -> dict[str, Any]:
    """Return the first registered target's story at the top level and every target's under `targets`."""
    targets = dict.fromkeys(t.resource_id for t in seen.all(journal.TargetRegistered))
    if not targets:
        return {}
    stories = {resource_id: _target(seen, resource_id) for resource_id in targets}
    main = next(iter(stories))
    return {"resource_id": main, **stories[main], "targets": stories}


def _target(seen: ByType, resource_id: str) -> dict[str, Any]:
    bounds = [t for t in seen.all(journal.TargetRegistered) if t.resource_id == resource_id and not t.removed]
    found = [a for a in seen.all(journal.ScalingActivity) if a.resource_id == resource_id]
    spans = {r.activity_id: r for r in seen.all(journal.ActivityRange) if r.resource_id == resource_id}
    activities = _activities(found, spans)
    not_scaled = _not_scaled(found)
    lag = _breach_to_in_service(seen, resource_id, activities)
    last = bounds[-1] if bounds else None
    return {
        **({} if last is None else {"min_capacity": last.min_capacity, "max_capacity": last.max_capacity}),
        "activities": activities,
        **({"not_scaled": not_scaled} if not_scaled else {}),
        "capacity": _capacity(seen, resource_id),
        "alarms": _alarms(seen, resource_id),
        **({} if lag is None else {"breach_to_in_service_s": lag}),
    }


def _activities(
    records: Iterable[journal.ScalingActivity], spans: Mapping[str, journal.ActivityRange]
) -> list[dict[str, Any]]:
    """Return one entry for each activity that set, or tried to set, another capacity, as it stood last."""
    stages: defaultdict[str, list[journal.ScalingActivity]] = defaultdict(list)
    for record in records:
        stages[record.activity_id].append(record)
    kept = [s for s in stages.values() if s[-1].from_capacity != s[-1].to_capacity and s[-1].status in ACTED]
    return [_activity(s, spans.get(s[0].activity_id)) for s in sorted(kept, key=lambda s: s[0].at)]


def _activity(stages: list[journal.ScalingActivity], within: journal.ActivityRange | None) -> dict[str, Any]:
    first, last = stages[0], stages[-1]
    done = next((s.at for s in stages if s.status == "Successful"), None)
    return {
        "at_s": first.at,
        "from": last.from_capacity,
        "to": last.to_capacity,
        "status": last.status,
        **({} if done is None else {"in_service_s": done}),
        "reason": first.code or last.description,
        "cause": last.cause,
        **({"status_message": last.status_message} if last.status_message else {}),
        **({} if within is None else _range(within)),
    }


def _range(within: journal.ActivityRange) -> dict[str, Any]:
    """Return within what an activity may fall on AWS, given what is not documented."""
    found = {
        "at_s_low": within.at_low,
        "at_s_high": within.at_high,
        "in_service_s_low": within.in_service_low,
        "in_service_s_high": within.in_service_high,
        "to_low": within.to_low,
        "to_high": within.to_high,
        "certain": within.certain,
    }
    return {name: value for name, value in found.items() if value is not None}


def _not_scaled(records: Iterable[journal.ScalingActivity]) -> list[dict[str, Any]]:
    """Return when an alarm asked for a change and none was made, and why, as AWS codes it."""
    return [
        {"at_s": record.at, "capacity": record.from_capacity, "reason": record.code, "cause": record.cause}
        for record in records
        if record.from_capacity == record.to_capacity
    ]


def _capacity(seen: ByType, resource_id: str) -> list[list[float]]:
    """Return [at_s, desired, in_service] at each change."""
    changes = [c for c in seen.all(journal.CapacityChanged) if resource_of(c) == resource_id]
    rows: list[list[float]] = []
    for change in changes:
        if not rows or rows[-1][1:] != [change.desired, change.in_service]:
            rows.append([change.at, change.desired, change.in_service])
    return rows


def resource_of(change: journal.CapacityChanged) -> str:
    """Return the ResourceId under which Application Auto Scaling knows the variant of *change*.

    What is no variant of an endpoint has its ResourceId in the place of the endpoint.
    """
    return f"endpoint/{change.endpoint}/variant/{change.variant}" if change.variant else change.endpoint


def _alarms(seen: ByType, resource_id: str) -> list[dict[str, Any]]:
    return [
        {"at_s": a.at, "name": a.name, "direction": a.direction, "from": a.before, "to": a.after}
        for a in seen.all(journal.AlarmChanged)
        if a.resource_id == resource_id
    ]


def _breach_to_in_service(
    seen: ByType, resource_id: str, activities: Sequence[dict[str, Any]]
) -> float | None:
    """Return the seconds from the metric passing the target to the first scale-out wholly in service.

    That is the wait a user of the endpoint sees: detection, publishing, decision and launch. It begins with
    the first of the periods over the target, without a gap, that the decision had before it. None without a
    policy, when the decision did not rest on such periods, or when no scale-out came into service.
    """
    done = [a["in_service_s"] for a in activities if a["to"] > a["from"] and "in_service_s" in a]
    policies = [p for p in seen.all(journal.PolicyPut) if p.resource_id == resource_id and not p.removed]
    if not done or not policies:
        return None
    decided_at = next(a["at_s"] for a in activities if a.get("in_service_s") == done[0])
    points = [m for m in seen.all(journal.MetricPublished) if measures(policies[0], m) and m.at <= decided_at]
    newest_first = sorted(points, key=lambda m: m.period_at, reverse=True)
    over = list(takewhile(lambda m: m.value > policies[0].target_value, newest_first))
    return done[0] - over[-1].period_at if over else None


def measures(policy: journal.PolicyPut, point: journal.MetricPublished) -> bool:
    """Return whether *policy* tracks the metric of *point*.

    A policy names a predefined type (SageMakerVariantInvocationsPerInstance), CloudWatch the metric behind it
    (InvocationsPerInstance).
    """
    return policy.resource_id == point.resource_id and policy.metric.endswith(point.metric)
