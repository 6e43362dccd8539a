"""One policy over one trace, played by `World` request by request; and random policies and traffic."""

from dataclasses import dataclass, field
from random import Random

import numpy as np
from hypothesis import strategies as st

from harness.endpoint import (
    ActivityChanged,
    CapacityChanged,
    Completed,
    Constant,
    EndpointConfig,
    EndpointSettings,
    Event,
    InstanceJoined,
    InstanceLeft,
    LogNormal,
    Rejected,
    RejectReason,
    Routing,
    ScalableTarget,
    ScalingActivity,
    ScalingEvaluated,
    ScalingSettings,
    TargetTracking,
    Uniform,
    VariantSpec,
    World,
    resource_id_of,
)
from harness.endpoint.outcomes import Outcome
from harness.endpoint.settings import Joins, Leaves
from harness.scaling.settings import CapacityBasis, CooldownStart, Datapoint, ScaleInMode
from harness.virtual import recursion
from harness.virtual.cases import KernelCase
from harness.virtual.trace import Trace

SEED = 7
OWN = f"{SEED}/ranker/AllTraffic"
RESOURCE = resource_id_of("ranker", "AllTraffic")
CODES = {
    Outcome.OK: recursion.OK,
    Outcome.TIMED_OUT: recursion.TIMED_OUT,
    Outcome.LOST: recursion.LOST,
    RejectReason.NO_CAPACITY: recursion.NO_CAPACITY,
    RejectReason.QUEUE_FULL: recursion.QUEUE_FULL,
}


@dataclass
class Told:
    """What a world told of one policy; `fates` by index: (code, wait, number of the instance)."""

    decisions: list[tuple[float, str, int, int, int, str]] = field(default_factory=list)
    capacity: list[tuple[float, int, int]] = field(default_factory=list)
    activities: dict[str, ScalingActivity] = field(default_factory=dict)
    fates: dict[int, tuple[int, float, int]] = field(default_factory=dict)
    instance_s: float = 0.0
    launched: dict[str, float] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        if isinstance(event, ScalingEvaluated):
            one = event.decision
            self.decisions.append(
                (event.at, str(one.reason), one.previous, one.desired, one.wanted, one.alarm)
            )
        elif isinstance(event, CapacityChanged):
            self.capacity.append((event.at, event.desired, event.in_service))
        elif isinstance(event, ActivityChanged) and event.activity.is_scaled:
            self.activities[event.activity.activity_id] = event.activity
        elif isinstance(event, InstanceJoined):
            self.launched[event.instance_id] = event.launched_at
        elif isinstance(event, InstanceLeft):
            self.instance_s += event.at - self.launched.pop(event.instance_id)
        elif isinstance(event, Completed):
            number = int(event.instance_id.rsplit("-", 1)[1])
            self.fates[event.request_id] = (CODES[event.outcome], event.queue_s, number)


def world_of(case: KernelCase, endpoint: EndpointSettings, scaling: ScalingSettings) -> World:
    """Return a world at moment 0 whose endpoint is InService and whose policy was just put."""
    world = World(seed=SEED, endpoint_settings=endpoint, scaling_settings=scaling)
    spec = VariantSpec(
        "AllTraffic",
        "ml.m5.large",
        case.initial,
        concurrency=case.concurrency,
        queue_limit=case.queue_limit,
        routing=case.routing,
    )
    assert world.adopt_endpoint("ranker", EndpointConfig("first", (spec,)), 0.0) is None
    target = ScalableTarget(
        RESOURCE, case.min_capacity, case.max_capacity, case.suspended_in, case.suspended_out
    )
    assert world.register_target(target, 0.0) is None
    policy = TargetTracking(
        "tracking",
        case.target_value,
        scale_in_cooldown_s=case.scale_in_cooldown_s,
        scale_out_cooldown_s=case.scale_out_cooldown_s,
        disable_scale_in=case.disable_scale_in,
    )
    world.put_policy(RESOURCE, policy, 0.0)
    return world


def play_world(
    trace: Trace, case: KernelCase, endpoint: EndpointSettings, scaling: ScalingSettings, until_s: float
) -> Told:
    """Send every request that arrives before *until_s* and let each deadline come; return what was told."""
    world, told = world_of(case, endpoint, scaling), Told()

    def live_until(moment: float) -> None:
        while (at := world.next_deadline()) is not None and at <= moment:
            for event in world.advance(at):
                told.take(event)
        for event in world.advance(moment):
            told.take(event)

    for index in range(trace.rows_before(until_s)):
        now, service_s = float(trace.at[index]), float(trace.service_s[index]) * case.service_scale
        live_until(now)
        answer = world.arrive("ranker", index, now, service_s=service_s, place=float(trace.place[index]))
        if isinstance(answer, Rejected):
            told.fates[index] = (CODES[answer.reason], float("nan"), recursion.NOBODY)
    live_until(until_s)
    told.instance_s += sum(until_s - since for since in told.launched.values())
    # What is in flight ends as it will, without the loop: the kernel's run is over too.
    fleet = world.endpoints["ranker"]._variants["AllTraffic"].fleet
    for event in fleet.advance(until_s + endpoint.invocation_timeout_s):
        told.take(event)
    return told


