"""Fronts of points of which the smaller is the better in both values."""

import math

from hypothesis import given
from hypothesis import strategies as st

from harness.sweep.pareto import front, layers, nearest_first

POINTS = st.lists(st.tuples(st.integers(0, 8).map(float), st.integers(0, 8).map(float)), max_size=30)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Return whether *one* is no worse in both values and better in one."""
    return one[0] <= other[0] and one[1] <= other[1] and one != other


def test_the_front_is_by_rising_cost() -> None:
    """The cheapest first; of equal points the first alone."""
    assert front([(3, 1), (1, 3), (2, 2), (2, 3), (1, 3)]) == (1, 2, 0)


def test_no_points_have_no_front() -> None:
    """Nothing in, nothing out."""
    assert front([]) == ()
    assert nearest_first([], 5) == []


def test_what_is_no_number_is_on_no_front() -> None:
    """A figure that could not be worked out never wins."""
    assert front([(1, math.nan), (2, 5)]) == (1,)


def test_what_is_endless_may_be_the_cheapest() -> None:
    """An infinite value is worse than any other, and still a value."""
    assert front([(1, math.inf), (2, 5)]) == (0, 1)


@given(POINTS)
def test_nothing_beats_the_front_and_something_beats_all_others(points: list[tuple[float, float]]) -> None:
    """The definition, held against every pair."""
    found = {points[i] for i in front(points)}

    assert all(not beats(other, point) for point in found for other in points)
    assert all(point in found or any(beats(other, point) for other in found) for point in points)


@given(POINTS)
def test_the_first_layer_is_the_front_and_later_ones_are_beaten(points: list[tuple[float, float]]) -> None:
    """A point of a later layer is beaten by, or equal to, one of the layer before."""
    numbers = layers(points, len(points))

    assert {i for i, number in enumerate(numbers) if number == 0} == set(front(points))
    for i, number in enumerate(numbers):
        before = [points[j] for j, other in enumerate(numbers) if other == number - 1]
        assert number == 0 or any(beats(point, points[i]) or point == points[i] for point in before)


def test_peeling_ends_when_enough_are_found() -> None:
    """The rest share the next number, so that a great many points cost little."""
    assert layers([(float(i), float(i)) for i in range(5)], 2) == [0, 1, 2, 2, 2]


def test_the_nearest_are_those_on_either_front_first() -> None:
    """Good by one measure is enough; good by both comes before."""
    first = [(1.0, 5.0), (2.0, 4.0), (3.0, 3.0), (4.0, 9.0)]
    second = [(1.0, 9.0), (2.0, 9.0), (3.0, 1.0), (4.0, 0.0)]

    assert nearest_first([first, second], 3) == [0, 2, 1]


@given(POINTS, st.integers(0, 30))
def test_as_many_as_wanted_each_once(points: list[tuple[float, float]], wanted: int) -> None:
    """Never more than there are, and none twice."""
    found = nearest_first([points, points], wanted)

    assert len(found) == len(set(found)) == min(wanted, len(points))
