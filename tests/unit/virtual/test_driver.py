"""A world played against traces does what it does when it is driven request by request."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from two_worlds import (
    ENDPOINT,
    QUICK,
    RESOURCE,
    VARIANT,
    Setting,
    alone,
    assert_same_events,
    assert_same_fates,
    together,
)

from harness.endpoint.calls import CapacityChange
from harness.endpoint.distributions import Constant
from harness.endpoint.events import CapacityChanged, Event, MetricPublished, StatusChanged
from harness.endpoint.fleet import Routing
from harness.endpoint.settings import Leaves
from harness.endpoint.variant import EndpointConfig, VariantSpec
from harness.endpoint.world import World
from harness.errors import ScenarioError
from harness.scaling.events import ActivityChanged, AlarmChanged, ScalingEvaluated
from harness.scaling.metrics import CONCURRENT_PER_MODEL, INVOCATIONS
from harness.scaling.policies import TargetTracking
from harness.scaling.resource import ScalingMetric
from harness.virtual import driver
from harness.virtual.driver import Engine, Happening, play, virtual_world
from harness.virtual.ledger import Fate
from harness.virtual.trace import Counts, Trace, trace_of_counts

# One worker compiles what all of these need; two would do the same work side by side.
pytestmark = pytest.mark.xdist_group("compiled")

PLANES = pytest.mark.parametrize("engine", [Engine.REFERENCE, Engine.EXACT])


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Some minutes of up to five requests a second, busy and quiet by turns, some services long."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    per_minute = draw(st.lists(st.sampled_from([0, 5, 60, 150, 300]), min_size=1, max_size=12))
    at = np.concatenate(
        [np.sort(random.random(count)) * 60.0 + 60.0 * minute for minute, count in enumerate(per_minute)]
    )
    if draw(st.booleans()):
        at = np.floor(at * 4.0) / 4.0  # many at one moment, and at the moments of the world's own doings
    mean_s = draw(st.sampled_from([0.05, 0.5, 2.0, 20.0]))
    service_s = random.exponential(mean_s, len(at))
    return Trace(at, service_s, random.random(len(at), dtype=np.float32))


def fail_zone(zone: str) -> Callable[[World, float], None]:
    return lambda world, now: world.fail_zone(zone, now)


def fail_newest(world: World, now: float) -> None:
    model = world.endpoints.get(ENDPOINT)
    present = model.instances(VARIANT) if model else ()
    if present:
        world.fail_instance(ENDPOINT, VARIANT, present[-1].instance_id, now)


def update(world: World, now: float) -> None:
    world.update_endpoint(
        ENDPOINT,
        EndpointConfig("second", (VariantSpec(VARIANT, "ml.m5.large", 3, service_time=Constant(0.05)),)),
        now,
    )


def resize(count: int) -> Callable[[World, float], None]:
    change = [CapacityChange(VARIANT, count)]
    return lambda world, now: world.update_weights_and_capacities(ENDPOINT, change, now)


def delete(world: World, now: float) -> None:
    world.delete_endpoint(ENDPOINT, now)


DEEDS = [
    fail_zone("a"),
    fail_zone("b"),
    lambda world, now: world.restore_zone("a", now),
    fail_newest,
    lambda world, now: world.withhold_capacity(True, now),
    lambda world, now: world.withhold_capacity(False, now),
    update,
    resize(5),
    resize(1),
    delete,
]


INVOKED = TargetTracking("invoked", 60.0, INVOCATIONS, scale_in_cooldown_s=60.0, scale_out_cooldown_s=60.0)
CONCURRENT = TargetTracking("concurrent", 2.0, CONCURRENT_PER_MODEL, scale_in_cooldown_s=60.0)
CPU = TargetTracking("cpu", 60.0, ScalingMetric("/aws/sagemaker/Endpoints", "CPUUtilization", "Average"))
LATENCY = TargetTracking("latency", 400_000.0, ScalingMetric("AWS/SageMaker", "ModelLatency", "Average"))
POLICIES = [(), (INVOKED,), (INVOKED, CONCURRENT), (CPU,), (LATENCY,)]


@st.composite
def scenes(draw: st.DrawFn) -> Setting:
    spec = VariantSpec(
        VARIANT,
        "ml.m5.large",
        draw(st.integers(1, 3)),
        service_time=Constant(0.05),
        concurrency=draw(st.integers(1, 4)),
        queue_limit=draw(st.sampled_from([0, 2, 100])),
        routing=draw(st.sampled_from(Routing)),
    )
    moments = st.one_of(st.sampled_from([60.0, 120.0, 330.0]), st.floats(0.0, 800.0))
    happenings: list[Happening] = draw(
        st.lists(st.tuples(moments, st.sampled_from(DEEDS)), max_size=4, unique_by=lambda each: each[0])
    )
    endpoint_settings = replace(
        QUICK,
        join_to_traffic_s=draw(st.sampled_from([0.0, 47.4])),
        invocation_timeout_s=draw(st.sampled_from([5.0, 60.0])),
        finish_timed_out=draw(st.booleans()),
        leaves=draw(st.sampled_from(Leaves)),
    )
    policies = draw(st.sampled_from(POLICIES))
    return Setting(spec, policies, endpoint_settings, happenings=happenings)


@PLANES
@given(setting=scenes(), trace=traces())
@settings(max_examples=20, deadline=None)
def test_the_same_events_and_the_same_waits(setting: Setting, trace: Trace, engine: Engine) -> None:
    """Decisions, activities, capacities, alarms, metrics; for every request its instance, fate and wait."""
    events, fates = alone(setting, {RESOURCE: trace})
    others, also, played = together(setting, {RESOURCE: trace}, engine)
    assert_same_events(events, others)
    assert_same_fates(fates, also)
    assert played.engine is engine


def steady(per_second: int, seconds: int, service_s: float = 0.05) -> Trace:
    """Evenly spaced requests, all alike."""
    count = per_second * seconds
    at = (np.arange(count) + 0.5) / per_second
    return Trace(at, np.full(count, service_s), np.random.default_rng(1).random(count, dtype=np.float32))


@PLANES
def test_several_endpoints_and_variants_share_one_time(engine: Engine) -> None:
    """Each has its own trace; a variant that is not there turns its requests away."""

    def second(world: World, now: float) -> None:
        both = tuple(VariantSpec(name, "ml.m5.large", 1, service_time=Constant(0.05)) for name in "AB")
        world.create_endpoint("other", EndpointConfig("c", both), now)

    setting = Setting(happenings=[(30.0, second)], until_s=400.0)
    given = {
        RESOURCE: steady(3, 300),
        "endpoint/other/variant/A": steady(2, 350),
        "endpoint/other/variant/B": steady(1, 390, 3.0),
        "endpoint/other/variant/C": steady(1, 390),
        "endpoint/nobody/variant/A": steady(1, 10),
    }
    events, fates = alone(setting, given)
    others, also, _ = together(setting, given, engine)
    assert_same_events(events, others)
    assert_same_fates(fates, also)
    assert set(also["endpoint/other/variant/B"].fate) == set(Fate) - {Fate.LOST, Fate.NO_CAPACITY}


def changes(events: Sequence[Event]) -> list[Event]:
    """Return what scaling did, and when."""
    kinds = (ScalingEvaluated, ActivityChanged, AlarmChanged, CapacityChanged, StatusChanged)
    return [each for each in events if isinstance(each, kinds)]


@given(trace=traces())
@settings(max_examples=10, deadline=None)
def test_counts_alone_scale_alike(trace: Trace) -> None:
    """Where policies read invocations, they decide the same without a data plane."""
    events, _, _ = together(Setting(), {RESOURCE: trace}, Engine.REFERENCE)
    others, fates, _ = together(Setting(), {RESOURCE: trace}, Engine.COUNTS)
    assert changes(events) == changes(others)
    assert fates == {}


def test_counts_need_no_trace() -> None:
    """Counts per minute, spread evenly, scale as the even trace does."""
    per_minute = [30, 600, 600, 600, 600, 10, 0, 0]
    even = trace_of_counts(per_minute, service_time=Constant(0.05), seed=1, arrivals="uniform")
    setting = Setting(happenings=[(200.0, delete)])  # what arrives then is counted nowhere
    events, _, _ = together(setting, {RESOURCE: even}, Engine.COUNTS)
    others, _, played = together(setting, {RESOURCE: Counts(per_minute)}, Engine.COUNTS)
    assert events == others
    assert (played.requests, played.engine) == ({}, Engine.COUNTS)


def test_counts_are_not_enough_where_waits_are_read() -> None:
    """Neither at the start nor when a policy comes later."""
    with pytest.raises(ScenarioError, match="reads ModelLatency"):
        together(Setting(policies=(LATENCY,)), {}, Engine.COUNTS)

    def later(world: World, now: float) -> None:
        world.put_policy(RESOURCE, CONCURRENT, now)

    with pytest.raises(ScenarioError, match="reads ConcurrentRequestsPerModel"):
        together(Setting(happenings=[(10.0, later)]), {}, Engine.COUNTS)


def test_a_data_plane_needs_a_trace() -> None:
    """Counts have neither service times nor places."""
    with pytest.raises(ScenarioError, match="counts alone"):
        play(virtual_world(seed=1), {RESOURCE: Counts([1])}, until_s=60.0, engine=Engine.REFERENCE)


def test_a_world_that_serves_one_by_one_cannot_be_played() -> None:
    """The message says how to make one that can."""
    world = Setting().prepare(World(seed=1, endpoint_settings=QUICK))
    with pytest.raises(ScenarioError, match="make its world by virtual_world"):
        play(world, {RESOURCE: steady(1, 10)}, until_s=60.0)


def test_a_world_is_played_once() -> None:
    """What it holds belongs to the trace it was played with."""
    world = Setting().prepare(virtual_world(seed=1, endpoint_settings=QUICK))
    play(world, {RESOURCE: steady(1, 10)}, until_s=60.0)
    with pytest.raises(ValueError, match="only once"):
        play(world, {RESOURCE: steady(1, 100)}, until_s=120.0)


def test_short_traces_take_the_reference_and_long_ones_the_compiled_plane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As soon as compiled code saves more than its import costs; both give the same bits."""
    plain, fates, played = together(Setting(), {RESOURCE: steady(2, 30)}, Engine.AUTO)
    assert played.engine is Engine.REFERENCE
    monkeypatch.setattr(driver, "EXACT_FROM", 60)
    compiled, also, played = together(Setting(), {RESOURCE: steady(2, 30)}, Engine.AUTO)
    assert played.engine is Engine.EXACT
    assert (plain, fates) == (compiled, also)


