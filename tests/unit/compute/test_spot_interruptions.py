"""What EC2 does to a spot instance that it takes back: recommendation, notice, two minutes, the end."""

from typing import Any

import pytest
from account import BOOTED_S, account, codes, launch, spot, states, wish
from hypothesis import given
from hypothesis import strategies as st

from harness.compute.events import InterruptionNoticed, RebalanceRecommended
from harness.compute.instances import BY_SPOT, STOPPED_BY_SPOT, Instance
from harness.compute.interruptions import InterruptionPlan, Plans
from harness.compute.world import Compute


def taken_back(plan: InterruptionPlan | None = None, **more: Any) -> Compute:
    """Return a world with a spot instance that is taken back 87 s after it began to run, at 100."""
    world = account()
    spot(world, **more)
    world.take()
    world.plan_interruption(plan or InterruptionPlan("p", running_s=87.0), BOOTED_S)
    return world


def test_there_are_two_minutes_from_the_notice_to_the_end() -> None:
    """The request is instance-terminated-no-capacity at once, the instance runs on for its two minutes."""
    world = taken_back()
    world.advance(300.0)
    told = world.take()
    assert [one for one in told if isinstance(one, InterruptionNoticed)] == [
        InterruptionNoticed(100.0, "i-1", "terminate", 220.0)
    ]
    assert [one.at for one in told if isinstance(one, RebalanceRecommended)] == [100.0]
    assert codes(told) == [(100.0, "closed", "instance-terminated-no-capacity")]
    assert states(told) == [(220.0, "shutting-down"), (225.0, "terminated")]
    assert world.instances["i-1"].reason == BY_SPOT
    assert world.interrupted("p") == 1


def test_a_rebalance_recommendation_may_come_before_the_notice() -> None:
    """By as much as the plan says."""
    world = taken_back(InterruptionPlan("p", running_s=87.0, rebalance_s=30.0))
    world.advance(300.0)
    told = world.take()
    assert [
        (one.at, type(one)) for one in told if isinstance(one, RebalanceRecommended | InterruptionNoticed)
    ] == [
        (100.0, RebalanceRecommended),
        (130.0, InterruptionNoticed),
    ]


def test_a_persistent_request_waits_for_capacity_and_gets_another_instance() -> None:
    """capacity-not-available until the type is to be had again; at once there is none either."""
    world = taken_back(persistent=True)
    world.advance(230.0)
    refusal = world.refused(wish(), 231.0)
    assert refusal is not None
    assert refusal.code == "InsufficientInstanceCapacity"
    assert "no Spot capacity" in refusal.message
    world.advance(283.0)
    assert codes(world.take()) == [
        (100.0, "open", "instance-terminated-no-capacity"),
        (220.0, "open", "pending-evaluation"),
        (221.0, "open", "capacity-not-available"),
        (280.0, "open", "pending-fulfillment"),
    ]
    world.fulfil(launch("i-2", request="sir-1"), 283.0)
    world.advance(1_000.0)
    assert world.instances["i-2"].state == "running", "one interruption was asked for"


def test_a_price_above_the_limit_is_a_reason_too() -> None:
    """marked-for-termination, then instance-terminated-by-price."""
    world = account()
    spot(world, max_price=0.1)
    world.take()
    world.advance(1_200.0)
    told = world.take()
    assert codes(told) == [
        (1_000.0, "active", "marked-for-termination"),
        (1_120.0, "closed", "instance-terminated-by-price"),
    ]
    assert states(told)[:2] == [(1_000.0, "running"), (1_120.0, "shutting-down")]


@pytest.mark.parametrize(("by_price", "why"), [(False, "no-capacity"), (True, "by-price")])
def test_an_instance_may_be_stopped_and_started_again_by_ec2(by_price: bool, why: str) -> None:
    """marked-for-stop, disabled, and only EC2 starts it, when there is capacity; its user cannot."""
    world = taken_back(
        InterruptionPlan("p", running_s=87.0, by_price=by_price), persistent=True, behaviour="stop"
    )
    world.advance(225.5)
    refusal = world.start("i-1", 225.5)
    assert refusal is not None
    assert refusal.code == "IncorrectSpotRequestState"
    assert world.instances["i-1"].reason == STOPPED_BY_SPOT
    world.advance(400.0)
    told = world.take()
    assert codes(told)[:2] == [
        (100.0, "active", "marked-for-stop"),
        (220.0, "disabled", f"instance-stopped-{why}"),
    ]
    assert codes(told)[-1][1:] == ("active", "fulfilled")
    assert world.instances["i-1"].state == "running"


