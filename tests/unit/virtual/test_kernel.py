"""The compiled kernel against the world it stands for, and what only the kernel has."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from amount import EXAMPLES
from hypothesis import event, given
from hypothesis import settings as examples
from kernel_worlds import (
    OWN,
    Told,
    cases,
    endpoint_settings,
    play_world,
    scaling_settings,
    trace_of,
    traffic,
)

from harness.endpoint import Constant, EndpointSettings, ScalingSettings
from harness.endpoint.distributions import LogNormal
from harness.errors import ScenarioError
from harness.scaling.decision import Reason
from harness.scaling.settings import ScaleInMode
from harness.virtual import recursion
from harness.virtual.cases import KernelCase
from harness.virtual.kernel import LAUNCHES, ExactRun, run_exact
from harness.virtual.results import KernelResult
from harness.virtual.trace import Trace, trace_of_counts

# One worker compiles what all of these need; two would do the same work side by side.
pytestmark = pytest.mark.xdist_group("compiled")

CALM = KernelCase(target_value=60.0, min_capacity=1, max_capacity=4, initial=1)


def check_control(until_s: float, result: KernelResult, told: Told) -> None:
    """Hold decisions, capacities and activities of *result* to what the world *told*."""
    decided = [
        (one.at, str(one.reason), one.previous, one.desired, one.wanted, one.alarm)
        for one in result.decisions
    ]
    assert [each[1:] for each in decided] == [each[1:] for each in told.decisions]
    assert [each[0] for each in decided] == pytest.approx([each[0] for each in told.decisions], abs=1e-9)
    assert [each[1:] for each in result.capacity] == [each[1:] for each in told.capacity]
    assert [each[0] for each in result.capacity] == pytest.approx(
        [each[0] for each in told.capacity], abs=1e-9
    )
    acted = [
        (one.decided_at, one.from_capacity, one.to_capacity, one.status, one.in_service_at)
        for one in result.activities
    ]
    assert acted == [
        (
            one.started_at,
            one.from_capacity,
            one.to_capacity,
            one.status,
            None if one.ended_at is None else pytest.approx(one.ended_at, abs=1e-9),
        )
        for one in told.activities.values()
    ]
    # The world tells of an instance when it joins; one that is on its way is paid for, too.
    joined = sum(until_s - at for at in told.launched.values())
    assert result.instance_s >= told.instance_s - 1e-6 >= joined - 1e-3


@pytest.mark.untraced
@examples(max_examples=2 * EXAMPLES)
@given(traffic(), cases(), endpoint_settings, scaling_settings)
def test_it_does_what_the_world_does(
    arriving: tuple[Trace, float], case: KernelCase, endpoint: EndpointSettings, scaling: ScalingSettings
) -> None:
    """Every decision, capacity, activity, and the outcome, instance and wait (1e-9) of every request."""
    trace, until_s = arriving
    told = play_world(trace, case, endpoint, scaling, until_s)
    result = run_exact(trace, case, endpoint, scaling, until_s=until_s, own=OWN, keep_requests=True)
    event(f"{min(len(result.activities), 5)} activities or more")
    check_control(until_s, result, told)
    requests = result.requests
    assert requests is not None
    fates = [told.fates[index] for index in range(len(told.fates))]
    assert requests.outcome.tolist() == [each[0] for each in fates]
    assert requests.instance.tolist() == [each[2] for each in fates]
    np.testing.assert_allclose(requests.queue_s, [each[1] for each in fates], rtol=0.0, atol=1e-9)


@examples(max_examples=EXAMPLES)
@given(traffic(), cases(), endpoint_settings, scaling_settings)
def test_what_it_counts_is_what_it_keeps(
    arriving: tuple[Trace, float], case: KernelCase, endpoint: EndpointSettings, scaling: ScalingSettings
) -> None:
    """Keeping requests changes no figure, and every figure can be counted from the kept requests."""
    trace, until_s = arriving
    kept = run_exact(trace, case, endpoint, scaling, until_s=until_s, own=OWN, keep_requests=True)
    counted = run_exact(trace, case, endpoint, scaling, until_s=until_s, own=OWN)
    requests = kept.requests
    assert requests is not None
    assert counted.requests is None
    assert counted.activities == kept.activities
    for name in ("responses", "arrived", "bad"):
        assert getattr(counted, name).tolist() == getattr(kept, name).tolist()
    outcomes = np.bincount(requests.outcome, minlength=5).tolist()
    assert [counted.ok, counted.timed_out, counted.lost, counted.no_capacity, counted.queue_full] == outcomes
    minute = (trace.at[: len(requests.outcome)] // 60.0).astype(int)
    response_s = requests.ended_at - trace.at[: len(requests.outcome)]
    bad = (requests.outcome != recursion.OK) | (response_s > case.latency_limit_s)
    assert np.bincount(minute[bad], minlength=len(kept.bad)).tolist() == kept.bad.tolist()
    assert np.bincount(minute, minlength=len(kept.bad)).tolist() == kept.arrived.tolist()
    assert kept.responses.sum() == counted.ok == len(response_s) - counted.failed


def test_a_cooldown_credits_the_capacity_that_began_it() -> None:
    """Out to 4, in to 3, and 4 wanted again: no larger than what the cooldown credits, so not yet."""
    rates = [40] * 8 + [24] * 4 + [40] * 6
    arrivals = [
        (60.0 * minute + 60.0 / rate * n, 0.01) for minute, rate in enumerate(rates) for n in range(rate)
    ]
    case = KernelCase(
        target_value=10.0,
        min_capacity=1,
        max_capacity=9,
        initial=2,
        scale_in_cooldown_s=0.0,
        scale_out_cooldown_s=3000.0,
    )
    quick = EndpointSettings(launch_time=Constant(10.0), join_stagger=Constant(1.0))
    alert = ScalingSettings(high_periods=1, low_periods=2, publish_delay_s=0.0, reaction_delay_s=0.0)
    trace = trace_of(arrivals)
    told = play_world(trace, case, quick, alert, 1080.0)
    result = run_exact(trace, case, quick, alert, until_s=1080.0, own=OWN, keep_requests=True)
    check_control(1080.0, result, told)
    assert Reason.SCALE_OUT_COOLDOWN in {each.reason for each in result.decisions}


def test_a_load_that_meets_the_target_exactly_is_no_flapping() -> None:
    """20 calls a minute on 3 instances, a target of 10: two see exactly 10 each, which breaches nothing."""
    trace = trace_of([(3.0 * n, 0.01) for n in range(20 * 30)])
    case = KernelCase(target_value=10.0, min_capacity=1, max_capacity=4, initial=3, scale_in_cooldown_s=60.0)
    told = play_world(trace, case, EndpointSettings(), ScalingSettings(), 1800.0)
    result = run_exact(
        trace, case, EndpointSettings(), ScalingSettings(), until_s=1800.0, own=OWN, keep_requests=True
    )
    check_control(1800.0, result, told)
    assert [(each.from_capacity, each.to_capacity) for each in result.activities] == [(3, 2)]


def test_instances_are_paid_for_from_the_request_to_the_end() -> None:
    """One instance for 1,200 s, and three asked for at 270 s: three minutes, publishing, reaction."""
    trace = trace_of([(float(second), 0.01) for second in range(1200)])
    case = KernelCase(target_value=15.0, min_capacity=1, max_capacity=4, initial=1)
    settings = EndpointSettings(launch_time=Constant(100.0), join_stagger=Constant(20.0))
    result = run_exact(trace, case, settings, ScalingSettings(), until_s=1200.0)
    (activity,) = result.activities
    assert (activity.decided_at, activity.from_capacity, activity.to_capacity) == (270.0, 1, 4)
    assert activity.in_service_at == 270.0 + 100.0 + 2 * 20.0 + 10.0
    assert result.instance_s == 1200.0 + 3 * (1200.0 - 270.0)
    assert result.in_service_s == 1200.0 + 830.0 + 810.0 + 790.0


def test_an_instance_on_its_way_at_the_end_is_paid_for() -> None:
    """Asked for at 270 s, not there at 300 s: 30 s."""
    trace = trace_of([(float(second), 0.01) for second in range(300)])
    case = KernelCase(target_value=30.0, min_capacity=1, max_capacity=4, initial=1)
    result = run_exact(
        trace, case, EndpointSettings(launch_time=Constant(100.0)), ScalingSettings(), until_s=300.0
    )
    assert result.instance_s == 300.0 + 30.0
    assert result.activities[0].in_service_at is None


def test_requests_from_the_end_on_are_left_out() -> None:
    """Two before moment 120, one at it: two are served."""
    trace = trace_of([(10.0, 1.0), (119.9, 1.0), (120.0, 1.0)])
    result = run_exact(trace, CALM, EndpointSettings(), ScalingSettings(), until_s=120.0)
    assert (result.ok, result.arrived.tolist()) == (2, [1, 1])


def test_more_launches_and_rows_than_expected_find_room() -> None:
    """A policy that scales out and in every few minutes of a long day loses no activity."""
    counts = [40 if minute % 4 < 2 else 0 for minute in range(1440)]
    trace = trace_of_counts(counts, service_time=Constant(0.01), seed=1, arrivals="uniform")
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
    result = run_exact(trace, case, quick, hasty, until_s=86_400.0)
    assert len(result.activities) == 720 > 2 * LAUNCHES
    assert {each.to_capacity for each in result.activities} == {1, 2}


def test_threads_give_the_same_answers() -> None:
    """Compiled code holds no lock and shares nothing that it writes."""
    counts = [600, 900, 1800, 2400, 1200, 300] * 10
    trace = trace_of_counts(counts, service_time=LogNormal(0.05, 0.2), seed=1)
    run = ExactRun(trace, EndpointSettings(), ScalingSettings(), until_s=3600.0)
    several = [
        KernelCase(target_value=float(target), min_capacity=1, max_capacity=8, initial=2)
        for target in (100, 200, 300, 500, 800)
    ]
    alone = [run.play(each).bad.tolist() for each in several]
    with ThreadPoolExecutor(4) as pool:
        assert [each.bad.tolist() for each in pool.map(run.play, several)] == alone


def test_quantiles_are_within_a_bucket_of_the_exact_ones() -> None:
    """0.8 % at most, from the median to the 99.9th percentile."""
    trace = trace_of_counts([3000] * 30, service_time=LogNormal(0.05, 0.2), seed=2)
    case = KernelCase(target_value=1e9, min_capacity=3, max_capacity=3, initial=3)
    result = run_exact(trace, case, EndpointSettings(), ScalingSettings(), until_s=1800.0, keep_requests=True)
    assert result.requests is not None
    response_s = np.sort((result.requests.ended_at - trace.at)[result.requests.outcome == recursion.OK])
    for ratio in (0.5, 0.9, 0.95, 0.99, 0.999):
        exact = response_s[int(np.ceil(ratio * len(response_s))) - 1]
        assert result.response_s(ratio) == pytest.approx(exact, rel=0.008)


def test_no_request_has_no_quantile() -> None:
    """Without traffic there is nothing to say, and nothing is in breach."""
    result = run_exact(trace_of([]), CALM, EndpointSettings(), ScalingSettings(), until_s=600.0)
    assert np.isnan(result.response_s(0.99))
    assert (result.ok, result.failed, result.minutes_in_breach()) == (0, 0, 0)


def test_a_minute_is_in_breach_when_more_than_the_ratio_is_bad() -> None:
    """Ten requests a minute, one of them slow in the second minute: 10 % is more than 1 %, not than 10 %."""
    slow = 61.0
    trace = trace_of([(at * 6.0 + 1.0, 2.0 if at * 6.0 + 1.0 == slow else 0.01) for at in range(20)])
    result = run_exact(trace, CALM, EndpointSettings(), ScalingSettings(), until_s=120.0)
    assert (result.minutes_in_breach(), result.minutes_in_breach(0.1)) == (1, 0)


def test_quotas_are_not_kept() -> None:
    """A quota would have to refuse launches: that is said, not left out."""
    settings = EndpointSettings(quotas={"ml.m5.large": 4})
    with pytest.raises(ScenarioError, match="keeps no quotas"):
        run_exact(trace_of([]), CALM, settings, ScalingSettings(), until_s=60.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target_value": 0.0}, "target_value is 0.0"),
        ({"target_value": float("inf")}, "target_value is inf"),
        ({"min_capacity": 5}, "bounds 5 to 4"),
        ({"min_capacity": -1}, "bounds -1 to 4"),
        ({"initial": 0}, "initial is 0"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"queue_limit": -1}, "queue_limit must not be negative"),
        ({"service_scale": 0.0}, "service_scale above 0"),
    ],
)
def test_a_case_that_cannot_be_is_refused(changes: dict[str, float], words: str) -> None:
    """The message names the field and its value."""
    fields = {"target_value": 1.0, "min_capacity": 1, "max_capacity": 4, "initial": 1} | changes
    with pytest.raises(ScenarioError, match=words):
        KernelCase(**fields)
