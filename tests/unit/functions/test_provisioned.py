"""Which invocations run on provisioned environments, and what CloudWatch says of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant
from harness.errors import ScenarioError
from harness.functions.provisioned import ProvisionedConcurrency, Ran, resource_id_of, split_resource_id
from harness.functions.samples import Metric, Statistic
from harness.functions.settings import FunctionSettings
from harness.scaling.resource import ScalableResource, ScalingMetric

ALIAS = resource_id_of("ranker", "live")
OWN = (("FunctionName", "ranker"), ("Resource", "ranker:live"))
UTILIZATION = ScalingMetric("AWS/Lambda", "ProvisionedConcurrencyUtilization", "Average")
PLAIN = {"allocation_time": Constant(90.0), "allocation_per_minute": 10**12}


def provisioned(initial: int = 2, **settings: object) -> ProvisionedConcurrency:
    made = FunctionSettings(**(PLAIN | settings))  # type: ignore[arg-type]
    return ProvisionedConcurrency(ALIAS, initial, seed=1, settings=made)


def value(
    alias: ProvisionedConcurrency, name: str, statistic: str, *, period_s: float = 60.0
) -> float | None:
    """Return the statistic of the newest period that can be read two minutes after moment 0."""
    metric = ScalingMetric("AWS/Lambda", name, statistic, period_s=period_s)
    assert alias.covers(metric)
    (point,) = alias.datapoints(metric, 60.0 + period_s, 1)
    return None if point is None else point.value


# ---- where an invocation runs ----


def test_it_is_a_scalable_resource() -> None:
    """The control loop scales it by the same protocol as a variant."""
    resource: ScalableResource = provisioned(3)
    assert (resource.desired_capacity, resource.current_capacity, resource.is_scalable) == (3, 3, True)


def test_what_does_not_fit_runs_on_demand() -> None:
    """The third of three at once spills over, nobody waits, and an environment serves again when free."""
    alias = provisioned(2)
    assert [alias.arrive(0.0, 1.0) for _ in range(3)] == [Ran.PROVISIONED, Ran.PROVISIONED, Ran.ON_DEMAND]
    assert alias.arrive(1.0, 1.0) is Ran.PROVISIONED
    assert value(alias, "ProvisionedConcurrencySpilloverInvocations", "Sum") == 1.0
    assert value(alias, "ProvisionedConcurrencyInvocations", "Sum") == 3.0
    assert value(alias, "ConcurrentExecutions", "Maximum") == 3.0
    assert value(alias, "Invocations", "SampleCount") == 4.0


def test_ten_requests_a_second_and_environment() -> None:
    """The guide: an allocation of 10 spills over at 100 requests a second, however short they are."""
    alias = provisioned(10)
    ran = [alias.arrive(5.0 + each / 200, 0.001) for each in range(120)]
    assert ran == [Ran.PROVISIONED] * 100 + [Ran.ON_DEMAND] * 20
    assert alias.arrive(6.0, 0.001) is Ran.PROVISIONED


def test_new_environments_serve_when_they_are_there() -> None:
    """Capacity that was asked for does not take invocations before its time."""
    alias = provisioned(1)
    assert alias.set_capacity(2, 0.0) is None
    assert alias.next_change() == pytest.approx(90.0)
    assert [alias.arrive(89.0, 5.0), alias.arrive(89.5, 5.0)] == [Ran.PROVISIONED, Ran.ON_DEMAND]
    assert alias.arrive(91.0, 5.0) is Ran.PROVISIONED
    assert [event.allocated for event in alias.advance(91.0)] == [1, 2]
    assert alias.next_change() is None


def test_a_decrease_lets_invocations_finish() -> None:
    """Three run, two are left: no more than all of them are in use, and a new one spills over."""
    alias = provisioned(3)
    for _ in range(3):
        alias.arrive(0.0, 100.0)
    alias.set_capacity(2, 1.0)
    assert alias.arrive(2.0, 1.0) is Ran.ON_DEMAND
    assert value(alias, "ProvisionedConcurrencyUtilization", "Maximum") == 1.0


def test_a_duration_must_be_above_zero() -> None:
    """An invocation without a duration would use nothing."""
    with pytest.raises(ScenarioError, match="duration must be above 0"):
        provisioned().arrive(0.0, 0.0)
    with pytest.raises(ScenarioError, match="duration must be above 0"):
        provisioned().arrive_all(np.array([0.0]), np.array([float("nan")]))


# ---- what CloudWatch says ----


def test_utilisation_is_the_share_in_use() -> None:
    """Sampled as invocations start: 1 of 4, 2 of 4, 3 of 4."""
    alias = provisioned(4)
    for _ in range(3):
        alias.arrive(0.0, 10.0)
    assert value(alias, "ProvisionedConcurrencyUtilization", "Average") == 0.5
    assert value(alias, "ProvisionedConcurrencyUtilization", "Maximum") == 0.75
    assert value(alias, "ProvisionedConcurrencyUtilization", "Minimum") == 0.25
    assert value(alias, "ProvisionedConcurrentExecutions", "Maximum") == 3.0


def test_a_sample_may_leave_out_the_invocation_that_starts() -> None:
    """With the other reading of the silent guide: 0 of 4, 1 of 4, 2 of 4."""
    alias = provisioned(4, sample_counts_itself=False)
    alias.arrive(0.0, 10.0)
    alias.arrive_all(np.array([1.0, 2.0]), np.array([10.0, 10.0]))
    assert value(alias, "ProvisionedConcurrencyUtilization", "Average") == 0.25


def test_nothing_is_said_when_nothing_is_invoked() -> None:
    """The guide: utilisation is not emitted when idle, so that the alarms have no data."""
    alias = provisioned(4)
    alias.arrive(61.0, 0.5)
    points = alias.datapoints(UTILIZATION, 240.0, 3)
    assert [point is None for point in points] == [True, False, True]


def test_a_minute_can_be_read_when_it_is_published() -> None:
    """A minute after its end, by default."""
    alias = provisioned(4)
    alias.arrive(30.0, 0.5)
    assert alias.datapoints(UTILIZATION, 119.0, 1) == (None,)
    assert alias.datapoints(UTILIZATION, 120.0, 1)[0] is not None


def test_a_datapoint_has_the_capacity_it_met() -> None:
    """Of two samples, 1 of 1 and 2 of 4, it is 3 in use by 1.5: the capacity is what makes that product."""
    alias = provisioned(1)
    alias.arrive(0.0, 50.0)
    alias.set_capacity(4, 1.0)
    alias.advance(91.0)
    alias.arrive(119.0, 5.0)
    later = ScalingMetric("AWS/Lambda", "ProvisionedConcurrencyUtilization", "Sum", period_s=120.0)
    (point,) = alias.datapoints(later, 180.0, 1)
    assert point is not None
    assert (point.start_at, point.value) == (0.0, 1.25)
    assert point.capacity == pytest.approx(2 / 1.25)


def test_periods_slide_by_minutes() -> None:
    """Of two minutes at a time: an invocation in the second minute is in both periods that hold it."""
    alias = provisioned(1)
    alias.arrive(61.0, 0.5)
    longer = ScalingMetric("AWS/Lambda", "Invocations", "Sum", period_s=120.0)
    assert [alias.datapoints(longer, now, 1)[0] is not None for now in (120.0, 180.0, 240.0, 300.0)] == [
        False,
        True,
        True,
        False,
    ]


def test_without_an_allocation_there_is_no_utilisation() -> None:
    """Scaled to 0, everything spills over; the capacity of such a minute is 0."""
    alias = provisioned(0)
    assert alias.arrive(0.0, 1.0) is Ran.ON_DEMAND
    assert value(alias, "ProvisionedConcurrencyUtilization", "Average") is None
    (point,) = alias.datapoints(ScalingMetric("AWS/Lambda", "Invocations", "Sum"), 120.0, 1)
    assert point is not None
    assert (point.value, point.capacity) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("metric", "covered"),
    [
        (UTILIZATION, True),
        (ScalingMetric("AWS/Lambda", "Invocations", "Sum", OWN), True),
        (ScalingMetric("AWS/Lambda", "Invocations", "Sum", OWN[::-1], period_s=300.0), True),
        (ScalingMetric("AWS/Lambda", "Invocations", "Sum", OWN[:1]), False),
        (ScalingMetric("AWS/Lambda", "Invocations", "Sum", period_s=10.0), False),
        (ScalingMetric("AWS/Lambda", "Invocations", "Sum", period_s=90.0), False),
        (ScalingMetric("AWS/Lambda", "Invocations", "p99"), False),
        (ScalingMetric("AWS/Lambda", "Duration", "Average"), False),
        (ScalingMetric("AWS/SageMaker", "Invocations", "Sum"), False),
    ],
)
def test_metrics_it_knows(metric: ScalingMetric, covered: bool) -> None:
    """Those of its own, in whole minutes, in a statistic of a statistic set."""
    assert provisioned().covers(metric) is covered


@pytest.mark.parametrize(
    "wrong", ["function:ranker", "endpoint/a/variant/b", "function::live", "function:a:"]
)
def test_a_resource_id_has_a_function_and_an_alias(wrong: str) -> None:
    """Anything else is refused with its form."""
    with pytest.raises(ScenarioError, match="function:NAME:ALIAS"):
        split_resource_id(wrong)


# ---- in bulk ----

ARRIVALS = st.lists(st.tuples(st.floats(0.0, 8.0), st.floats(0.01, 30.0)), min_size=0, max_size=60)


@given(ARRIVALS, st.integers(0, 12), st.integers(0, 12), st.booleans())
def test_in_bulk_as_one_by_one(
    arrivals: list[tuple[float, float]], initial: int, asked: int, counts_itself: bool
) -> None:
    """Any traffic, in one array or one at a time: the same environments, the same datapoints."""
    settings = {"allocation_time": Constant(20.0), "sample_counts_itself": counts_itself}
    at = np.cumsum([gap for gap, _ in arrivals])
    spans = np.array([span for _, span in arrivals])
    bulk, single = provisioned(initial, **settings), provisioned(initial, **settings)
    for alias in (bulk, single):
        alias.set_capacity(asked, 0.0)
    # In two parts, so that the second meets what the first has left running.
    half = len(at) // 2
    ran = [*bulk.arrive_all(at[:half], spans[:half]), *bulk.arrive_all(at[half:], spans[half:])]
    pairs = zip(at.tolist(), spans.tolist(), strict=True)
    assert ran == [single.arrive(now, span) is Ran.PROVISIONED for now, span in pairs]
    for name in Metric:
        for statistic in Statistic:
            metric = ScalingMetric("AWS/Lambda", name, statistic)
            assert bulk.datapoints(metric, 600.0, 9) == single.datapoints(metric, 600.0, 9)


def test_a_busy_minute_in_bulk() -> None:
    """6,000 invocations of 0.2 s in a minute on 30 environments: none spills over, and none is lost."""
    alias = provisioned(30)
    at = np.arange(6_000) / 100.0
    assert alias.arrive_all(at, np.full(6_000, 0.2)).all()
    assert value(alias, "Invocations", "Sum") == 6_000.0
    assert value(alias, "ProvisionedConcurrentExecutions", "Maximum") == 21.0
    assert alias.arrive(60.0, 0.2) is Ran.PROVISIONED


def test_the_rate_counts_across_two_batches() -> None:
    """The second half of a second knows what the first has started."""
    alias = provisioned(1)
    short = np.full(6, 0.001)
    assert alias.arrive_all(np.linspace(0.0, 0.4, 6), short).all()
    assert alias.arrive_all(np.linspace(0.5, 0.9, 6), short).tolist() == [True] * 4 + [False] * 2
