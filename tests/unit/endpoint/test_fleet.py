"""How requests queue on instances: slots, order, limits, time-outs, losses; then what always holds."""

import math
from heapq import heappop, heappush
from random import Random

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant, Distribution, LogNormal
from harness.endpoint.fleet import Fleet, Routing
from harness.endpoint.outcomes import Accepted, Completed, Outcome, Rejected, RejectReason
from harness.errors import ScenarioError


def fleet(
    *,
    instances: int = 1,
    concurrency: int = 1,
    queue_limit: int = 1000,
    service: Distribution | None = None,
    routing: Routing = Routing.LEAST_OUTSTANDING_REQUESTS,
    timeout_s: float = math.inf,
    finish_timed_out: bool = True,
    seed: str = "seed",
) -> Fleet:
    made = Fleet(
        service_time=service or Constant(1.0),
        concurrency=concurrency,
        queue_limit=queue_limit,
        seed=seed,
        routing=routing,
        timeout_s=timeout_s,
        finish_timed_out=finish_timed_out,
    )
    for number in range(instances):
        made.add_instance(f"i-{number}", "abc"[number % 3], 0.0)
    return made


def accepted(answer: Accepted | Rejected) -> Accepted:
    assert isinstance(answer, Accepted)
    return answer


def test_a_free_slot_serves_at_once_and_the_next_request_waits() -> None:
    """One slot, one second: the second request starts when the first is answered."""
    one = fleet()
    first = accepted(one.arrive(1, 0.0))
    assert (first.request_id, first.instance_id, first.complete_at) == (1, "i-0", 1.0)
    second = accepted(one.arrive(2, 0.25))
    assert (second.start_at, second.complete_at) == (1.0, 2.0)
    assert [each.queue_s for each in one.advance(2.0)] == [0.0, 0.75]


def test_every_slot_of_an_instance_serves() -> None:
    """Two slots, three requests: only the third waits."""
    two = fleet(concurrency=2)
    assert [accepted(two.arrive(number, 0.0)).start_at for number in range(3)] == [0.0, 0.0, 1.0]


def test_the_queue_is_bounded_and_frees_as_requests_start() -> None:
    """One in service, two waiting, the fourth is turned away; a second later there is room again."""
    short = fleet(queue_limit=2)
    assert all(isinstance(short.arrive(number, 0.0), Accepted) for number in range(3))
    assert short.arrive(3, 0.5) == Rejected(3, "AllTraffic", RejectReason.QUEUE_FULL)
    assert isinstance(short.arrive(4, 1.0), Accepted)


def test_without_an_instance_nothing_is_accepted() -> None:
    """No capacity is a reason of its own."""
    assert fleet(instances=0).arrive(1, 0.0) == Rejected(1, "AllTraffic", RejectReason.NO_CAPACITY)


def test_the_caller_may_give_the_service_time() -> None:
    """A batch of rows takes longer than what the distribution says of one."""
    assert accepted(fleet().arrive(1, 0.0, service_s=7.0)).complete_at == 7.0


def test_next_deadline_is_the_next_answer() -> None:
    """None while idle; a request whose end has passed is due at once."""
    one = fleet()
    assert one.next_deadline() is None
    one.arrive(1, 0.0)
    assert one.next_deadline() == 1.0
    one.arrive(2, 1.5)
    assert one.next_deadline() == 1.5
    assert [each.request_id for each in one.advance(1.5)] == [1]
    assert one.next_deadline() == 2.5


def test_a_request_that_takes_too_long_times_out_with_its_queue_included() -> None:
    """60 s from arrival, split into waiting and service; the slot stays busy until the work is done."""
    slow = fleet(service=Constant(50.0), timeout_s=60.0)
    slow.arrive(1, 0.0)
    slow.arrive(2, 0.0)
    slow.arrive(3, 0.0)
    ended = slow.advance(200.0)
    assert [(each.at, each.queue_s, each.service_s, each.outcome) for each in ended] == [
        (50.0, 0.0, 50.0, Outcome.OK),
        (60.0, 50.0, 10.0, Outcome.TIMED_OUT),
        (60.0, 60.0, 0.0, Outcome.TIMED_OUT),
    ]
    busy = fleet(service=Constant(50.0), timeout_s=60.0)
    busy.arrive(1, 0.0)
    busy.arrive(2, 0.0)
    assert accepted(busy.arrive(3, 70.0)).start_at == 100.0


