"""kill -9 of an emulator in the middle of the load."""

from pathlib import Path

import pytest
from breaking import Start, moment, summary_of
from conservation import Conserved, check, nothing_is_left

from harness.backends import moto
from harness.backends.emulator import Emulator
from harness.config import Settings


@pytest.mark.parametrize("emulator", ["ministack", pytest.param("moto", marks=pytest.mark.long)])
def test_a_killed_emulator_ends_the_run(start: Start, emulator: str) -> None:
    """Exit code 3 and who died of what; what was sent has its outcome, the rest is told as never due."""
    run = start()
    run.under_load(moment(f"kill {emulator}"))
    run.kill(run.leader(f"backends.{emulator}"))
    found = check(run.end(), code=3, verdict="invalid")

    assert f"{emulator} was ended by SIGKILL" in found.reason
    cut_short(found)


def test_an_emulator_killed_in_the_middle_of_a_deployment_is_named(start: Start) -> None:
    """Whichever call meets it first, by whatever protocol: who died of what, exit code 3, nothing is left."""
    run = start()
    run.command.until("\n  deploy", 120.0)
    run.kill(run.leader("backends.ministack"))
    left = run.end()

    assert left.ended.code == 3, left.ended.err
    assert "ministack was ended by SIGKILL" in summary_of(left)["reason"]
    nothing_is_left(left)


@pytest.mark.long
def test_an_emulator_of_somebody_else_that_dies_ends_the_run(start: Start, tmp_path: Path) -> None:
    """Nobody knows what it died of, only where it does not answer any more."""
    emulator = Emulator(moto.recipe(Settings()), Settings(), tmp_path)
    emulator.spawn()
    try:
        emulator.await_ready()
        url = f"http://{emulator.address.host}:{emulator.address.port}"
        run = start("--backend", url)
        run.under_load(moment("kill somebody else's emulator"))
        run.kill(emulator.process.pid)
        found = check(run.end(), code=3, verdict="invalid")
    finally:
        emulator.close()

    assert f"the endpoint {url} " in found.reason
    assert "no longer answers" in found.reason
    cut_short(found)


def cut_short(found: Conserved) -> None:
    """Fail unless clients lived on to tell of what they had sent when the load was ended early."""
    assert found.never_due > 0
    assert found.outcomes["ok"] > 0
    assert found.outcomes["lost"] == 0
