"""What takes minutes: the promises of the messaging pipelines at their full length."""

from pathlib import Path

import pytest
from command import harness

from harness.errors import ExitCode


@pytest.mark.long
@pytest.mark.timeout(600)
def test_two_minutes_of_inference(tmp_path: Path) -> None:
    """50 requests a second under duplicates, poison, kills and throttles: none lost, none answered twice."""
    scenario = Path(__file__).with_name("inference_loop_two_minutes.py")
    ended = harness("run", str(scenario), "--json", cwd=tmp_path)

    assert (ended.document["verdict"], ended.code) == ("pass", ExitCode.PASS), ended.err
