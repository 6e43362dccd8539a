"""A sweep as a whole, with an engine that is a formula: who is run, what is kept, what comes out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_sweep import PRICES, ToyEngine, candidate, exactly

from harness.errors import Interrupted
from harness.sweep.executors import Threads
from harness.sweep.figures import Figures
from harness.sweep.grid import Candidate
from harness.sweep.result import as_csv
from harness.sweep.store import Store
from harness.sweep.sweep import Asked, Found, sweep
from harness.sweep.thresholds import Threshold
from harness.view import View

TARGETS = tuple(float(n) for n in range(100, 2_100, 100))
CANDIDATES = tuple(candidate(target, kind) for kind in "ab" for target in TARGETS)


def swept(
    folder: Path,
    engine: ToyEngine,
    *,
    exact: int | None = None,
    jobs: int = 1,
    thresholds: tuple[Threshold, ...] = (),
) -> Found:
    """Return what a sweep of the toy finds, kept in *folder*."""
    asked = Asked(CANDIDATES, PRICES, thresholds, exact)
    with Store(folder, engine.inputs) as store, Threads(jobs) as workers:
        return sweep(asked, engine, workers, store, View())


def bytes_of(found: Found) -> str:
    """Return the CSV."""
    return as_csv(found.rows, found.verdict)


def test_all_are_fluid_and_the_wanted_number_is_exact(tmp_path: Path) -> None:
    """Fluid figures order them, exact ones decide."""
    engine = ToyEngine()
    found = swept(tmp_path, engine, exact=10, thresholds=(Threshold("p99", 0.5, False),))

    assert len(engine.asked) == sum(1 for row in found.rows if row.exact) == 10
    assert [row.candidate for row in found.rows] == list(CANDIDATES)
    assert found.rows[found.verdict.cheapest or 0].candidate == candidate(500.0)


@pytest.mark.parametrize("jobs", [2, 7])
def test_the_bytes_do_not_depend_on_the_number_of_jobs(tmp_path: Path, jobs: int) -> None:
    """The answers come in any order, the rows in one."""
    alone = swept(tmp_path / "alone", ToyEngine(), exact=15)

    assert bytes_of(swept(tmp_path / "many", ToyEngine(), exact=15, jobs=jobs)) == bytes_of(alone)


def breaks_at(count: int) -> Callable[[Any, Candidate], Figures]:
    """Return an engine's function that Ctrl-C interrupts at run *count*."""
    left = iter(range(count))

    def run(shared: Any, each: Candidate) -> Figures:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return exactly(shared, each)

    return run


def test_ctrl_c_keeps_what_is_done_and_the_same_sweep_goes_on(tmp_path: Path) -> None:
    """Nothing is run twice, and the result is that of a sweep that was never interrupted."""
    with pytest.raises(Interrupted, match=r"with \d+ of 20 exact runs done; the same command goes on"):
        swept(tmp_path / "stopped", ToyEngine(exact=breaks_at(7)), exact=20)
    again = ToyEngine()
    resumed = swept(tmp_path / "stopped", again, exact=20)

    assert len(again.asked) == 13
    assert bytes_of(resumed) == bytes_of(swept(tmp_path / "whole", ToyEngine(), exact=20))


def test_a_changed_input_is_worked_out_anew(tmp_path: Path) -> None:
    """What was found for another load is left alone."""
    swept(tmp_path, ToyEngine(36_000.0), exact=5)
    other = ToyEngine(72_000.0)
    swept(tmp_path, other, exact=5)

    assert len(other.asked) == 5


def test_more_exact_runs_use_those_that_are_there(tmp_path: Path) -> None:
    """And fewer show no more than were asked for."""
    swept(tmp_path, ToyEngine(), exact=30)
    none = ToyEngine()
    fewer = swept(tmp_path, none, exact=10)

    assert none.asked == []
    assert bytes_of(fewer) == bytes_of(swept(tmp_path / "other", ToyEngine(), exact=10))


def test_no_exact_runs_leave_the_fluid_model(tmp_path: Path) -> None:
    """`--exact 0` is quick, and says so."""
    found = swept(tmp_path, ToyEngine(), exact=0)

    assert found.error is None
    assert found.verdict.front_p99


def test_the_error_of_the_fluid_model_comes_with_the_result(tmp_path: Path) -> None:
    """A tenth too fast, here."""
    found = swept(tmp_path, ToyEngine())

    assert found.error is not None
    assert found.error.policies == len(CANDIDATES)
    assert found.error.p99_s_max == pytest.approx(0.2)
