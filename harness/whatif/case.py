"""What is simulated, as one value: endpoints, what scales them, their traffic, and what is assumed of them.

`world_of` makes the modelled world of a case. Moments are model seconds: 0 is the first minute of the
traffic, and every endpoint is in service by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import EndpointConfig
from harness.endpoint.world import World
from harness.functions.provisioned import ProvisionedConcurrency
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal
from harness.scaling.alarms import Alarm
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.schedule import ScheduledAction
from harness.scaling.settings import ScalingSettings
from harness.virtual.driver import virtual_world
from harness.whatif.refused import check

if TYPE_CHECKING:
    from harness.scenario.expectations.expectation import Expectation
    from harness.scenario.faults import ZoneFailure
    from harness.thresholds.threshold import Threshold
    from harness.virtual.trace import Trace
    from harness.whatif.functions_case import Functions

# 2026-01-01T00:00:00Z: the model's calendar where nobody names another, so that a run repeats to the byte.
EPOCH_S = 1_767_225_600.0
# What the last minutes of traffic cause is decided by then: a minute until it is published, three minutes of
# delays at most, and a tick.
TAIL_S = 300.0


@dataclass(frozen=True, slots=True)
class Scaled:
    """One scalable target and what acts on it."""

    target: ScalableTarget
    policies: tuple[Policy, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    scheduled: tuple[ScheduledAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One simulation. `given` names the settings that are known; `aligned` says whether the traffic's minutes
    are CloudWatch's own. `shift_s` is how far into a minute of CloudWatch the traffic begins. `provisioned`
    is the concurrency that each Lambda alias, by resource id, has at the start; its trace's service times are
    the durations of its invocations. `functions` are played beside, with their admission. `notes` say what
    was assumed or left out."""

    name: str
    description: str
    endpoints: Mapping[str, EndpointConfig]
    scaled: tuple[Scaled, ...]
    traffic: "Mapping[str, Trace]"
    traffic_ends_s: float
    until_s: float
    seed: int = 1
    epoch_s: float = EPOCH_S
    aligned: bool = False
    shift_s: float = 0.0
    endpoint_settings: EndpointSettings = field(default_factory=EndpointSettings)
    scaling_settings: ScalingSettings = field(default_factory=ScalingSettings)
    function_settings: FunctionSettings = field(default_factory=FunctionSettings)
    given: frozenset[str] = frozenset()
    faults: "tuple[ZoneFailure, ...]" = ()
    expectations: "tuple[Expectation, ...]" = ()
    thresholds: "tuple[Threshold, ...]" = ()
    keeps_requests: bool = False
    has_programs: bool = False
    provisioned: Mapping[str, int] = field(default_factory=dict)
    functions: "Functions | None" = None
    notes: tuple[str, ...] = ()
    variant: str = ""


def world_of(case: Case, *, tells_minutes: bool = True) -> World:
    """Return the world of *case* at second 0; raise RequestRefused where AWS would refuse what is put."""
    world = virtual_world(
        seed=case.seed,
        endpoint_settings=case.endpoint_settings,
        scaling_settings=case.scaling_settings,
        epoch_s=case.epoch_s,
        tells_minutes=tells_minutes,
    )
    for name, config in case.endpoints.items():
        check(world.adopt_endpoint(name, config, 0.0))
    for resource_id, initial in case.provisioned.items():
        alias = ProvisionedConcurrency(
            resource_id,
            initial,
            seed=case.seed,
            settings=case.function_settings,
            publish_delay_s=case.scaling_settings.publish_delay_s,
        )
        world.add_resource(resource_id, alias, 0.0)
    for scaled in case.scaled:
        _put_in_force(world, scaled)
    return world


def _put_in_force(world: World, scaled: Scaled) -> None:
    resource_id = scaled.target.resource_id
    check(world.register_target(scaled.target, 0.0))
    for policy in scaled.policies:
        answer = world.put_policy(resource_id, policy, 0.0)
        check(answer if isinstance(answer, Refusal) else None)
    for alarm in scaled.alarms:
        check(world.put_alarm(alarm, 0.0))
    for action in scaled.scheduled:
        check(world.put_scheduled_action(resource_id, action, 0.0))
