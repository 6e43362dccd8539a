"""What is done each second of a run: at once, at its end, and whatever it comes to."""

import pytest

from harness.run.hooks import Hooks, Ticker


def test_hooks_begin_empty() -> None:
    """Each run has lists of its own."""
    first, second = Hooks(), Hooks()
    first.deployed.append(lambda: None)
    assert (second.deployed, second.each_second, second.inventory) == ([], [], [])


def test_a_tick_comes_first_and_last() -> None:
    """However short the run is, there are two looks at it."""
    ticks: list[int] = []
    with Ticker([lambda: ticks.append(1)], pytest.fail) as ticker:
        assert ticker.running
    assert ticks == [1, 1]
    assert not ticker.running


def test_nothing_to_do_needs_no_thread() -> None:
    """A run without such parts has none."""
    with Ticker([], str) as ticker:
        assert not ticker.running


def test_one_that_fails_is_told_once_and_stops_nobody() -> None:
    """The others are done all the same, and it is tried again."""
    said: list[str] = []
    done: list[int] = []

    def fail() -> None:
        raise ValueError("no such queue")

    with Ticker([fail, lambda: done.append(1)], said.append):
        pass
    assert said == ["ValueError: no such queue"]
    assert len(done) == 2
