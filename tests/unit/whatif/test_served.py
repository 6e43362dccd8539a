"""From arrays of requests to records: counts, percentiles and histograms that are those of the requests."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.journal import ServedMinute, ServedTotal, bin_start_s
from harness.stats import spread
from harness.whatif.served import Answered, by_minute, histogram, one_by_one, spread_of

requests = st.lists(
    st.tuples(st.floats(0, 179.9), st.floats(1e-4, 2), st.floats(0, 5), st.integers(0, 4)), max_size=60
)


def answered(rows: list[tuple[float, float, float, int]]) -> Answered:
    """Return arrays of the rows (moment, service, queue, outcome), in time order."""
    at, service_s, queue_s, outcome = zip(*sorted(rows), strict=True) if rows else ((), (), (), ())
    waits = [q if o < 3 else math.nan for q, o in zip(queue_s, outcome, strict=True)]
    return Answered(np.array(at), np.array(service_s), np.array(waits), np.array(outcome, dtype=np.uint8))


@given(requests)
def test_minutes_and_total_tell_the_same(rows: list[tuple[float, float, float, int]]) -> None:
    """Offered, completed and failed of the minutes add up; percentiles are those of the good answers."""
    good = [service + queue for _, service, queue, outcome in sorted(rows) if outcome == 0]
    *minutes, total = by_minute({"ranker": answered(rows)}, 0.0, 180.0)
    assert isinstance(total, ServedTotal)
    assert len(minutes) == 3
    assert total.offered == len(rows) == sum(m.offered for m in minutes)  # type: ignore[union-attr]
    assert total.completed == len(good) == sum(m.completed for m in minutes)  # type: ignore[union-attr]
    assert sum(total.failed.values()) == len(rows) - len(good)
    assert total.response == pytest.approx(spread(good))


def test_two_endpoints_are_told_apart_and_summed() -> None:
    """A record for each minute of each, one total for both."""
    one, two = answered([(1.0, 0.1, 0.0, 0)]), answered([(2.0, 0.3, 0.0, 0), (70.0, 0.5, 0.0, 2)])
    *minutes, total = by_minute({"one": one, "two": two}, 0.0, 120.0)
    assert [(m.endpoint, m.offered) for m in minutes if isinstance(m, ServedMinute)] == [
        ("one", 1),
        ("one", 0),
        ("two", 1),
        ("two", 1),
    ]
    assert isinstance(total, ServedTotal)
    assert (total.offered, total.completed, total.failed) == (3, 2, {"lost": 1})
    assert total.response["max"] == pytest.approx(0.3)


def test_requests_one_by_one_are_those_of_a_load() -> None:
    """In the order of arrival, each with its status and what it waited."""
    first, second = answered([(2.0, 0.1, 0.5, 0)]), answered([(1.0, 0.1, math.nan, 4)])
    late, early = reversed(list(one_by_one({"one": first, "two": second})))
    assert (early.endpoint, early.outcome, early.status, early.error) == (
        "two",
        "failed",
        503,
        "ServiceUnavailable",
    )
    assert (early.received_at, early.queue_s, early.service_s) == (None, 0.0, 0.0)
    assert (late.outcome, late.status, late.received_at) == ("ok", 200, 2.6)


@given(st.lists(st.floats(1e-5, 100), min_size=1, max_size=40))
def test_a_histogram_counts_each_time_once(values: list[float]) -> None:
    """In the bin between whose edges it lies."""
    rows = histogram(np.array(values))
    assert sum(count for _, count in rows) == len(values)
    assert bin_start_s(rows[0][0]) <= min(values) * (1 + 1e-9)
    assert bin_start_s(rows[-1][0] + 1) >= max(values) * (1 - 1e-9)


def test_nothing_has_no_percentiles_and_no_histogram() -> None:
    """No zero stands for "there was none"."""
    assert spread_of(np.empty(0), 0) == {}
    assert histogram(np.empty(0)) == []
