"""kill -9 of Locust: of the one client process, of the master, and of one of two workers."""

import pytest
from breaking import Start, moment
from conservation import check


def test_a_killed_client_ends_the_run(start: Start) -> None:
    """Exit code 4: what it had sent and not yet told is told as lost, the rest as never due."""
    run = start()
    run.under_load(moment("kill the client"))
    run.kill(run.leader("locust"))
    found = check(run.end(), code=4, verdict="invalid")

    assert "Locust was ended by SIGKILL" in found.reason
    assert found.outcomes["ok"] > 0
    assert found.never_due > 0


@pytest.mark.long
def test_a_killed_master_ends_the_run(start: Start) -> None:
    """Its workers end with it, and the run as that of one client process does."""
    run = start("--processes", "2")
    run.under_load(moment("kill the master"))
    run.kill(run.leader("locust"))
    found = check(run.end(), code=4, verdict="invalid")

    assert "Locust was ended by SIGKILL" in found.reason
    assert found.outcomes["ok"] > 0


@pytest.mark.long
def test_a_killed_worker_makes_the_run_invalid(start: Start) -> None:
    """The others send their share to its end; the share of the dead is told as lost, request by request."""
    run = start("--processes", "2")
    run.under_load(moment("kill a worker"))
    run.kill(run.forked("locust")[0])
    found = check(run.end(), code=4, verdict="invalid")

    assert "1 of 2 client processes ended without an account" in found.reason
    assert found.outcomes["lost"] > 0
    assert found.never_due == 0
