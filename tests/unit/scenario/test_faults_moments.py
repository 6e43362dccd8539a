"""When faults begin and act: one line of moments, in order, drawn by the seed."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from harness.scenario import ZoneFailure
from harness.scenario.faults import ClockSkew, FrozenConsumer, KilledConsumer, Throttle
from harness.scenario.faults.moments import moments


def line(*faults: object, seed: int = 1, count: int = 20) -> list[tuple[float, int, str]]:
    found = islice(moments(faults, seed), count)  # type: ignore[arg-type]
    return [(one.at_s, one.number, one.what) for one in found]


def test_a_process_is_killed_again_and_again() -> None:
    """The first time one interval after the start of the window, never at its end."""
    assert line(KilledConsumer("worker", 5, after_s=10, until_s=25)) == [(15, 0, "kills"), (20, 0, "kills")]


def test_a_process_is_frozen_and_thawed() -> None:
    """Once, or again and again; a freeze that has begun ends even after the window."""
    once = FrozenConsumer("worker", 10, 5)
    assert line(once) == [(10, 0, "freezes"), (15, 0, "thaws")]
    again = FrozenConsumer("worker", 10, 5, every_s=20, until_s=31)
    assert [at for at, _, _ in line(again)] == [10, 15, 30, 35]


def test_a_thaw_is_of_the_process_that_was_frozen() -> None:
    """Both have one draw."""
    freeze, thaw = moments([FrozenConsumer("worker", 10, 5)], 1)
    assert freeze.draw == thaw.draw


def test_moments_of_several_faults_are_one_line() -> None:
    """In order of time, and of declaration where they come at once; a wrong clock has no moment."""
    faults = (ZoneFailure(("a",), 5), Throttle("sns", 0.1, after_s=2), ClockSkew("worker", 5))
    assert line(KilledConsumer("worker", 5, until_s=6), *faults) == [
        (2, 2, "begins"),
        (5, 0, "kills"),
        (5, 1, "fails"),
    ]


@given(seed=st.integers(0, 2**31))
def test_a_new_fault_shifts_nobody_s_draws(seed: int) -> None:
    """The processes that one fault hits are those that it hits alone."""
    killed = KilledConsumer("worker", 5, until_s=100)
    alone = [one.draw for one in moments([killed], seed)]
    more = moments([killed, KilledConsumer("other", 3, until_s=50)], seed)
    assert [one.draw for one in more if one.number == 0] == alone
