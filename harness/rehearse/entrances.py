"""Where the traffic of a stack comes in: what nothing else in the stack feeds, and how each thing is fed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.scenario.functions import EventSource, Function, QualifiedFunction
from harness.scenario.messaging import Queue, Subscription, Topic
from harness.scenario.resources import Endpoint
from harness.scenario.stack import Stack
from harness.scenario.triggers import HttpApi, Notification, Rule, Timer

# "load": Locust sends it. The others are programs: objects put into a bucket, events put on the bus.
How = Literal["load", "objects", "events"]


@dataclass(frozen=True, slots=True)
class Entrance:
    """One way in: the logical id of what is fed, *how*, and what was declared there."""

    logical_id: str
    how: How
    thing: Any


def entrances(stack: Stack) -> list[Entrance]:
    """Return the ways into *stack*, in its template's order. Timers are none: they fire by themselves."""
    held = stack.by_logical_id
    fed = _fed(held.values())
    found = [Entrance(name, how, one) for name, one in held.items() if (how := _how(one, fed)) is not None]
    return _each_once(found)


def _how(one: Any, fed: set[Any]) -> How | None:
    if isinstance(one, Endpoint | HttpApi):
        return "load"
    if isinstance(one, Topic | Queue | Function):
        return None if one in fed else "load"
    if isinstance(one, Notification):
        return "objects"
    if isinstance(one, Rule):
        return "events"
    return None


def _fed(held: Any) -> set[Any]:
    """Return what something else in the stack sends to: it needs no traffic of its own."""
    fed: set[Any] = set()
    for one in held:
        if isinstance(one, Subscription):
            fed.add(_whole(one.endpoint))
        elif isinstance(one, EventSource):
            fed.add(_whole(one.function))
        elif isinstance(one, Notification):
            fed.add(_whole(one.target))
        elif isinstance(one, Timer | Rule):
            fed |= {_whole(target) for target in one.targets}
        elif isinstance(one, HttpApi):
            fed.add(_whole(one.function))
        elif isinstance(one, Queue) and one.dead_letter is not None:
            fed.add(one.dead_letter)
    return fed


def _whole(one: Any) -> Any:
    return one.function if isinstance(one, QualifiedFunction) else one


def _each_once(found: list[Entrance]) -> list[Entrance]:
    kept: dict[tuple[str, Any], Entrance] = {}
    for one in found:
        kept.setdefault((one.how, one.thing), one)
    return list(kept.values())


def sample_event(pattern: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event that matches *pattern*, by the first value that each of its fields allows.

    EventBridge user guide, "Event patterns": a field's list holds values and filters, of which prefix,
    suffix, numeric, exists, anything-but, equals-ignore-case and wildcard are known here.
    """
    return {name: _sample(value) for name, value in pattern.items()}


def _sample(wanted: Any) -> Any:
    if isinstance(wanted, Mapping):
        return sample_event(wanted)
    first = wanted[0] if isinstance(wanted, list) and wanted else "rehearsal"
    if not isinstance(first, Mapping):
        return first
    for kind, value in first.items():
        if kind in ("prefix", "suffix", "equals-ignore-case"):
            return value if isinstance(value, str) else "rehearsal"
        if kind == "wildcard":
            return str(value).replace("*", "x")
        if kind == "numeric":
            return _within([*value])
    return "rehearsal"


def _within(bounds: list[Any]) -> float:
    """Return a number that the comparisons [">", 0, "<=", 5] allow, where they are the usual one or two."""
    limits = dict(zip(bounds[::2], bounds[1::2], strict=False))
    low = limits.get(">=", limits.get(">", limits.get("=")))
    high = limits.get("<=", limits.get("<"))
    if low is not None and high is not None:
        return float(low + high) / 2.0
    if low is not None:
        return float(low + (1 if ">" in limits else 0))
    return float(high - 1) if high is not None else 0.0
