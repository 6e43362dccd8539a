"""Questions about capacity and scaling: when it scaled, how far, how long it took, what a fault left."""

from collections.abc import Iterable
from itertools import dropwhile, takewhile
from typing import Protocol

from harness import journal
from harness.scenario.expectations.expectation import Expectation, Measured, Question, Records, of_kind
from harness.scenario.faults import ZoneFailure
from harness.scenario.resources import Endpoint

# AlarmLow is below 90 % of the target: Lambda developer guide, 63 for a target of 70 (`endpoint.settings`,
# low_threshold_ratio). Where the alarm moved in the run, its own threshold is taken instead.
LOW_RATIO = 0.9


class Scaled(Protocol):
    """What has a scalable target: an endpoint, or whatever Application Auto Scaling scales."""

    @property
    def name(self) -> str: ...
    @property
    def resource_id(self) -> str: ...


def peak_in_service(endpoint: Endpoint) -> Question:
    """Ask for the largest number of instances in service at once."""

    def measure(records: Records) -> Measured:
        seen = [r.in_service for r in _capacity(records, endpoint)]
        return (
            (max(seen), f"the most instances of {endpoint.name} in service") if seen else _none_of(endpoint)
        )

    return Expectation(f"{endpoint.name}: peak instances", measure, "instances")


def final_in_service(endpoint: Endpoint) -> Question:
    """Ask for the number of instances in service when the run was over, before anything was deleted."""

    def measure(records: Records) -> Measured:
        seen = [r.in_service for r in _capacity(records, endpoint) if r.at < _teardown(records)]
        return (seen[-1], f"instances of {endpoint.name} at the end") if seen else _none_of(endpoint)

    return Expectation(f"{endpoint.name}: instances at the end", measure, "instances")


def zones_in_service(endpoint: Endpoint) -> Question:
    """Ask for the number of availability zones with an instance in service when the run was over."""

    def measure(records: Records) -> Measured:
        where: dict[str, str] = {}
        moves = of_kind(records, journal.InstanceChanged, endpoint=endpoint.name)
        for move in takewhile(lambda one: one.at < _teardown(records), moves):
            if move.change == "joined":
                where[move.instance] = move.zone
            else:
                where.pop(move.instance, None)
        if not where:
            return None, f"{endpoint.name} had no instance in service at the end"
        zones = sorted(set(where.values()))
        return len(zones), f"{len(where)} instances of {endpoint.name} in zones {', '.join(zones)}"

    return Expectation(f"{endpoint.name}: zones in service", measure, "zones")


def deleted(endpoint: Endpoint) -> Question:
    """Ask whether the endpoint was gone at the end: 1 or 0."""

    def measure(records: Records) -> Measured:
        seen = of_kind(records, journal.EndpointChanged, endpoint=endpoint.name)
        if not seen:
            return None, f"{endpoint.name} was never created"
        return float(seen[-1].status == "Deleted"), f"{endpoint.name} ended as {seen[-1].status}"

    return Expectation(f"{endpoint.name}: deleted", measure, "", needs="the calls that delete it")


def least_in_service_after_fault(endpoint: Endpoint) -> Question:
    """Ask for the smallest number of instances in service from the first fault on."""

    def measure(records: Records) -> Measured:
        faults = of_kind(records, journal.FaultInjected, fault=ZoneFailure.KIND)
        if not faults:
            return None, "No zone failure was injected"
        capacity = _capacity(records, endpoint)
        before = [r.in_service for r in capacity if r.at < faults[0].at][-1:]
        if not before or not before[0]:
            return None, f"{endpoint.name} had no instance in service before the fault"
        after = [r.in_service for r in capacity if faults[0].at <= r.at < _teardown(records)]
        least = min(before + after)
        detail = faults[0].detail or faults[0].fault
        return (
            least,
            f"{endpoint.name} had {before[0]} in service before and {least} at the least after {detail}",
        )

    return Expectation(f"{endpoint.name}: least instances after the fault", measure, "instances")


def first_scale_out(endpoint: Scaled) -> Question:
    """Ask for the seconds from the first minute above the target to the decision to scale out.

    The first minute of the unbroken run of minutes above the target that led to the decision, counted from
    its start, even when the traffic began in the middle of it.
    """

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleOut")
        if not decided:
            return None, f"{endpoint.name} was never scaled out by its policy"
        began = _high_since(records, endpoint, decided[0].at)
        if began is None:
            return None, f"{endpoint.name} was scaled out without a minute above the target"
        return decided[0].at - began, decided[0].cause

    return Expectation(f"{endpoint.name}: breach to scale-out decision", measure, "s")


def scale_out_lag(endpoint: Scaled) -> Question:
    """Ask for the seconds from the first minute above the target until the first scale-out was in service."""

    def measure(records: Records) -> Measured:
        to_decision, sentence = first_scale_out(endpoint).measure(records)
        if to_decision is None:
            return None, sentence
        step = scaling_steps(records, endpoint, "ScaleOut")[0]
        ended = _completed_at(records, step)
        if ended is None:
            return None, f"The first scale-out of {endpoint.name} never came into service"
        whole_s = to_decision + ended - step.at
        return whole_s, f"{endpoint.name} went from {step.from_capacity} to {step.to_capacity}"

    return Expectation(f"{endpoint.name}: breach to instances in service", measure, "s")


