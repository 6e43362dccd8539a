"""The world on an event loop: woken by itself, telling everything once."""

import asyncio
from collections.abc import Callable

from harness.aws.living import LivingWorld
from harness.clock import Clock, ClockSpec
from harness.endpoint import (
    Accepted,
    Completed,
    Constant,
    EndpointConfig,
    EndpointSettings,
    EndpointStatus,
    Event,
    StatusChanged,
    VariantSpec,
    World,
)

CONFIG = EndpointConfig("c", (VariantSpec("v", "ml.m5.large", service_time=Constant(1.0)),))
QUICK = EndpointSettings(launch_time=Constant(10.0), settle_s=0.0)


def live(tell: Callable[[Event], None]) -> LivingWorld:
    """Return a world whose seconds are milliseconds."""
    return LivingWorld(World(seed=1, endpoint_settings=QUICK), Clock(ClockSpec(1_000.0)), tell)


def serves(told: list[Event]) -> bool:
    """Return whether the endpoint was told to be in service."""
    statuses = [each.status for each in told if isinstance(each, StatusChanged)]
    return EndpointStatus.IN_SERVICE in statuses


async def in_service(living: LivingWorld, told: list[Event]) -> None:
    """Create an endpoint and wait, asking nothing, until it was told to be in service."""
    assert living.call(lambda now: living.world.create_endpoint("e", CONFIG, now)) is None
    async with asyncio.timeout(5.0):
        while not serves(told):
            await asyncio.sleep(0.001)


def test_it_wakes_when_something_is_due() -> None:
    """Nobody asks, and still the launch and the answer are told, at their own moments."""
    told: list[Event] = []

    async def story() -> tuple[Accepted, Completed]:
        living = live(told.append)
        await in_service(living, told)
        taken = living.arrive("e", 7, None)
        assert isinstance(taken, Accepted)
        async with asyncio.timeout(5.0):
            while not isinstance(told[-1], Completed):
                await asyncio.sleep(0.001)
        return taken, told[-1]

    taken, done = asyncio.run(story())
    assert (done.request_id, done.at) == (7, taken.complete_at)


def test_what_was_due_is_told_before_a_request_is_routed() -> None:
    """A request that comes after a change, but before the loop's timer, is routed by the changed endpoint."""
    told: list[Event] = []

    async def story() -> Accepted | object:
        living = live(told.append)
        living.call(lambda now: living.world.create_endpoint("e", CONFIG, now))
        until = asyncio.get_running_loop().time() + 0.1
        while asyncio.get_running_loop().time() < until:
            pass  # the loop's own timer cannot ring
        taken = living.arrive("e", 1, None)
        assert serves(told)
        return taken

    assert isinstance(asyncio.run(story()), Accepted)


def test_one_event_that_cannot_be_told_does_not_stop_the_clock() -> None:
    """The others are told, and the world still wakes."""
    told: list[Event] = []

    def tell(event: Event) -> None:
        if isinstance(event, StatusChanged) and event.status is EndpointStatus.CREATING:
            raise KeyError("a bug of ours")
        told.append(event)

    asyncio.run(in_service(live(tell), told))
    assert serves(told)


def test_moments_never_run_back() -> None:
    """Readings of the clock are never before one that was given out."""
    living = live(lambda _: None)
    moments = [living.now() for _ in range(1_000)]
    assert moments == sorted(moments)
