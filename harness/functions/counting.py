"""What an invocation that begins adds to the metrics.

Source: Lambda developer guide, "Types of metrics for Lambda functions" and "Monitoring concurrency".
"""

from harness.functions.environments import Ready
from harness.functions.members import Member
from harness.functions.metrics import Metrics
from harness.functions.samples import Metric


def count_begun(
    metrics: Metrics,
    member: Member,
    qualifier: str,
    ready: Ready | None,
    before: int,
    provisioned: bool,
    now: float,
) -> None:
    """Take the samples of an invocation that begins."""
    own = None
    if ready is not None:
        own = ready.pool.alias
        metrics.at(member.name, own, now)
        ready.pool.sample(before, provisioned, now)
    for each, running in levels(member, qualifier):
        samples = metrics.at(member.name, each, now).samples
        samples[Metric.CONCURRENT_EXECUTIONS].add_each(running)
        samples[Metric.THROTTLES].add_each(0.0)
        if each != own:
            samples[Metric.INVOCATIONS].add_each(1.0)
        if ready is not None and each != own:
            samples[Metric.PROVISIONED_INVOCATIONS].add_each(float(provisioned))
            samples[Metric.SPILLOVER].add_each(float(not provisioned))


def count_in_all(metrics: Metrics, running: int, shared: int, now: float) -> None:
    """Take the samples of all functions together: what runs, and what of it takes from the unreserved."""
    samples = metrics.at("", "", now).samples
    samples[Metric.CONCURRENT_EXECUTIONS].add_each(float(running))
    samples[Metric.UNRESERVED_EXECUTIONS].add_each(float(shared))


def levels(member: Member, qualifier: str) -> tuple[tuple[str, float], ...]:
    """Return the levels at which an invocation counts, with what runs at each."""
    whole = ("", float(member.running))
    return (whole, (qualifier, float(member.running_by[qualifier]))) if qualifier else (whole,)
