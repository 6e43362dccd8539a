"""Arrivals noted by the stretch are counted as if each had been noted by itself."""

from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant
from harness.endpoint.metrics import MinuteMetrics, VariantMetrics
from harness.virtual.bulk_metrics import BulkMetrics
from harness.virtual.ledger import Tally
from harness.virtual.trace import trace_of_times


@given(
    at=st.lists(st.one_of(st.floats(0.0, 400.0), st.integers(0, 8).map(lambda n: n * 60.0))).map(sorted),
    cuts=st.lists(st.tuples(st.floats(0.0, 400.0), st.integers(0, 3)), max_size=5).map(sorted),
)
def test_every_minute_has_the_same_counts(at: list[float], cuts: list[tuple[float, int]]) -> None:
    """Shared by whatever number of instances served them, with minutes in which nothing came."""
    trace = trace_of_times(at, service_time=Constant(0.1), seed=1)
    one, other = VariantMetrics(publish_delay_s=60.0), BulkMetrics(publish_delay_s=60.0)
    start_at, first, active = 0.0, 0, 1
    for end_at, then in [*cuts, (600.0, 0)]:
        last = trace.rows_before(end_at)
        for moment in at[first:last]:
            one.arrived(moment, active)
        other.arrived_between(trace, start_at, first, last, active)
        start_at, first, active = end_at, last, then
    assert [one.minute(number) for number in range(8)] == [other.minute(number) for number in range(8)]


def test_a_minute_without_arrivals_may_have_answers_and_errors() -> None:
    """They are asked for when the minute is read; a minute with none of all is not published here."""
    metrics = BulkMetrics(publish_delay_s=60.0, emit_zeros=False)
    metrics.open(lambda minute: Tally(1, 0.5, 0.5, 0.5, 2) if minute == 3 else Tally(0, 0.0, 0.0, 0.0, 0))
    assert metrics.minute(2) is None
    found = metrics.minute(3)
    assert isinstance(found, MinuteMetrics)
    assert (found.invocations, found.errors_5xx) == (0, 2)
    assert found.latency is not None
    assert found.latency.average == 500_000.0


def test_a_late_stretch_counts_in_its_own_minutes() -> None:
    """Between two moments more than a minute apart most minutes may be empty."""
    metrics = BulkMetrics(publish_delay_s=60.0)
    trace = trace_of_times([10.0, 200.0], service_time=Constant(0.1), seed=1)
    metrics.arrived_between(trace, 0.0, 0, 2, 2)
    shared = [minute.invocations_per_instance for number in (0, 3) if (minute := metrics.minute(number))]
    assert shared == [0.5, 0.5]
