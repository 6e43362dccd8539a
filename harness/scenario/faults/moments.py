"""When the declared faults begin and act on what runs: one line of moments, in order, without end."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from harness.scenario.faults.calls import CallFault
from harness.scenario.faults.clock_skew import ClockSkew
from harness.scenario.faults.deliveries import DeliveryFault
from harness.scenario.faults.frozen_consumer import FrozenConsumer
from harness.scenario.faults.killed_consumer import KilledConsumer
from harness.scenario.faults.killed_function import KilledFunction
from harness.scenario.faults.spot_interruption import SpotInterruption
from harness.scenario.faults.streams import stream_names
from harness.scenario.faults.zone_failure import ZoneFailure

Fault: TypeAlias = (
    CallFault
    | DeliveryFault
    | FrozenConsumer
    | KilledConsumer
    | KilledFunction
    | ClockSkew
    | SpotInterruption
    | ZoneFailure
)
# "begins": from now on it may hit calls or messages. The others are done to what runs.
What: TypeAlias = Literal["begins", "fails", "kills", "freezes", "thaws"]


@dataclass(frozen=True, slots=True)
class Moment:
    """At `at_s` seconds after the load began, fault number `number` (its place among the declared) does
    `what`. `draw` is from 0 to 1: which process is meant, the same for a freeze and its thaw."""

    at_s: float
    number: int
    what: What
    draw: float = 0.0


def moments(faults: Sequence[Fault], seed: int) -> Iterator[Moment]:
    """Yield the moments of all *faults* in order of time; without end where a fault repeats without one."""
    lines = [
        _line(number, fault, Random(stream))
        for number, (fault, stream) in enumerate(zip(faults, stream_names(faults, seed), strict=True))
    ]
    return heapq.merge(*lines, key=lambda moment: (moment.at_s, moment.number))


def _line(number: int, fault: Fault, random: Random) -> Iterator[Moment]:
    if isinstance(fault, KilledConsumer | KilledFunction):
        for at_s in fault.moments():
            yield Moment(at_s, number, "kills", random.random())
    elif isinstance(fault, FrozenConsumer):
        for from_s, to_s in fault.moments():
            draw = random.random()
            yield Moment(from_s, number, "freezes", draw)
            yield Moment(to_s, number, "thaws", draw)
    elif not isinstance(fault, ClockSkew):  # which is there before the load begins
        yield Moment(fault.after_s, number, "fails" if isinstance(fault, ZoneFailure) else "begins")
