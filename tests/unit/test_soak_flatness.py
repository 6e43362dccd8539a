"""Whether a series is flat is judged so that a neighbour's burst of work does not count, and a leak does."""

import sys
from pathlib import Path
from random import Random

import pytest

sys.path.append(str(Path(__file__).parents[1] / "soak"))

from flatness import Held, by_window, trend

MINUTES = [60.0 * minute for minute in range(60)]


def noisy(growth_a_minute: float, *, bursts: float = 0.0) -> list[tuple[float, float]]:
    """Return an hour of values around 100, a share of *bursts* of them far off."""
    random = Random("soak")
    values = [100 + growth_a_minute * minute + random.gauss(0, 1) for minute in range(60)]
    return [
        (at, value * (5 if random.random() < bursts else 1))
        for at, value in zip(MINUTES, values, strict=True)
    ]


def test_a_line_is_found() -> None:
    """Its first and its last value, and by how much it grew."""
    found = trend([(at, 10 + at / 60) for at in MINUTES])
    assert (found.first, found.last) == (pytest.approx(10), pytest.approx(69))
    assert found.growth == pytest.approx(59)
    assert found.growth_ratio == pytest.approx(5.9)


@pytest.mark.parametrize("bursts", [0.0, 0.2])
def test_noise_is_flat_and_a_leak_is_not(bursts: float) -> None:
    """A fifth of the values five times too high neither makes a trend nor hides one of a tenth."""
    assert abs(trend(noisy(0.0, bursts=bursts)).growth_ratio) < 0.02
    assert 0.05 < trend(noisy(10 / 60, bursts=bursts)).growth_ratio < 0.15


def test_nothing_and_then_something_has_grown() -> None:
    """A series that begins at zero has no share to grow by."""
    assert trend([(0.0, 0.0), (1.0, 0.0)]).growth_ratio == 0.0
    assert trend([(0.0, 0.0), (1.0, 3.0)]).growth_ratio == 1.0


@pytest.mark.parametrize("points", [[], [(0.0, 1.0)]])
def test_too_few_points_are_told(points: list[tuple[float, float]]) -> None:
    """No trend is not a flat one."""
    with pytest.raises(ValueError, match="sample more often"):
        trend(points)


def test_points_of_one_moment_have_no_slope() -> None:
    """Nothing is divided by zero."""
    assert trend([(1.0, 3.0), (1.0, 5.0)]).growth == 0.0


def test_an_hour_of_seconds_takes_no_time() -> None:
    """Pairs grow with the square: of many points some are taken."""
    assert trend([(float(at), 7.0) for at in range(36_000)]).growth == 0.0


def test_windows_are_whole() -> None:
    """The value at a ratio of each, at its middle; what is left over at the end is no window."""
    points = [(float(at), float(at % 10)) for at in range(25)]
    assert by_window(points, 10.0, 0.5) == [(5.0, 5.0), (15.0, 5.0)]
    assert by_window(points, 10.0, 0.99) == [(5.0, 9.0), (15.0, 9.0)]
    assert by_window([], 10.0, 0.5) == []
    assert by_window(points[:3], 10.0, 0.5) == [(5.0, 1.0)]


def test_a_limit_may_be_reached() -> None:
    """And not passed."""
    assert Held("a", "a", 1.0, 1.0, "").ok
    assert not Held("a", "a", 1.1, 1.0, "").ok
