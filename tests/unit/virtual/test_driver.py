"""A world played against traces does what it does when it is driven request by request."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from two_worlds import (
    ENDPOINT,
    PROMPT,
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
from harness.endpoint.events import CapacityChanged
from harness.endpoint.fleet import Routing
from harness.endpoint.variant import EndpointConfig, VariantSpec
from harness.endpoint.world import World
from harness.scaling.metrics import CONCURRENT_PER_MODEL, INVOCATIONS
from harness.scaling.policies import TargetTracking
from harness.scaling.resource import ScalingMetric
from harness.virtual.driver import Engine, Happening
from harness.virtual.trace import Trace

PLANES = pytest.mark.parametrize("engine", [Engine.REFERENCE, Engine.EXACT])


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Ten minutes of up to five requests a second, busy and quiet by turns, some of the services long."""
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
    present = world.endpoints[ENDPOINT].instances(VARIANT)
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
    return Setting(spec=spec, happenings=happenings, policies=draw(st.sampled_from(POLICIES)))


@PLANES
@given(setting=scenes(), trace=traces())
@settings(max_examples=60, deadline=None, phases=[Phase.generate])
def test_the_same_events_and_the_same_waits(setting: Setting, trace: Trace, engine: Engine) -> None:
    """Decisions, activities, capacities, alarms, metrics; and for every request its instance, fate and wait."""
    events, fates = alone(setting, {RESOURCE: trace})
    others, also, played = together(setting, {RESOURCE: trace}, engine)
    assert_same_events(events, others)
    assert_same_fates(fates, also)
    assert played.engine is engine