def test_work_nobody_waits_for_can_be_dropped() -> None:
    """With finish_timed_out off the slot is free at the time-out, and what still queues never starts."""
    kind = fleet(service=Constant(50.0), timeout_s=60.0, finish_timed_out=False)
    for number in range(3):
        kind.arrive(number, 0.0)
    assert [each.at for each in kind.advance(60.0)] == [50.0, 60.0, 60.0]
    assert accepted(kind.arrive(3, 60.0)).start_at == 60.0


def test_a_lone_request_longer_than_the_timeout_never_queued() -> None:
    """It starts at once and times out in service."""
    slow = fleet(service=Constant(90.0), timeout_s=60.0)
    slow.arrive(1, 0.0)
    assert slow.advance(60.0) == [Completed(60.0, 1, "AllTraffic", "i-0", 0.0, 60.0, Outcome.TIMED_OUT)]


def test_least_outstanding_requests_goes_to_the_idlest_instance() -> None:
    """Three requests on three instances, none waits; the next goes where one has been answered."""
    three = fleet(instances=3)
    first = [accepted(three.arrive(number, number / 10)) for number in range(3)]
    assert {each.instance_id for each in first} == {"i-0", "i-1", "i-2"}
    assert accepted(three.arrive(3, 1.0)).instance_id == first[0].instance_id


def test_random_routing_spreads_over_all_instances() -> None:
    """Every instance gets its share, about evenly."""
    three = fleet(instances=3, service=Constant(0.0), routing=Routing.RANDOM)
    chosen = [accepted(three.arrive(number, float(number))).instance_id for number in range(300)]
    assert all(70 < chosen.count(f"i-{number}") < 130 for number in range(3))


@pytest.mark.parametrize("routing", list(Routing))
def test_a_draining_instance_finishes_and_takes_no_more(routing: Routing) -> None:
    """It is gone when empty; everything new goes to the others."""
    two = fleet(instances=2, service=Constant(5.0), routing=routing)
    for number in range(4):
        two.arrive(number, 0.0)
    gone_at = two.drain("i-0", 1.0, 30.0)
    assert two.active == 1
    assert {accepted(two.arrive(number, 2.0)).instance_id for number in range(10, 20)} == {"i-1"}
    ended = two.advance(100.0)
    assert gone_at == max([each.at for each in ended if each.instance_id == "i-0"])
    assert {each.outcome for each in ended} == {Outcome.OK}
    assert [each.instance_id for each in two.instances()] == ["i-1"]


def test_an_idle_instance_is_gone_the_moment_it_drains() -> None:
    """Nothing to finish, nothing to wait for."""
    assert fleet(instances=2).drain("i-1", 4.0, 30.0) == 4.0


def test_what_drains_past_the_limit_is_lost() -> None:
    """At the limit the instance is stopped with whatever it holds."""
    one = fleet(service=Constant(20.0))
    one.arrive(1, 0.0)
    one.arrive(2, 0.0)
    assert one.drain("i-0", 5.0, 30.0) == 35.0
    assert [(each.at, each.outcome, each.queue_s, each.service_s) for each in one.advance(99.0)] == [
        (20.0, Outcome.OK, 0.0, 20.0),
        (35.0, Outcome.LOST, 20.0, 15.0),
    ]


@pytest.mark.parametrize("routing", list(Routing))
def test_a_failed_instance_loses_all_it_holds_at_once(routing: Routing) -> None:
    """Running and queued alike, at the moment of the failure; the others do not notice."""
    two = fleet(instances=2, service=Constant(10.0), routing=routing)
    for number in range(8):
        two.arrive(number, 0.0)
    held = {each.instance_id: each.outstanding for each in two.instances()}
    two.fail_instance("i-0", 4.0)
    lost = two.advance(4.0)
    assert len(lost) == held["i-0"]
    assert {(each.at, each.outcome, each.queue_s + each.service_s) for each in lost} == {
        (4.0, Outcome.LOST, 4.0)
    }
    assert two.in_flight == held["i-1"]
    assert accepted(two.arrive(99, 5.0)).instance_id == "i-1"


@pytest.mark.parametrize("routing", list(Routing))
def test_a_zone_takes_its_instances_with_it(routing: Routing) -> None:
    """Draining ones included; the names come back."""
    four = fleet(instances=4, routing=routing)
    four.drain("i-3", 0.0, 30.0)
    four.add_instance("i-4", "a", 0.0)
    assert four.fail_zone("a", 0.0) == ("i-0", "i-3", "i-4")
    assert four.active == 2
    assert four.fail_zone("z", 0.0) == ()


