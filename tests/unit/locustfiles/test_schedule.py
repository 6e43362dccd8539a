"""Shares of a schedule: together the whole, and never a request twice."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.load_plan import LoadPlan
from harness.scenario.workload import Calls, Constant, OpenModel, schedule
from locustfiles.schedule import LoadClock, Share, share_of


class Ranker:
    """An endpoint that has nothing but its name."""

    name = "ranker"


MODELS = (
    OpenModel(Ranker(), Constant(5, 20), name="live"),
    OpenModel(Ranker(), Calls(50, 20), arrivals="uniform", name="batch"),
)
PLAN = LoadPlan("http://127.0.0.1:9", MODELS, Path("unused"), clock_zero=0.0, seed=3)


@given(st.integers(1, 7))
def test_shares_make_the_whole(processes: int) -> None:
    """Whatever the number of processes, each request is sent by exactly one of them, in order."""
    shares = [list(share_of(PLAN, Share(index, processes))) for index in range(processes)]
    assert sorted(due for share in shares for due in share) == list(schedule(MODELS, 3))
    assert all(share == sorted(share) for share in shares)


@given(st.integers(1, 600), st.integers(1, 7))
def test_a_bound_is_shared_out(total: int, processes: int) -> None:
    """The parts of a bound add up to it; only a process that would get none gets one."""
    parts = [Share(index, processes).part(total) for index in range(processes)]
    assert sum(parts) == max(total, processes)
    assert max(parts) - min(parts) <= 1


@given(st.floats(0, 1e6), st.floats(1, 1000), st.floats(0, 1e5))
def test_the_two_clocks_agree(zero: float, speed: float, model_at: float) -> None:
    """A model second on the real clock and back is the same model second."""
    clock = LoadClock(zero, speed)
    assert abs(clock.model(clock.real(model_at)) - model_at) < 1e-6 * speed