def first_scale_in(endpoint: Scaled) -> Question:
    """Ask for the seconds from the start of the low minutes before the first scale-in to its decision."""

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleIn")
        if not decided:
            return None, f"{endpoint.name} was never scaled in by its policy"
        began = _low_since(records, endpoint, decided[0].at)
        if began is None:
            return None, f"{endpoint.name} was scaled in without a low minute"
        return decided[0].at - began, decided[0].cause

    return Expectation(f"{endpoint.name}: low load to scale-in decision", measure, "s")


def scale_in_gap(endpoint: Endpoint) -> Question:
    """Ask for the fewest seconds between the end of one scale-in and the decision for the next."""

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleIn")
        ends = [_completed_at(records, step) for step in decided]
        pairs = zip(ends, decided[1:], strict=False)
        gaps = [following.at - ended for ended, following in pairs if ended is not None]
        if not gaps:
            return None, f"{endpoint.name} was scaled in {len(decided)} times; a gap needs two"
        return min(gaps), f"the shortest of {len(gaps)} gaps between scale-ins of {endpoint.name}"

    return Expectation(f"{endpoint.name}: gap between scale-ins", measure, "s")


def outstanding_at_first_scale_out(endpoint: Endpoint) -> Question:
    """Ask for the most requests that were worked on or waiting at once before the first scale-out."""

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleOut")
        if not decided:
            return None, f"{endpoint.name} was never scaled out by its policy"
        offered = of_kind(records, journal.LoadRequest, endpoint=endpoint.name)
        spans = [
            (r.sent_at, r.sent_at + r.queue_s + r.service_s)
            for r in offered
            if r.sent_at is not None and r.sent_at <= decided[0].at
        ]
        if not spans:
            return None, f"No request was sent to {endpoint.name} before it was scaled out"
        most = _most_at_once(spans)
        return most, f"at most {most} requests were in {endpoint.name} at once before it was first scaled out"

    return Expectation(f"{endpoint.name}: simultaneous requests at the first scale-out", measure, "requests")


def scaling_steps(records: Records, endpoint: Scaled, code: str) -> list[journal.ScalingActivity]:
    """Return the first record of each activity that a policy began with *code*: ScaleOut or ScaleIn."""
    first: dict[str, journal.ScalingActivity] = {}
    for record in of_kind(records, journal.ScalingActivity, resource_id=endpoint.resource_id, code=code):
        first.setdefault(record.activity_id, record)
    return list(first.values())


def _most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """Return how many of *spans* overlap at most; one that ends as another begins does not overlap it."""
    moves = [move for began, ended in spans for move in ((began, 1), (ended, -1))]
    most = level = 0
    for _, step in sorted(moves):
        level += step
        most = max(most, level)
    return most


def _completed_at(records: Records, step: journal.ScalingActivity) -> float | None:
    done = of_kind(records, journal.ScalingActivity, activity_id=step.activity_id, status="Successful")
    return done[0].at if done else None


def _high_since(records: Records, endpoint: Scaled, before: float) -> float | None:
    return _run_start(records, endpoint, before, "high")


def _low_since(records: Records, endpoint: Scaled, before: float) -> float | None:
    return _run_start(records, endpoint, before, "low")


def _held_to(
    records: Records, endpoint: Scaled, before: float, direction: str
) -> tuple[float, journal.PolicyPut] | None:
    """Return the threshold in force at *before* in that direction, and a policy on the metric it is about.

    The threshold is that of the alarm that went off last; where none did, what the newest policy holds to.
    """
    put = of_kind(records, journal.PolicyPut, resource_id=endpoint.resource_id, removed=False)
    policies = [policy for policy in put if policy.at <= before]
    if not policies:
        return None
    moved = of_kind(records, journal.AlarmChanged, resource_id=endpoint.resource_id, direction=direction)
    raised = [alarm for alarm in moved if alarm.after == "ALARM" and alarm.at <= before]
    if not raised:
        newest = policies[-1]
        return newest.target_value * (LOW_RATIO if direction == "low" else 1.0), newest
    threshold = raised[-1].threshold
    exactly = [policy for policy in policies if policy.target_value == threshold]
    tracking = [policy for policy in policies if policy.kind == "TargetTrackingScaling"]
    return threshold, (exactly or tracking or policies)[-1]


def _run_start(records: Records, endpoint: Scaled, before: float, direction: str) -> float | None:
    """Return the start of the last unbroken run of periods beyond the threshold, as published by *before*.

    A period published between the alarm and the decision may lie on the other side already: it ends the run
    and is passed over. A policy names a predefined type, which ends as CloudWatch's name of the metric does.
    """
    held_to = _held_to(records, endpoint, before, direction)
    if held_to is None:
        return None
    threshold, policy = held_to
    points = of_kind(records, journal.MetricPublished, resource_id=endpoint.resource_id)
    measured = [p for p in points if p.at <= before and policy.metric.endswith(p.metric)]
    known = sorted(measured, key=lambda p: p.period_at, reverse=True)

    def beyond(point: journal.MetricPublished) -> bool:
        return point.value > threshold if direction == "high" else point.value < threshold

    run = list(takewhile(beyond, dropwhile(lambda point: not beyond(point), known)))
    return run[-1].period_at if run else None


def _capacity(records: Records, endpoint: Endpoint) -> list[journal.CapacityChanged]:
    return of_kind(records, journal.CapacityChanged, endpoint=endpoint.name, variant=endpoint.variant_name)


def _teardown(records: Records) -> float:
    return next((r.at for r in of_kind(records, journal.PhaseStarted, phase="teardown")), float("inf"))


def _none_of(endpoint: Endpoint) -> Measured:
    return None, f"{endpoint.name} never had a capacity"
