"""What the figures show, as plain series taken from the journal. Pure; drawing is `charts.py`."""

from dataclasses import dataclass, field

from harness import journal
from harness.stats import Span, Steps, counts_over_time, nice_step
from harness.summary import ByType, is_invocation, measures, resource_of
from reports.figures import minutes
from reports.ranges import Window, windows

WINDOWS = 150  # bars across a figure; more would be finer than a pixel on a phone
STEPS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests in each window of `step_s` from `start`: due, answered well, and not."""

    start: float
    step_s: float
    offered: list[int]
    served: list[int]
    failed: list[int]


@dataclass(frozen=True, slots=True)
class Metric:
    """The datapoints of a scaling metric as (period start, its length, value), and what they are held to."""

    name: str
    points: list[tuple[float, float, float]]
    target: float | None
    low: float | None


@dataclass(frozen=True, slots=True)
class Band:
    """One row of states over time: `label` and the spans, valued with the state's name.

    `role` colours them where their names are not those of states, `loud` those that are an alarm.
    """

    label: str
    spans: list[Span[str]]
    role: str = ""
    loud: str = "alarm"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything on the shared time axis of one variant, from 0 to `end` model seconds."""

    title: str
    end: float
    resource_id: str = ""
    traffic: Traffic | None = None
    metric: Metric | None = None
    bands: list[Band] = field(default_factory=list)
    desired: list[tuple[float, float]] = field(default_factory=list)
    in_service: list[tuple[float, float]] = field(default_factory=list)
    bounds: tuple[int, int] | None = None
    phases: list[Span[str]] = field(default_factory=list)
    faults: list[float] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)


def timelines(seen: ByType, end: float) -> list[Timeline]:
    """Return one timeline for each variant that scales or has capacity, the first registered target first."""
    resources = dict.fromkeys(t.resource_id for t in seen.all(journal.TargetRegistered))
    resources.update(dict.fromkeys(map(resource_of, seen.all(journal.CapacityChanged))))
    return [_timeline(seen, resource, end) for resource in resources]


def _timeline(seen: ByType, resource: str, end: float) -> Timeline:
    endpoint, variant = _names(resource)
    changes = sorted(
        (c for c in seen.all(journal.CapacityChanged) if resource_of(c) == resource), key=lambda c: c.at
    )
    bounds = [t for t in seen.all(journal.TargetRegistered) if t.resource_id == resource and not t.removed]
    return Timeline(
        title=f"{endpoint}, variant {variant}" if variant else endpoint,
        end=end,
        resource_id=resource,
        traffic=_traffic(seen, endpoint, variant, end),
        metric=_metric(seen, resource),
        bands=_bands(seen, resource, endpoint, end),
        desired=[(c.at, float(c.desired)) for c in changes],
        in_service=[(c.at, float(c.in_service)) for c in changes],
        bounds=(bounds[-1].min_capacity, bounds[-1].max_capacity) if bounds else None,
        phases=phases(seen, end),
        faults=[f.at for f in seen.all(journal.FaultInjected)],
        windows=windows(seen, resource),
    )


def endpoint_of(resource_id: str) -> str:
    """Return the endpoint's name in a ResourceId `endpoint/<name>/variant/<name>`, else all of it."""
    return resource_id.split("/")[1] if resource_id.count("/") == 3 else resource_id


def _names(resource: str) -> tuple[str, str]:
    """Return endpoint and variant of a ResourceId `endpoint/<name>/variant/<name>`."""
    parts = resource.split("/")
    return (parts[1], parts[3]) if len(parts) == 4 else (resource, "")


def phases(seen: ByType, end: float) -> list[Span[str]]:
    """Return the phases of the run as spans."""
    return Steps.of((p.at, p.phase) for p in seen.all(journal.PhaseStarted)).spans(end)


def _traffic(seen: ByType, endpoint: str, variant: str, end: float) -> Traffic | None:
    """Return the load on *endpoint*, else the invocations of its *variant* that the gateway saw."""
    if by_minute := [m for m in seen.all(journal.ServedMinute) if m.endpoint == endpoint]:
        return minutes.traffic(by_minute, end, WINDOWS)
    requests = [r for r in seen.all(journal.LoadRequest) if r.endpoint == endpoint]
    if requests:
        good = [r.received_at or r.due_at for r in requests if r.outcome == "ok"]
        bad = [r.due_at for r in requests if r.outcome != "ok"]
        return _windows([r.due_at for r in requests], good, bad, end)
    calls = [
        e
        for e in seen.all(journal.Exchange)
        if is_invocation(e) and e.endpoint == endpoint and e.variant in ("", variant)
    ]
    good = [e.at + e.queue_s + e.service_s for e in calls if e.status < 300]
    return _windows([e.at for e in calls], good, [e.at for e in calls if e.status >= 300], end)


def _windows(due: list[float], good: list[float], bad: list[float], end: float) -> Traffic | None:
    if not due:
        return None
    step = nice_step(end, WINDOWS, STEPS_S)
    return Traffic(0.0, step, *(counts_over_time(moments, 0.0, end, step) for moments in (due, good, bad)))


def _metric(seen: ByType, resource: str) -> Metric | None:
    policies = [p for p in seen.all(journal.PolicyPut) if p.resource_id == resource and not p.removed]
    points = [m for m in seen.all(journal.MetricPublished) if m.resource_id == resource]
    if policies:
        points = [m for m in points if measures(policies[0], m)]
    if not points:
        return None
    low = [
        a.threshold
        for a in seen.all(journal.AlarmChanged)
        if (a.resource_id, a.direction) == (resource, "low")
    ]
    return Metric(
        name=points[0].metric,
        points=sorted((m.period_at, m.period_s, m.value) for m in points),
        target=policies[0].target_value if policies else None,
        low=low[-1] if low else None,
    )


def _bands(seen: ByType, resource: str, endpoint: str, end: float) -> list[Band]:
    statuses = Steps.of((e.at, e.status) for e in seen.all(journal.EndpointChanged) if e.endpoint == endpoint)
    bands = [Band("Endpoint", statuses.spans(end))]
    alarms = [a for a in seen.all(journal.AlarmChanged) if a.resource_id == resource]
    for direction, name in sorted(dict.fromkeys((a.direction, a.name) for a in alarms)):
        states = Steps.of((a.at, a.after) for a in alarms if a.name == name)
        # Low load is nothing to be alarmed about: it lets the endpoint scale in.
        loud = "target" if direction == "low" else "alarm"
        bands.append(Band(f"Alarm {direction}", states.spans(end), loud=loud))
    waits = [c for c in seen.all(journal.CooldownStarted) if c.resource_id == resource]
    for direction in sorted({c.direction for c in waits}, reverse=True):
        spans = [Span(c.at, min(c.until, end), "cooldown") for c in waits if c.direction == direction]
        bands.append(Band(f"Cooldown {direction}", spans))
    return [band for band in bands if band.spans]
