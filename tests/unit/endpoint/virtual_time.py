"""A world driven by a loop over its deadlines, as a virtual clock drives it, and settings without chance."""

from collections.abc import Iterable
from typing import TypeVar

from harness.endpoint import (
    Constant,
    EndpointConfig,
    EndpointSettings,
    Event,
    ScalableTarget,
    ScalingDecision,
    ScalingEvaluated,
    ScalingSettings,
    TargetTracking,
    VariantSpec,
    World,
    resource_id_of,
)

Told = TypeVar("Told")
ENDPOINT, VARIANT = "ranker", "AllTraffic"
RESOURCE = resource_id_of(ENDPOINT, VARIANT)
STEADY = EndpointSettings(launch_time=Constant(100.0), join_stagger=Constant(20.0))
"""First join 100 s after it was asked for, then one every 20 s."""


def config(name: str = "first", *, count: int = 1, instance_type: str = "ml.m5.large") -> EndpointConfig:
    return EndpointConfig(name, (VariantSpec(VARIANT, instance_type, count, service_time=Constant(0.05)),))


class Story:
    """A world at moment 1000, its endpoint in service since 810 (with one instance), and all it told."""

    def __init__(
        self,
        *,
        count: int = 1,
        instance_type: str = "ml.m5.large",
        settings: EndpointSettings = STEADY,
        scaling: ScalingSettings | None = None,
        seed: int = 1,
    ) -> None:
        self.world = World(seed=seed, endpoint_settings=settings, scaling_settings=scaling)
        self.events: list[Event] = []
        self.sent = 0
        refusal = self.world.create_endpoint(
            ENDPOINT, config(count=count, instance_type=instance_type), 700.0
        )
        assert refusal is None
        self.until(1000.0)

    def until(self, moment: float) -> None:
        """Let time pass from deadline to deadline, as an event loop's timers would."""
        while (at := self.world.next_deadline()) is not None and at <= moment:
            self.events += self.world.advance(at)
        self.events += self.world.advance(moment)

    def traffic(self, per_minute: int, start: float, end: float) -> None:
        """Send *per_minute* evenly spaced requests from *start* to *end*."""
        for number in range(round(per_minute * (end - start) / 60.0)):
            self.arrive(start + number * 60.0 / per_minute)
        self.until(end)

    def arrive(self, moment: float) -> None:
        self.until(moment)
        self.world.arrive(ENDPOINT, self.sent, moment)
        self.sent += 1

    def scale(self, policy: TargetTracking, now: float, *, low: int = 1, high: int = 5) -> None:
        assert self.world.register_target(ScalableTarget(RESOURCE, low, high), now) is None
        self.world.put_policy(RESOURCE, policy, now)

    def decisions(self) -> list[tuple[float, ScalingDecision]]:
        return [(each.at, each.decision) for each in self.events if isinstance(each, ScalingEvaluated)]

    def acted(self) -> list[tuple[float, int]]:
        """Return (moment, desired) of every decision that changed the capacity."""
        return [(at, decision.desired) for at, decision in self.decisions() if decision.reason.acts]


def only(events: Iterable[Event], kind: type[Told]) -> list[Told]:
    """Return the events of one kind."""
    return [each for each in events if isinstance(each, kind)]
