"""An emulator that answers every call with 500 for twenty seconds, and is well again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from breaking import Left, Rehearsal, Start, moment
from conservation import Conserved, check
from flaky import Door, door

from harness.backends import open_backend
from harness.config import Settings

BROKEN_S = 20.0


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Door]:
    """A door before a moto of the test's own."""
    with open_backend("moto", Settings(), tmp_path) as backend, door(backend.addresses[0]) as made:
        yield made


def broken(run: Rehearsal, before: Door) -> Left:
    """Return how *run* ended that met twenty seconds of errors from now on."""
    before.broken.set()
    time.sleep(BROKEN_S)
    before.broken.clear()
    return run.end()


def told_as_failed(left: Left) -> Conserved:
    """Return what became of everything in a run that ended as one in which calls failed."""
    found = check(left, code=1, verdict="fail")
    assert "orders: error ratio" in found.reason
    assert set(found.outcomes) == {"ok", "failed"}
    assert found.messages["lost"] == found.uncounted == 0
    return found


@pytest.mark.long
def test_errors_under_load_are_failures_and_no_end(start: Start, before: Door) -> None:
    """The messages that it refused are told as failed, the ones that it took are all delivered."""
    run = start("--backend", before.url, env={"CHAOS_SECONDS": "30"})
    run.under_load(moment("errors under load"))
    found = told_as_failed(broken(run, before))

    assert before.refused > 0
    assert found.outcomes["failed"] > 50


@pytest.mark.long
def test_errors_while_the_run_settles_are_waited_out(start: Start, before: Door) -> None:
    """Nobody can say how full a queue is; the run asks again until it can, and takes nothing for granted."""
    run = start("--backend", before.url)
    run.under_load(10.5)
    told_as_failed(broken(run, before))
