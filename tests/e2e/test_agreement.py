"""Two clocks, one model: an hour over real HTTP, compressed 60 times, and the same hour in virtual time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import five_shapes
import pytest

from harness import journal
from harness.endpoint import World
from harness.scenario import find
from harness.whatif.corners import Corner
from harness.whatif.from_scenario import case_of_scenario
from harness.whatif.options import Assumptions
from harness.whatif.ranges import Step
from harness.whatif.simulate import play_corner

TICK_S = 60.0
FILE = Path(five_shapes.__file__)


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, list[journal.Record]]:
    """Return when the load began, and the journal, of a run over HTTP."""
    folder = tmp_path_factory.mktemp("agreement")
    command = [sys.executable, "-m", "harness", "run", str(FILE), "--clock", "compressed:60"]
    done = subprocess.run(
        [*command, "--backend", "moto", "--runs", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(FILE.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["load"]["completed"] > 0
    path = next(folder.glob("five-shapes/*-*/journal.jsonl.gz"))
    records = journal.read(path)
    began_at = next(each.began_at for each in records if isinstance(each, journal.LoadEnded))
    return began_at, records


@pytest.fixture(scope="module")
def in_virtual_time(over_http: tuple[float, list[journal.Record]]) -> dict[str, list[Step]]:
    """Return the scaling steps in virtual time, the load beginning at the same second of a minute."""
    scenario = find(str(FILE))
    assumed = Assumptions(endpoint=scenario.endpoint_settings, scaling=scenario.scaling_settings)
    case, _ = case_of_scenario(scenario, assumed, seed=1)
    corner = Corner(assumed.scaling, assumed.endpoint, assumed.function, over_http[0] % TICK_S)
    return {resource_id: list(steps) for resource_id, steps in play_corner(case, corner).items()}


@pytest.mark.long
@pytest.mark.parametrize("shape", five_shapes.SHAPES)
def test_both_clocks_give_the_same_steps(
    shape: str, over_http: tuple[float, list[journal.Record]], in_virtual_time: dict[str, list[Step]]
) -> None:
    """The same capacities in the same order, each decided within one evaluation tick of the other."""
    began_at, records = over_http
    resource_id = five_shapes.ENDPOINTS[shape].resource_id
    lasted_s = five_shapes.LENGTH_S
    live = [
        (each.at - began_at, each.from_capacity, each.to_capacity)
        for each in records
        if isinstance(each, journal.ScalingActivity)
        and each.resource_id == resource_id
        and each.status == "InProgress"
        and each.at - began_at < lasted_s
    ]
    virtual = [each for each in in_virtual_time[resource_id] if each.at < lasted_s]
    assert [(before, after) for _, before, after in live] == [(each.before, each.after) for each in virtual]
    for (at, _, _), step in zip(live, virtual, strict=True):
        assert at == pytest.approx(step.at, abs=TICK_S)
    assert len(live) >= 2  # a shape under which nothing happens would prove nothing


def test_the_world_of_both_is_the_same() -> None:
    """The live stage and the virtual clock do not have a scaling loop each."""
    from harness.virtual.driver import virtual_world

    assert type(virtual_world(seed=1)) is World
