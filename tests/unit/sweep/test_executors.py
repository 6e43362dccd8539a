"""Threads that carry out the exact runs, and what is said when a cluster is not there."""

import sys
import threading

import pytest

from harness.errors import EnvironmentFault
from harness.sweep.executors import DaskWorkers, Threads, usable_cores


def add(shared: int, item: int) -> int:
    """Return the sum."""
    return shared + item


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_item_is_answered_once(count: int) -> None:
    """Whatever the number of threads; in no order, so each answer has its index."""
    with Threads(count) as workers:
        assert dict(workers.each(add, 100, range(20))) == {i: 100 + i for i in range(20)}


def test_no_items_have_no_answers() -> None:
    """And nobody waits."""
    with Threads(1) as workers:
        assert list(workers.each(add, 1, [])) == []


def test_all_cores_that_may_be_used_are() -> None:
    """Unless the user says how many."""
    with Threads() as workers:
        assert workers.count == usable_cores() >= 1


def test_an_error_in_a_run_is_an_error_of_the_sweep() -> None:
    """It is not swallowed, and what was not begun is not begun."""
    begun: list[int] = []
    gate = threading.Event()

    def fail(_shared: int, item: int) -> int:
        begun.append(item)
        if item == 0:
            raise ValueError("no such policy")
        gate.wait(10)
        return item

    with Threads(1) as workers:
        answers = workers.each(fail, 0, range(100))
        with pytest.raises(ValueError, match="no such policy"):
            list(answers)
        gate.set()
    assert len(begun) < 5


def test_who_stops_listening_stops_the_work() -> None:
    """Ctrl-C leaves at most what was handed out already."""
    begun: list[int] = []

    def note(_shared: int, item: int) -> int:
        begun.append(item)
        return item

    with Threads(1) as workers:
        answers = workers.each(note, 0, range(1_000))
        next(answers)
        answers.close()  # type: ignore[attr-defined]
    assert len(begun) < 10


def test_a_cluster_without_dask_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out is one command."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnvironmentFault, match=r"extra 'dask' \(pip install"):
        DaskWorkers("tcp://127.0.0.1:1").__enter__()
