"""The compiled loop over arrivals against the fleet that serves request by request."""

import math
from random import Random

import numpy as np
import pytest
from amount import EXAMPLES
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from kernel_worlds import CODES, trace_of

from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Fleet, Routing
from harness.endpoint.outcomes import Rejected
from harness.virtual import recursion
from harness.virtual.exact_sum import exact_sum

# One worker compiles what all of these need; two would do the same work side by side.
pytestmark = pytest.mark.xdist_group("compiled")

Found = dict[int, tuple[int, float, int]]


@examples(max_examples=2 * EXAMPLES)
@given(
    st.integers(0, 1 << 32),
    st.sampled_from([1, 2, 3, 5]),
    st.sampled_from([0, 1, 3, 20]),
    st.sampled_from([0.5, 2.0, 60.0]),
    st.booleans(),
    st.sampled_from(Routing),
)
def test_it_serves_as_the_fleet_does(
    seed: int, concurrency: int, queue_limit: int, timeout_s: float, finish: bool, routing: Routing
) -> None:
    """Outcome, instance and wait of every request, through joins, drains and failures."""
    random = Random(seed)
    arrivals = moments(random, 300)
    changes = sorted(random.random() * arrivals[-1][0] for _ in range(8))
    fleet = Fleet(
        service_time=Constant(0.0),
        concurrency=concurrency,
        queue_limit=queue_limit,
        seed="never drawn from",
        routing=routing,
        timeout_s=timeout_s,
        finish_timed_out=finish,
    )
    compiled = CompiledFleet(arrivals, concurrency, queue_limit, timeout_s, finish, routing)
    found: Found = {}
    for at in [0.0, 0.0, *changes, math.inf]:
        compiled.serve_until(at)
        serve_by_fleet(fleet, compiled, at, found)
        if at < math.inf:
            change(random, fleet, compiled, at, found)
    compiled.check(found)


class CompiledFleet:
    """Lanes with the trace they serve; at most four."""

    def __init__(
        self,
        arrivals: list[tuple[float, float]],
        concurrency: int,
        queue_limit: int,
        timeout_s: float,
        finish: bool,
        routing: Routing,
    ) -> None:
        self.trace = trace_of(arrivals)
        least = routing is Routing.LEAST_OUTSTANDING_REQUESTS
        self.lanes = recursion.make_lanes(1, concurrency, queue_limit, least)
        self.rules = recursion.Rules(queue_limit, timeout_s, finish, least)
        ring = recursion.ring_size(self.trace.at, timeout_s)
        self.fates = recursion.make_fates(len(arrivals), ring)
        self.active = self.named = self.served = self.told = 0

    def serve_until(self, at: float) -> None:
        end = self.trace.rows_before(at)
        recursion.serve(
            self.trace.at,
            self.trace.service_s,
            self.trace.place,
            self.served,
            end,
            self.lanes,
            self.active,
            self.rules,
            self.fates,
        )
        self.served = end

    def join(self, at: float) -> int:
        if self.active == len(self.lanes.number):
            self.lanes = recursion.more_lanes(self.lanes, 2 * self.active)
        self.named += 1
        self.active = recursion.join(self.lanes, self.active, self.named, at)
        return self.named

    def leave(self, lane: int, at: float, limit_s: float) -> tuple[int, float]:
        number = int(self.lanes.number[lane])
        gone_at = min(max(at, recursion.busy_until(self.lanes, lane)), at + limit_s)
        self.active = recursion.leave(self.lanes, self.active, lane)
        self.lose(number, at, gone_at)
        return number, gone_at

    def lose(self, number: int, at: float, gone_at: float) -> None:
        recursion.lose(self.trace.at, self.served, number, at, gone_at, self.rules.timeout_s, self.fates)

    def check(self, found: Found) -> None:
        expected = [found[index] for index in range(len(self.trace))]
        assert self.fates.outcome.tolist() == [each[0] for each in expected]
        assert self.fates.instance.tolist() == [each[2] for each in expected]
        np.testing.assert_allclose(self.fates.queue_s, [each[1] for each in expected], rtol=0.0, atol=1e-9)


