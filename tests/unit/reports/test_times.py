"""How long answers took, as the figures show it."""

import sample

from harness import journal as j
from harness.summary import ByType
from reports.figures import times

FULL = ByType(sample.scaled_run())


def test_latency_is_that_of_answered_requests() -> None:
    """Failed requests have no time; every answered one is in one bin, between the edges."""
    shown = times.latency(FULL)
    assert shown is not None
    assert shown.requests == sum(shown.response) == sum(shown.service) == 1_042
    assert shown.edges[0] <= shown.quantiles["p50"] < shown.quantiles["max"] < shown.edges[-1]


def test_times_that_nobody_modelled_are_none() -> None:
    """All zero is no distribution."""
    call = j.Exchange(1.0, "sagemaker-runtime", "InvokeEndpoint", 200, "", 0, 1, 1)
    assert times.latency(ByType([call])) is None
    assert times.latency(ByType([])) is None


def test_percentiles_over_time_rise_with_the_percentile() -> None:
    """In every window p50 <= p95 <= p99, and there are no more windows than can be seen."""
    shown = times.latency(FULL)
    assert shown is not None
    assert 10 < len(shown.over_time) <= times.WINDOWS
    assert all(p50 <= p95 <= p99 for _, p50, p95, p99 in shown.over_time)


def test_a_spectrum_rises_to_the_slowest() -> None:
    """Each nine has its points, by nearest rank; the last stands for the one value beyond all others."""
    found = times.spectrum([float(value) for value in range(1, 1_001)])
    assert (found[0], found[-1]) == ((1.0, 1.0), (1_000.0, 1_000.0))
    assert dict(found)[2.0] == 500.0
    assert found == sorted(found, key=lambda point: (point[0], point[1]))
    assert times.spectrum([0.5]) == [(1.0, 0.5), (2.0, 0.5)]


def test_a_spectrum_of_counts_is_that_of_its_bins() -> None:
    """Each value is the end of its bin, but none is slower than the slowest."""
    assert times.counted_spectrum([2, 1, 1], [1.0, 2.0, 4.0, 8.0], 5.0)[-1] == (4.0, 5.0)
    assert dict(times.counted_spectrum([2, 1, 1], [1.0, 2.0, 4.0, 8.0], 5.0))[2.0] == 2.0


def test_every_answer_is_in_one_cell_of_each_heat_map() -> None:
    """In the column of its intended start and the row of its time; both maps share columns and rows."""
    shown = times.latency(FULL)
    assert shown is not None
    for cells in (shown.heat.response, shown.heat.service):
        assert sum(count for *_, count in cells) == shown.requests
        assert all(row < len(shown.heat.edges) - 1 for _, row, _ in cells)
        assert all(column < times.WINDOWS for column, _, _ in cells)
