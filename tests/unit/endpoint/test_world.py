"""Several endpoints under one clock: names, faults, order of what is told, determinism."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import ENDPOINT, RESOURCE, STEADY, VARIANT, Story, config, only

from harness.endpoint import (
    Accepted,
    CapacityChange,
    CapacityChanged,
    Completed,
    EndpointDeleted,
    EndpointSettings,
    InstanceJoined,
    Rejected,
    RejectReason,
    ScalingSettings,
    StatusChanged,
    TargetTracking,
    World,
)


def test_an_endpoint_name_is_used_once() -> None:
    """Until the endpoint is gone, then it is free again."""
    story = Story()
    refusal = story.world.create_endpoint(ENDPOINT, config(), 1000.0)
    assert refusal is not None
    assert refusal.message == f'Cannot create already existing endpoint "{ENDPOINT}".'
    assert refusal.code == "ValidationException"
    story.world.delete_endpoint(ENDPOINT, 1000.0)
    story.until(1100.0)
    assert only(story.events, EndpointDeleted)
    assert story.world.create_endpoint(ENDPOINT, config(), 1100.0) is None


def test_what_is_not_there_is_not_found() -> None:
    """Every call says which endpoint it could not find; a request is turned away."""
    world = World(seed=1)
    refusals = [
        world.update_endpoint("nobody", config(), 0.0),
        world.update_weights_and_capacities("nobody", [], 0.0),
        world.delete_endpoint("nobody", 0.0),
    ]
    assert [each.message for each in refusals if each] == ['Could not find endpoint "nobody".'] * 3
    assert world.arrive("nobody", 1, 0.0, variant="v") == Rejected(1, "v", RejectReason.NOT_IN_SERVICE)
    assert world.arrive("nobody", 2, 0.0) == Rejected(2, "", RejectReason.NOT_IN_SERVICE)


def test_an_empty_world_plans_nothing() -> None:
    """No endpoint, no deadline."""
    world = World(seed=1)
    assert world.next_deadline() is None
    assert world.advance(100.0) == []
    assert world.next_deadline() is None


def test_the_quota_is_shared_by_all_endpoints() -> None:
    """Two of one type under a quota of two; a third is refused and not there."""
    world = World(seed=1, endpoint_settings=replace(STEADY, quotas={"ml.m5.large": 2}))
    assert world.create_endpoint("one", config(), 0.0) is None
    assert world.create_endpoint("two", config(), 0.0) is None
    refusal = world.create_endpoint("three", config(), 0.0)
    assert refusal is not None
    assert (refusal.code, set(world.endpoints)) == ("ResourceLimitExceeded", {"one", "two"})


def test_an_endpoint_may_have_settings_of_its_own() -> None:
    """Another time-out here than there."""
    story = Story()
    story.world.create_endpoint("slow", config(), 1000.0, settings=replace(STEADY, invocation_timeout_s=2.0))
    story.until(1500.0)
    for name in ("slow", ENDPOINT):
        story.world.arrive(name, story.sent, 1500.0, service_s=10.0)
    story.until(1600.0)
    assert [each.at for each in only(story.events, Completed)] == [1502.0, 1510.0]


def test_a_zone_fails_on_every_endpoint_and_comes_back() -> None:
    """Both lose their only instance, both get one elsewhere; zone a takes instances again later."""
    story = Story()
    story.world.create_endpoint("other", config(), 1000.0)
    story.until(2000.0)
    story.world.fail_zone("a", 2000.0)
    story.until(2500.0)
    joined = only(story.events, InstanceJoined)[-2:]
    assert {(each.endpoint, each.zone) for each in joined} == {(ENDPOINT, "b"), ("other", "b")}
    story.world.restore_zone("a", 2500.0)
    story.world.update_weights_and_capacities(ENDPOINT, [CapacityChange(VARIANT, 2)], 2500.0)
    story.until(3000.0)
    assert only(story.events, InstanceJoined)[-1].zone == "a"


def test_an_instance_fails_and_is_replaced() -> None:
    """A hundred seconds without capacity."""
    story = Story()
    story.world.fail_instance(ENDPOINT, VARIANT, f"{VARIANT}-0-1", 1000.0)
    story.until(1200.0)
    assert [(each.at, each.in_service) for each in only(story.events, CapacityChanged)][-2:] == [
        (1000.0, 0),
        (1100.0, 1),
    ]


def test_withheld_capacity_holds_for_endpoints_to_come() -> None:
    """The new one waits in vain."""
    story = Story()
    story.world.withhold_capacity(True, 1000.0)
    story.world.create_endpoint("late", config(), 1000.0)
    story.until(4000.0)
    assert story.world.endpoints["late"].view().failure_reason.startswith("CapacityError")


def test_what_a_call_causes_is_told_by_the_next_advance() -> None:
    """And it is due at once."""
    story = Story()
    story.world.update_weights_and_capacities(ENDPOINT, [CapacityChange(VARIANT, 2)], 1000.0)
    story.world.fail_zone("b", 1001.0)
    assert story.world.next_deadline() == 1001.0
    told = story.world.advance(1001.0)
    assert [(type(each), each.at) for each in told] == [(StatusChanged, 1000.0), (CapacityChanged, 1000.0)]


def test_an_arrival_lets_everything_happen_that_was_due() -> None:
    """A tick of the control loop in between is not skipped."""
    story = Story()
    story.scale(TargetTracking("p", 10.0), 1020.0)
    for number in range(70 * 6):
        story.world.arrive(ENDPOINT, number, 1020.0 + number * 60.0 / 70)
    story.until(1400.0)
    assert story.acted() == [(1290.0, 5)]


def test_time_does_not_run_back() -> None:
    """A moment before the last one is the caller's mistake."""
    world = Story().world
    world.arrive(ENDPOINT, 1, 1002.0)
    with pytest.raises(ValueError, match="time runs back"):
        world.advance(1001.0)
    with pytest.raises(ValueError, match="time runs back"):
        world.arrive(ENDPOINT, 2, 1001.0)


