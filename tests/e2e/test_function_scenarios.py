"""The scenarios of functions held to what they promise: predictions that come true, and nothing lost."""

from pathlib import Path
from typing import Any

import pytest
from command import harness

from harness.errors import ExitCode

pytestmark = pytest.mark.long

# Of the calls of a function: how far what ran may be from what was predicted.
AGREEMENT = 0.02


def by_function(document: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Return calls, throttled ones and those that spilled over, by function."""
    found = {}
    for name, told in document["functions"]["by_function"].items():
        throttled = sum(told["throttles"].values())
        found[name] = (told["invocations"] + throttled, throttled, told["spillover"])
    return found


def test_what_is_simulated_is_what_runs(tmp_path: Path) -> None:
    """A ramp, a spike and bursts: throttles and spill-over of each function agree within 2 % of its calls."""
    simulated = harness("simulate", "lambda-concurrency", "--json", cwd=tmp_path)
    ran = harness("run", "lambda-concurrency", "--json", cwd=tmp_path)
    assert (simulated.code, ran.code) == (ExitCode.PASS, ExitCode.PASS), ran.err
    predicted, observed = by_function(simulated.document), by_function(ran.document)
    assert len(predicted) == 3
    for name, (calls, throttled, spilled) in predicted.items():
        seen_calls, seen_throttled, seen_spilled = observed[name]
        assert seen_calls == calls, name
        off = max(abs(seen_throttled - throttled), abs(seen_spilled - spilled))
        assert off <= AGREEMENT * calls, (name, predicted[name], observed[name])


def test_nothing_is_lost_or_doubled_when_functions_are_killed_and_throttled(tmp_path: Path) -> None:
    """An environment dies every 5 s, a tenth of all invocations is throttled: each item has its one row."""
    faults = ("kill-function:survey-consumer:every=5", "throttle:lambda:0.1")
    given = [word for fault in faults for word in ("--fault", fault)]
    ended = harness("run", "timed-producer", *given, "--json", cwd=tmp_path)
    assert [one for one in ended.document["expectations"] if not one["ok"]] == [], ended.err
    assert ended.code == ExitCode.PASS, ended.err
    told = ended.document["functions"]["by_function"]["survey-consumer"]
    assert sum(told["throttles"].values()) > 0
    assert sum(told["errors"].values()) > 0  # killed at work, or while it began