def test_time_does_not_run_back() -> None:
    """A moment before the last one is the caller's mistake."""
    one = fleet()
    one.arrive(1, 5.0)
    with pytest.raises(ValueError, match=r"from 5\.0 to 4\.0"):
        one.arrive(2, 4.0)
    with pytest.raises(ValueError, match="time runs back"):
        one.advance(4.0)


@pytest.mark.parametrize("fields", [{"concurrency": 0}, {"queue_limit": -1}])
def test_a_fleet_that_cannot_serve_is_refused(fields: dict[str, int]) -> None:
    """No slots and a negative queue are declared mistakes."""
    with pytest.raises(ScenarioError, match=next(iter(fields))):
        fleet(**fields)  # type: ignore[arg-type]


# -- what holds for any traffic

gaps = st.lists(st.floats(0.0, 3.0, allow_nan=False), max_size=60)
acts = st.lists(
    st.tuples(
        st.floats(0.0, 2.0, allow_nan=False),
        st.sampled_from(["arrive"] * 6 + ["drain", "fail", "zone", "add", "warm", "open"]),
    ),
    max_size=60,
)


@settings(max_examples=2 * EXAMPLES)
@given(acts=acts, routing=st.sampled_from(Routing), finish=st.booleans(), seed=st.integers(0, 9))
def test_arrived_is_completed_plus_rejected_plus_in_flight(
    acts: list[tuple[float, str]], routing: Routing, finish: bool, seed: int
) -> None:
    """At every step, through drains and failures, no request is forgotten or told twice."""
    made = fleet(
        instances=3,
        queue_limit=2,
        service=LogNormal(1.0, 6.0),
        routing=routing,
        timeout_s=4.0,
        finish_timed_out=finish,
        seed=str(seed),
    )
    random, now, arrived, rejected, last_at = Random(seed), 0.0, 0, 0, 0.0
    told: list[int] = []
    for number, (gap, act) in enumerate(acts):
        now += gap
        serving = [each.instance_id for each in made.instances() if each.gone_at is None]
        if act == "arrive":
            arrived += 1
            rejected += isinstance(made.arrive(number, now), Rejected)
        elif act in ("add", "warm"):
            made.add_instance(f"n-{number}", "abc"[number % 3], now, takes_requests=act == "add")
        elif act == "open":
            for instance in made.instances():
                made.open_instance(instance.instance_id, now)
        elif act == "zone":
            made.fail_zone("abc"[number % 3], now)
        elif serving:
            chosen = random.choice(serving)
            made.drain(chosen, now, 3.0) if act == "drain" else made.fail_instance(chosen, now)
        if number % 3 == 0:
            for each in made.advance(now):
                assert last_at <= each.at <= now
                last_at = each.at
                told.append(each.request_id)
            assert arrived == len(told) + rejected + made.in_flight
    told += [each.request_id for each in made.advance(1e9)]
    assert arrived == len(set(told)) + rejected == len(told) + rejected
    assert made.in_flight == 0


@given(gaps=gaps, slots=st.integers(1, 4), more=st.integers(1, 3))
def test_more_slots_never_hurt(gaps: list[float], slots: int, more: int) -> None:
    """Same arrivals, constant service, one instance: no request is answered later with more slots."""
    few, many, now = fleet(concurrency=slots), fleet(concurrency=slots + more), 0.0
    for number, gap in enumerate(gaps):
        now += gap
        assert accepted(many.arrive(number, now)).complete_at <= accepted(few.arrive(number, now)).complete_at


@given(gaps=gaps, slots=st.integers(1, 4), seed=st.integers(0, 99))
def test_waits_are_those_of_an_independent_event_simulation(gaps: list[float], slots: int, seed: int) -> None:
    """A first-come-first-served queue simulated event by event gives the same answers to 1e-9."""
    random = Random(seed)
    made, now, free, waiting = fleet(concurrency=slots), 0.0, [0.0] * slots, []
    for number, gap in enumerate(gaps):
        now += gap
        service = random.expovariate(1.0)
        answer = accepted(made.arrive(number, now, service))
        start = max(now, heappop(free))
        heappush(free, start + service)
        waiting.append((answer.complete_at, start + service))
    assert all(ours == pytest.approx(theirs, abs=1e-9) for ours, theirs in waiting)


