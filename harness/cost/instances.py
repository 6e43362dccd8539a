"""Instances by the second: those behind endpoints, those of jobs, and those of EC2."""

from collections import defaultdict
from dataclasses import dataclass

from harness import journal
from harness.compute.billing import LEAST_S, Billed, billed
from harness.compute.instances import BY_ITSELF, BY_SPOT, STOPPED_BY_SPOT
from harness.cost.prices import EC2, HOSTING, PriceTable
from harness.cost.usage import Usage, whole_seconds
from harness.summary.grouped import ByType

UNKNOWN_TYPE = "an instance type that the journal does not tell"
_SPOT = "spot"
_OVER = (BY_ITSELF, BY_SPOT, STOPPED_BY_SPOT)


@dataclass(slots=True)
class _Group:
    """The instances of one type of one variant."""

    seconds: float = 0.0
    count: int = 0

    def add(self, began_at: float, ended_at: float, count: int = 1) -> None:
        self.seconds += count * whole_seconds(max(ended_at - began_at, 0.0))
        self.count += count


def endpoint_usage(seen: ByType, until: float) -> list[Usage]:
    """Return the instances of each variant, from the request for one until it is gone.

    SageMaker pricing page: hosting instances are billed by the second for as long as they exist. That this
    counts from the request, so also while one joins, is inferred; so is what draining takes.
    """
    groups = _by_instance(seen, until) if seen.all(journal.InstanceChanged) else _by_count(seen, until)
    return [
        Usage(
            HOSTING + (kind or UNKNOWN_TYPE),
            f"{endpoint}/{variant}",
            group.seconds,
            f"{group.count:,} instance{'' if group.count == 1 else 's'}, from the request until gone",
        )
        for (endpoint, variant, kind), group in groups.items()
    ]


def _by_instance(seen: ByType, until: float) -> dict[tuple[str, str, str], _Group]:
    types = _declared_types(seen)
    groups: defaultdict[tuple[str, str, str], _Group] = defaultdict(_Group)
    here: dict[tuple[str, str, str], tuple[str, float]] = {}
    for one in seen.all(journal.InstanceChanged):
        key = (one.endpoint, one.variant, one.instance)
        if one.change == "joined":
            kind = one.instance_type or types.get(one.endpoint, "")
            here[key] = (kind, one.at if one.launched_at is None else one.launched_at)
        elif key in here:
            kind, began_at = here.pop(key)
            groups[one.endpoint, one.variant, kind].add(began_at, one.at)
    for (endpoint, variant, _), (kind, began_at) in here.items():
        groups[endpoint, variant, kind].add(began_at, until)
    return dict(groups)


def _by_count(seen: ByType, until: float) -> dict[tuple[str, str, str], _Group]:
    """Return the same of a run that tells only how many there were: those that are asked for exist."""
    types = _declared_types(seen)
    groups: defaultdict[tuple[str, str, str], _Group] = defaultdict(_Group)
    last: dict[tuple[str, str], journal.CapacityChanged] = {}
    for one in [one for one in seen.all(journal.CapacityChanged) if one.variant]:
        _count(groups, types, last.get((one.endpoint, one.variant)), one.at)
        last[one.endpoint, one.variant] = one
    for one in last.values():
        _count(groups, types, one, until)
    for (endpoint, variant, _), group in groups.items():
        changes = [
            c for c in seen.all(journal.CapacityChanged) if (c.endpoint, c.variant) == (endpoint, variant)
        ]
        group.count = max(max(c.desired, c.in_service) for c in changes)
    return dict(groups)


def _count(
    groups: defaultdict[tuple[str, str, str], _Group],
    types: dict[str, str],
    before: journal.CapacityChanged | None,
    at: float,
) -> None:
    if before is not None:
        group = groups[before.endpoint, before.variant, types.get(before.endpoint, "")]
        group.add(before.at, at, max(before.desired, before.in_service))


def _declared_types(seen: ByType) -> dict[str, str]:
    """Return the instance type of each endpoint that the run's configuration names."""
    found: dict[str, str] = {}
    for run in seen.all(journal.RunStarted):
        for one in run.configuration.get("endpoints", []):
            found[one["name"]] = one["instance_type"]
        for name, shown in run.configuration.get("model", {}).get("instance", {}).items():
            found[name] = shown.get("instance_type", "")
    return found


def job_usage(seen: ByType) -> list[Usage]:
    """Return the instances of jobs that have ended, for BillableTimeInSeconds each.

    API reference, DescribeTrainingJob: BillableTimeInSeconds times InstanceCount is what is billed, and with
    managed spot training it is less than TrainingTimeInSeconds by what is saved.
    """
    return [
        Usage(
            HOSTING + one.instance_type,
            one.job,
            whole_seconds(one.billable_s) * one.instance_count,
            f"{one.kind} job on {one.instance_count:,}, {one.billable_s:g} s billed each"
            + (f" of {one.training_s:g} s, managed spot" if one.spot else ""),
            goes_on=False,
            work_s=one.training_s * one.instance_count if one.spot else None,
        )
        for one in seen.all(journal.JobEnded)
        if one.instance_type and one.instance_count
    ]


def unended_jobs(seen: ByType) -> list[str]:
    """Return the names of the jobs with instances that the run did not see the end of."""
    ended = {(one.kind, one.job) for one in seen.all(journal.JobEnded)}
    created = [one for one in seen.all(journal.JobCreated) if one.instance_count]
    return [one.job for one in created if (one.kind, one.job) not in ended]


def compute_usage(seen: ByType, prices: PriceTable, until: float) -> list[Usage]:
    """Return the instances of EC2 for as long as each was running (see `harness.compute.billing`).

    One that shut itself down, or that was taken back, does not go on: it did its work. What an instance
    itself was told to cost by the hour counts, a spot price at its time; on demand, a price of the table
    comes first.
    """
    changes = seen.all(journal.ComputeChanged)
    over = {one.instance for one in changes if one.reason in _OVER}
    return [
        Usage(
            (f"ec2-{_SPOT}:" if one.lifecycle == _SPOT else EC2) + one.instance_type,
            one.instance,
            one.billed_s,
            _ran(one),
            goes_on=one.instance not in over,
            usd=_compute_usd(one, prices),
            work_s=max(one.ran_s, LEAST_S),
        )
        for one in billed(changes, until)
    ]


def _ran(one: Billed) -> str:
    if one.free:
        return f"{one.ran_s:.0f} s, not billed: EC2 took it back within its first hour"
    return f"{one.lifecycle}, {one.ran_s:.0f} s running"


def _compute_usd(one: Billed, prices: PriceTable) -> float | None:
    """Return what it was told to cost; None for one on demand whose type the table has."""
    is_listed = one.lifecycle != _SPOT and prices.ec2(one.instance_type) is not None
    return None if is_listed else one.usd
