"""Takes the world of a case through its traffic, endpoints by one driver and aliases by another."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness import journal
from harness.endpoint.world import World
from harness.functions.playing import Invocations
from harness.functions.playing import play as play_aliases
from harness.functions.provisioned import ProvisionedConcurrency
from harness.journal import Record
from harness.scaling.events import ResourceChanged
from harness.virtual.driver import Engine, Happening, play
from harness.whatif.case import Case
from harness.whatif.served import Answered

Tell = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the requests, by endpoint or alias; empty where the engine does not play them."""

    engine: str
    answered: dict[str, Answered] = field(default_factory=dict)
    spilled: dict[str, int] = field(default_factory=dict)


def play_case(
    world: World,
    case: Case,
    engine: Engine,
    tell: Tell = lambda _event: None,
    happenings: tuple[Happening, ...] = (),
) -> Result:
    """Let *world* live through the traffic of *case*, each event told."""
    if case.provisioned:
        return _play_aliases(world, case, tell)
    played = play(world, case.traffic, until_s=case.until_s, engine=engine, tell=tell, happenings=happenings)
    answered = {}
    for resource_id, requests in played.requests.items():
        trace = case.traffic[resource_id]
        count = len(requests.outcome)
        if count:
            arrays = (trace.at[:count], trace.service_s[:count], requests.queue_s, requests.outcome)
            answered[name_of(resource_id)] = Answered(*arrays)
    return Result(played.engine.value, answered)


def name_of(resource_id: str) -> str:
    """Return the name of the endpoint of a variant; of anything else the resource id."""
    parts = resource_id.split("/")
    return parts[1] if len(parts) == 4 else resource_id


def _play_aliases(world: World, case: Case, tell: Tell) -> Result:
    aliases = {
        alias: Invocations(trace.at, trace.service_s)
        for resource_id, trace in case.traffic.items()
        if isinstance(alias := world.resource(resource_id), ProvisionedConcurrency)
    }
    ran = play_aliases(world, aliases, until_s=case.until_s, tell=tell)
    answered = {
        name: Answered(
            trace.at, trace.service_s, np.zeros(len(trace.at)), np.zeros(len(trace.at), dtype=np.uint8)
        )
        for name, trace in case.traffic.items()
    }
    spilled = {name: int(len(each) - np.count_nonzero(each)) for name, each in ran.items()}
    return Result("functions", answered, spilled)


def records_of_aliases(case: Case, result: Result, at: float) -> list[Record]:
    """Return where the invocations of each alias ran."""
    return [
        journal.FunctionServed(at, name, len(case.traffic[name]), result.spilled.get(name, 0))
        for name in case.provisioned
    ]


def hearing(tell: Tell, record: Callable[[Record], None]) -> Tell:
    """Return a `tell` that journals the capacity of aliases, and passes every other event on to *tell*."""

    def hear(event: Any) -> None:
        if isinstance(event, ResourceChanged):
            record(journal.CapacityChanged(event.at, event.resource_id, "", event.desired, event.current))
        else:
            tell(event)

    return hear
