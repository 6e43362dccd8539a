"""A trace served in bulk ends as if its requests had come one by one."""

import math

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from two_fleets import Rules, Story, add, bulk, drain, fail_zone, live, stories

from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Routing, Sample
from harness.errors import ScenarioError
from harness.virtual.bulk_fleet import BulkFleet
from harness.virtual.exact import ExactPlane
from harness.virtual.ledger import Fate, Ledger
from harness.virtual.plain import PlainPlane
from harness.virtual.rules import MakePlane
from harness.virtual.trace import trace_of_times

# One worker compiles what all of these need; two would do the same work side by side.
pytestmark = pytest.mark.xdist_group("compiled")

PLANES = pytest.mark.parametrize("make_plane", [PlainPlane, ExactPlane])


def agree(story: Story, make_plane: MakePlane) -> None:
    """Both tellings give every request the same instance, fate and wait, and the same answers and samples."""
    one, other = live(story), bulk(story, make_plane)
    assert one.instance == other.instance
    assert one.fate == other.fate
    assert one.queue_s == pytest.approx(other.queue_s, abs=1e-9, nan_ok=True)
    assert one.answers == other.answers
    assert one.views == other.views
    assert [(each.at, each.outstanding) for each in one.samples] == [
        (each.at, each.outstanding) for each in other.samples
    ]
    assert [each.busy or () for each in one.samples] == [
        pytest.approx(each.busy or (), abs=1e-9) for each in other.samples
    ]


@pytest.mark.untraced
@PLANES
@given(story=stories())
@settings(max_examples=2 * EXAMPLES, deadline=None)
def test_every_request_ends_as_in_the_fleet_that_serves_one_by_one(
    story: Story, make_plane: MakePlane
) -> None:
    """With joins, drains, failures, both routings, small queues and time-outs both ways."""
    agree(story, make_plane)


@PLANES
@pytest.mark.parametrize("finish", [True, False])
@pytest.mark.parametrize("routing", Routing)
def test_time_outs_in_service_and_in_the_queue(make_plane: MakePlane, finish: bool, routing: Routing) -> None:
    """One is answered, one times out while it is served, the others before they begin."""
    arrivals = [(0.0, 50.0, 0.0)] * 4 + [(70.0, 1.0, 0.0), (71.0, 1.0, 0.0)]
    rules = Rules(queue_limit=3, routing=routing, finish_timed_out=finish)
    story = Story(rules, arrivals, [(0.0, add("0"))], end=300.0)
    agree(story, make_plane)
    assert bulk(story, make_plane).queue_s[:4] == [0.0, 50.0, 60.0, 60.0]


@PLANES
def test_many_instances_come_and_go(make_plane: MakePlane) -> None:
    """Twenty join, ten drain, all serve in between."""
    changes = [(float(number), add(str(number))) for number in range(20)]
    changes += [(20.0 + number, drain(str(2 * number), 1.0)) for number in range(10)]
    arrivals = [(number / 10.0, 1.5, number * 0.37 % 1.0) for number in range(400)]
    agree(Story(Rules(concurrency=2, queue_limit=3), arrivals, changes, end=60.0), make_plane)


@PLANES
def test_a_second_loss_comes_before_the_first(make_plane: MakePlane) -> None:
    """What a drain would lose in thirty seconds, a failure loses at once."""
    arrivals = [(1.0, 100.0, 0.0), (2.0, 1.0, 0.0)]
    changes = [(0.0, add("0")), (3.0, drain("0", 30.0)), (10.0, fail_zone("a"))]
    story = Story(Rules(timeout_s=math.inf), arrivals, changes, end=50.0)
    agree(story, make_plane)
    assert bulk(story, make_plane).queue_s == [0.0, 8.0]


def bulk_fleet(**changed: object) -> BulkFleet:
    return BulkFleet(**{**Rules().arguments(), **changed})  # type: ignore[arg-type]


def opened(fleet: BulkFleet, at: list[float]) -> Ledger:
    ledger = Ledger(trace_of_times(at, service_time=Constant(1.0), seed=1))
    fleet.open(ledger, PlainPlane)
    return ledger


