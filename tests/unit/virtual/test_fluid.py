"""The fluid model beside the exact kernel: the same decisions, waits that rank policies alike."""

import numpy as np
import pytest
from kernel_worlds import OWN, trace_of

from harness.endpoint import Constant, EndpointSettings, LogNormal, Routing, ScalingSettings
from harness.endpoint.settings import Leaves
from harness.scaling.settings import ScaleInMode
from harness.virtual.cases import KernelCase
from harness.virtual.fluid import RATIOS, FluidRun, FluidTraffic
from harness.virtual.kernel import ExactRun
from harness.virtual.results import KernelResult
from harness.virtual.trace import Trace, trace_of_counts

# One worker compiles what all of these need; two would do the same work side by side.
# Two kernels are compiled for these, which takes longer than any other test.
pytestmark = [pytest.mark.xdist_group("compiled"), pytest.mark.long]

HOURS_S = 4 * 3600.0
SERVICE = LogNormal(0.1, 0.3)
WAVE = [round(600 * (1.0 + 0.7 * np.sin(minute / 40))) for minute in range(240)]
ENDPOINT, SCALING = EndpointSettings(), ScalingSettings()


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Return four hours at 10/s that swing by 70 %."""
    return trace_of_counts(WAVE, service_time=SERVICE, seed=3)


@pytest.fixture(scope="module")
def fluid(trace: Trace) -> FluidRun:
    return FluidRun(FluidTraffic.of_trace(trace, HOURS_S), ENDPOINT, SCALING, until_s=HOURS_S, own=OWN)


@pytest.fixture(scope="module")
def exact(trace: Trace) -> ExactRun:
    return ExactRun(trace, ENDPOINT, SCALING, until_s=HOURS_S, own=OWN)


def several(**changes: object) -> list[KernelCase]:
    """Return forty policies from generous to stingy."""
    fields = {"min_capacity": 1, "initial": 2, "latency_limit_s": 2.0} | changes
    return [
        KernelCase(
            target_value=float(target),
            max_capacity=high,
            scale_in_cooldown_s=cooldown_s,
            scale_out_cooldown_s=30.0,
            **fields,
        )
        for target in np.linspace(120, 600, 10)
        for cooldown_s in (60.0, 300.0)
        for high in (3, 8)
    ]


def rank(values: object) -> np.ndarray:
    """Return ranks; equal values share their mean rank."""
    _, inverse, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]


def rank_correlation(one: object, other: object) -> float:
    return float(np.corrcoef(rank(one), rank(other))[0, 1])


@pytest.mark.untraced
def test_it_decides_as_the_exact_kernel_does(fluid: FluidRun, exact: ExactRun) -> None:
    """Counts of arrivals decide, and both have the same: the same activities and paid time."""
    for case in several()[::5]:
        estimate, truth = fluid.play(case), exact.play(case)
        assert estimate.activities == truth.activities
        assert estimate.capacity == truth.capacity
        assert estimate.instance_s == pytest.approx(truth.instance_s, rel=1e-3)


@pytest.mark.untraced
def test_it_ranks_policies_as_the_exact_kernel_does(fluid: FluidRun, exact: ExactRun) -> None:
    """Rank correlations of p99, minutes in breach and failures over forty policies."""
    cases = several()
    estimates, truths = fluid.play_all(cases), [exact.play(each) for each in cases]
    p99 = [each.response_s(0.99) for each in truths]
    assert rank_correlation(estimates.response_s[:, RATIOS.index(0.99)], p99) > 0.97
    breach = [each.minutes_in_breach() for each in truths]
    assert rank_correlation(estimates.minutes_in_breach, breach) > 0.97
    assert np.median(np.abs(estimates.response_s[:, 3] / p99 - 1.0)) < 0.15
    assert estimates.outcomes[:, 1:].sum() == pytest.approx(sum(each.failed for each in truths), rel=0.25)


@pytest.mark.untraced
def test_shared_queues_rank_alike_too(trace: Trace, fluid: FluidRun, exact: ExactRun) -> None:
    """LEAST_OUTSTANDING_REQUESTS with two slots: the median within 10 %, p99 in order."""
    cases = several(routing=Routing.LEAST_OUTSTANDING_REQUESTS, concurrency=2)[::2]
    estimates, truths = fluid.play_all(cases), [exact.play(each) for each in cases]
    p50 = [each.response_s(0.5) for each in truths]
    assert np.median(np.abs(estimates.response_s[:, 0] / p50 - 1.0)) < 0.1
    p99 = [each.response_s(0.99) for each in truths]
    assert rank_correlation(estimates.response_s[:, 3], p99) > 0.9


def test_every_request_is_counted_once(fluid: FluidRun, trace: Trace) -> None:
    """Outcomes add up to the arrivals, with failures of every kind."""
    for case in several(queue_limit=5)[::3]:
        result = fluid.play(case)
        assert result.ok + result.timed_out + result.no_capacity + result.queue_full == pytest.approx(
            len(trace)
        )
        assert result.arrived.sum() == len(trace)
        assert result.responses.sum() == pytest.approx(result.ok)
        assert np.all(result.bad <= result.arrived + 1e-6)


@pytest.mark.parametrize("workers", [1, 3])
def test_many_at_once_are_as_one_by_one(fluid: FluidRun, workers: int) -> None:
    """The same bytes whatever the number of threads, with instances of several kinds."""
    cases = several()[::4] + several(concurrency=2)[::4] + several(queue_limit=3)[::4]
    together = fluid.play_all(cases, workers=workers)
    for index, case in enumerate(cases):
        alone = fluid.play(case)
        assert together.instance_s[index] == alone.instance_s
        assert together.in_service_s[index] == alone.in_service_s
        assert together.activities[index] == len(alone.activities)
        assert together.outcomes[index].tolist() == [
            alone.ok,
            alone.timed_out,
            alone.lost,
            alone.no_capacity,
            alone.queue_full,
        ]
        assert together.response_s[index].tolist() == pytest.approx(
            [alone.response_s(ratio) for ratio in RATIOS]
        )


def test_no_case_at_all_is_no_error(fluid: FluidRun) -> None:
    """An empty sweep has an empty summary."""
    assert len(fluid.play_all([]).instance_s) == 0


def test_a_backlog_makes_everybody_wait_and_drains() -> None:
    """Twice what one instance can serve for five minutes: the queue fills, requests fail, then it is calm."""
    counts = [300] * 10 + [1200] * 5 + [300] * 15
    result = fluid_of(counts, KernelCase(target_value=1e9, min_capacity=1, max_capacity=1, initial=1))
    # Arrivals are smoothed over some seconds, so a little of the rush comes early.
    assert result.bad[:9].sum() < 1.0
    assert np.all(result.bad[11:15] > 1000)
    assert result.queue_full == pytest.approx(3000 - 100, rel=0.1)
    assert result.bad[17:].sum() < 1.0


def test_who_waits_longer_than_the_time_out_has_no_answer() -> None:
    """A queue of a thousand at 10/s is 100 s long: beyond 60 s there is no answer."""
    case = KernelCase(target_value=1e9, min_capacity=1, max_capacity=1, initial=1, queue_limit=1000)
    result = fluid_of([1200] * 10, case)
    assert result.timed_out > 4000


def test_what_a_drain_cuts_short_is_lost() -> None:
    """One of two instances with a backlog leaves, and cannot finish it within the drain limit."""
    counts = [2400] * 4 + [2] * 8
    swift = ScalingSettings(low_periods=1, publish_delay_s=0.0, reaction_delay_s=0.0)
    case = KernelCase(target_value=10_000.0, min_capacity=1, max_capacity=2, initial=2, queue_limit=2000)
    settings = EndpointSettings(drain_limit_s=1.0, invocation_timeout_s=60.0)
    result = fluid_of(counts, case, settings, swift)
    assert result.lost > 100


def test_instances_that_take_no_traffic_yet_leave_it_to_the_others() -> None:
    """With the only instance gone and the next still warming up, nobody takes requests."""
    oldest = EndpointSettings(
        join_to_traffic_s=900.0, launch_time=Constant(0.0), zones=("a",), leaves=Leaves.OLDEST
    )
    swift = ScalingSettings(
        high_periods=1,
        low_periods=1,
        publish_delay_s=0.0,
        reaction_delay_s=0.0,
        scale_in_mode=ScaleInMode.PROPORTIONAL,
    )
    case = KernelCase(
        target_value=100.0,
        min_capacity=1,
        max_capacity=2,
        initial=1,
        scale_in_cooldown_s=0.0,
        scale_out_cooldown_s=0.0,
    )
    counts = [150, 150, 10, 10, 10, 10]
    exact = ExactRun(
        trace_of_counts(counts, service_time=Constant(0.1), seed=1), oldest, swift, until_s=360.0
    ).play(case)
    result = fluid_of(counts, case, oldest, swift)
    assert exact.activities == result.activities
    assert exact.no_capacity == result.no_capacity


def test_no_arrivals_at_all_are_no_error() -> None:
    """A quiet day has no response times, and pays for its instances."""
    flow = FluidTraffic.of_trace(trace_of([]), 600.0)
    result = FluidRun(flow, ENDPOINT, SCALING, until_s=600.0).play_all([several()[0]])
    assert result.instance_s.tolist() == [1200.0]
    assert np.isnan(result.response_s).all()


def test_counts_are_spread_evenly_over_their_minute() -> None:
    """Thirty a minute: one every two seconds, all of them."""
    flow = FluidTraffic.of_counts([30, 0, 60], Constant(0.1), seed=1)
    assert np.diff(flow.flow.before).reshape(3, 60).sum(axis=1).tolist() == [30, 0, 60]
    assert np.diff(flow.flow.before).max() == 1
    assert (flow.until_s, flow.mean_s) == (180.0, pytest.approx(0.1))


def test_more_launches_and_rows_than_expected_find_room() -> None:
    """A policy that scales out and in every four minutes loses no activity, alone and in a sweep."""
    hasty = ScalingSettings(
        high_periods=1,
        low_periods=1,
        publish_delay_s=0.0,
        reaction_delay_s=0.0,
        scale_in_mode=ScaleInMode.PROPORTIONAL,
    )
    case = KernelCase(
        target_value=20.0,
        min_capacity=1,
        max_capacity=2,
        initial=1,
        scale_in_cooldown_s=0.0,
        scale_out_cooldown_s=0.0,
    )
    quick = EndpointSettings(launch_time=Constant(1.0), scale_in_s=1.0, settle_s=0.0)
    counts = [40 if minute % 4 < 2 else 0 for minute in range(1440)]
    flow = FluidTraffic.of_counts(counts, Constant(0.01), seed=1)
    run = FluidRun(flow, quick, hasty, until_s=86_400.0)
    assert len(run.play(case).activities) == 720
    assert run.play_all([case, case]).activities.tolist() == [720, 720]


def test_bounds_that_exclude_the_first_count_move_it_at_once() -> None:
    """Four instances where two are the most: both models take two away at moment 0."""
    case = KernelCase(target_value=300.0, min_capacity=1, max_capacity=2, initial=4)
    trace = trace_of_counts([300] * 10, service_time=Constant(0.1), seed=1)
    truth = ExactRun(trace, ENDPOINT, SCALING, until_s=600.0).play(case)
    result = FluidRun(FluidTraffic.of_trace(trace, 600.0), ENDPOINT, SCALING, until_s=600.0).play(case)
    assert result.activities == truth.activities
    assert (result.activities[0].decided_at, result.activities[0].to_capacity) == (0.0, 2)


def fluid_of(
    counts: list[int],
    case: KernelCase,
    endpoint: EndpointSettings = ENDPOINT,
    scaling: ScalingSettings = SCALING,
) -> KernelResult:
    """Return the estimate for evenly spread *counts* with a service time of 0.1 s."""
    flow = FluidTraffic.of_counts(counts, Constant(0.1), seed=1)
    return FluidRun(flow, endpoint, scaling, until_s=len(counts) * 60.0).play(case)
