"""One story told to the fleet that serves request by request and to the one that serves a trace in bulk."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Fleet, InstanceView, Routing, Sample
from harness.endpoint.outcomes import Accepted, Completed, Outcome, RejectReason
from harness.virtual.bulk_fleet import BulkFleet
from harness.virtual.ledger import Fate, Ledger
from harness.virtual.rules import MakePlane
from harness.virtual.trace import Trace

FATES = {
    Outcome.OK: Fate.OK,
    Outcome.TIMED_OUT: Fate.TIMED_OUT,
    Outcome.LOST: Fate.LOST,
    RejectReason.NO_CAPACITY: Fate.NO_CAPACITY,
    RejectReason.QUEUE_FULL: Fate.QUEUE_FULL,
}
Change = Callable[[Fleet | BulkFleet, float], object]


@dataclass(frozen=True)
class Rules:
    concurrency: int = 1
    queue_limit: int = 100
    routing: Routing = Routing.RANDOM
    timeout_s: float = 60.0
    finish_timed_out: bool = True

    def arguments(self) -> dict[str, object]:
        return {
            "concurrency": self.concurrency,
            "queue_limit": self.queue_limit,
            "routing": self.routing,
            "timeout_s": self.timeout_s,
            "finish_timed_out": self.finish_timed_out,
            "service_time": Constant(0.0),
            "seed": "never drawn from",
        }


@dataclass
class Story:
    """Arrivals as (moment, service time, place) and changes as (moment, change), both in time order."""

    rules: Rules
    arrivals: list[tuple[float, float, float]]
    changes: list[tuple[float, Change]]
    end: float = 0.0

    def trace(self) -> Trace:
        columns = np.array(self.arrivals, dtype=np.float64).reshape(-1, 3)
        return Trace(columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 2].astype(np.float32))


@dataclass
class Told:
    """What one fleet made of a story; one entry a request, then one for each change."""

    instance: list[str] = field(default_factory=list)
    fate: list[int] = field(default_factory=list)
    queue_s: list[float] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)
    views: list[tuple[InstanceView, ...]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def live(story: Story) -> Told:
    """Tell it request by request."""
    trace, told = story.trace(), Told()
    fleet = Fleet(**story.rules.arguments(), on_sample=told.samples.append)  # type: ignore[arg-type]
    count = len(trace)
    told.instance, told.fate, told.queue_s = [""] * count, [-1] * count, [math.nan] * count
    ended: list[Completed] = []
    rows = list(zip(trace.at.tolist(), trace.service_s.tolist(), trace.place.tolist(), strict=True))
    row = 0
    for at, change in [*story.changes, (story.end, _nothing)]:
        while row < count and rows[row][0] < at:
            now, service_s, place = rows[row]
            answer = fleet.arrive(row, now, service_s, place)
            if isinstance(answer, Accepted):
                told.instance[row] = answer.instance_id
            else:
                told.fate[row] = FATES[answer.reason]
            row += 1
        ended += fleet.advance(at)
        told.answers.append(change(fleet, at))
        ended += fleet.advance(at)
        told.views.append(fleet.instances())
    ended += fleet.advance(story.end + 600.0)
    for each in ended:
        told.fate[each.request_id] = FATES[each.outcome]
        told.queue_s[each.request_id] = each.queue_s
    return told


def bulk(story: Story, make_plane: MakePlane) -> Told:
    """Tell it by the trace."""
    told = Told()
    fleet = BulkFleet(**story.rules.arguments(), on_sample=told.samples.append)  # type: ignore[arg-type]
    fleet.sampling = True
    ledger = Ledger(story.trace())
    fleet.open(ledger, make_plane)
    for at, change in [*story.changes, (story.end, _nothing)]:
        fleet.serve(ledger.trace.rows_before(at))
        fleet.advance(at)
        told.answers.append(change(fleet, at))
        fleet.advance(at)
        told.views.append(fleet.instances())
    fleet.advance(story.end + 600.0)
    requests = ledger.requests(len(ledger.trace))
    told.instance = [requests.instance_ids[number - 1] if number else "" for number in requests.instance]
    told.fate = requests.outcome.tolist()
    told.queue_s = requests.queue_s.tolist()
    return told


def add(name: str, *, warm: bool = False) -> Change:
    return lambda fleet, now: fleet.add_instance(name, "abc"[int(name) % 3], now, takes_requests=not warm)


def open_up(name: str) -> Change:
    return lambda fleet, now: fleet.open_instance(name, now)


def drain(name: str, limit_s: float) -> Change:
    return lambda fleet, now: fleet.drain(name, now, limit_s)


def fail(name: str) -> Change:
    return lambda fleet, now: fleet.fail_instance(name, now)


def fail_zone(zone: str) -> Change:
    return lambda fleet, now: fleet.fail_zone(zone, now)


def look() -> Change:
    return _nothing


def _nothing(fleet: Fleet | BulkFleet, now: float) -> None:
    """Nothing changes; time passes."""


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to forty requests, a dozen changes; moments and spans are often round, so that they meet."""
    rules = Rules(
        draw(st.integers(1, 4)),
        draw(st.sampled_from([0, 1, 2, 5, 100])),
        draw(st.sampled_from(Routing)),
        draw(st.sampled_from([0.5, 2.0, 7.3, 60.0, math.inf])),
        draw(st.booleans()),
    )
    gaps = st.one_of(st.sampled_from([0.0, 0.0, 0.25, 1.0]), st.floats(0.0, 4.0))
    services = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 10.0]), st.floats(0.001, 5.0))
    places = st.floats(0.0, 1.0, exclude_max=True, width=32)
    now, arrivals = draw(st.sampled_from([0.0, 55.0, 1000.0])), []
    begin = now
    for gap, service_s, place in draw(st.lists(st.tuples(gaps, services, places), max_size=40)):
        now += gap
        arrivals.append((now, service_s, place))
    changes = _changes(draw, begin, now)
    return Story(rules, arrivals, changes, end=now + draw(st.floats(0.5, 70.0)))


