"""SIGSTOP for ten seconds: of an emulator, of the load's client, of the rehearsal itself."""

import os
import signal

import pytest
from breaking import Start, moment, stop_for
from conservation import check, nothing_is_left

STOPPED_S = 10.0


@pytest.mark.long
@pytest.mark.parametrize("emulator", ["ministack", "moto"])
def test_an_emulator_that_stands_still_is_waited_for(start: Start, emulator: str) -> None:
    """What was sent to it meanwhile is answered late, and nothing is lost."""
    run = start()
    run.under_load(moment(f"stop {emulator}"))
    stop_for(run.leader(f"backends.{emulator}"), STOPPED_S)
    found = check(run.end(), code=0, verdict="pass")

    assert set(found.outcomes) == {"ok"}
    assert found.messages["lost"] == 0


@pytest.mark.long
def test_a_client_that_stood_still_makes_the_run_invalid(start: Start) -> None:
    """It sends late what was due meanwhile: each request has its outcome, but the run proves nothing."""
    run = start()
    run.under_load(moment("stop the client"))
    stop_for(run.leader("locust"), STOPPED_S)
    found = check(run.end(), code=4, verdict="invalid")

    assert "Requests were sent late" in found.reason
    assert found.never_due == 0
    # Ten seconds of requests at once are more than the instance's queue takes: the rest gets a 503.
    assert set(found.outcomes) <= {"ok", "failed"}
    assert found.outcomes["ok"] > found.outcomes["failed"]


@pytest.mark.long
def test_a_worker_that_stood_still_makes_the_run_invalid(start: Start) -> None:
    """Its master waits for it: it sends its share late, and each request has its outcome."""
    run = start("--processes", "2")
    run.under_load(moment("stop a worker"))
    stop_for(run.forked("locust")[0], STOPPED_S)
    found = check(run.end(), code=4, verdict="invalid")

    assert "Requests were sent late" in found.reason
    assert found.outcomes["lost"] == found.never_due == 0


@pytest.mark.long
def test_a_rehearsal_that_stood_still_makes_the_run_invalid(start: Start) -> None:
    """The gateway answers late: what the endpoint then seems to take is the rehearsal's own doing."""
    run = start()
    run.under_load(moment("stop the rehearsal"))
    stop_for(run.command.pid, STOPPED_S)
    found = check(run.end(), code=4, verdict="invalid")

    assert "The rehearsal itself stood still for 10 s" in found.reason
    assert found.never_due == 0


@pytest.mark.long
@pytest.mark.parametrize("child", ["backends.ministack", "locust", "harness.program"])
def test_who_stands_still_does_not_outlive_a_killed_runner(start: Start, child: str) -> None:
    """A stopped process cannot see that its parent is gone: somebody else must."""
    run = start()
    run.under_load(moment(f"stop {child} for good", 0.5, 1.5))
    os.kill(run.leader(child), signal.SIGSTOP)
    run.kill(run.command.pid)
    nothing_is_left(run.end())
