"""What delivery faults choose: message by message, once each, never in a FIFO queue."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scenario.faults import DelayedDelivery, DuplicatedDelivery, OutOfOrderDelivery
from harness.scenario.faults.deliveries import OVERTAKEN_BY_S, Arrangement, Deliveries

IDS = [f"message-{number}" for number in range(400)]
seeds = st.integers(0, 2**31)


def begun(*faults: Any, seed: int = 1, at: float = 0.0) -> Deliveries:
    deliveries = Deliveries(faults, seed)
    deliveries.begin(at)
    return deliveries


@settings(max_examples=25)
@given(seed=seeds, order=st.permutations(range(40)))
def test_the_same_messages_are_hit_in_any_order(seed: int, order: list[int]) -> None:
    """Only the seed, the fault and the message's id decide."""
    straight, mixed = (begun(DuplicatedDelivery(0.4), seed=seed) for _ in range(2))
    kept = {name for name in IDS[:40] if straight.keeps("jobs", name, 1.0)}
    assert {IDS[number] for number in order if mixed.keeps("jobs", IDS[number], 2.0)} == kept


@settings(max_examples=20)
@given(seed=seeds, share=st.floats(0.05, 0.95))
def test_the_share_hit_is_the_share_declared(seed: int, share: float) -> None:
    """Within six standard deviations, and counted."""
    deliveries = begun(DuplicatedDelivery(share), seed=seed)
    kept = sum(deliveries.keeps("jobs", name, 1.0) for name in IDS)
    (count,) = deliveries.counts()
    assert (count.matching, count.hit) == (400, kept)
    assert abs(kept - 400 * share) <= 6 * math.sqrt(400 * share * (1 - share)) + 1


def test_a_message_is_duplicated_once() -> None:
    """Its second deletion is made, even where two faults hit every message."""
    deliveries = begun(DuplicatedDelivery(1.0), DuplicatedDelivery(1.0, "jobs"))
    assert [deliveries.keeps("jobs", "one", 1.0) for _ in range(3)] == [True, False, False]


def test_a_fault_of_one_queue_leaves_others_alone() -> None:
    """A queue is known by its AWS name; FIFO queues are never hit, not even by a fault of all queues."""
    deliveries = begun(DuplicatedDelivery(1.0, "jobs"), OutOfOrderDelivery(None, 1.0))
    assert not deliveries.keeps("results", "one", 1.0)
    assert deliveries.keeps("jobs", "one", 1.0)
    assert deliveries.arrange("jobs.fifo", ["one", "two"], 1.0) == Arrangement((0, 1))


@pytest.mark.parametrize(("at", "hit"), [(14.9, False), (15.0, True), (19.9, True), (20.0, False)])
def test_a_window_is_counted_from_the_load_s_start(at: float, hit: bool) -> None:
    """The start is in, the end is out."""
    deliveries = begun(DuplicatedDelivery(1.0, after_s=5, until_s=10), at=10.0)
    assert deliveries.keeps("jobs", "one", at) == hit


def test_nothing_is_hit_before_the_beginning_and_after_the_end() -> None:
    """Programs that run before the load, and the inventory after it, are left alone."""
    deliveries = Deliveries([DuplicatedDelivery(1.0)], 1)
    assert not deliveries.keeps("jobs", "one", 1.0)
    deliveries.begin(0.0)
    deliveries.end()
    assert not deliveries.keeps("jobs", "one", 1.0)


def test_a_delayed_message_is_held_once() -> None:
    """When it comes again it is handed out; delays of two faults add up."""
    deliveries = begun(DelayedDelivery(None, 1.0, 5), DelayedDelivery("jobs", 1.0, 2))
    assert deliveries.arrange("jobs", ["one", "two"], 1.0) == Arrangement((), {0: 7, 1: 7})
    assert deliveries.arrange("jobs", ["one", "two"], 9.0) == Arrangement((0, 1))


def test_a_message_that_is_overtaken_comes_after_those_that_are_not() -> None:
    """It goes behind the others received with it, and what was late already stays hidden."""
    deliveries = begun(OutOfOrderDelivery("jobs", 0.5), seed=3)
    arranged = deliveries.arrange("jobs", IDS[:10], 1.0)
    assert sorted(arranged.order) == list(range(10))
    assert list(arranged.order) != list(range(10))
    assert not arranged.held
    (count,) = deliveries.counts()
    assert count.matching == 10
    assert 0 < count.hit < 10


def test_a_message_alone_is_overtaken_by_what_comes_a_second_later() -> None:
    """Where nothing came with it, it is hidden for the least that SQS can."""
    deliveries = begun(OutOfOrderDelivery("jobs", 1.0))
    assert deliveries.arrange("jobs", ["one"], 1.0) == Arrangement((), {0: OVERTAKEN_BY_S})
    assert deliveries.arrange("jobs", ["one"], 3.0) == Arrangement((0,))


@given(
    faults=st.lists(
        st.one_of(
            st.builds(DelayedDelivery, st.none(), st.floats(0.1, 1.0), st.integers(1, 9)),
            st.builds(OutOfOrderDelivery, st.none(), st.floats(0.1, 1.0)),
        ),
        max_size=3,
    ),
    seed=seeds,
    batches=st.lists(st.integers(0, 10), max_size=6),
)
def test_every_message_is_handed_out_or_held(faults: list[Any], seed: int, batches: list[int]) -> None:
    """No index is lost, and none is there twice, whatever the faults."""
    deliveries = begun(*faults, seed=seed)
    for number, size in enumerate(batches):
        messages = [f"{number}-{index}" for index in range(size)]
        arranged = deliveries.arrange("jobs", messages, 1.0)
        assert sorted([*arranged.order, *arranged.held]) == list(range(size))
