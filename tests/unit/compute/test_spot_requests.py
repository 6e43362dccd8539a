"""Spot requests: the states and codes of EC2's page on them, from the evaluation to the end."""

import math

import pytest
from account import FULFILLED_S, PRICE, account, codes, launch, spot, states, wish

from harness.compute.events import LaunchDue
from harness.compute.requests import Wish


def test_a_request_is_evaluated_and_fulfilled() -> None:
    """pending-evaluation, pending-fulfillment, then the instance is launched and the request active."""
    world = account()
    spot(world)
    assert codes(world.take()) == [
        (0.0, "open", "pending-evaluation"),
        (1.0, "open", "pending-fulfillment"),
        (FULFILLED_S, "active", "fulfilled"),
    ]
    assert world.requests["sir-1"].instance == "i-1"
    assert world.instances["i-1"].usd_per_hour == PRICE


def test_the_instance_is_asked_for_once() -> None:
    """However long it takes to be made."""
    world = account()
    world.request(wish(), 0.0)
    world.advance(500.0)
    assert [one for one in world.take() if isinstance(one, LaunchDue)] == [LaunchDue(3.0, "sir-1")]
    assert world.next_deadline() is None


def test_an_offer_below_the_price_waits_for_it_to_fall() -> None:
    """price-too-low, open, with the price in the message; fulfilled when the price is below the offer."""
    world = account()
    world.request(wish(max_price=0.055), 0.0)
    world.advance(10.0)
    one = world.requests["sir-1"]
    assert (one.state, one.code) == ("open", "price-too-low")
    assert (
        "price of 0.055 is lower than the minimum required Spot request fulfillment price of 0.06"
        in one.message
    )
    world.advance(2_002.0)
    assert codes(world.take())[-1] == (2_000.0, "open", "pending-fulfillment")


def test_an_offer_below_every_price_waits_for_ever() -> None:
    """Once no other price will come, nothing is due."""
    world = account()
    world.request(wish(max_price=0.01), 0.0)
    world.advance(3_000.0)
    assert world.requests["sir-1"].code == "price-too-low"
    assert world.next_deadline() is None


def test_an_offer_at_once_is_refused_where_it_is_too_low() -> None:
    """RunInstances does not wait: SpotMaxPriceTooLow."""
    refusal = account().refused(wish(max_price=0.01), 0.0)
    assert refusal is not None
    assert refusal.code == "SpotMaxPriceTooLow"
    assert account().refused(wish(max_price=PRICE), 0.0) is None


def test_a_request_holds_in_its_time_alone() -> None:
    """not-scheduled-yet before it, schedule-expired after it."""
    world = account()
    world.request(wish(valid_from=50.0, max_price=0.01, valid_until=100.0), 0.0)
    world.advance(200.0)
    assert codes(world.take()) == [
        (0.0, "open", "pending-evaluation"),
        (1.0, "open", "not-scheduled-yet"),
        (50.0, "open", "price-too-low"),
        (100.0, "cancelled", "schedule-expired"),
    ]


def test_a_request_can_be_cancelled_before_it_is_fulfilled() -> None:
    """canceled-before-fulfillment; cancelled again nothing changes."""
    world = account()
    world.request(wish(), 0.0)
    world.cancel("sir-1", 1.5)
    world.cancel("sir-1", 2.0)
    world.advance(100.0)
    assert codes(world.take())[-1] == (1.5, "cancelled", "canceled-before-fulfillment")


def test_an_instance_made_for_nobody_goes_again() -> None:
    """The request was cancelled while its instance was made."""
    world = account()
    world.request(wish(), 0.0)
    world.advance(3.0)
    world.cancel("sir-1", 3.0)
    world.fulfil(launch(request="sir-1"), 4.0)
    world.fail("sir-1", "whatever", 5.0)
    assert states(world.take()) == [(4.0, "pending"), (4.0, "shutting-down")]
    assert world.requests["sir-1"].state == "cancelled"


def test_a_bad_parameter_ends_the_request() -> None:
    """bad-parameters, failed, with what is wrong."""
    world = account()
    world.request(wish(), 0.0)
    world.advance(3.0)
    world.fail("sir-1", "The subnet does not exist.", 4.0)
    one = world.requests["sir-1"]
    assert (one.state, one.code, one.message) == ("failed", "bad-parameters", "The subnet does not exist.")


