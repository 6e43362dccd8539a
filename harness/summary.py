"""From the records of a run to `summary.json` (DESIGN 6): one pure function.

Moments (`at_s`) and spans (`_s`) are model seconds unless the schema, docs/reference/summary.schema.json,
says otherwise. A part that does not apply to a run is absent: no zero stands for "there was none to measure".
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from typing import Any, TypeVar

from harness import journal
from harness.errors import JournalError
from harness.journal import Record
from harness.stats import spread

SCHEMA_VERSION = 1
INVOKE = "InvokeEndpoint"
# Statuses of activities that set or tried to set a capacity; Pending has not yet, Overridden gave way to
# another. API reference of Application Auto Scaling, ScalingActivity, StatusCode.
ACTED = ("Successful", "InProgress", "Failed", "Unfulfilled")

R = TypeVar("R")


class ByType:
    """The records of a run, grouped by their class once."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._groups: defaultdict[type[Any], list[Any]] = defaultdict(list)
        for record in records:
            self._groups[type(record)].append(record)

    def all(self, kind: type[R]) -> list[R]:
        """Return the records of *kind* in journal order."""
        return self._groups.get(kind, [])

    def last(self, kind: type[R]) -> R | None:
        """Return the last record of *kind*, if there is one."""
        return next(reversed(self.all(kind)), None)


def summarise(records: Sequence[Record]) -> dict[str, Any]:
    """Return the summary of *records*, ready for JSON.

    Raises JournalError when the first record is not RunStarted, for then nothing says which run it was.
    """
    if not records or not isinstance(records[0], journal.RunStarted):
        raise JournalError("a journal begins with RunStarted; this one does not", line=1)
    seen = ByType(records)
    return {
        "schema_version": SCHEMA_VERSION,
        **_identity(records[0]),
        **_outcome(seen, _last_moment(records)),
        **_present(
            load=_load(seen),
            latency=_latency(seen),
            predictions=_predictions(seen),
            scaling=_scaling(seen),
            endpoints=_endpoints(seen),
        ),
        "phases": _phases(seen),
        "exchanges": _exchanges(seen),
        "findings": [_without_at(f) for f in seen.all(journal.Finding)],
        "fidelity": [_without_at(f) for f in seen.all(journal.Fidelity)],
    }


def _present(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part}


def _without_at(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__ if name != "at"}


def _last_moment(records: Sequence[Record]) -> float:
    return max(r.due_at if isinstance(r, journal.LoadRequest) else r.at for r in records)


def _identity(run: journal.RunStarted) -> dict[str, Any]:
    return {
        "scenario": run.scenario,
        "variant": run.variant,
        "backend": {"name": run.backend, "emulators": dict(run.emulators)},
        "clock": run.clock,
        "seed": run.seed,
        "started_at": datetime.fromtimestamp(run.started_epoch_s, UTC).isoformat().replace("+00:00", "Z"),
    }


# --- what came of it ---------------------------------------------------------------------------------------


def _outcome(seen: ByType, stopped_at: float) -> dict[str, Any]:
    expectations = [_without_at(e) for e in seen.all(journal.Expectation)]
    verdict, reason = _verdict(seen, stopped_at)
    ended = seen.last(journal.RunEnded)
    return {
        "verdict": verdict,
        "reason": reason,
        **({} if ended is None else {"wall_s": ended.wall_real_s}),
        "model_s": stopped_at,
        "expectations": expectations,
    }


def _verdict(seen: ByType, stopped_at: float) -> tuple[str, str]:
    """Return pass, fail or invalid, and why. What contradicts a claimed pass wins (DESIGN promise 2)."""
    ended = seen.last(journal.RunEnded)
    if ended is None:
        return "invalid", f"the run was cut off: its journal stops after {stopped_at:.0f} model seconds"
    if ended.verdict == "interrupted":
        return "invalid", ended.reason or "the run was interrupted"
    if ended.verdict not in ("pass", "fail"):
        return "invalid", ended.reason or f"the run ended as {ended.verdict!r}"
    if saturated := [load for load in seen.all(journal.LoadEnded) if load.saturated]:
        why = "; ".join(why for load in saturated for why in load.why)
        return "invalid", ended.reason or f"the load generator was saturated: {why or 'no reason given'}"
    missed = [e.name for e in seen.all(journal.Expectation) if not e.ok]
    if ended.verdict == "pass" and missed:
        return "fail", ended.reason or f"not met: {', '.join(missed)}"
    return ended.verdict, ended.reason


# --- load and latency --------------------------------------------------------------------------------------


def _load(seen: ByType) -> dict[str, Any]:
    """Return the load generator's account; of a run cut off before it gave one, a count of its requests."""
    accounts = seen.all(journal.LoadEnded)
    if not accounts:
        return _counted(seen.all(journal.LoadRequest))
    totals = ("offered", "sent", "completed", "failed", "dropped", "unfinished", "processes")
    return {
        **{name: sum(getattr(a, name) for a in accounts) for name in totals},
        "lag_p99_s": max(a.lag_p99_s for a in accounts),
        "saturated": any(a.saturated for a in accounts),
        "why": [why for a in accounts for why in a.why],
        "client": ", ".join(dict.fromkeys(a.client for a in accounts)),
        "client_cpu": max(a.client_cpu for a in accounts),
        "began_at_s": min(a.began_at for a in accounts),
        "ended_at_s": max(a.at for a in accounts),
    }


def _counted(requests: Sequence[journal.LoadRequest]) -> dict[str, Any]:
    if not requests:
        return {}
    outcomes = Counter(r.outcome for r in requests)
    return {
        "offered": len(requests),
        "sent": sum(r.sent_at is not None for r in requests),
        "completed": outcomes["ok"],
        **{name: outcomes[name] for name in ("failed", "dropped", "unfinished")},
    }


