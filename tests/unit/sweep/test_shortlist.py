"""Which policies are worth an exact run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_sweep import figures

from harness.sweep.figures import Figures
from harness.sweep.shortlist import shortlist
from harness.sweep.thresholds import Threshold

LINE = [figures(cost=float(i), p99=10.0 - i, breach=10 - i) for i in range(10)]
WORSE = [figures(cost=i + 0.5, p99=20.0 - i, breach=20) for i in range(10)]


def costs(of: list[Figures]) -> list[float]:
    """Return a dollar a second."""
    return [each.instance_s for each in of]


@pytest.mark.parametrize("wanted", [None, 20, 25])
def test_all_are_run_where_there_is_room(wanted: int | None) -> None:
    """In the order of the grid."""
    every = WORSE + LINE

    assert shortlist(every, costs(every), (), wanted) == list(range(20))


def test_those_on_the_fronts_come_first() -> None:
    """Nothing that another policy beats takes the place of one that none does."""
    every = WORSE + LINE

    assert shortlist(every, costs(every), (), 10) == list(range(10, 20))


def test_places_go_to_the_cheap_that_look_good_enough_and_to_those_that_just_miss() -> None:
    """The cheapest by exact figures is likely among these: the fluid model may be wrong either way."""
    every = WORSE + LINE
    chosen = shortlist(every, costs(every), (Threshold("p99", 4.0, False),), 6)

    assert {16, 17} <= set(chosen)
    assert 15 in chosen
    assert len(chosen) == 6


def test_policies_that_come_to_the_same_take_one_place() -> None:
    """A maximum that is never reached makes no other policy."""
    alike = [LINE[0]] * 5 + LINE

    assert shortlist(alike, costs(alike), (), 10) == [0, *range(6, 15)]


def test_policies_that_come_to_the_same_fill_what_is_left() -> None:
    """As many are run as were asked for."""
    alike = [LINE[0]] * 5 + LINE[:2]

    assert len(shortlist(alike, costs(alike), (), 6)) == 6


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), max_size=25),
    st.integers(0, 30),
    st.booleans(),
)
def test_as_many_as_wanted_each_once_and_ascending(
    points: list[tuple[int, int, int]], wanted: int, limited: bool
) -> None:
    """With thresholds and without, with doubles and without."""
    every = [figures(float(cost), float(p99), breach) for cost, p99, breach in points]
    limits = (Threshold("p99", 2.0, True),) if limited else ()
    chosen = shortlist(every, costs(every), limits, wanted)

    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(wanted, len(every))