def change(random: Random, fleet: Fleet, compiled: CompiledFleet, at: float, found: Found) -> None:
    """Let an instance join, drain or fail on both sides."""
    if compiled.active < 2 or (compiled.active < 4 and random.random() < 0.5):
        fleet.add_instance(str(compiled.join(at)), "a", at)
        return
    lane, limit_s = random.randrange(compiled.active), random.choice([0.0, 0.3, 30.0])
    number, gone_at = compiled.leave(lane, at, limit_s)
    assert fleet.drain(str(number), at, limit_s) == gone_at
    if gone_at > at and random.random() < 0.3:
        fleet.fail_instance(str(number), at)
        compiled.lose(number, at, at)
    tell(fleet, at, found)


def serve_by_fleet(fleet: Fleet, compiled: CompiledFleet, before: float, found: Found) -> None:
    trace = compiled.trace
    for index in range(compiled.told, compiled.served):
        answer = fleet.arrive(
            index, float(trace.at[index]), float(trace.service_s[index]), float(trace.place[index])
        )
        if isinstance(answer, Rejected):
            found[index] = (CODES[answer.reason], math.nan, recursion.NOBODY)
    compiled.told = compiled.served
    tell(fleet, min(before, 1e9), found)


def tell(fleet: Fleet, at: float, found: Found) -> None:
    for ended in fleet.advance(at):
        found[ended.request_id] = (CODES[ended.outcome], ended.queue_s, int(ended.instance_id))


def moments(random: Random, count: int) -> list[tuple[float, float]]:
    """Return *count* arrivals, some at one moment, with service times that often collide."""
    rate = random.choice([5.0, 50.0])
    at, arrivals = 0.0, []
    for _ in range(count):
        at += random.choice([0.0, 0.1, random.expovariate(rate)])
        arrivals.append((at, random.choice([0.1, random.expovariate(10.0), random.expovariate(1.0)])))
    return arrivals


def test_compiled_code_is_stale_when_any_file_of_the_room_changes() -> None:
    """Code of one file is compiled into others, so each kept one knows the stamps of all."""
    _, stamps = recursion.serve._cache._cache_file._source_stamp
    assert {"arrivals.py", "heaps.py", "recursion.py"} <= {name for name, *_ in stamps}


def test_nobody_serves_where_there_is_no_lane() -> None:
    """Requests before the first join are turned away."""
    trace = trace_of([(1.0, 0.1), (2.0, 0.1)])
    lanes = recursion.make_lanes(1, 1, 10, False)
    fates = recursion.make_fates(2, 4)
    recursion.serve(
        trace.at, trace.service_s, trace.place, 0, 2, lanes, 0, recursion.Rules(10, 60.0, True, False), fates
    )
    assert fates.outcome.tolist() == [recursion.NO_CAPACITY] * 2
    assert np.isnan(fates.queue_s).all()


def test_a_ring_holds_all_that_may_be_in_flight() -> None:
    """Five arrivals within ten seconds need a ring of eight; no arrival needs one place."""
    at = np.array([0.0, 100.0, 101.0, 102.0, 103.0, 110.0])
    assert recursion.ring_size(at, 10.0) == 8
    assert recursion.ring_size(np.empty(0), 10.0) >= 1


@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_the_sum_is_rounded_once(values: list[float]) -> None:
    """The same as math.fsum, to the last bit."""
    assert exact_sum(np.array([*values, 0.0]), len(values)) == math.fsum(values)


@pytest.mark.parametrize("values", [[1e16, 1.0, 1e-16], [1e16, 1.0, -1e-16], [-1e16, -1.0, -1e-16]])
def test_half_way_sums_round_as_python_rounds_them(values: list[float]) -> None:
    """What lies beyond the half decides."""
    assert exact_sum(np.array(values), len(values)) == math.fsum(values)