def _changes(draw: st.DrawFn, begin: float, end: float) -> list[tuple[float, Change]]:
    spans = st.one_of(st.sampled_from([0.0, 0.25, 1.0, 5.0]), st.floats(0.0, (end - begin) / 4 + 0.1))
    at, changes = begin, [(begin, add("0"))] * draw(st.integers(0, 1))
    serving, warm, leaving = ["0"] * len(changes), [], []
    made = 1
    for _ in range(draw(st.integers(0, 12))):
        at += draw(spans)
        if at > end:
            break
        kind = draw(st.sampled_from(["add", "add", "warm", "open", "drain", "fail", "zone", "look"]))
        if kind in ("add", "warm"):
            changes.append((at, add(str(made), warm=kind == "warm")))
            (warm if kind == "warm" else serving).append(str(made))
            made += 1
        elif kind == "open" and warm:
            changes.append((at, open_up(warm[0])))
            serving.append(warm.pop(0))
        elif kind == "drain" and serving + warm:
            name = draw(st.sampled_from(serving + warm))
            (serving if name in serving else warm).remove(name)
            leaving.append(name)
            changes.append((at, drain(name, draw(st.sampled_from([0.0, 0.5, 1.0, 30.0])))))
        elif kind == "fail" and serving + warm:
            name = draw(st.sampled_from(serving + warm))
            (serving if name in serving else warm).remove(name)
            changes.append((at, fail(name)))
        elif kind == "zone":
            zone = draw(st.sampled_from("abc"))
            changes.append((at, fail_zone(zone)))
            for group in (serving, warm):
                group[:] = [name for name in group if "abc"[int(name) % 3] != zone]
        else:
            changes.append((at, look()))
    return changes