def test_the_end_is_included_and_nothing_after_it() -> None:
    """Requests and happenings of the last moment count; later ones never come."""
    done: list[float] = []

    def note(world: World, now: float) -> None:
        done.append(now)

    at = np.array([1.0, 60.0, 60.0, 61.0])
    trace = Trace(at, np.ones(4), np.zeros(4, np.float32))
    setting = Setting(happenings=[(61.0, note), (60.0, note), (5.0, note)], until_s=60.0)
    _, fates, _ = together(setting, {RESOURCE: trace}, Engine.REFERENCE)
    assert (len(fates[RESOURCE].fate), done) == (3, [5.0, 60.0])


def test_nobody_needs_to_listen() -> None:
    """The fates are returned all the same."""
    world = Setting().prepare(virtual_world(seed=1, endpoint_settings=QUICK))
    played = play(world, {RESOURCE: steady(1, 10)}, until_s=60.0)
    assert played.requests[RESOURCE].outcome.tolist() == [Fate.OK] * 10
    assert played.requests[RESOURCE].instance_ids == ("AllTraffic-0-1", "AllTraffic-0-2")


@given(trace=traces())
@settings(max_examples=25, deadline=None)
def test_minutes_that_nobody_is_told_of_change_nothing(trace: Trace) -> None:
    """A world that tells of no minutes decides the same at the same moments."""
    told: dict[bool, list[Event]] = {True: [], False: []}
    for tells_minutes, events in told.items():
        world = virtual_world(seed=7, endpoint_settings=QUICK, tells_minutes=tells_minutes)
        setting = Setting()
        play(
            setting.prepare(world),
            {RESOURCE: trace},
            until_s=setting.until_s,
            engine=Engine.COUNTS,
            tell=events.append,
        )
    minutes = [each for each in told[True] if isinstance(each, MetricPublished)]
    assert minutes
    assert [each for each in told[True] if each not in minutes] == told[False]