def trace_of(arrivals: list[tuple[float, float]], seed: int = 1) -> Trace:
    """Return a trace of (moment, service time) with places drawn from *seed*."""
    random = Random(seed)
    columns = np.array(arrivals, dtype=np.float64).reshape(-1, 2)
    places = [random.randrange(1 << 24) / (1 << 24) for _ in arrivals]
    return Trace(columns[:, 0].copy(), columns[:, 1].copy(), np.array(places, dtype=np.float32))


@st.composite
def traffic(draw: st.DrawFn) -> tuple[Trace, float]:
    """Return up to a thousand requests in phases of different rates, and the end of the run."""
    random = Random(draw(st.integers(0, 1 << 32)))
    until_s = draw(st.sampled_from([1800.0, 3600.0, 4000.5]))
    phases = draw(st.lists(st.sampled_from([0.0, 2.0, 6.0, 12.0, 30.0]), min_size=2, max_size=8))
    service_s = draw(st.sampled_from([0.05, 2.0, 15.0, 70.0]))
    even = draw(st.booleans())
    arrivals: list[tuple[float, float]] = []
    for number, per_minute in enumerate(phases):
        at, end = number * until_s / len(phases), (number + 1) * until_s / len(phases)
        while per_minute and at < end:
            taken_s = random.choice([service_s, random.expovariate(1.0 / service_s)])
            arrivals.append((at, taken_s))
            gap_s = 60.0 / per_minute
            at += gap_s if even else random.expovariate(1.0 / gap_s)
    return trace_of(arrivals, seed=draw(st.integers(0, 9))), until_s


@st.composite
def cases(draw: st.DrawFn) -> KernelCase:
    """Return a policy that random traffic makes act, or not."""
    low = draw(st.sampled_from([0, 1, 1, 2]))
    return KernelCase(
        target_value=draw(st.sampled_from([1.0, 2.0, 3.0, 4.5, 6.0])),
        min_capacity=low,
        max_capacity=max(1, low + draw(st.sampled_from([1, 3, 6, 12]))),
        initial=draw(st.integers(1, 5)),
        scale_in_cooldown_s=draw(st.sampled_from([0.0, 37.5, 60.0, 300.0])),
        scale_out_cooldown_s=draw(st.sampled_from([0.0, 30.0, 300.0])),
        disable_scale_in=draw(st.integers(0, 9)) == 9,
        suspended_in=draw(st.integers(0, 9)) == 9,
        suspended_out=draw(st.integers(0, 9)) == 9,
        concurrency=draw(st.sampled_from([1, 1, 2, 4])),
        queue_limit=draw(st.sampled_from([0, 1, 5, 100])),
        routing=draw(st.sampled_from(Routing)),
        service_scale=draw(st.sampled_from([1.0, 0.5])),
        latency_limit_s=draw(st.sampled_from([0.1, 3.0, 20.0])),
    )


endpoint_settings = st.builds(
    EndpointSettings,
    launch_time=st.sampled_from([Constant(0.0), Constant(60.0), LogNormal(120.0, 300.0), Uniform(5.0, 90.0)]),
    joins=st.sampled_from(Joins),
    join_stagger=st.sampled_from([Constant(0.0), Constant(20.0), Uniform(5.0, 30.0)]),
    join_spread_limit_s=st.sampled_from([0.0, 10.0, 180.0]),
    settle_s=st.sampled_from([0.0, 10.0]),
    zones=st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")]),
    invocation_timeout_s=st.sampled_from([5.0, 60.0]),
    finish_timed_out=st.booleans(),
    drain_limit_s=st.sampled_from([0.0, 5.0, 30.0, 300.0]),
    scale_in_s=st.sampled_from([0.0, 30.0]),
    leaves=st.sampled_from(Leaves),
    join_to_traffic_s=st.sampled_from([0.0, 0.0, 47.4, 300.0]),
)

scaling_settings = st.builds(
    ScalingSettings,
    publish_delay_s=st.sampled_from([0.0, 60.0, 90.5]),
    reaction_delay_s=st.sampled_from([0.0, 30.0, 75.0]),
    evaluation_period_s=st.sampled_from([60.0, 60.0, 30.0]),
    evaluation_offset_s=st.sampled_from([0.0, 0.0, 17.3, 59.0]),
    low_threshold_ratio=st.sampled_from([0.7, 0.9]),
    high_periods=st.sampled_from([1, 2, 3]),
    low_periods=st.sampled_from([1, 2, 5]),
    evaluation_range_extra=st.sampled_from([0, 2, 5]),
    emit_zeros=st.booleans(),
    datapoint=st.sampled_from(Datapoint),
    capacity_basis=st.sampled_from(CapacityBasis),
    scale_in_mode=st.sampled_from(ScaleInMode),
    scale_in_percent=st.sampled_from([10.0, 50.0]),
    flapping_guard=st.booleans(),
    cooldown_start=st.sampled_from(CooldownStart),
    scale_out_cooldown_blocks_scale_in=st.booleans(),
    create_low_alarm_when_disabled=st.booleans(),
)
