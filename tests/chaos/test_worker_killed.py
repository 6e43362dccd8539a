"""kill -9 of the workers of a queue, by somebody outside the rehearsal."""

import pytest
from breaking import Start, moment
from conservation import check


@pytest.mark.long
def test_killed_workers_are_started_again(start: Start) -> None:
    """What a dead worker had in its hands comes back to the queue; the run passes, and tells of them."""
    run = start()
    run.under_load(moment("kill the first worker", 1.0, 3.0))
    for name in ("kill the second worker", "kill another worker"):
        run.kill(run.leader("harness.program"))
        run.under_load(moment(name, 1.0, 3.0))
    run.kill(run.leader("harness.program"))
    found = check(run.end(), code=0, verdict="pass")

    ends = [one for one in found.records if type(one).__name__ == "ProgramChanged" and one.exit_code == -9]
    assert len(ends) == 3
    assert all("was ended by SIGKILL" in one.detail and "started again" in one.detail for one in ends)
    assert found.messages["dead_lettered"] > 0
