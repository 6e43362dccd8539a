"""Repeated runs: nothing is called worse too often, and what is worse is found."""

from itertools import combinations

import numpy as np
import pytest

from harness.compare import noise

FIGURES = 24
LIKE_LATENCY = 15  # of them; then two-valued ones, then rare counts


def drawn(random: np.random.Generator, runs: int) -> noise.Floats:
    """Return figures of runs that are alike: related times, scale-out lags of two values, rare counts."""
    together = random.normal(size=(1, runs))
    values = np.exp(0.03 * (0.8 * together + 0.6 * random.normal(size=(FIGURES, runs))))
    values[LIKE_LATENCY : LIKE_LATENCY + 6] = random.binomial(1, 0.5, (6, runs)) * 60 + 240
    values[LIKE_LATENCY + 6 :] = random.poisson(0.3, (3, runs))
    return np.asarray(values)


def judged(values: noise.Floats, before: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which figures are called worse and which better."""
    steps = np.zeros(FIGURES)
    steps[LIKE_LATENCY + 6 :] = 1.0
    found = noise.shares(values, before, steps, [False] * FIGURES)
    low, high = noise.intervals(values, before)
    worse = (found.up <= noise.FALSE_RATE) & (low > 0)
    better = (found.down <= noise.FALSE_RATE) & (high < 0)
    return worse, better


def rates(before: int, after: int, draws: int, shift: float) -> tuple[float, float]:
    """Return in how many of *draws* anything is called worse, and anything better."""
    random = np.random.default_rng(20261122)
    worse = better = 0
    for _ in range(draws):
        values = drawn(random, before + after)
        values[:6, before:] *= 1.0 + shift
        up, down = judged(values, before)
        worse, better = worse + bool(up.any()), better + bool(down.any())
    return worse / draws, better / draws


def test_where_nothing_changed_little_is_called_worse() -> None:
    """At most 5 % of the comparisons, all figures together; three standard errors of 60 are 9 % more."""
    worse, better = rates(4, 4, 60, 0.0)
    assert worse <= 0.14
    assert better <= 0.14


def test_ten_per_cent_are_found() -> None:
    """With five runs a side that scatter by 3 %, more often than nine times of ten."""
    assert rates(5, 5, 20, 0.10)[0] >= 0.8


@pytest.mark.long
@pytest.mark.parametrize(("before", "after"), [(3, 3), (4, 4), (5, 5), (5, 3), (19, 1)])
def test_the_false_rate_holds(before: int, after: int) -> None:
    """5 % of 2,000 comparisons, within three standard errors: the stated rate."""
    worse, better = rates(before, after, 2_000, 0.0)
    assert worse <= 0.065
    assert better <= 0.065


@pytest.mark.long
@pytest.mark.parametrize(("runs", "power"), [(4, 0.65), (5, 0.93), (6, 0.97)])
def test_power(runs: int, power: float) -> None:
    """So often is a shift of 10 % found where runs scatter by 3 %."""
    assert rates(runs, runs, 500, 0.10)[0] >= power


def test_the_share_of_one_figure_is_that_of_an_exact_permutation_test() -> None:
    """Counted by hand over all divisions of six runs."""
    values = np.array([[1.0, 1.2, 1.1, 1.4, 1.3, 1.25]])
    sides = list(combinations(range(6), 3))
    means = [values[0, list(side)].sum() for side in sides]
    as_far = sum(each >= values[0, 3:].sum() - 1e-12 for each in means) / len(sides)
    found = noise.shares(values, 3, np.zeros(1), [False])
    assert found.up[0] == pytest.approx(as_far)
    assert found.least == 1 / 20


def test_many_runs_are_divided_at_random() -> None:
    """Not all of the divisions of 30 runs; the answer is the same each time."""
    values = np.vstack([np.arange(30.0), np.ones(30)])
    one, other = (noise.shares(values, 15, np.zeros(2), [False, False]) for _ in range(2))
    assert one.up[0] <= 0.001
    assert one.down[0] == 1.0
    assert np.array_equal(one.up, other.up)


def test_equal_counts_prove_little_with_few_runs() -> None:
    """Three times 4 and three times 5 instances: one of twenty divisions, and nothing is infinitely far."""
    values = np.array([[4.0, 4.0, 4.0, 5.0, 5.0, 5.0]])
    found = noise.shares(values, 3, np.ones(1), [False])
    assert found.up[0] == pytest.approx(0.05)


def test_a_figure_that_is_neither_counts_in_either_direction() -> None:
    """Fewer instances are a difference, and no improvement."""
    values = np.array([[5.0] * 4 + [3.0] * 4])
    found = noise.shares(values, 4, np.ones(1), [True])
    assert found.up[0] == pytest.approx(2 / 70)
    assert found.down[0] == 1.0


def test_zeros_are_not_apart() -> None:
    """A figure that is 0 in every run has no scatter and no size."""
    found = noise.shares(np.zeros((1, 6)), 3, np.zeros(1), [False])
    assert found.up[0] == found.down[0] == 1.0


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [(1, 1, False), (2, 2, False), (3, 3, True), (4, 2, False), (19, 1, True), (18, 1, False)],
)
def test_who_can_show_anything(before: int, after: int, shown: bool) -> None:
    """As many divisions as make one of them at most 5 %."""
    assert noise.can_show(before, after) is shown


def test_the_runs_needed_are_the_fewest_that_can_show_anything() -> None:
    """The way out that is told."""
    assert [noise.runs_needed(before) for before in (1, 2, 3, 5, 19)] == [19, 5, 3, 2, 1]


def test_an_interval_holds_the_change_and_shrinks_with_runs() -> None:
    """Around after - before; the same twice."""
    random = np.random.default_rng(1)
    few, many = (random.normal(1.0, 0.1, (1, size)) for size in (6, 40))
    (low, high), (lower, higher) = noise.intervals(few, 3), noise.intervals(many, 20)
    change = few[0, 3:].mean() - few[0, :3].mean()
    assert low[0] < change < high[0]
    assert higher[0] - lower[0] < high[0] - low[0]
    assert noise.intervals(few, 3)[0][0] == low[0]


def test_two_runs_have_no_interval() -> None:
    """There is nothing to tell their noise by."""
    low, high = noise.intervals(np.array([[1.0, 2.0]]), 1)
    assert (low[0], high[0]) == (-np.inf, np.inf)


@pytest.mark.long
def test_an_interval_of_three_runs_a_side_is_wide_enough() -> None:
    """90 % of the intervals hold the true change, which is nothing."""
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(1_000):
        low, high = noise.intervals(random.normal(1.0, 0.1, (1, 6)), 3)
        inside += bool(low[0] <= 0.0 <= high[0])
    assert inside >= 880


def test_one_degree_of_freedom_is_wider_than_many() -> None:
    """Student's t; none at all says nothing."""
    assert noise.widening(0) == np.inf
    assert noise.widening(1) > noise.widening(2) > noise.widening(1_000) > 1.0
