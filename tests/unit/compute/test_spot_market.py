"""Prices: the same for the same seed whoever asks, within their bounds, and as the user gives them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compute.market import Market
from harness.compute.settings import ComputeSettings
from harness.errors import ScenarioError

ON_DEMAND = {"t2.xlarge": 0.1856}.get
DAY_S = 86_400.0


def market(**more: object) -> Market:
    return Market(ON_DEMAND, **more)  # type: ignore[arg-type]


@given(st.floats(-90 * DAY_S, 90 * DAY_S))
def test_a_price_stays_near_its_share(at: float) -> None:
    """At most a tenth away from the 35 % of the on-demand price, by default."""
    price = market().spot("t2.xlarge", "us-east-1a", at)
    assert price is not None
    assert 0.35 * 0.9 <= price / 0.1856 <= 0.35 * 1.1 + 0.001


def test_the_path_depends_on_seed_type_and_zone_alone() -> None:
    """And not on who asked before."""
    one, other = market(seed=1), market(seed=1)
    other.spot("t2.xlarge", "us-east-1b", 5 * DAY_S)
    assert one.spot("t2.xlarge", "us-east-1a", DAY_S) == other.spot("t2.xlarge", "us-east-1a", DAY_S)
    assert one.spot("t2.xlarge", "us-east-1a", DAY_S) != market(seed=2).spot("t2.xlarge", "us-east-1a", DAY_S)
    assert one.on_demand("t2.xlarge") == 0.1856


def test_every_type_and_zone_has_a_path_of_its_own() -> None:
    """Two types of one on-demand price go different ways, and so does one type in two zones."""
    one = Market({"t2.xlarge": 1.0, "m5.xlarge": 1.0}.get, seed=1)
    paths = [
        tuple(one.spot(instance_type, zone, day * DAY_S) for day in range(5))
        for instance_type in ("t2.xlarge", "m5.xlarge")
        for zone in ("us-east-1a", "us-east-1b")
    ]
    assert len(set(paths)) == 4


def test_a_price_changes_when_it_says_so() -> None:
    """Between two changes it is the same."""
    one = market()
    change = one.next_change("t2.xlarge", 10.0)
    assert change == 3_600.0
    assert one.spot("t2.xlarge", "a", 0.0) == one.spot("t2.xlarge", "a", change - 0.1)


def test_what_has_no_price_has_none() -> None:
    """No spot price, and no history."""
    assert market().spot("x9.huge", "a", 0.0) is None
    assert market().history("x9.huge", "a", 0.0, 10.0) == []


def test_a_history_begins_with_the_price_before_it() -> None:
    """Newest first, and the price that held at its start is the last."""
    found = market().history("t2.xlarge", "a", -DAY_S + 100.0, 0.0)
    assert [at for at, _ in found] == sorted((at for at, _ in found), reverse=True)
    assert found[-1][0] == -DAY_S
    assert all(market().spot("t2.xlarge", "a", at) == price for at, price in found)
    assert market().history("t2.xlarge", "a", 10.0, 0.0) == []


def test_declared_prices_hold_from_their_moments_on() -> None:
    """The first from the beginning of time, the last for ever."""
    steps = {"r4.large": [(0.0, 0.04), (100.0, 0.08), (200.0, 0.08)]}
    one = market(declared=steps)
    assert [one.spot("r4.large", "a", at) for at in (-5.0, 0.0, 99.0, 100.0, 1e9)] == [
        0.04,
        0.04,
        0.04,
        0.08,
        0.08,
    ]
    assert [one.next_change("r4.large", at) for at in (-5.0, 0.0, 250.0)] == [0.0, 100.0, math.inf]
    assert one.history("r4.large", "a", -10.0, 300.0) == [(100.0, 0.08), (-10.0, 0.04)]
    assert one.history("r4.large", "a", 150.0, 160.0) == [(100.0, 0.08)]
    assert one.history("r4.large", "a", 100.0, 160.0) == [(100.0, 0.08)]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("instance_boot_s", -1.0, "it must be finite and 0 or more"),
        ("instance_boot_s", math.inf, "it must be finite and 0 or more"),
        ("instance_boot_s", "soon", "give a number"),
        ("instance_boot_s", True, "give a number"),
        ("spot_price_every_s", 0.0, "must be above 0"),
        ("spot_price_share", 0.0, "must be above 0"),
        ("spot_price_spread", 1.0, "it must be less than 1"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(name: str, value: object, said: str) -> None:
    """With the name of the setting."""
    with pytest.raises(ScenarioError, match=said) as caught:
        ComputeSettings(**{name: value})  # type: ignore[arg-type]
    assert name in str(caught.value)
