"""Figures from plain numbers: percentiles, windows, histograms and step series."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import (
    Span,
    Steps,
    counts_over_time,
    histogram,
    logarithmic_edges,
    nice_step,
    percentile,
    spread,
    thin,
    values_over_time,
    window_count,
)

finite = st.floats(-1e6, 1e6)


@pytest.mark.parametrize(
    ("quantile", "expected"), [(0.0, 15), (0.05, 15), (0.30, 20), (0.40, 20), (0.50, 35), (1.0, 50)]
)
def test_percentile_is_nearest_rank(quantile: float, expected: float) -> None:
    """The worked example of the nearest-rank method: five values, always one of them."""
    assert percentile([15, 20, 35, 40, 50], quantile) == expected


def test_percentile_ignores_floating_point_noise_in_the_rank() -> None:
    """0.07 of 100 values is the 7th, though 0.07 * 100 is a little more than 7."""
    assert percentile(range(1, 101), 0.07) == 7


@given(st.lists(finite, min_size=1), st.floats(0, 1))
def test_percentile_covers_its_share(values: list[float], quantile: float) -> None:
    """At least the asked share of the values is at or below the answer, and the answer is one of them."""
    ordered = sorted(values)
    answer = percentile(ordered, quantile)
    assert answer in ordered
    assert sum(v <= answer for v in ordered) >= quantile * len(ordered) - 1e-6


@pytest.mark.parametrize(("values", "quantile"), [([], 0.5), ([1.0], 1.5), ([1.0], -0.1), ([1.0], math.nan)])
def test_percentile_refuses_what_has_no_answer(values: list[float], quantile: float) -> None:
    """No values and no such quantile are errors, never a number."""
    with pytest.raises(ValueError, match=r"percentile|quantile"):
        percentile(values, quantile)


def test_spread_names_four_percentiles_and_the_largest() -> None:
    """The five figures of a latency, from values in any order."""
    assert spread(reversed(range(1, 201))) == {"p50": 100, "p90": 180, "p95": 190, "p99": 198, "max": 200}


def test_spread_of_nothing_is_empty() -> None:
    """Where nothing was measured there is no zero."""
    assert spread([]) == {}


@pytest.mark.parametrize(
    ("span", "expected"), [(10, 1), (100, 10), (101, 60), (600, 60), (601, 120), (6_000, 600)]
)
def test_nice_step_is_the_smallest_that_suffices(span: float, expected: float) -> None:
    """At most ten pieces; beyond the last step, a multiple of it."""
    assert nice_step(span, 10, (1, 10, 60)) == expected


def test_counts_fall_into_half_open_windows() -> None:
    """A moment on an edge belongs to the window it begins; the very end to the last."""
    assert counts_over_time([-0.1, 0, 0.9, 1, 2.5, 3, 3.1], 0, 3, 1) == [2, 1, 2]


def test_windows_begin_where_the_range_does() -> None:
    """Windows of 2 s from second 10 on: what falls at 13 is in the second, counted and as a value."""
    assert counts_over_time([10, 11.9, 13, 15.5], 10, 16, 2) == [2, 1, 1]
    assert values_over_time([(11.9, 1.0), (13, 2.0), (15.5, 3.0)], 10, 16, 2) == [[1.0], [2.0], [3.0]]


@given(st.lists(st.floats(0, 100)), st.floats(0.5, 60))
def test_counts_lose_no_moment(moments: list[float], step: float) -> None:
    """Every moment inside the range is in exactly one window."""
    assert sum(counts_over_time(moments, 0, 100, step)) == len(moments)


def test_values_are_grouped_by_the_same_windows() -> None:
    """Values keep their order inside a window; those outside are left out."""
    points = [(0.0, 1.0), (5.0, 2.0), (0.5, 3.0), (11.0, 9.0), (10.0, 4.0)]
    assert values_over_time(points, 0, 10, 5) == [[1.0, 3.0], [2.0, 4.0]]


def test_window_count_is_at_least_one() -> None:
    """An empty range is one window; a range of 0.3 in steps of 0.1 is three, whatever floats say."""
    assert (window_count(5, 5, 1), window_count(0, 0.3, 0.1)) == (1, 3)


def test_a_window_that_has_only_begun_counts() -> None:
    """A range a little longer than three steps takes a fourth."""
    assert window_count(0, 0.31, 0.1) == 4


@pytest.mark.parametrize("step", [0.0, -1.0, math.nan])
def test_a_window_has_a_length(step: float) -> None:
    """A step of nothing is an error, not an endless loop."""
    with pytest.raises(ValueError, match="window"):
        window_count(0, 1, step)


def test_logarithmic_edges_enclose_the_range() -> None:
    """Edges at every third of a decade, from at or below the lowest to above the highest."""
    edges = logarithmic_edges(0.01, 1.0, 3)
    assert edges[0] == pytest.approx(0.01)
    assert edges[-1] > 1.0
    assert edges[3] == pytest.approx(0.1)


def test_logarithmic_edges_are_those_around_the_range() -> None:
    """Two edges a decade: the last at or below 0.08, the first above 7, and all between; nothing beyond."""
    exponents = (-1.5, -1, -0.5, 0, 0.5, 1)
    assert logarithmic_edges(0.08, 7, 2) == pytest.approx([10**exponent for exponent in exponents])


def test_logarithmic_edges_enclose_one_value() -> None:
    """A range of a single value has the bin that value begins."""
    assert logarithmic_edges(1, 1, 1) == pytest.approx([1, 10])


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 1)])
def test_logarithmic_edges_need_a_positive_range(low: float, high: float) -> None:
    """Zero has no place on a logarithmic scale."""
    with pytest.raises(ValueError, match="logarithmic"):
        logarithmic_edges(low, high, 3)


@given(st.lists(finite, max_size=50))
def test_histogram_counts_everything_once(values: list[float]) -> None:
    """The counts add up: what lies outside the edges is in the first or the last bin."""
    assert sum(histogram(sorted(values), [-10, 0, 10, 20])) == len(values)


def test_histogram_bins_are_half_open() -> None:
    """A value on an edge belongs to the bin it begins."""
    assert histogram([-5, 0, 9.9, 10, 20, 99], [0, 10, 20]) == [3, 3]


def test_thin_leaves_short_series_alone() -> None:
    """What already fits is returned whole."""
    assert thin([(0.0, 1.0), (1.0, 2.0)], 10) == [(0.0, 1.0), (1.0, 2.0)]


def test_thin_leaves_what_just_fits_alone() -> None:
    """As many points as are asked for are no reason to leave one out."""
    points = [(float(i), value) for i, value in enumerate((5.0, 1.0, 2.0, 3.0, 4.0))]
    assert thin(points, 5) == points


def test_thin_keeps_the_extremes_of_every_bucket() -> None:
    """Ten points to six: both ends, and the lowest and highest of each half between, in order of time."""
    points = [(float(i), value) for i, value in enumerate((5, 1, 7, 3, 4, 9, 6, 2, 8, 0))]
    assert [value for _, value in thin(points, 6)] == [5, 1, 7, 9, 2, 0]


def test_thin_keeps_ends_and_lone_spikes() -> None:
    """Of 10,000 points one spike and both ends survive a thinning to 100, in order of time."""
    points = [(float(i), 1_000.0 if i == 4_321 else float(i % 2)) for i in range(10_000)]
    kept = thin(points, 100)
    assert len(kept) <= 102
    assert (4_321.0, 1_000.0) in kept
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert kept == sorted(kept)


def test_steps_hold_until_the_next() -> None:
    """A value is in force from its moment on; before the first there is none; the later of two wins."""
    steps = Steps.of([(5.0, "b"), (0.0, "a"), (5.0, "c")])
    assert [steps.at(t) for t in (-1, 0, 4.9, 5, 99)] == [None, "a", "a", "c", "c"]


def test_spans_join_equal_neighbours_and_end_in_time() -> None:
    """A repeated value is one span; what begins after the end is not there; an overtaken one neither."""
    steps = Steps.of([(0.0, "a"), (5.0, "b"), (5.0, "a"), (7.0, "c"), (12.0, "d")])
    assert steps.spans(10.0) == [Span(0.0, 7.0, "a"), Span(7.0, 10.0, "c")]


def test_spans_of_nothing_are_nothing() -> None:
    """A series without points has no spans and no time in any state."""
    empty: Steps[str] = Steps.of([])
    assert (empty.spans(10.0), empty.time_in("a", 10.0), empty.at(3.0)) == ([], 0.0, None)


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from("abc")), min_size=1))
def test_time_in_all_states_adds_up(points: list[tuple[float, str]]) -> None:
    """From the first point to the end every second is in exactly one state, and spans never run back."""
    steps = Steps.of(points)
    total = sum(steps.time_in(state, 100.0) for state in "abc")
    assert total == pytest.approx(100.0 - min(at for at, _ in points))
    assert all(span.length > 0 for span in steps.spans(100.0))
