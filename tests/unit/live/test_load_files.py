"""How far a load is, from the files it is steered by."""

import json
import time
from pathlib import Path

import pytest

from harness.live.progress import LoadFiles, LoadView
from harness.load_plan import BEGIN_FILE, LoadPlan, write_plan
from harness.scenario.rates import Constant
from harness.scenario.workload import OpenModel, Payload


class Thing:
    """An endpoint that has nothing but its name."""

    name = "echo"


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    """A minute and two of traffic on a clock that began ten seconds ago, as `harness.load` writes it."""
    rows = Payload("rows", ["1"])
    models = [
        OpenModel(Thing(), Constant(2.0, over_s), payload=rows, name=f"{over_s}") for over_s in (60, 120)
    ]
    made = LoadPlan(
        "http://127.0.0.1:9", tuple(models), tmp_path / "load", time.monotonic() - 10.0, speed=4.0
    )
    write_plan(made)
    return made


def test_nothing_is_known_before_the_load_begins(plan: LoadPlan, tmp_path: Path) -> None:
    """Neither without a plan nor before its clients are told to begin."""
    assert LoadFiles(tmp_path / "elsewhere").look(0.0) is None
    assert LoadFiles(tmp_path).look(0.0) is None


def test_time_left_is_that_of_this_machine(plan: LoadPlan, tmp_path: Path) -> None:
    """Model seconds divided by the clock's speed, to the end of the longest; counts are summed."""
    (plan.results_dir / BEGIN_FILE).write_text(json.dumps({"start_at": 40.0}))
    for process, sent in (("1", 5), ("2", 7)):
        path = plan.results_dir / f"progress-{process}.json"
        path.write_text(json.dumps({"due": sent, "sent": sent, "completed": 4}))
    found = LoadFiles(tmp_path).look(plan.clock_zero + 20.0)
    assert found == LoadView(80.0, 160.0, 20.0, {"due": 12, "sent": 12, "completed": 8})


def test_a_load_that_is_late_has_no_time_left(plan: LoadPlan, tmp_path: Path) -> None:
    """It waits for its last answers."""
    (plan.results_dir / BEGIN_FILE).write_text(json.dumps({"start_at": 40.0}))
    found = LoadFiles(tmp_path).look(plan.clock_zero + 60.0)
    assert found is not None
    assert found.left_s == 0.0
