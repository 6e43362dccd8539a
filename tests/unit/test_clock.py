"""Clocks: which there are, and that model time runs as fast as it says."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import MAX_SPEED, Clock, ClockSpec, VirtualCalendar
from harness.errors import ScenarioError


@given(st.integers(1, int(MAX_SPEED)) | st.floats(1.0, MAX_SPEED).map(lambda speed: round(speed, 2)))
def test_a_clock_is_written_as_it_is_read(speed: float) -> None:
    """What the report shows can be given to --clock again."""
    spec = ClockSpec.parse(f"compressed:{speed}")
    assert spec.speed == speed
    assert ClockSpec.parse(str(spec)).speed == pytest.approx(speed, rel=1e-4)


def test_wall_is_the_clock_of_speed_one() -> None:
    """compressed:1 is no other clock."""
    assert ClockSpec.parse("wall") == ClockSpec.parse("compressed:1") == ClockSpec(1.0)
    assert str(ClockSpec(1.0)) == "wall"


def test_the_virtual_clock_waits_for_nothing() -> None:
    """It is written as it is read, is infinitely fast, and its calendar begins where it is told to."""
    spec = ClockSpec.parse("virtual")
    assert spec.is_virtual
    assert str(spec) == "virtual"
    assert not ClockSpec().is_virtual
    assert VirtualCalendar(60.0).epoch_s(2.5) == 62.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Virtual",
        "Wall",
        "compressed",
        "compressed:",
        "compressed:0.5",
        "compressed:1001",
        "compressed:-1",
    ],
)
def test_any_other_clock_is_refused(text: str) -> None:
    """The message says which there are, and how fast they may run."""
    with pytest.raises(
        ScenarioError, match=f"'{text}' is no clock here; say 'wall', 'virtual' or 'compressed:N'.*1 to 1000"
    ):
        ClockSpec.parse(text)


def test_model_time_runs_at_its_speed() -> None:
    """Between two looks, model time has gone on exactly as real time times the speed."""
    clock = Clock(ClockSpec(100.0))
    before = (time.monotonic() - clock.zero) * 100.0
    now = clock.now()
    after = (time.monotonic() - clock.zero) * 100.0
    assert 0 <= before <= now <= after


def test_sleeping_ends_at_the_moment_asked_for() -> None:
    """Not before it; and a moment that has passed is not waited for."""
    clock = Clock(ClockSpec(1_000.0))
    clock.sleep_until(20.0)
    assert clock.now() >= 20.0
    assert clock.real_until(20.0) <= 0
    began = time.monotonic()
    clock.sleep_until(1.0)
    assert time.monotonic() - began < 0.5


def test_a_restart_makes_this_moment_zero() -> None:
    """Training takes this machine's time: none of it is in the model's."""
    clock = Clock(ClockSpec(1_000.0))
    clock.sleep_until(20.0)
    clock.restart()
    assert clock.now() < 20.0


def test_model_minutes_are_the_calendars_minutes() -> None:
    """CloudWatch's minutes begin when the model's do."""
    clock = Clock(ClockSpec(60.0))
    assert clock.epoch_s(0.0) % 60 == 0
    assert clock.epoch_s(90.5) - clock.epoch_s(0.0) == 90.5
    assert 0 <= time.time() - clock.epoch_s(0.0) < 61
