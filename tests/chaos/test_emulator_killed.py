"""kill -9 of an emulator in the middle of the load."""

import pytest
from breaking import Start, moment
from conservation import check


@pytest.mark.parametrize("emulator", ["ministack", pytest.param("moto", marks=pytest.mark.long)])
def test_a_killed_emulator_ends_the_run(start: Start, emulator: str) -> None:
    """Exit code 3 and who died of what; what was sent has its outcome, the rest is told as never due."""
    run = start()
    run.under_load(moment(f"kill {emulator}"))
    run.kill(run.leader(f"backends.{emulator}"))
    left = run.end()

    found = check(left, code=3, verdict="invalid")
    assert f"{emulator} was ended by SIGKILL" in found.reason
    assert found.never_due > 0
    assert found.outcomes["ok"] > 0
    assert found.outcomes["lost"] == 0