@pytest.mark.parametrize("changed", [{"concurrency": 0}, {"queue_limit": -1}])
def test_a_fleet_that_cannot_be_is_refused(changed: dict[str, object]) -> None:
    """By a message that names it."""
    with pytest.raises(ScenarioError, match="Fleet 'AllTraffic'"):
        bulk_fleet(**changed)


def test_requests_do_not_come_one_by_one() -> None:
    """They are in the trace, and no answer is told."""
    fleet = bulk_fleet()
    with pytest.raises(ValueError, match="come from a trace"):
        fleet.arrive(1, 0.0)
    assert fleet.next_deadline() is None


def test_time_never_runs_back() -> None:
    """A moment before the last one is a mistake of the caller."""
    fleet = bulk_fleet()
    fleet.advance(2.0)
    with pytest.raises(ValueError, match=r"runs back from 2.0 to 1.0"):
        fleet.advance(1.0)


def test_a_fleet_serves_one_trace() -> None:
    """A world is played once."""
    fleet = bulk_fleet()
    opened(fleet, [])
    with pytest.raises(ValueError, match="only once"):
        opened(fleet, [])


def test_without_a_trace_instances_only_come_and_go() -> None:
    """Whoever drains or fails is gone at once, and holds nothing before."""
    fleet = bulk_fleet()
    for name in ("0", "1", "2"):
        add(name)(fleet, 0.0)
    assert fleet.drain("0", 5.0, 30.0) == 5.0
    fleet.fail_instance("1", 5.0)
    fleet.settle()
    fleet.advance(5.0)
    assert [(each.instance_id, each.outstanding) for each in fleet.instances()] == [("2", 0)]
    assert fleet.active == 1


def test_a_fleet_opened_late_knows_its_instances() -> None:
    """Those that joined before the first request serve it."""
    fleet = bulk_fleet()
    add("0")(fleet, 0.0)
    add("1", warm=True)(fleet, 0.0)
    ledger = opened(fleet, [1.0, 2.0])
    fleet.serve(2)
    fleet.settle()
    assert ledger.instance_ids == ["0", "1"]
    assert ledger.instance.tolist() == [1, 1]


def test_gauges_are_sampled_only_where_they_are_read() -> None:
    """Else time passes without a sample, and sampling begins in step when it is switched on."""
    samples: list[Sample] = []
    fleet = bulk_fleet(on_sample=samples.append)
    add("0")(fleet, 0.0)
    fleet.advance(35.0)
    fleet.sampling = True
    fleet.advance(65.0)
    assert samples == [Sample(40.0, (0,), None), Sample(50.0, (0,), None), Sample(60.0, (0,), (0.0,))]


def test_a_sample_is_taken_before_what_happens_later() -> None:
    """Also when nobody asked in between: the instance that leaves was still there."""
    samples: list[Sample] = []
    fleet = bulk_fleet(on_sample=samples.append)
    fleet.sampling = True
    add("0")(fleet, 0.0)
    opened(fleet, [9.5, 9.75])
    fleet.serve(2)
    fleet.drain("0", 10.0, 0.0)
    assert samples == [Sample(10.0, (2,), None)]


def test_an_instance_that_left_before_it_was_opened_serves_nothing() -> None:
    """It was called off in the meantime."""
    fleet = bulk_fleet()
    add("0", warm=True)(fleet, 0.0)
    fleet.drain("0", 1.0, 30.0)
    fleet.open_instance("0", 2.0)
    ledger = opened(fleet, [3.0])
    fleet.serve(1)
    fleet.settle()
    assert ledger.outcome.tolist() == [Fate.NO_CAPACITY]


def test_a_queue_longer_than_the_trace_costs_no_more_than_the_trace() -> None:
    """A limit nobody reaches is as good as none."""
    fleet = bulk_fleet(queue_limit=10**12)
    add("0")(fleet, 0.0)
    ledger = opened(fleet, [0.0, 0.0, 0.0])
    fleet.serve(3)
    fleet.settle()
    assert ledger.queue_s.tolist() == [0.0, 1.0, 2.0]
    assert set(ledger.outcome.tolist()) == {Fate.OK}
