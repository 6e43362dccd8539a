"""Which calls are hit: by share, by window, by the seed alone."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scenario.faults import ConnectionReset, Latency, ServerError, Throttle
from harness.scenario.faults.calls import CallFaults, Choice

SERVICES = ("sqs", "sns", "s3")

shares = st.floats(0.01, 1.0)
services = st.sampled_from(SERVICES)
call_faults: st.SearchStrategy[Any] = st.one_of(
    st.builds(Throttle, services, shares),
    st.builds(ServerError, services, shares, st.sampled_from((500, 503))),
    st.builds(Latency, services, shares, st.floats(0.1, 2.0)),
    st.builds(ConnectionReset, services, shares, st.booleans()),
)
seeds = st.integers(0, 2**31)


def hits(
    faults: CallFaults, service: str, count: int, *, operation: str = "Send", at: float = 0.0
) -> list[bool]:
    return [faults.choose(service, operation, at) is not None for _ in range(count)]


@pytest.mark.untraced
@settings(max_examples=25)
@given(faults=st.lists(call_faults, min_size=1, max_size=4), seed=seeds)
def test_the_share_hit_is_the_share_declared(faults: list[Any], seed: int) -> None:
    """Of 1,000 calls of each service every fault hits its share, within six standard deviations."""
    chosen = CallFaults(faults, seed)
    for service in SERVICES:
        hits(chosen, service, 1_000)
    for fault, count in zip(faults, chosen.counts(), strict=True):
        assert count.matching == 1_000
        spread = 6 * math.sqrt(1_000 * fault.share * (1 - fault.share)) + 1
        assert abs(count.hit - 1_000 * fault.share) <= spread


@settings(max_examples=30)
@given(faults=st.lists(call_faults, max_size=4), more=st.lists(call_faults, max_size=3), seed=seeds)
def test_more_faults_shift_nobody_s_draws(faults: list[Any], more: list[Any], seed: int) -> None:
    """Each fault hits the same calls whatever else is declared after it, even a twin of its own."""
    alone, together = CallFaults(faults, seed), CallFaults([*faults, *more], seed)
    for service in SERVICES:
        hits(alone, service, 50)
        hits(together, service, 50)
    assert together.counts()[: len(faults)] == alone.counts()


@given(fault=call_faults, seed=seeds)
def test_the_same_seed_hits_the_same_calls(fault: Any, seed: int) -> None:
    """The n-th matching call is hit or not by the seed alone; calls of other services count for nothing."""
    first, second = CallFaults([fault], seed), CallFaults([fault], seed)
    others = [service for service in SERVICES if service != fault.service]
    mixed = []
    for _ in range(50):
        hits(second, others[0], 3)
        mixed += hits(second, fault.service, 1)
    assert mixed == hits(first, fault.service, 50)


@given(small=st.floats(0.01, 0.5), seed=seeds)
def test_a_larger_share_hits_the_same_and_more(small: float, seed: int) -> None:
    """So two runs with different shares can be compared call by call."""
    few = hits(CallFaults([Throttle("sns", small)], seed), "sns", 100)
    many = hits(CallFaults([Throttle("sns", 2 * small)], seed), "sns", 100)
    assert all(more for less, more in zip(few, many, strict=True) if less)


@pytest.mark.parametrize(("at", "hit"), [(4.999, False), (5.0, True), (8.999, True), (9.0, False)])
def test_a_window_holds_its_start_and_not_its_end(at: float, hit: bool) -> None:
    """And what comes outside is not counted as something it could have hit."""
    faults = CallFaults([Throttle("sns", 1.0, after_s=5, until_s=9)], 1)
    assert hits(faults, "sns", 1, at=at) == [hit]
    assert faults.counts()[0].matching == int(hit)


def test_only_operations_named_are_hit() -> None:
    """Whether the operation must be known depends on the service and the moment."""
    faults = CallFaults([Throttle("sns", 1.0, ("Publish",), after_s=5)], 1)
    assert hits(faults, "sns", 1, operation="Subscribe", at=6) == [False]
    assert hits(faults, "sns", 1, operation="Publish", at=6) == [True]
    assert faults.asks_operation("sns", 6)
    assert not faults.asks_operation("sns", 4)
    assert not faults.asks_operation("sqs", 6)


def test_delays_add_up_and_the_first_ending_counts() -> None:
    """A call may be both late and refused; the faults that had no part in its end have drawn all the same."""
    throttle = Throttle("sns", 1.0)
    faults = CallFaults(
        [
            Latency("sns", 1.0, 0.5),
            throttle,
            ServerError("sns", 1.0),
            Latency("sns", 1.0, 0.25, ("Publish",)),
        ],
        1,
    )
    assert faults.choose("sns", "Publish", 0.0) == Choice(0.75, throttle)
    assert [count.hit for count in faults.counts()] == [1, 1, 1, 1]


def test_boto3_names_are_signing_names() -> None:
    """CloudWatch signs as monitoring."""
    faults = CallFaults([Throttle("cloudwatch", 1.0)], 1)
    assert faults.services == {"monitoring"}
    assert hits(faults, "monitoring", 1) == [True]


def test_what_comes_by_no_call_can_only_be_throttled() -> None:
    """A fault that needs a connection or an answer is not even drawn for it."""
    faults = CallFaults([ServerError("lambda", 1.0, 500), Throttle("lambda", 1.0, ("Invoke",))], 1)
    assert faults.throttles("lambda", "Invoke", 0.0)
    assert not faults.throttles("lambda", "GET", 0.0)
    assert not faults.throttles("sqs", "Invoke", 0.0)
    assert [count.matching for count in faults.counts()] == [0, 1]
