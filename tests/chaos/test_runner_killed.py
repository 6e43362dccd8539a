"""kill -9 of the runner in the middle of a run, and with it of the gateway, which is a thread of it."""

import signal

import pytest
from breaking import Start, moment, summary_of
from command import harness
from conservation import conserved, nothing_is_left


@pytest.mark.parametrize("processes", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_killed_runner_leaves_what_its_clients_wrote(start: Start, processes: str) -> None:
    """Nothing lives on; `harness report` finds each request: answered, lost with its client, or never due."""
    run = start("--processes", processes)
    run.under_load(moment("kill the runner"))
    run.kill(run.command.pid)
    left = run.end()
    assert left.ended.code == -signal.SIGKILL
    nothing_is_left(left)

    redrawn = harness("report", "--json", cwd=run.cwd)
    assert redrawn.code == 0, redrawn.err
    summary = summary_of(left)
    assert (summary["verdict"], "cut off" in summary["reason"]) == ("invalid", True)
    found = conserved(left.directory, summary, whole=False)
    assert found.outcomes["ok"] > 0
    assert found.never_due > 0
    assert set(found.outcomes) <= {"ok", "failed", "lost"}  # failed: the gateway went before its clients
