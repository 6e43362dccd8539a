"""Containers that never pass the ping: SageMaker puts no instance of theirs into service."""

from dataclasses import replace

from virtual_time import ENDPOINT, STEADY, Story, config, only

from harness.endpoint import CapacityChange, EndpointStatus, InstanceJoined, StatusChanged, World

REASON = "The primary container for production variant AllTraffic did not pass the ping health check."


def test_a_creation_fails_when_the_launch_would_have_ended() -> None:
    """Creating, then Failed with the reason, and no instance ever joined."""
    world = World(seed=1, endpoint_settings=STEADY)
    assert world.create_endpoint(ENDPOINT, replace(config(count=2), failure=REASON), 0.0) is None
    events = world.advance(200.0)
    told = [(each.at, each.status, each.failure_reason) for each in only(events, StatusChanged)]
    assert told == [(0.0, EndpointStatus.CREATING, ""), (120.0, EndpointStatus.FAILED, REASON)]
    assert not only(events, InstanceJoined)
    assert world.endpoints[ENDPOINT].view().failure_reason == REASON


def test_an_update_is_rolled_back() -> None:
    """InService again under the old configuration, with the reason; instances of the new one never joined."""
    story = Story()
    broken = replace(config("second"), failure=REASON)
    assert story.world.update_endpoint(ENDPOINT, broken, 1000.0) is None
    story.until(1200.0)
    view = story.world.endpoints[ENDPOINT].view()
    assert (view.status, view.config_name, view.failure_reason) == (
        EndpointStatus.IN_SERVICE,
        "first",
        REASON,
    )
    assert view.pending_config_name == ""
    assert len(only(story.events, InstanceJoined)) == 1


def test_a_failed_launch_gives_its_quota_back() -> None:
    """What never ran does not count against the account."""
    settings = replace(STEADY, quotas={"ml.m5.large": 2})
    story = Story(settings=settings)
    broken = replace(config("second"), failure=REASON)
    assert story.world.update_endpoint(ENDPOINT, broken, 1000.0) is None
    story.until(1200.0)
    grown = story.world.update_weights_and_capacities(ENDPOINT, [CapacityChange("AllTraffic", 2)], 1200.0)
    assert grown is None