def test_a_world_that_begins_late_does_not_publish_the_past() -> None:
    """The first moment may be any."""
    world = World(seed=1, endpoint_settings=STEADY)
    world.create_endpoint(ENDPOINT, config(), 1e6)
    at = world.next_deadline()
    assert at == 1e6
    told = world.advance(1e6 + 400.0)
    assert min(each.at for each in told) == 1e6


rates = st.lists(st.integers(0, 90), min_size=3, max_size=30)
policies = st.builds(
    TargetTracking,
    st.just("p"),
    st.sampled_from([4.0, 10.0, 25.0]),
    scale_in_cooldown_s=st.sampled_from([0.0, 120.0, 600.0]),
    scale_out_cooldown_s=st.sampled_from([0.0, 30.0, 600.0]),
)


def run(minutes: list[int], policy: TargetTracking, seed: int, low: int = 1, high: int = 6) -> Story:
    """Return the story of *minutes* of traffic under *policy*, with launch times left to chance."""
    story = Story(settings=EndpointSettings(), scaling=ScalingSettings(low_periods=5), seed=seed)
    story.until(4000.0)
    story.scale(policy, 4020.0, low=low, high=high)
    for number, rate in enumerate(minutes):
        if rate:
            story.traffic(rate, 4020.0 + number * 60.0, 4080.0 + number * 60.0)
    story.until(4020.0 + len(minutes) * 60.0 + 600.0)
    return story


@pytest.mark.untraced
@settings(max_examples=25, deadline=None)
@given(minutes=rates, policy=policies, seed=st.integers(0, 5), low=st.integers(1, 3), width=st.integers(0, 4))
def test_whatever_the_traffic_the_rules_hold(
    minutes: list[int], policy: TargetTracking, seed: int, low: int, width: int
) -> None:
    """Capacity within bounds, time forwards, cooldowns kept, and every request accounted for."""
    story = run(minutes, policy, seed, low, low + width)
    moments = [each.at for each in story.events]
    assert moments == sorted(moments)
    registered = [each for each in only(story.events, CapacityChanged) if each.at > 4020.0]
    assert all(low <= each.desired <= low + width for each in registered)
    assert all(0 <= each.in_service <= low + width for each in registered)
    ends = {each.started_at: each.ended_at for each in story.world.loop.activities(RESOURCE)}
    held_until, credited, in_until = 0.0, 0, 0.0
    for at, decision in story.decisions():
        if decision.reason.acts and decision.desired > decision.previous:
            assert at >= held_until or decision.desired > credited
            held_until = (ends[at] or at) + policy.scale_out_cooldown_s
            credited, in_until = decision.desired, 0.0
        elif decision.reason.acts:
            assert at >= in_until
            in_until = (ends[at] or at) + policy.scale_in_cooldown_s
    assert len(only(story.events, Completed)) == story.sent


@pytest.mark.untraced
@settings(max_examples=10, deadline=None)
@given(minutes=rates, policy=policies, seed=st.integers(0, 5))
def test_same_seed_same_events(minutes: list[int], policy: TargetTracking, seed: int) -> None:
    """Every figure of every event, alarm names and activity ids included."""
    assert run(minutes, policy, seed).events == run(minutes, policy, seed).events


@pytest.mark.untraced
@settings(max_examples=10, deadline=None)
@given(minutes=rates, policy=policies, step=st.floats(7.0, 400.0))
def test_how_often_the_caller_looks_changes_nothing(
    minutes: list[int], policy: TargetTracking, step: float
) -> None:
    """Driven by its deadlines or looked at now and then, the same things happen at the same moments."""
    watched, glanced = Story(settings=EndpointSettings()), Story(settings=EndpointSettings())
    for story in (watched, glanced):
        story.until(4000.0)
        story.scale(policy, 4020.0)
    arrivals = [
        4020.0 + number * 60.0 + each * 60.0 / rate
        for number, rate in enumerate(minutes)
        for each in range(rate)
    ]
    next_look = 4020.0
    for number, moment in enumerate(arrivals):
        watched.arrive(moment)
        while next_look <= moment:
            glanced.events += glanced.world.advance(next_look)
            next_look += step
        assert isinstance(glanced.world.arrive(ENDPOINT, number, moment), Accepted | Rejected)
    for story in (watched, glanced):
        story.until(9000.0)
    assert watched.events == glanced.events
