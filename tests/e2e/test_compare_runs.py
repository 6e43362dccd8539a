"""Runs that are made one after another: compared when they end, failing where that is asked for, pruned."""

import json
import subprocess
import sys
from pathlib import Path

NAME = "endpoint-autoscaling-3"


def harness(runs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return what a run of the scenario on the virtual clock came to."""
    command = [sys.executable, "-m", "harness", "run", NAME, "--clock", "virtual", "--no-report"]
    return subprocess.run(
        [*command, "--runs", str(runs), *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_a_run_is_held_against_the_one_before_it(tmp_path: Path) -> None:
    """What is worse is told, and fails where that is asked for; so many runs stay as are asked for."""
    first = harness(tmp_path)
    assert first.returncode == 0, first.stderr
    assert "  against " not in first.stderr
    worse = harness(
        tmp_path, "--set", "endpoint.scaling.target_value=45", "--baseline", "latest", "--fail-on-worse"
    )
    assert worse.returncode == 1, worse.stderr
    assert "Worse: Cost" in worse.stderr
    [kept] = (tmp_path / NAME).glob("virtual-*/comparison.json")
    document = json.loads(kept.read_text(encoding="utf-8"))
    assert document["method"] == "exact"
    assert document["differs"] == ["--set endpoint.scaling.target_value: none → 45"]
    third = harness(tmp_path, "--set", "endpoint.scaling.target_value=50", "--keep", "2")
    assert third.returncode == 0, third.stderr
    assert len(list((tmp_path / NAME).glob("virtual-*"))) == 2


def test_a_baseline_that_is_none_is_told_before_anything_runs(tmp_path: Path) -> None:
    """A wrong name is a usage error, and nothing is left."""
    found = harness(tmp_path, "--baseline", "nothing")
    assert found.returncode == 2
    assert "'nothing' is no run" in found.stderr
    assert not (tmp_path / NAME).exists()
