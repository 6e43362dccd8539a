"""Plays a world against traces: time goes from one change of the world to the next, arrivals go in bulk.

Between two moments at which the world has something to do (an instance joins, alarms are evaluated, a drain
ends, a fault begins) the fleets stay as they are, so the requests in between are handed over in one go. What
the world decides is decided by `World` itself, exactly as when its clock is driven from outside.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter

from harness.endpoint.events import EndpointStatus, Event
from harness.endpoint.metrics import Metric
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import Variant
from harness.endpoint.world import World
from harness.errors import ScenarioError
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import split_resource_id
from harness.virtual.bulk_fleet import BulkFleet
from harness.virtual.bulk_metrics import BulkMetrics
from harness.virtual.ledger import Fate, Ledger, Requests, Tally
from harness.virtual.plain import PlainPlane
from harness.virtual.rules import Plane, Rules
from harness.virtual.trace import Counts, Trace

EXACT_FROM = 3_000_000
"""Arrivals from which on compiled code saves more than loading it costs: 0.6 s against 0.2 us an arrival."""

COUNTED = frozenset({Metric.INVOCATIONS, Metric.INVOCATIONS_PER_INSTANCE})
"""The metrics that need no more than the number of arrivals and of instances."""
GAUGES = frozenset({Metric.CONCURRENT_REQUESTS, Metric.CPU})
"""The metrics that are sampled."""

Happening = tuple[float, Callable[[World, float], None]]
"""A moment, and what is then done to the world."""


class Engine(StrEnum):
    """How the requests between two changes are served."""

    REFERENCE = "reference"
    """In plain Python, one arrival at a time."""
    EXACT = "exact"
    """By the same recursion compiled."""
    COUNTS = "counts"
    """Not at all: arrivals are counted per minute. Only where no policy asks how long requests wait."""
    AUTO = "auto"
    """REFERENCE for short traces, EXACT for long ones; both give the same."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of the requests that arrived, by resource id (nothing with COUNTS), and the engine used."""

    requests: Mapping[str, Requests]
    engine: Engine


def virtual_world(
    *,
    seed: str | int,
    endpoint_settings: EndpointSettings | None = None,
    scaling_settings: ScalingSettings | None = None,
    epoch_s: float = 0.0,
    tells_minutes: bool = True,
) -> World:
    """Return a world whose endpoints `play` can serve."""
    return World(
        seed=seed,
        endpoint_settings=endpoint_settings,
        scaling_settings=scaling_settings,
        epoch_s=epoch_s,
        make_fleet=BulkFleet,
        make_metrics=BulkMetrics,
        tells_minutes=tells_minutes,
    )


def play(
    world: World,
    traces: Mapping[str, Trace | Counts],
    *,
    until_s: float,
    engine: Engine = Engine.AUTO,
    tell: Callable[[Event], None] | None = None,
    happenings: Sequence[Happening] = (),
) -> Played:
    """Let *world* live through the *traces* of its variants (by resource id) until *until_s*.

    *tell* gets every event in time order but `Completed`: answers are in what is returned. *happenings* are
    done at their moments, after what the world does by itself then; requests of that very moment come after.
    Raises ScenarioError where the world was not made by `virtual_world`, or COUNTS would not be enough.
    """
    if engine is Engine.AUTO:
        engine = Engine.EXACT if sum(map(len, traces.values())) >= EXACT_FROM else Engine.REFERENCE
    streams = [_Stream(world, resource_id, trace, engine) for resource_id, trace in traces.items()]
    player = _Player(world, streams, engine, tell or _ignore)
    for at, happen in sorted(happenings, key=itemgetter(0)):
        if at > until_s:
            break
        player.live_until(at)
        happen(world, at)
        player.look()
    player.live_until(until_s)
    for each in streams:
        each.finish(until_s)
    return Played({each.resource_id: each.requests() for each in streams if each.ledger}, engine)


