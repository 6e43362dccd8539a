"""Questions about capacity and scaling: when it scaled, how far, how long it took, what a fault left of it."""

from harness import journal
from harness.scenario.expectations import Expectation, Measured, Question, Records, of_kind
from harness.scenario.resources import Endpoint

METRIC = "InvocationsPerInstance"
# AlarmLow is below 90 % of the target: Lambda developer guide, 63 for a target of 70 (see endpoint.settings).
LOW_RATIO = 0.9


def peak_in_service(endpoint: Endpoint) -> Question:
    """Ask for the largest number of instances in service at once."""

    def measure(records: Records) -> Measured:
        seen = [r.in_service for r in _capacity(records, endpoint)]
        return (max(seen), f"the most instances of {endpoint.name} in service") if seen else _no_capacity(endpoint)

    return Expectation(f"{endpoint.name}: peak instances", measure, "instances")


def final_in_service(endpoint: Endpoint) -> Question:
    """Ask for the number of instances in service when the run was over, before anything was deleted."""

    def measure(records: Records) -> Measured:
        seen = [r.in_service for r in _capacity(records, endpoint) if r.at < _teardown(records)]
        return (seen[-1], f"instances of {endpoint.name} at the end") if seen else _no_capacity(endpoint)

    return Expectation(f"{endpoint.name}: instances at the end", measure, "instances")


def zones_in_service(endpoint: Endpoint) -> Question:
    """Ask for the number of availability zones with an instance in service when the run was over."""

    def measure(records: Records) -> Measured:
        where: dict[str, str] = {}
        for record in of_kind(records, journal.InstanceChanged, endpoint=endpoint.name):
            if record.at >= _teardown(records):
                break
            if record.change == "joined":
                where[record.instance] = record.zone
            else:
                where.pop(record.instance, None)
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

    return Expectation(f"{endpoint.name}: deleted", measure, "")


def least_in_service_after_fault(endpoint: Endpoint) -> Question:
    """Ask for the smallest number of instances in service from the first fault on."""

    def measure(records: Records) -> Measured:
        faults = of_kind(records, journal.FaultInjected)
        if not faults:
            return None, "No fault was injected"
        before = [r.in_service for r in _capacity(records, endpoint) if r.at < faults[0].at][-1:]
        if not before or not before[0]:
            return None, f"{endpoint.name} had no instance in service before the fault"
        after = [r.in_service for r in _capacity(records, endpoint) if faults[0].at <= r.at < _teardown(records)]
        least = min(before + after)
        return least, f"{endpoint.name} had {before[0]} in service before and {least} at the least after {faults[0].fault}"

    return Expectation(f"{endpoint.name}: least instances after the fault", measure, "instances")


def first_scale_out(endpoint: Endpoint) -> Question:
    """Ask for the seconds from the start of the first minute above the target to the decision to scale out."""

    def measure(records: Records) -> Measured:
        began, decided = _first_breach(records, endpoint), scaling_steps(records, endpoint, "ScaleOut")
        if began is None or not decided:
            return None, f"{endpoint.name} was never scaled out by its policy"
        return decided[0].at - began, decided[0].cause

    return Expectation(f"{endpoint.name}: breach to scale-out decision", measure, "s")


def scale_out_lag(endpoint: Endpoint) -> Question:
    """Ask for the seconds from the start of the first minute above the target until the new instances serve."""

    def measure(records: Records) -> Measured:
        began, decided = _first_breach(records, endpoint), scaling_steps(records, endpoint, "ScaleOut")
        if began is None or not decided:
            return None, f"{endpoint.name} was never scaled out by its policy"
        ended = _completed_at(records, decided[0])
        if ended is None:
            return None, f"The first scale-out of {endpoint.name} never came into service"
        return ended - began, f"{endpoint.name} went from {decided[0].from_capacity} to {decided[0].to_capacity}"

    return Expectation(f"{endpoint.name}: breach to instances in service", measure, "s")


def first_scale_in(endpoint: Endpoint) -> Question:
    """Ask for the seconds from the start of the low minutes before the first scale-in to its decision."""

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleIn")
        if not decided:
            return None, f"{endpoint.name} was never scaled in by its policy"
        low_since = _low_since(records, endpoint, decided[0].at)
        if low_since is None:
            return None, f"{endpoint.name} was scaled in without a low minute"
        return decided[0].at - low_since, decided[0].cause

    return Expectation(f"{endpoint.name}: low load to scale-in decision", measure, "s")


