"""Instances: the states that EC2 shows, what a call may change, and what an instance does by itself."""

import pytest
from account import ON_DEMAND, account, launch, states

from harness.compute.instances import BY_ITSELF, BY_USER, CODES


def test_an_instance_boots_stops_starts_and_ends() -> None:
    """pending, running, stopping, stopped, and again, to shutting-down and terminated."""
    world = account()
    world.run(launch(), 0.0)
    world.stop("i-1", 100.0)
    world.start("i-1", 200.0)
    world.terminate("i-1", 300.0)
    world.advance(400.0)
    assert states(world.take()) == [
        (0.0, "pending"),
        (10.0, "running"),
        (100.0, "stopping"),
        (105.0, "stopped"),
        (200.0, "pending"),
        (210.0, "running"),
        (300.0, "shutting-down"),
        (305.0, "terminated"),
    ]
    assert world.instances["i-1"].reason == BY_USER
    assert world.instances["i-1"].code == CODES["terminated"] == 48
    assert world.next_deadline() is None


def test_an_instance_on_demand_has_one_price() -> None:
    """The price by the hour of its type."""
    world = account()
    world.run(launch(), 0.0)
    world.advance(5_000.0)
    assert {one.usd_per_hour for one in world.take()} == {ON_DEMAND}  # type: ignore[union-attr]


@pytest.mark.parametrize("call", ["stop", "start"])
def test_what_is_terminated_cannot_be_changed(call: str) -> None:
    """IncorrectInstanceState, in EC2's words."""
    world = account()
    world.run(launch(), 0.0)
    world.terminate("i-1", 20.0)
    refusal = getattr(world, call)("i-1", 30.0)
    assert refusal.code == "IncorrectInstanceState"
    done = {"stop": "stopped", "start": "started"}[call]
    assert refusal.message == f"The instance 'i-1' is not in a state from which it can be {done}."


def test_what_is_done_already_is_no_error() -> None:
    """To stop what is stopped, start what runs and terminate what is terminated changes nothing."""
    world = account()
    world.run(launch(), 0.0)
    assert world.start("i-1", 20.0) is None
    world.stop("i-1", 30.0)
    assert world.stop("i-1", 40.0) is None
    world.terminate("i-1", 50.0)
    world.terminate("i-1", 60.0)
    assert [state for _, state in states(world.take())].count("shutting-down") == 1


@pytest.mark.parametrize(("behaviour", "state"), [("stop", "stopped"), ("terminate", "terminated")])
def test_an_instance_shuts_itself_down_as_it_was_launched_to(behaviour: str, state: str) -> None:
    """InstanceInitiatedShutdownBehavior; a second shutdown of what is off does nothing."""
    world = account()
    world.run(launch(on_shutdown=behaviour), 0.0)
    world.shut_down("i-1", 5.0)  # it does not run yet
    world.shut_down("i-1", 20.0)
    world.shut_down("i-1", 50.0)
    assert world.instances["i-1"].state == state
    assert world.instances["i-1"].reason == BY_ITSELF


def test_a_shutdown_can_be_due_later_or_have_been_due() -> None:
    """It comes at its moment, and not at all for what is off."""
    world = account()
    world.run(launch(), 0.0)
    world.shut_down_at("i-1", 30.0, 60.0)
    world.advance(60.0)
    world.shut_down_at("i-1", 90.0, 70.0)
    world.advance(100.0)
    assert states(world.take())[2:] == [(30.0, "stopping"), (35.0, "stopped")]


def test_user_data_ends_an_instance_after_its_first_boot_alone() -> None:
    """cloud-init runs user data once: started again, the instance stays."""
    world = account()
    world.run(launch(ends_after_s=100.0), 0.0)
    world.advance(200.0)
    world.start("i-1", 300.0)
    world.advance(1_000.0)
    assert states(world.take())[2:] == [
        (110.0, "stopping"),
        (115.0, "stopped"),
        (300.0, "pending"),
        (310.0, "running"),
    ]


def test_ready_is_said_once_and_only_while_it_runs() -> None:
    """A program that says when it works is ready then; another instance is when it runs."""
    world = account()
    world.run(launch(says_ready=True), 0.0)
    world.run(launch("i-2"), 0.0)
    world.ready("i-1", 5.0)
    assert states(world.take())[-1] == (0.0, "pending")
    for at in (20.0, 30.0):
        world.ready("i-1", at)
    assert [one.ready_at for one in world.instances.values()] == [20.0, 10.0]
