"""One world played against traces, and its twin that is given the same requests one by one."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from two_fleets import FATES

from harness.endpoint.distributions import Constant
from harness.endpoint.events import Event
from harness.endpoint.outcomes import Completed, Rejected
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import EndpointConfig, VariantSpec
from harness.endpoint.world import World
from harness.scaling.metrics import INVOCATIONS
from harness.scaling.policies import Policy, ScalableTarget, TargetTracking
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import resource_id_of, split_resource_id
from harness.virtual.driver import Engine, Happening, Played, play, virtual_world
from harness.virtual.ledger import Fate
from harness.virtual.trace import Trace

ENDPOINT, VARIANT = "ranker", "AllTraffic"
RESOURCE = resource_id_of(ENDPOINT, VARIANT)
QUICK = EndpointSettings(launch_time=Constant(100.0), join_stagger=Constant(20.0))
NUMBER = re.compile(r"\d+\.\d+(?:e[+-]?\d+)?")
PROMPT = ScalingSettings(publish_delay_s=60.0, high_periods=2, low_periods=3)


@dataclass(frozen=True)
class Setting:
    """A world with one endpoint in service at 0, its policies, and what is done to it."""

    spec: VariantSpec = field(
        default_factory=lambda: VariantSpec(VARIANT, "ml.m5.large", 2, service_time=Constant(0.05))
    )
    policies: Sequence[Policy] = (
        TargetTracking("target", 60.0, INVOCATIONS, scale_in_cooldown_s=60.0, scale_out_cooldown_s=60.0),
    )
    endpoint_settings: EndpointSettings = QUICK
    scaling_settings: ScalingSettings = PROMPT
    happenings: Sequence[Happening] = ()
    until_s: float = 900.0

    def prepare(self, world: World) -> World:
        world.adopt_endpoint(ENDPOINT, EndpointConfig("first", (self.spec,)), 0.0)
        if self.policies:
            world.register_target(ScalableTarget(RESOURCE, 1, 6), 0.0)
        for each in self.policies:
            world.put_policy(RESOURCE, each, 0.0)
        return world


def alone(setting: Setting, traces: Mapping[str, Trace]) -> tuple[list[Event], dict[str, "Fates"]]:
    """Drive a world request by request, as an event loop would."""
    world = setting.prepare(
        World(seed=7, endpoint_settings=setting.endpoint_settings, scaling_settings=setting.scaling_settings)
    )
    fates = {resource_id: Fates.of(len(trace)) for resource_id, trace in traces.items()}
    owner: list[tuple[str, int]] = []
    arrivals = sorted(
        (at, number, resource_id)
        for resource_id, trace in traces.items()
        for number, at in enumerate(trace.at.tolist())
        if at <= setting.until_s
    )
    happenings = sorted(setting.happenings, key=lambda each: each[0])
    events: list[Event] = []
    for at, number, resource_id in arrivals:
        while happenings and happenings[0][0] <= at:
            moment, happen = happenings.pop(0)
            _until(world, moment, events)
            happen(world, moment)
        _until(world, at, events)
        trace, (endpoint, variant) = traces[resource_id], split_resource_id(resource_id)
        answer = world.arrive(
            endpoint,
            len(owner),
            at,
            variant=variant,
            service_s=float(trace.service_s[number]),
            place=float(trace.place[number]),
        )
        owner.append((resource_id, number))
        if isinstance(answer, Rejected):
            fates[resource_id].fate[number] = FATES.get(answer.reason, Fate.NOT_IN_SERVICE)
        else:
            fates[resource_id].instance[number] = answer.instance_id
    for moment, happen in happenings:
        if moment <= setting.until_s:
            _until(world, moment, events)
            happen(world, moment)
    _until(world, setting.until_s, events)
    told = list(events)
    # What is still in flight ends later; that must happen to no other instance than before.
    _until(world, setting.until_s + 61.0, events)
    for each in events:
        if isinstance(each, Completed):
            resource_id, number = owner[each.request_id]
            fates[resource_id].fate[number] = FATES[each.outcome]
            fates[resource_id].queue_s[number] = each.queue_s
    return [each for each in told if not isinstance(each, Completed)], fates


def together(
    setting: Setting, traces: Mapping[str, Trace], engine: Engine
) -> tuple[list[Event], dict[str, "Fates"], Played]:
    """Play the same world against the traces."""
    world = setting.prepare(
        virtual_world(
            seed=7, endpoint_settings=setting.endpoint_settings, scaling_settings=setting.scaling_settings
        )
    )
    events: list[Event] = []
    played = play(
        world,
        traces,
        until_s=setting.until_s,
        engine=engine,
        tell=events.append,
        happenings=setting.happenings,
    )
    fates = {}
    for resource_id, requests in played.requests.items():
        names = ("", *requests.instance_ids)
        fates[resource_id] = Fates(
            [names[number] for number in requests.instance.tolist()],
            requests.outcome.tolist(),
            requests.queue_s.tolist(),
        )
    return events, fates, played


@dataclass
class Fates:
    instance: list[str]
    fate: list[int]
    queue_s: list[float]

    @classmethod
    def of(cls, count: int) -> "Fates":
        return cls([""] * count, [-1] * count, [math.nan] * count)


def assert_same_events(one: Sequence[Event], other: Sequence[Event]) -> None:
    """Everything alike; only sums of latencies, and sentences that quote them, may differ in a last digit."""
    for here, there in zip(one, other, strict=False):
        if here != there:
            assert NUMBER.sub("#", repr(here)) == NUMBER.sub("#", repr(there))
            numbers = [float(each) for each in NUMBER.findall(repr(there))]
            assert [float(each) for each in NUMBER.findall(repr(here))] == pytest.approx(numbers, rel=1e-9)
    assert len(one) == len(other)


def assert_same_fates(one: Mapping[str, Fates], other: Mapping[str, Fates]) -> None:
    assert one.keys() == other.keys()
    for resource_id, fates in one.items():
        count = len(other[resource_id].fate)
        assert fates.fate[:count] == other[resource_id].fate
        assert fates.instance[:count] == other[resource_id].instance
        assert fates.queue_s[:count] == pytest.approx(other[resource_id].queue_s, abs=1e-9, nan_ok=True)
        assert set(fates.fate[count:]) <= {-1}


def _until(world: World, moment: float, events: list[Event]) -> None:
    while (at := world.next_deadline()) is not None and at <= moment:
        events += world.advance(at)
    events += world.advance(moment)