def scale_in_gap(endpoint: Endpoint) -> Question:
    """Ask for the fewest seconds between the end of one scale-in and the decision for the next."""

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleIn")
        ends = [_completed_at(records, step) for step in decided]
        gaps = [
            after.at - ended for ended, after in zip(ends, decided[1:], strict=False) if ended is not None
        ]
        if not gaps:
            return None, f"{endpoint.name} was scaled in {len(decided)} times; a gap needs two"
        return min(gaps), f"the shortest of {len(gaps)} gaps between scale-ins of {endpoint.name}"

    return Expectation(f"{endpoint.name}: gap between scale-ins", measure, "s")


def outstanding_at_first_scale_out(endpoint: Endpoint) -> Question:
    """Ask for the most requests that were being worked on or waiting at once, up to the first scale-out decision."""

    def measure(records: Records) -> Measured:
        decided = scaling_steps(records, endpoint, "ScaleOut")
        if not decided:
            return None, f"{endpoint.name} was never scaled out by its policy"
        moves: list[tuple[float, int]] = []
        for request in of_kind(records, journal.LoadRequest, endpoint=endpoint.name):
            if request.sent_at is not None and request.sent_at <= decided[0].at:
                moves += [(request.sent_at, 1), (request.sent_at + request.queue_s + request.service_s, -1)]
        most = level = 0
        for _, step in sorted(moves):
            level += step
            most = max(most, level)
        return most, f"at most {most} requests were in {endpoint.name} at once before it was first scaled out"

    return Expectation(f"{endpoint.name}: simultaneous requests at the first scale-out", measure, "requests")


def scaling_steps(records: Records, endpoint: Endpoint, code: str) -> list[journal.ScalingActivity]:
    """Return the first record of each activity that a policy began with *code*: ScaleOut or ScaleIn."""
    first: dict[str, journal.ScalingActivity] = {}
    for record in of_kind(records, journal.ScalingActivity, resource_id=endpoint.resource_id, code=code):
        first.setdefault(record.activity_id, record)
    return list(first.values())


def _completed_at(records: Records, step: journal.ScalingActivity) -> float | None:
    done = of_kind(records, journal.ScalingActivity, activity_id=step.activity_id, status="Successful")
    return done[0].at if done else None


def _points(records: Records, endpoint: Endpoint) -> list[journal.MetricPublished]:
    return of_kind(records, journal.MetricPublished, resource_id=endpoint.resource_id, metric=METRIC)


def _target_value(records: Records, endpoint: Endpoint) -> float | None:
    policies = of_kind(records, journal.PolicyPut, resource_id=endpoint.resource_id, removed=False)
    return policies[0].target_value if policies else None


def _first_breach(records: Records, endpoint: Endpoint) -> float | None:
    """Return the start of the first minute of the run of minutes above the target that led to a scale-out."""
    target, decided = _target_value(records, endpoint), scaling_steps(records, endpoint, "ScaleOut")
    if target is None or not decided:
        return None
    return _run_start([(p.period_at, p.value > target) for p in _points(records, endpoint) if p.at <= decided[0].at])


def _low_since(records: Records, endpoint: Endpoint, before: float) -> float | None:
    target = _target_value(records, endpoint)
    if target is None:
        return None
    seen = [(p.period_at, p.value < LOW_RATIO * target) for p in _points(records, endpoint) if p.at <= before]
    return _run_start(seen)


def _run_start(minutes: list[tuple[float, bool]]) -> float | None:
    """Return where the unbroken run of true minutes that ends the list began, None when the last is false."""
    start = None
    for period_at, holds in reversed(minutes):
        if not holds:
            break
        start = period_at
    return start


def _capacity(records: Records, endpoint: Endpoint) -> list[journal.CapacityChanged]:
    return of_kind(records, journal.CapacityChanged, endpoint=endpoint.name, variant=endpoint.variant_name)


def _teardown(records: Records) -> float:
    return next((r.at for r in of_kind(records, journal.PhaseStarted, phase="teardown")), float("inf"))


def _no_capacity(endpoint: Endpoint) -> Measured:
    return None, f"{endpoint.name} never had a capacity"


