"""Axes: round values, in order, between the ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures import axes


def words(axis: axes.Axis) -> list[str]:
    """Return what is written at the ticks."""
    return [word for _, word in axis.ticks]


@pytest.mark.parametrize(
    ("axis", "wanted"),
    [
        (axes.linear(0, 5.04), ["0", "2", "4"]),
        (axes.linear(0, 0.9, whole=True), ["0"]),
        (axes.linear(0, 3.65, whole=True), ["0", "1", "2", "3"]),
        (axes.symmetric(-2.5, 2_000, 20, (10,)), ["0", "10", "100", "1,000"]),
        (axes.seconds(0.5, 7), ["500 ms", "1 s", "2 s", "5 s"]),
        (axes.seconds(0.005, 1.2, most=5), ["10 ms", "30 ms", "100 ms", "300 ms", "1 s"]),
        (axes.moments(0, 86_400, 6), ["0 h", "4 h", "8 h", "12 h", "16 h", "20 h", "24 h"]),
        (axes.nines(4_742), ["0 %", "50 %", "90 %", "99 %", "99.9 %"]),
        (axes.moments(0, 1_300, 6), ["00:00", "05:00", "10:00", "15:00", "20:00"]),
    ],
    ids=["linear", "whole-small", "whole", "symmetric", "seconds", "decades", "day", "nines", "moments"],
)  # fmt: skip
def test_ticks_are_round_values(axis: axes.Axis, wanted: list[str]) -> None:
    """As people write them."""
    assert words(axis) == wanted


def test_a_month_has_no_more_moments_than_asked_for() -> None:
    """However long the run."""
    assert len(axes.moments(0, 30 * 86_400, 5).ticks) <= 6


@given(st.floats(1e-4, 1e6), st.floats(1.01, 1e6))
def test_ticks_lie_between_the_ends_in_order(low: float, factor: float) -> None:
    """On a linear axis from zero and on a logarithmic one; few enough to be read."""
    for axis in (axes.linear(0.0, low * factor), axes.seconds(low, low * factor)):
        places = [axis.place(value) for value, _ in axis.ticks]
        assert places == sorted(places)
        assert all(-1e-6 <= place <= 1 + 1e-6 for place in places)
        assert len(places) <= 12


def test_both_parts_of_a_symmetric_axis_meet() -> None:
    """At the threshold nothing jumps, and the ends are the ends."""
    axis = axes.symmetric(-2.0, 1_000.0, 20.0, ())
    assert (axis.place(-2.0), axis.place(1_000.0)) == (0.0, 1.0)
    assert axis.place(20.0) == pytest.approx(axis.place(20.000001), abs=1e-6)
