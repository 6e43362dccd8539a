"""What a variant publishes: buckets, shares, zeros, and when a minute is visible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.metrics import Metric, MinuteMetrics, Statistics, VariantMetrics


def metrics(*, emit_zeros: bool = True, active: int | None = 1) -> VariantMetrics:
    made = VariantMetrics(publish_delay_s=60.0, emit_zeros=emit_zeros)
    made.set_active(0.0, active)
    return made


def minute(of: VariantMetrics, number: int) -> MinuteMetrics:
    found = of.minute(number)
    assert found is not None
    return found


def test_requests_count_in_the_minute_of_their_arrival() -> None:
    """59.9 belongs to minute 0, 60.0 to minute 1."""
    variant = metrics()
    for moment in (0.0, 59.9, 60.0):
        variant.arrived(moment, 1)
    assert (minute(variant, 0).invocations, minute(variant, 1).invocations) == (2, 1)


def test_thirty_requests_on_three_instances_are_exactly_ten() -> None:
    """Floating-point noise must not breach a target of 10."""
    variant = metrics(active=3)
    for number in range(30):
        variant.arrived(float(number), 3)
    assert minute(variant, 0).invocations_per_instance == 10.0


def test_each_request_is_shared_by_the_instances_active_when_it_came() -> None:
    """SageMaker guide: each request adds 1/number of active instances."""
    variant = metrics()
    for _ in range(10):
        variant.arrived(10.0, 1)
    for _ in range(10):
        variant.arrived(50.0, 2)
    seen = minute(variant, 0)
    assert seen.invocations_per_instance == 15.0
    assert seen.capacity * seen.invocations_per_instance == pytest.approx(20.0)


def test_requests_without_any_instance_count_but_are_shared_by_nobody() -> None:
    """They are Invocations, yet add nothing to InvocationsPerInstance."""
    variant = metrics(active=0)
    variant.arrived(1.0, 0)
    seen = minute(variant, 0)
    assert (seen.invocations, seen.invocations_per_instance, seen.capacity) == (1, 0.0, 0.0)


def test_an_idle_variant_in_service_publishes_zeros() -> None:
    """Since 2021-04-14 (case D7); before service and after it there is no data."""
    variant = VariantMetrics(publish_delay_s=60.0)
    variant.set_active(90.0, 2)
    variant.set_active(200.0, None)
    assert variant.minute(0) is None
    assert (minute(variant, 1).invocations_per_instance, minute(variant, 1).capacity) == (0.0, 2.0)
    assert minute(variant, 2).invocations == 0
    assert variant.minute(3) is None


def test_the_setting_without_zeros_publishes_only_minutes_with_requests() -> None:
    """The behaviour the guide described before 2021-04-14."""
    variant = metrics(emit_zeros=False)
    variant.arrived(70.0, 1)
    assert variant.minute(0) is None
    assert minute(variant, 1).invocations == 1


def test_latency_is_in_microseconds_in_the_minute_of_the_answer() -> None:
    """Sum, count, minimum and maximum as CloudWatch keeps them."""
    variant = metrics()
    variant.answered(59.0, 0.5)
    variant.answered(58.0, 0.1)
    variant.answered(61.0, 9.0)
    assert minute(variant, 0).latency == Statistics(600_000.0, 2.0, 100_000.0, 500_000.0)
    assert minute(variant, 0).latency.average == 300_000.0  # type: ignore[union-attr]


def test_errors_count_apart_by_kind() -> None:
    """4xx for the client's, 5xx for ours."""
    variant = metrics()
    variant.failed(1.0)
    variant.failed(2.0)
    variant.failed(3.0, client_error=True)
    assert (minute(variant, 0).errors_5xx, minute(variant, 0).errors_4xx) == (2, 1)


def test_a_minute_is_visible_once_the_publish_delay_has_passed() -> None:
    """The minute that ends at 60 is seen from 120 on, not a moment before."""
    variant = metrics()
    assert variant.last_visible_minute(119.999) == -1
    assert variant.last_visible_minute(120.0) == 0


def test_visible_datapoints_come_oldest_first_with_gaps() -> None:
    """What lies before the start of the world is missing, not zero."""
    seen = metrics().datapoints_visible(180.0, 4)
    assert [each if each is None else each.start_at for each in seen] == [None, None, 0.0, 60.0]


def test_statistics_by_metric_are_what_get_metric_data_needs() -> None:
    """Each request is a sample; a minute without answers has no ModelLatency."""
    variant = metrics(active=2)
    for _ in range(4):
        variant.arrived(5.0, 2)
    variant.failed(6.0)
    seen = minute(variant, 0)
    assert seen.end_at == 60.0
    assert seen.statistics(Metric.INVOCATIONS) == Statistics(4.0, 4.0, 1.0, 1.0)
    assert seen.statistics(Metric.INVOCATIONS_PER_INSTANCE) == Statistics(2.0, 4.0, 0.5, 0.5)
    assert seen.statistics(Metric.ERRORS_5XX) == Statistics(1.0, 4.0, 0.0, 1.0)
    assert seen.statistics(Metric.ERRORS_4XX) == Statistics(0.0, 4.0, 0.0, 0.0)
    assert seen.statistics(Metric.MODEL_LATENCY) is None


def test_an_idle_minute_has_statistics_of_zero() -> None:
    """A zero datapoint has no samples and an average of zero."""
    idle = minute(metrics(), 0)
    per_instance = idle.statistics(Metric.INVOCATIONS_PER_INSTANCE)
    assert per_instance == Statistics(0.0, 0.0, 0.0, 0.0)
    assert per_instance.average == 0.0


@given(st.lists(st.tuples(st.floats(0, 600, allow_nan=False), st.integers(1, 6)), max_size=80))
def test_capacity_times_share_gives_the_requests_back(arrivals: list[tuple[float, int]]) -> None:
    """Whatever the mix of capacities, the formula's product is the number of invocations."""
    variant = metrics()
    for moment, active in sorted(arrivals):
        variant.arrived(moment, active)
    seen = [minute(variant, number) for number in range(11)]
    assert sum(each.invocations for each in seen) == len(arrivals)
    for each in seen:
        assert each.capacity * each.invocations_per_instance == pytest.approx(each.invocations)
