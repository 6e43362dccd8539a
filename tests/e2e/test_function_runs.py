"""A scenario with functions by the real command: deployed, triggered, loaded, settled, judged, cleared up."""

from pathlib import Path

import pytest
from command import harness, none_left

from harness.errors import ExitCode

TINY = str(Path(__file__).with_name("function_tiny.py"))


@pytest.mark.long
def test_functions_run_under_load_timer_and_queue(tmp_path: Path) -> None:
    """Each expectation is met, and no process of it is left running."""
    ended = harness("run", TINY, "--json", "--no-report", cwd=tmp_path)
    expectations = ended.document.get("expectations", [])
    assert [one for one in expectations if not one["ok"]] == [], ended.err
    assert ended.code == ExitCode.PASS, ended.err
    assert none_left(ended.pid)
