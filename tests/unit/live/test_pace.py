"""The live view's share of a core is bounded by waiting."""

import pytest

from harness.live.pace import LEAST_S, SHARE, Pace


def test_a_cheap_page_is_drawn_each_second() -> None:
    """Not oftener: nobody reads faster."""
    pace = Pace(0.0)
    assert pace.is_due(100.0)
    pace.drawn(100.0, 0.01)
    assert not pace.is_due(100.0 + LEAST_S - 0.01)
    assert pace.is_due(100.0 + LEAST_S)


@pytest.mark.parametrize("cost_s", [0.2, 0.7, 1.5, 20.0])
def test_what_is_dear_is_drawn_seldom(cost_s: float) -> None:
    """Whatever a page takes, over an hour it is no more than the share, and no less than half of it."""
    now, cpu_s, pace = 0.0, 0.0, Pace(0.0)
    while now < 3_600.0:
        now += 0.25
        if pace.is_due(now):
            cpu_s += cost_s
            pace.drawn(now, cpu_s)
    assert SHARE / 2 < cpu_s / now <= SHARE * 1.02


def test_serving_counts_too() -> None:
    """What was used between two pages, by readers, delays the next but one."""
    pace = Pace(0.0)
    pace.drawn(10.0, 0.05)
    pace.drawn(11.0, 0.05 + 0.05 + 0.4)
    assert not pace.is_due(11.0 + 0.44 / SHARE)
    assert pace.is_due(11.0 + 0.46 / SHARE)