def _latency(seen: ByType) -> dict[str, Any]:
    """Return the times of answered requests: `response_s`, and `service_s` and `overhead_s` apart.

    Where a load ran: response = lag + queue + service. The lag is how long after its intended start
    (`due_at`) a request was sent, so that a slow answer cannot hide the wait of those behind it; it is this
    machine's own and in real seconds, queue and service are modelled. Without a load: queue + service of each
    InvokeEndpoint exchange with a 2xx status. `overhead_s` is the harness's own time in real seconds, never
    part of a response. Requests without a good answer are counted in `load` and have no time here.
    """
    if seen.all(journal.LoadRequest):
        answered = [r for r in seen.all(journal.LoadRequest) if r.outcome == "ok"]
        return _times("load", [(response_s(r), r.service_s, r.overhead_s) for r in answered])
    calls = [e for e in seen.all(journal.Exchange) if is_invocation(e) and 200 <= e.status < 300]
    return _times("exchanges", [(e.queue_s + e.service_s, e.service_s, e.overhead_s) for e in calls])


def response_s(request: journal.LoadRequest) -> float:
    """Return the seconds from the intended start of *request* to its modelled answer (see `_latency`)."""
    return request.lag_s + request.queue_s + request.service_s


def is_invocation(exchange: journal.Exchange) -> bool:
    """Return whether *exchange* asked an endpoint for a prediction."""
    return exchange.operation == INVOKE


def _times(source: str, rows: list[tuple[float, float, float]]) -> dict[str, Any]:
    if not rows:
        return {}
    response, service, overhead = zip(*rows, strict=True)
    return {
        "source": source,
        "requests": len(rows),
        "response_s": spread(response),
        "service_s": spread(service),
        "overhead_s": spread(overhead),
    }


def _predictions(seen: ByType) -> dict[str, Any]:
    """Return the last comparison with the truth; a later one supersedes an earlier one."""
    last = seen.last(journal.Predicted)
    return {} if last is None else {"rows": last.rows, "rmse": last.rmse, "source": last.source}


# --- scaling -----------------------------------------------------------------------------------------------


def _scaling(seen: ByType) -> dict[str, Any]:
    """Return the first registered target's story at the top level and every target's under `targets`."""
    targets = dict.fromkeys(t.resource_id for t in seen.all(journal.TargetRegistered))
    if not targets:
        return {}
    stories = {resource_id: _target(seen, resource_id) for resource_id in targets}
    main = next(iter(stories))
    return {"resource_id": main, **stories[main], "targets": stories}


def _target(seen: ByType, resource_id: str) -> dict[str, Any]:
    bounds = [t for t in seen.all(journal.TargetRegistered) if t.resource_id == resource_id and not t.removed]
    activities = _activities(a for a in seen.all(journal.ScalingActivity) if a.resource_id == resource_id)
    lag = _breach_to_in_service(seen, resource_id, activities)
    last = bounds[-1] if bounds else None
    return {
        **({} if last is None else {"min_capacity": last.min_capacity, "max_capacity": last.max_capacity}),
        "activities": activities,
        "capacity": _capacity(seen, resource_id),
        "alarms": _alarms(seen, resource_id),
        **({} if lag is None else {"breach_to_in_service_s": lag}),
    }


def _activities(records: Iterable[journal.ScalingActivity]) -> list[dict[str, Any]]:
    """Return one entry for each activity that set, or tried to set, another capacity, as it stood last."""
    stages: defaultdict[str, list[journal.ScalingActivity]] = defaultdict(list)
    for record in records:
        stages[record.activity_id].append(record)
    kept = [s for s in stages.values() if s[-1].from_capacity != s[-1].to_capacity and s[-1].status in ACTED]
    return [_activity(s) for s in sorted(kept, key=lambda s: s[0].at)]


def _activity(stages: list[journal.ScalingActivity]) -> dict[str, Any]:
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
    }


def _capacity(seen: ByType, resource_id: str) -> list[list[float]]:
    """Return [at_s, desired, in_service] at each change."""
    changes = [c for c in seen.all(journal.CapacityChanged) if resource_of(c) == resource_id]
    rows: list[list[float]] = []
    for change in changes:
        if not rows or rows[-1][1:] != [change.desired, change.in_service]:
            rows.append([change.at, change.desired, change.in_service])
    return rows


def resource_of(change: journal.CapacityChanged) -> str:
    """Return the ResourceId under which Application Auto Scaling knows the variant of *change*."""
    return f"endpoint/{change.endpoint}/variant/{change.variant}"


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


# --- the rest ----------------------------------------------------------------------------------------------


def _endpoints(seen: ByType) -> dict[str, list[dict[str, Any]]]:
    changes: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in seen.all(journal.EndpointChanged):
        reason = {"reason": change.reason} if change.reason else {}
        changes[change.endpoint].append({"at_s": change.at, "status": change.status, **reason})
    return dict(changes)


def _phases(seen: ByType) -> list[dict[str, Any]]:
    phases = seen.all(journal.PhaseStarted)
    rows = [{"at_s": p.at, "phase": p.phase, "detail": p.detail} for p in phases]
    for row, (_, following) in zip(rows, pairwise(phases), strict=False):
        row["ended_at_s"] = following.at
    if rows and (ended := seen.last(journal.RunEnded)):
        rows[-1]["ended_at_s"] = ended.at
    return rows


def _exchanges(seen: ByType) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for exchange in seen.all(journal.Exchange):
        counts[exchange.service][exchange.operation] += 1
    return {service: dict(sorted(counts[service].items())) for service in sorted(counts)}
