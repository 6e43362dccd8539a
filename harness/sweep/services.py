"""What one instance of each swept type does: from measured profiles, options, and the model's defaults."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.endpoint.capacity import instance_type
from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.endpoint.fleet import Routing
from harness.endpoint.variant import DEFAULT_QUEUE_LIMIT
from harness.errors import ScenarioError
from harness.sweep.grid import parse_by_type
from harness.whatif.options import Container, number, span
from harness.whatif.profile import Profile, read_profile

DEFAULT_CONCURRENCY = 2
"""Of a type whose processors are not known here."""


@dataclass(frozen=True, slots=True)
class Service:
    """One instance: how long a request takes, how many at once, how many wait, and the most it can do."""

    service_time: Distribution
    concurrency: int
    queue_limit: int
    routing: Routing
    max_rps: float
    max_rps_how: str

    def recommended_target(self, safety_factor: float) -> float:
        """Return max RPS x *safety_factor* x 60, in invocations a minute and instance.

        SageMaker developer guide, "Load testing your autoscaling configuration".
        """
        return self.max_rps * safety_factor * 60.0


def services_of(
    instance_types: Sequence[str],
    default: Container,
    *,
    service_time: str | None,
    concurrency: str | None,
    profile: str | None,
) -> dict[str, Service]:
    """Return the service of each type; an option wins over a profile, a profile over *default*.

    ScenarioError names the option and the type, also when nothing says how long a request takes.
    """
    times: Mapping[str, Distribution] = {}
    counts: Mapping[str, int] = {}
    profiles = parse_by_type(profile, "--profile", instance_types, _read_profile) if profile else {}
    if service_time is not None:
        times = parse_by_type(service_time, "--service-time", instance_types, span)
    if concurrency is not None:
        counts = parse_by_type(concurrency, "--concurrency", instance_types, _count)
    found = {}
    for kind in instance_types:
        measured = profiles.get(kind)
        said = Container(service_time=times.get(kind), concurrency=counts.get(kind))
        if measured:
            said = said.over(Container(service_time=measured.service_time, concurrency=measured.concurrency))
        whole = said.over(default)
        # A maximum that was measured holds for what was measured alone.
        rps = measured.max_rps if measured and kind not in times and kind not in counts else None
        found[kind] = _service(kind, whole, rps)
    return found


def mean_s(spans: Distribution) -> float:
    """Return the mean of *spans*, seconds."""
    if isinstance(spans, Constant):
        return spans.seconds
    if isinstance(spans, Uniform):
        return (spans.low_s + spans.high_s) / 2.0
    if isinstance(spans, LogNormal):
        return spans.median_s * math.exp(spans.sigma**2 / 2.0)
    if isinstance(spans, Empirical):
        return math.fsum(spans.seconds) / len(spans.seconds)
    raise ScenarioError(f"--service-time: the mean of a {type(spans).__name__} is not known here")


def _service(kind: str, said: Container, measured_rps: float | None) -> Service:
    if said.service_time is None:
        raise ScenarioError(
            f"How long does {kind} take for one request? Give --service-time SECONDS (or TYPE=SECONDS,...), "
            "or a measured --profile FILE"
        )
    mean = mean_s(said.service_time)
    if not mean > 0:
        raise ScenarioError(f"--service-time: that of {kind} must be above 0")
    known = instance_type(kind)
    # As in a simulation: model servers run a worker per virtual processor.
    slots = said.concurrency or (known.vcpu if known else DEFAULT_CONCURRENCY)
    return Service(
        said.service_time,
        slots,
        DEFAULT_QUEUE_LIMIT if said.queue_limit is None else said.queue_limit,
        said.routing or Routing.RANDOM,
        measured_rps or slots / mean,
        "measured" if measured_rps else "concurrency / mean service time",
    )


def _read_profile(who: str, text: str) -> Profile:
    if not text:
        raise ScenarioError(f"{who}: no file is named; give the profile.json that 'harness run' wrote")
    return read_profile(Path(text))


def _count(who: str, text: str) -> int:
    count = int(number(who, text, int))
    if count < 1:
        raise ScenarioError(f"{who} is {count}; it must be at least 1")
    return count