def test_hibernation_begins_with_its_notice() -> None:
    """No two minutes: the user guide says so."""
    world = taken_back(persistent=True, behaviour="hibernate")
    world.advance(110.0)
    assert states(world.take())[0] == (100.0, "stopping")


def test_an_instance_that_heard_the_notice_may_end_before_its_time() -> None:
    """Its own shutdown is then the interruption, and a persistent request goes on."""
    world = taken_back(persistent=True)
    world.shut_down("i-1", 150.0)
    world.advance(160.0)
    told = world.take()
    assert states(told)[0] == (150.0, "shutting-down")
    assert world.instances["i-1"].reason == BY_SPOT
    assert codes(told)[1] == (150.0, "open", "pending-evaluation")


def test_a_request_cancelled_meanwhile_stays_cancelled() -> None:
    """The instance of a cancelled request is taken back without another word of the request."""
    actions: list[dict[str, Any]] = [{}, {"persistent": True, "behaviour": "stop"}]
    for action in actions:
        world = taken_back(**action)
        world.cancel("sir-1", 90.0)
        world.advance(400.0)
        assert codes(world.take()) == [(90.0, "cancelled", "request-canceled-and-instance-running")]
        assert world.instances["i-1"].state in ("terminated", "stopped")


def test_a_plan_names_the_image_and_how_often() -> None:
    """Others are left alone, and so is the next one when the plan is used up."""
    world = taken_back(InterruptionPlan("other", image="ami-2"))
    world.advance(500.0)
    assert world.interrupted("other") == 0
    assert world.instances["i-1"].state == "running"


def test_a_plan_waits_until_the_program_is_ready() -> None:
    """The start of a process takes this machine's time, which is not the instance's."""
    world = account()
    world.request(wish(), 0.0)
    world.advance(3.0)
    world.fulfil(launch(request="sir-1", says_ready=True), 3.0)
    world.plan_interruption(InterruptionPlan("p", running_s=10.0), 13.0)
    world.ready("i-1", 60.0)
    world.advance(500.0)
    assert [one.at for one in world.take() if isinstance(one, InterruptionNoticed)] == [70.0]


def test_an_instance_that_no_plan_names_is_none_to_take() -> None:
    """That would be a mistake of the caller's."""
    with pytest.raises(ValueError, match="no plan takes i-1 back"):
        Plans().use(Instance(launch(), "running", 0.0, None))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["stop", "start", "terminate", "shut_down", "cancel", "advance", "fulfil"]),
            st.floats(0.0, 400.0),
        ),
        max_size=12,
    ),
    st.booleans(),
    st.sampled_from(["terminate", "stop", "hibernate"]),
)
def test_whatever_happens_time_goes_on_and_states_agree(
    calls: list[tuple[str, float]], persistent: bool, behaviour: str
) -> None:
    """Events come in order, what is over stays over, and an active request has a living instance."""
    world = taken_back(persistent=persistent or behaviour != "terminate", behaviour=behaviour)
    now, number = BOOTED_S, 1
    over: set[str] = set()
    last = 0.0
    for call, later in calls:
        now += later
        if call == "advance":
            world.advance(now)
        elif call == "cancel":
            world.cancel("sir-1", now)
        elif call == "fulfil":
            world.advance(now)
            if world.requests["sir-1"].launching:
                number += 1
                world.fulfil(launch(f"i-{number}", request="sir-1"), now)
        else:
            getattr(world, call)(f"i-{number}", now)
        for event in world.take():
            assert event.at >= last
            last = event.at
        for name, one in world.instances.items():
            assert not (name in over and one.state != "terminated")
            if one.state == "terminated":
                over.add(name)
        request = world.requests["sir-1"]
        if request.state == "active":
            assert world.instances[request.instance].state in ("pending", "running", "stopping")
