"""What a variant publishes: buckets, shares, zeros, and when a minute is visible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.metrics import Measured, Metric, MinuteMetrics, Statistics, VariantMetrics, merged


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


# -- periods of several minutes, gauges, and what was read before


def measured(of: VariantMetrics, metric: Metric, start_at: float, end_at: float) -> Measured:
    found = of.measured(metric, start_at, end_at)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 6.0), ("Average", 2.0), ("Minimum", 1.0), ("Maximum", 3.0), ("SampleCount", 3.0)],
)
def test_a_statistic_set_answers_every_statistic_of_cloudwatch(statistic: str, value: float) -> None:
    """By CloudWatch's names."""
    assert Statistics(6.0, 3.0, 1.0, 3.0).value(statistic) == value


def test_a_percentile_cannot_be_had_from_a_statistic_set() -> None:
    """It would need the samples."""
    with pytest.raises(KeyError):
        Statistics(6.0, 3.0, 1.0, 3.0).value("p99")


def test_minutes_are_aggregated_as_cloudwatch_aggregates_statistic_sets() -> None:
    """Sums and counts add up, the extremes are those of all, and the average weighs the samples."""
    variant = metrics(active=2)
    for moment, seconds in ((10.0, 0.1), (70.0, 0.2), (80.0, 0.6)):
        variant.arrived(moment, 2)
        variant.answered(moment, seconds)
    both = measured(variant, Metric.MODEL_LATENCY, 0.0, 120.0)
    seen = both.statistics
    assert (seen.count, seen.minimum, seen.maximum) == (3.0, 100_000.0, 600_000.0)
    assert both.statistics.average == pytest.approx(300_000.0)
    assert measured(variant, Metric.INVOCATIONS, 0.0, 180.0).statistics.sum == 3.0
    assert variant.measured(Metric.MODEL_LATENCY, 120.0, 240.0) is None


def test_the_capacity_of_several_minutes_gives_the_invocations_back() -> None:
    """60 on one instance, then 60 on three: capacity x per instance is still 120."""
    variant = metrics()
    for number in range(60):
        variant.arrived(float(number), 1)
        variant.arrived(60.0 + number, 3)
    both = measured(variant, Metric.INVOCATIONS_PER_INSTANCE, 0.0, 120.0)
    assert both.statistics.sum == 80.0
    assert both.capacity * both.statistics.sum == pytest.approx(120.0)


def test_what_nothing_was_summed_in_has_the_last_capacity() -> None:
    """Two idle minutes, the second with three instances; of nothing there is nothing."""
    idle = Statistics(0.0, 0.0, 0.0, 0.0)
    assert merged([Measured(idle, 2.0), Measured(idle, 3.0)]) == Measured(idle, 3.0)
    assert merged([]) is None


def test_a_gauge_counts_in_the_period_that_ends_with_it() -> None:
    """Emitted at 20 by two instances: that of 10 to 20, in the sums of the minute as well."""
    variant = metrics(active=2)
    variant.gauged(Metric.CONCURRENT_REQUESTS, 20.0, (3, 1))
    variant.gauged(Metric.CONCURRENT_REQUESTS, 30.0, (0, 2))
    ten = measured(variant, Metric.CONCURRENT_REQUESTS, 10.0, 20.0)
    assert ten == Measured(Statistics(4.0, 2.0, 1.0, 3.0), 2.0)
    assert variant.measured(Metric.CONCURRENT_REQUESTS, 0.0, 10.0) is None
    assert measured(variant, Metric.CONCURRENT_REQUESTS, 0.0, 30.0).statistics == Statistics(
        6.0, 4.0, 0.0, 3.0
    )
    assert measured(variant, Metric.CONCURRENT_REQUESTS, 0.0, 60.0).statistics.average == 1.5


def test_more_samples_in_ten_seconds_are_one_period() -> None:
    """The peak of the period is among them; the capacity is that of the last."""
    variant = metrics()
    variant.gauged(Metric.CONCURRENT_REQUESTS, 15.0, (4,))
    variant.gauged(Metric.CONCURRENT_REQUESTS, 20.0, (1, 2))
    assert measured(variant, Metric.CONCURRENT_REQUESTS, 10.0, 20.0) == Measured(
        Statistics(7.0, 3.0, 1.0, 4.0), 2.0
    )


def test_nobody_there_emits_nothing() -> None:
    """A gauge without an instance is no datapoint."""
    variant = metrics(active=0)
    variant.gauged(Metric.CONCURRENT_REQUESTS, 10.0, ())
    assert variant.measured(Metric.CONCURRENT_REQUESTS, 0.0, 10.0) is None


def test_idle_concurrency_follows_the_setting_and_utilisation_is_always_there() -> None:
    """An agent measures the processor with and without traffic."""
    for emit_zeros in (True, False):
        variant = metrics(emit_zeros=emit_zeros)
        variant.gauged(Metric.CONCURRENT_REQUESTS, 60.0, (0,))
        variant.gauged(Metric.CPU, 60.0, (0.0,))
        assert (variant.measured(Metric.CONCURRENT_REQUESTS, 50.0, 60.0) is not None) == emit_zeros
        assert measured(variant, Metric.CPU, 0.0, 60.0).statistics.value("Average") == 0.0


def test_gauges_are_no_part_of_a_minute() -> None:
    """A minute is what the invocation metrics publish."""
    assert minute(metrics(), 0).statistics(Metric.CPU) is None
    assert minute(metrics(), 0).statistics(Metric.CONCURRENT_REQUESTS) is None


def test_every_metric_is_kept() -> None:
    """Nothing that CloudWatch could be asked for is left out here; a bulk engine may say no."""
    assert all(metrics().keeps(metric) for metric in Metric)


def test_what_is_told_late_is_read_all_the_same() -> None:
    """An answer, a gauge or a count that comes for a minute that was read before changes it."""
    variant = metrics()
    variant.arrived(10.0, 1)
    assert minute(variant, 0).errors_4xx == 0
    assert measured(variant, Metric.INVOCATIONS, 0.0, 60.0).statistics.sum == 1.0
    variant.failed(59.0, client_error=True)
    assert minute(variant, 0).errors_4xx == 1
    variant.arrived(59.5, 1)
    assert measured(variant, Metric.INVOCATIONS, 0.0, 60.0).statistics.sum == 2.0
    variant.gauged(Metric.CPU, 60.0, (50.0,))
    assert measured(variant, Metric.CPU, 0.0, 60.0).statistics.sum == 50.0
    assert minute(variant, 2).capacity == 1.0
    variant.set_active(130.0, 4)
    assert minute(variant, 2).capacity == 4.0


@given(
    writes=st.lists(
        st.tuples(st.sampled_from(["arrived", "answered", "failed", "read"]), st.floats(0, 300)), max_size=60
    )
)
def test_reading_changes_nothing(writes: list[tuple[str, float]]) -> None:
    """Whatever was read in between, the end is what one who never looked sees."""
    watched, quiet = metrics(), metrics()
    for what, moment in writes:
        for variant in (watched, quiet):
            if what == "arrived":
                variant.arrived(moment, 2)
            elif what == "answered":
                variant.answered(moment, moment / 100.0)
            elif what == "failed":
                variant.failed(moment)
        if what == "read":
            watched.minute(int(moment // 60.0))
            watched.measured(Metric.INVOCATIONS, 0.0, 120.0)
    assert [watched.minute(number) for number in range(6)] == [quiet.minute(number) for number in range(6)]
    for metric in Metric:
        assert watched.measured(metric, 0.0, 300.0) == quiet.measured(metric, 0.0, 300.0)