class _Player:
    """Takes the world and its streams of arrivals through time together."""

    def __init__(
        self, world: World, streams: list["_Stream"], engine: Engine, tell: Callable[[Event], None]
    ) -> None:
        self._world = world
        self._streams = streams
        self._engine = engine
        self._tell = tell
        self.look()

    def look(self) -> None:
        """See which metrics the alarms read: gauges are sampled only where one reads them."""
        read = _what_policies_read(self._world)
        if self._engine is Engine.COUNTS and not read <= COUNTED:
            raise ScenarioError(
                f"Engine counts: an alarm reads {min(read - COUNTED)}, which depends on how long requests "
                "wait; use the engine reference or exact"
            )
        for fleet in _fleets(self._world):
            fleet.sampling = not read.isdisjoint(GAUGES)

    def live_until(self, moment: float) -> None:
        """Do everything that is due up to *moment*, and hand over what arrives before it."""
        over = False
        while not over:
            due = self._world.next_deadline()
            over = due is None or due > moment
            at = moment if due is None else min(due, moment)
            for each in self._streams:
                each.arrive_before(at)
            for event in self._world.advance(at):
                self._tell(event)


class _Stream:
    """The arrivals of one variant on their way to whichever fleet serves it."""

    def __init__(self, world: World, resource_id: str, trace: Trace | Counts, engine: Engine) -> None:
        self.resource_id = resource_id
        self.ledger: Ledger | None = None
        self._endpoint, self._variant = split_resource_id(resource_id)
        self._world = world
        self._trace = trace
        self._make_plane = PlainPlane if engine is Engine.REFERENCE else exact_plane
        self._next = 0
        self._at = 0.0
        self._fleet: BulkFleet | None = None
        self._metrics: BulkMetrics | None = None
        if engine is not Engine.COUNTS:
            if isinstance(trace, Counts):
                raise ScenarioError(
                    f"Engine {engine}: the traffic of {resource_id!r} is counts alone; give a trace"
                )
            self.ledger = Ledger(trace)

    def arrive_before(self, moment: float) -> None:
        """Hand over what arrives before *moment*, up to which nothing changes."""
        self._hand_over(self._trace.rows_before(moment))
        self._at = max(self._at, moment)

    def finish(self, until_s: float) -> None:
        """Hand over what arrives at *until_s* itself, and let everything that arrived have its fate."""
        self._hand_over(self._trace.rows_until(until_s))
        self._settle()

    def requests(self) -> Requests:
        """Return what became of everything that was handed over; only with a data plane."""
        assert self.ledger is not None
        return self.ledger.requests(self._next)

    def _hand_over(self, last: int) -> None:
        first, self._next = self._next, last
        if first == last:
            return
        variant = self._serving_variant()
        if variant is not None:
            fleet, metrics = self._meet(variant)
            metrics.arrived_between(self._trace, self._at, first, last, fleet.active)
            if self.ledger is not None:
                fleet.serve(last)
        elif self.ledger is not None:
            self._settle()
            self.ledger.turn_away(first, last, Fate.NOT_IN_SERVICE)

    def _serving_variant(self) -> Variant | None:
        model = self._world.endpoints.get(self._endpoint)
        if model is None or model.status not in (EndpointStatus.IN_SERVICE, EndpointStatus.UPDATING):
            return None
        return model._variants.get(self._variant)

    def _meet(self, variant: Variant) -> tuple[BulkFleet, BulkMetrics]:
        """Return the fleet and the metrics of *variant*, opened if they are new."""
        fleet, metrics = variant.fleet, variant.metrics
        if not isinstance(fleet, BulkFleet) or not isinstance(metrics, BulkMetrics):
            raise ScenarioError(
                f"Endpoint {self._endpoint!r} serves one request at a time; make its world by virtual_world"
            )
        if fleet is not self._fleet and self.ledger is not None:
            self._settle()
            fleet.open(self.ledger, self._make_plane)
            metrics.open(self._tally)
        self._fleet = fleet
        return fleet, metrics

    def _settle(self) -> None:
        if self._fleet is not None:
            self._fleet.settle()

    def _tally(self, minute: int) -> Tally:
        assert self.ledger is not None
        self._settle()
        return self.ledger.tally(minute)


def exact_plane(rules: Rules) -> Plane:
    """Return a compiled data plane; the first one imports the compiler, which takes a quarter of a second."""
    from harness.virtual.exact import ExactPlane

    return ExactPlane(rules)


def _what_policies_read(world: World) -> set[str]:
    """Return the names of the metrics that the alarms of *world* read, those of its policies included."""
    return {view.alarm.metric.name for view in world.loop.alarms() if view.alarm.metric is not None}


def _fleets(world: World) -> Iterator[BulkFleet]:
    for model in world.endpoints.values():
        for variant in model._everyone():
            if isinstance(variant.fleet, BulkFleet):
                yield variant.fleet


def _ignore(event: Event) -> None:
    """Nobody listens."""