def test_a_cancelled_request_leaves_its_instance_running() -> None:
    """request-canceled-and-instance-running, and its end is no matter of the request's any more."""
    world = account()
    spot(world)
    world.cancel("sir-1", 50.0)
    world.terminate("i-1", 60.0)
    assert codes(world.take())[-1] == (50.0, "cancelled", "request-canceled-and-instance-running")


@pytest.mark.parametrize(
    ("persistent", "after"),
    [(False, []), (True, [(50.0, "open", "pending-evaluation"), (51.0, "open", "pending-fulfillment")])],
)
def test_a_terminated_instance_closes_its_request(persistent: bool, after: list[object]) -> None:
    """A persistent request is evaluated again, and gets another instance."""
    world = account()
    spot(world, persistent=persistent)
    world.take()
    world.terminate("i-1", 50.0)
    world.advance(52.0)
    assert codes(world.take()) == [(50.0, "closed", "instance-terminated-by-user"), *after]


def test_a_one_time_spot_instance_cannot_be_stopped() -> None:
    """UnsupportedOperation; its own shutdown terminates it, whatever it was launched to do."""
    world = account()
    spot(world)
    refusal = world.stop("i-1", 50.0)
    assert refusal is not None
    assert refusal.code == "UnsupportedOperation"
    world.shut_down("i-1", 60.0)
    world.advance(70.0)
    assert world.instances["i-1"].state == "terminated"
    assert world.requests["sir-1"].code == "instance-terminated-by-user"


def test_a_persistent_spot_instance_stops_and_starts_by_its_user() -> None:
    """marked-for-stop, instance-stopped-by-user, disabled; then evaluated as a new request is."""
    world = account()
    spot(world, persistent=True)
    world.take()
    assert world.stop("i-1", 50.0) is None
    world.advance(60.0)
    assert world.start("i-1", 100.0) is None
    world.advance(103.0)
    told = world.take()
    assert codes(told) == [
        (50.0, "active", "marked-for-stop"),
        (55.0, "disabled", "instance-stopped-by-user"),
        (100.0, "open", "pending-evaluation"),
        (101.0, "open", "pending-fulfillment"),
        (103.0, "active", "fulfilled"),
    ]
    assert states(told)[-1] == (103.0, "pending")


def test_a_persistent_spot_instance_may_stop_itself() -> None:
    """Its own shutdown counts as its user's."""
    world = account()
    spot(world, persistent=True)
    world.shut_down("i-1", 50.0)
    world.advance(60.0)
    assert world.requests["sir-1"].code == "instance-stopped-by-user"


def test_a_stopped_instance_goes_with_its_request() -> None:
    """Cancelled while it is stopped, or while it stops."""
    for cancelled_at in (52.0, 80.0):
        world = account()
        spot(world, persistent=True)
        world.stop("i-1", 50.0)
        world.cancel("sir-1", cancelled_at)
        world.advance(100.0)
        assert world.instances["i-1"].state == "terminated"
        assert world.requests["sir-1"].state == "cancelled"


def test_an_instance_that_is_stopped_without_a_request_goes() -> None:
    """Its request was cancelled before: nobody could start it again."""
    world = account()
    spot(world, persistent=True)
    world.cancel("sir-1", 40.0)
    world.stop("i-1", 50.0)
    world.advance(100.0)
    assert world.instances["i-1"].state == "terminated"


def test_a_spot_instance_pays_the_price_of_the_moment() -> None:
    """The price moves while it runs; without a limit it goes on."""
    world = account()
    spot(world)
    world.advance(3_000.0)
    prices = [one.usd_per_hour for one in world.take() if hasattr(one, "usd_per_hour")]
    assert prices == [PRICE, PRICE, 0.2, 0.05]
    assert world.requests["sir-1"].wish.max_price == math.inf
    assert world.instances["i-1"].state == "running"


def test_a_type_without_a_price_is_had_without_one() -> None:
    """Nobody knows what it costs, so that no offer is too low."""
    world = account()
    world.request(Wish("sir-2", "x9.huge", "us-east-1a", max_price=0.01), 0.0)
    world.advance(2.0)
    assert world.requests["sir-2"].code == "pending-fulfillment"
