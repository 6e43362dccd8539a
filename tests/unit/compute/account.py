"""An account with one spot price, and what tests of its instances and requests do again and again."""

from typing import Any

from harness.compute.events import Event, InstanceChanged, RequestChanged
from harness.compute.instances import Launch
from harness.compute.market import Market
from harness.compute.requests import Wish
from harness.compute.settings import ComputeSettings
from harness.compute.world import Compute

SPOT = {"t2.xlarge": [(0.0, 0.06), (1_000.0, 0.2), (2_000.0, 0.05), (2_500.0, 0.05)]}
PRICE, LATER_PRICE, DEAR = 0.06, 0.05, 0.2
ON_DEMAND = 0.1856
SETTINGS = ComputeSettings(
    instance_boot_s=10.0,
    instance_stop_s=5.0,
    instance_shutdown_s=5.0,
    spot_evaluation_s=1.0,
    spot_fulfilment_s=2.0,
    spot_capacity_returns_s=60.0,
)
FULFILLED_S, BOOTED_S = 3.0, 13.0


def account(settings: ComputeSettings = SETTINGS) -> Compute:
    return Compute(Market({"t2.xlarge": ON_DEMAND}.get, settings, declared=SPOT), settings)


def launch(instance: str = "i-1", **more: Any) -> Launch:
    return Launch(instance, "t2.xlarge", "us-east-1a", "ami-1", **more)


def wish(request: str = "sir-1", **more: Any) -> Wish:
    return Wish(request, "t2.xlarge", "us-east-1a", "ami-1", **more)


def spot(world: Compute, **more: Any) -> None:
    """Request one spot instance at 0, have it fulfilled, and let it run."""
    world.request(wish(**more), 0.0)
    world.advance(FULFILLED_S)
    world.fulfil(launch(request="sir-1"), FULFILLED_S)
    world.advance(BOOTED_S)


def states(told: list[Event]) -> list[tuple[float, str]]:
    return [(one.at, one.state) for one in told if isinstance(one, InstanceChanged)]


def codes(told: list[Event]) -> list[tuple[float, str, str]]:
    return [(one.at, one.state, one.code) for one in told if isinstance(one, RequestChanged)]