@given(gaps=gaps, routing=st.sampled_from(Routing))
def test_same_seed_same_answers(gaps: list[float], routing: Routing) -> None:
    """Two fleets of one seed tell the same to the last digit; routing does not shift service times."""
    one, other = (fleet(instances=3, service=LogNormal(0.5, 2.0), routing=routing) for _ in range(2))
    now = 0.0
    for number, gap in enumerate(gaps):
        now += gap
        assert one.arrive(number, now) == other.arrive(number, now)
    assert one.advance(1e9) == other.advance(1e9)


@given(gaps=gaps)
def test_service_times_do_not_depend_on_the_routing(gaps: list[float]) -> None:
    """Each purpose has its own stream."""
    fleets = [fleet(instances=3, service=LogNormal(0.5, 2.0), routing=routing) for routing in Routing]
    now = 0.0
    for number, gap in enumerate(gaps):
        now += gap
        for each in fleets:
            each.arrive(number, now)
    told = [{each.request_id: each.service_s for each in made.advance(1e9)} for made in fleets]
    assert told[0] == told[1]


# -- routing by a given draw


@pytest.mark.parametrize("routing", list(Routing))
def test_a_given_draw_counts_over_the_order_of_joining(routing: Routing) -> None:
    """Three idle instances: each third of the range is one of them, first come first."""
    for place, chosen in ((0.0, "i-0"), (0.33, "i-0"), (0.34, "i-1"), (0.99, "i-2")):
        three = fleet(instances=3, routing=routing)
        assert accepted(three.arrive(1, 0.0, place=place)).instance_id == chosen


@settings(max_examples=2 * EXAMPLES)
@given(
    acts=st.lists(
        st.tuples(
            st.floats(0.0, 0.7, allow_nan=False),
            st.sampled_from(["arrive"] * 8 + ["drain", "fail", "add"]),
            st.floats(0.0, 1.0, exclude_max=True),
        ),
        max_size=50,
    )
)
def test_ties_are_broken_as_by_a_list_in_order_of_joining(acts: list[tuple[float, str, float]]) -> None:
    """The fast routing chooses what counting outstanding requests over the whole list would choose."""
    ends: list[tuple[float, str]] = []
    made, serving, now = fleet(instances=3), ["i-0", "i-1", "i-2"], 0.0
    for number, (gap, act, place) in enumerate(acts):
        now += gap
        if act == "add":
            made.add_instance(f"n-{number}", "a", now)
            serving.append(f"n-{number}")
        elif act == "arrive" and serving:
            held = {each: sum(end > now and of == each for end, of in ends) for each in serving}
            tied = [each for each in serving if held[each] == min(held.values())]
            answer = accepted(made.arrive(number, now, place=place))
            assert answer.instance_id == tied[int(place * len(tied))]
            ends.append((answer.complete_at, answer.instance_id))
        elif serving and act != "arrive":
            gone = serving.pop(int(place * len(serving)))
            made.drain(gone, now, 9.0) if act == "drain" else made.fail_instance(gone, now)


# -- instances that are in service and do not take requests yet


@pytest.mark.parametrize("routing", list(Routing))
def test_an_instance_may_be_in_service_before_it_takes_requests(routing: Routing) -> None:
    """It counts as active at once, and is routed to from its opening on."""
    made = fleet(instances=1, service=Constant(0.0), routing=routing)
    made.add_instance("late", "b", 10.0, takes_requests=False)
    assert made.active == 2
    assert {accepted(made.arrive(number, 20.0)).instance_id for number in range(50)} == {"i-0"}
    made.open_instance("late", 30.0)
    assert made.active == 2
    assert {accepted(made.arrive(number, 40.0)).instance_id for number in range(50)} == {"i-0", "late"}


@pytest.mark.parametrize("routing", list(Routing))
def test_an_instance_that_left_before_its_opening_stays_away(routing: Routing) -> None:
    """Drained or failed, opening it later changes nothing."""
    made = fleet(instances=1, routing=routing)
    for name in ("drained", "failed"):
        made.add_instance(name, "b", 10.0, takes_requests=False)
    assert made.drain("drained", 11.0, 30.0) == 11.0
    made.fail_instance("failed", 12.0)
    for name in ("drained", "failed"):
        made.open_instance(name, 13.0)
    assert made.active == 1
    assert {accepted(made.arrive(number, 14.0)).instance_id for number in range(20)} == {"i-0"}
