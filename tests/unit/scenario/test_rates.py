"""Rates over time: what they are at a moment, how many arrivals they make, and what they refuse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.scenario.rates import Calls, Constant, Idle, Piece, Ramp, Rate, Spike, Stages

spans = st.floats(0.001, 10_000)
speeds = st.floats(0, 5_000)
ramps = st.builds(Ramp, speeds, speeds, spans)
rates = st.one_of(
    st.builds(Constant, speeds, spans),
    st.builds(Idle, spans),
    ramps,
    st.builds(Calls, st.integers(1, 10_000), spans),
    st.lists(ramps, min_size=1, max_size=4).map(Stages),
)


def test_a_ramp_goes_in_a_straight_line() -> None:
    """Half way through, a ramp is half way up, and it has sent the mean of its first half."""
    ramp = Ramp(50, 400, 600)
    assert (ramp.rate_at(0), ramp.rate_at(300), ramp.integral(300)) == (50, 225, 137.5 * 300)


def test_a_spike_returns_to_its_base() -> None:
    """A spike is its base before and after, and its peak between."""
    spike = Spike(base_rps=1, peak_rps=10, at_s=100, for_s=20, over_s=200)
    assert [spike.rate_at(t) for t in (99, 100, 119, 120, 199)] == [1, 10, 10, 1, 1]
    assert spike.integral(200) == 180 + 200


def test_a_spike_may_fill_its_whole_time() -> None:
    """A peak from the first to the last second leaves no empty pieces behind."""
    assert Spike(1, 10, 0, 60, 60).pieces == (Piece(10, 10, 60),)


def test_stages_follow_one_another() -> None:
    """Each stage begins where the one before ended."""
    stages = Stages([Idle(10), Constant(5, 10), Ramp(5, 0, 10)])
    assert [stages.rate_at(t) for t in (5, 15, 25, 30)] == [0, 5, 2.5, 0]
    assert (stages.duration_s, stages.integral(100)) == (30, 75)


@pytest.mark.parametrize("rate", [Constant(5, 10), Idle(10), Calls(3, 10)])
def test_no_rate_outside_its_time(rate: Rate) -> None:
    """Nothing arrives before the start or from the end on."""
    assert (rate.rate_at(-1), rate.rate_at(10), rate.integral(-1)) == (0, 0, 0)


def test_a_rate_without_end() -> None:
    """A constant rate without over_s lasts for ever, at any moment."""
    assert Constant(3).duration_s == math.inf
    assert Idle().integral(1e9) == 0
    assert Constant(3).integral(1e9) == 3e9


@given(rates, st.floats(0, 1), st.floats(0, 1))
def test_the_integral_never_falls(rate: Rate, one: float, other: float) -> None:
    """The expected number of arrivals grows with time."""
    early, late = sorted((one * rate.duration_s, other * rate.duration_s))
    assert rate.integral(early) <= rate.integral(late) * (1 + 1e-12) + 1e-9


@given(ramps, st.floats(0, 1))
def test_a_moment_undoes_a_count(ramp: Ramp, ratio: float) -> None:
    """moment_of gives the moment at which requests_until has the count."""
    (piece,) = ramp.pieces
    wanted = ratio * piece.requests
    moment = piece.moment_of(wanted)
    assert 0 <= moment <= piece.over_s
    assert piece.requests_until(moment) == pytest.approx(wanted, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("bad", [-1, math.inf, math.nan])
@pytest.mark.parametrize(
    ("field", "build"),
    [
        ("Constant.*rps", lambda bad: Constant(bad)),
        ("Ramp.*start_rps", lambda bad: Ramp(bad, 1, 1)),
        ("Ramp.*end_rps", lambda bad: Ramp(1, bad, 1)),
        ("Ramp.*over_s", lambda bad: Ramp(1, 1, bad)),
        ("Constant.*over_s", lambda bad: Constant(1, bad)),
        ("Idle.*over_s", lambda bad: Idle(bad)),
        ("Spike.*base_rps", lambda bad: Spike(bad, 1, 0, 1, 1)),
        ("Spike.*peak_rps", lambda bad: Spike(1, bad, 0, 1, 1)),
        ("Spike.*at_s", lambda bad: Spike(1, 1, bad, 1, 1)),
        ("Spike.*for_s", lambda bad: Spike(1, 1, 0, bad, 1)),
        ("Spike.*over_s", lambda bad: Spike(1, 1, 0, 1, bad)),
        ("Calls.*over_s", lambda bad: Calls(1, bad)),
    ],
)
def test_bad_numbers_name_their_field(field: str, build: object, bad: float) -> None:
    """A negative or non-finite number is refused when the rate is built, and its kind is named."""
    with pytest.raises(ScenarioError, match=f"^{field}"):
        build(bad)  # type: ignore[operator]


@pytest.mark.parametrize("count", [0, -3, 2.5, True])
def test_calls_need_a_whole_count(count: object) -> None:
    """A count is a whole number of at least one."""
    with pytest.raises(ScenarioError, match="count"):
        Calls(count, 10)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stages", "says"), [([], "empty"), ([Constant(1), Idle(5)], "stage 1 has no over_s")]
)
def test_stages_must_all_come(stages: list[Rate], says: str) -> None:
    """Stages need at least one rate, and only the last may be without an end."""
    with pytest.raises(ScenarioError, match=says):
        Stages(stages)
