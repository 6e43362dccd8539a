"""Step adjustments: the ends of their intervals, the rounding of percentages, the minimum magnitude."""

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.scaling.steps import AdjustmentType, Aggregation, StepAdjustment, StepScaling, rounded_change

CHANGE = AdjustmentType.CHANGE_IN_CAPACITY
PERCENT = AdjustmentType.PERCENT_CHANGE_IN_CAPACITY
EXACT = AdjustmentType.EXACT_CAPACITY


def policy(*steps: StepAdjustment, kind: AdjustmentType = CHANGE, least: int = 0) -> StepScaling:
    return StepScaling("steps", kind, steps, min_adjustment_magnitude=least)


def test_above_the_threshold_the_lower_end_belongs_to_the_step() -> None:
    """API reference, StepAdjustment: lower inclusive, upper exclusive."""
    found = policy(StepAdjustment(0, 10, 1), StepAdjustment(10, None, 2))
    assert [found.adjustment_for(each, above=True) for each in (0.0, 9.99, 10.0, 1e9)] == [1, 1, 2, 2]
    assert found.adjustment_for(-0.1, above=False) is None


def test_below_the_threshold_the_upper_end_belongs_to_the_step() -> None:
    """The other way round: lower exclusive, upper inclusive."""
    found = policy(StepAdjustment(None, -20, -3), StepAdjustment(-20, -10, -2), StepAdjustment(-10, 0, -1))
    assert [found.adjustment_for(each, above=False) for each in (0.0, -9.99, -10.0, -20.0, -1e9)] == [
        -1,
        -1,
        -2,
        -3,
        -3,
    ]


def test_the_three_kinds_of_adjustment() -> None:
    """By a number, by a share, to a number; never below zero."""
    step = StepAdjustment(0, None, 30)
    assert policy(step).capacity_after(10, 30) == 40
    assert policy(step, kind=PERCENT).capacity_after(10, 30) == 13
    assert policy(step, kind=EXACT).capacity_after(10, 30) == 30
    assert policy(step).capacity_after(2, -5) == 0
    assert policy(step, kind=PERCENT).capacity_after(2, -200) == 0


def test_the_minimum_magnitude_holds_for_percentages_in_both_directions() -> None:
    """25 % of 4 is 1, at least 2 means 6; a change of nothing stays one."""
    found = policy(StepAdjustment(0, None, 25), kind=PERCENT, least=2)
    assert [found.capacity_after(4, each) for each in (25, -25, 100, 0)] == [6, 2, 8, 4]
    assert policy(StepAdjustment(0, None, 1), least=2).capacity_after(4, 1) == 5


def test_aggregation_of_the_datapoints() -> None:
    """Average, minimum, maximum."""
    values = (1.0, 2.0, 6.0)
    assert [each.of(values) for each in Aggregation] == [3.0, 1.0, 6.0]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "one step adjustment"),
        ((StepAdjustment(0, 10, 1), StepAdjustment(5, None, 2)), "overlap"),
        ((StepAdjustment(0, None, 1), StepAdjustment(5, None, 2)), "overlap"),
        ((StepAdjustment(0, 10, 1), StepAdjustment(15, None, 2)), "covers 10 to 15"),
    ],
)
def test_steps_neither_overlap_nor_leave_a_gap(steps: tuple[StepAdjustment, ...], message: str) -> None:
    """A breach meets one step; the message names the policy."""
    with pytest.raises(ScenarioError, match=f"'steps'.*{message}"):
        policy(*steps)


def test_what_no_step_policy_can_be() -> None:
    """Bounds in order, no negative cooldown, magnitude or exact capacity."""
    step = StepAdjustment(0, None, 1)
    with pytest.raises(ScenarioError, match="below the upper bound"):
        StepAdjustment(10, 10, 1)
    with pytest.raises(ScenarioError, match="cooldown"):
        StepScaling("p", CHANGE, (step,), cooldown_s=-1.0)
    with pytest.raises(ScenarioError, match="min_adjustment_magnitude"):
        StepScaling("p", PERCENT, (step,), min_adjustment_magnitude=-1)
    with pytest.raises(ScenarioError, match="exact capacity"):
        StepScaling("p", EXACT, (StepAdjustment(0, None, -1),))


bounds = st.lists(st.integers(-40, 40), min_size=1, max_size=6, unique=True).map(sorted)


@st.composite
def step_policies(draw: st.DrawFn) -> StepScaling:
    """Draw a policy whose steps cover everything, in any order."""
    ends = [None, *draw(bounds), None]
    steps = [StepAdjustment(low, high, draw(st.integers(-9, 9))) for low, high in pairwise(ends)]
    return StepScaling("p", CHANGE, tuple(draw(st.permutations(steps))))


@given(found=step_policies(), breach=st.integers(-50, 50), above=st.booleans())
def test_exactly_one_step_covers_every_breach(found: StepScaling, breach: int, above: bool) -> None:
    """Also at the ends, whichever side they belong to, and in whatever order the steps are given."""
    covering = [each for each in found.steps if each.covers(breach, above=above)]
    assert len(covering) == 1
    assert found.adjustment_for(breach, above=above) == covering[0].adjustment


@given(capacity=st.integers(0, 10_000), percent=st.integers(-300, 300))
def test_a_percentage_is_rounded_as_the_guide_says(capacity: int, percent: int) -> None:
    """Towards zero, but never to nothing; checked with exact fractions."""
    exact = Fraction(capacity * percent, 100)
    change = rounded_change(capacity * percent / 100)
    if exact == 0:
        assert change == 0
    elif abs(exact) < 1:
        assert change == (1 if exact > 0 else -1)
    else:
        assert change == (math.floor(exact) if exact > 0 else math.ceil(exact))


@given(capacity=st.integers(0, 500), percent=st.integers(-100, 300), least=st.integers(0, 9))
def test_the_minimum_magnitude_is_kept_until_zero(capacity: int, percent: int, least: int) -> None:
    """Whatever changes, changes by that much at least, unless nothing is left to take."""
    after = policy(StepAdjustment(0, None, 1), kind=PERCENT, least=least).capacity_after(capacity, percent)
    assert after in (0, capacity) or abs(after - capacity) >= max(least, 1)
