"""What a test asks to be rehearsed: which scenario, with what changed, and what cannot be."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.pytest_plugin.options import Asked
from harness.pytest_plugin.stand import Stand, plainly
from harness.scenario import (
    Constant,
    Endpoint,
    Model,
    OpenModel,
    Payload,
    Role,
    Scenario,
    Variant,
    error_ratio,
)

ASKED = Asked(
    backend=None,
    clock=None,
    backend_clock="wall",
    seed=5,
    runs=None,
    iam="enforce",
    report="failed",
    reset="test",
    scenarios=(),
    allowed=(),
)
RANKER = Endpoint("ranker", Model("m", build=lambda _: b"", role=Role("r")), service_time_s=0.1)


def workload(rps: float) -> list[OpenModel]:
    return [OpenModel(RANKER, rate=Constant(rps, over_s=60), payload=Payload("row", ["1"]))]


ONE = Scenario(
    name="ranker",
    description="A ranker.",
    resources=[RANKER],
    workload=workload(1),
    expectations=[error_ratio(RANKER).at_most(0, "it answers")],
    clock="compressed:60",
    as_written=Variant(defect="Too much.", must_fail=("ranker: error ratio",), workload=workload(90)),
)
SEVEN = "ranker.concurrency=7"
FILE = "from harness.scenario import find\nscenario = find('endpoint-autoscaling-5')\n"


def stand(root: Path, *folders: Path, **asked: Any) -> Stand:
    """Return where tests below *root* rehearse."""
    changed = {name: asked.get(name, getattr(ASKED, name)) for name in Asked.__dataclass_fields__}
    return Stand(Asked(**changed), root, folders)


def test_what_is_not_said_is_as_pytest_was_asked(tmp_path: Path) -> None:
    """And the clock is the scenario's own."""
    wanted = stand(tmp_path).wanted(ONE)
    assert (wanted.seed, wanted.clock, wanted.iam, wanted.backend) == (5, "compressed:60", "enforce", None)
    assert wanted.scenario.variant == "corrected"


def test_the_marker_wins_over_the_command_line(tmp_path: Path) -> None:
    """A test that is about the virtual clock stays so."""
    wanted = stand(tmp_path, clock="wall").wanted(ONE, clock="virtual", seed=9, variant="as-written")
    assert (wanted.clock, wanted.seed, wanted.scenario.defect) == ("virtual", 9, "Too much.")
    assert stand(tmp_path, clock="wall").wanted(ONE).clock == "wall"


@pytest.mark.parametrize("given", [{"ranker.concurrency": 7}, [SEVEN], SEVEN])
def test_values_are_set_as_on_the_command_line(tmp_path: Path, given: Any) -> None:
    """A mapping, or the texts of --set."""
    wanted = stand(tmp_path).wanted(ONE, set=given)
    assert wanted.scenario.endpoints[0].concurrency == 7
    assert wanted.sets == (SEVEN,)


def test_faults_and_thresholds_are_added(tmp_path: Path) -> None:
    """One text or several."""
    wanted = stand(tmp_path).wanted(ONE, fault="throttle:sns:0.1", threshold=["error_ratio<1%"])
    assert (len(wanted.scenario.faults), len(wanted.scenario.limits)) == (1, 1)


def test_a_file_is_looked_for_beside_the_test_first(tmp_path: Path) -> None:
    """Then below pytest's rootdir."""
    beside = tmp_path / "tests"
    beside.mkdir()
    for folder in (beside, tmp_path):
        (folder / "ranker.py").write_text(FILE)
    assert stand(tmp_path, beside).found("ranker.py")[1] == str(beside / "ranker.py")
    assert stand(tmp_path).found("ranker.py")[1] == str(tmp_path / "ranker.py")


def test_a_scenario_that_is_nowhere_is_told(tmp_path: Path) -> None:
    """As by the command."""
    with pytest.raises(ScenarioError, match=r"nope\.py"):
        stand(tmp_path).found("nope.py")


def test_the_scenario_of_a_module_is_known_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its programs run in processes that load it."""
    module = ModuleType("rehearsal_of_a_ranker")
    module.__file__, module.scenario = "/there/ranker.py", ONE  # type: ignore[attr-defined]
    assert stand(tmp_path).found(ONE)[1] == "ranker"
    monkeypatch.setitem(sys.modules, "rehearsal_of_a_ranker", module)
    assert stand(tmp_path).found(ONE)[1] == "/there/ranker.py"


def test_a_scenario_without_a_file_runs_in_virtual_time_alone(tmp_path: Path) -> None:
    """Its model is built by another process; nothing is started before that is told."""
    here = stand(tmp_path)
    with pytest.raises(ScenarioError, match="'ranker' is in no file"):
        here.rehearse(here.wanted(ONE))
    assert not (tmp_path / "runs").exists()
    here.rehearse(here.wanted(ONE, clock="virtual"), ranges=False).check()


def test_a_virtual_run_is_kept_when_it_is_asked_for(tmp_path: Path) -> None:
    """The same run has the same place."""
    here = stand(tmp_path, report="never")
    done = here.rehearse(here.wanted(ONE, clock="virtual"), ranges=False)
    assert not (tmp_path / "runs").exists()
    assert done.directory == done.directory
    assert (done.directory / "summary.json").is_file()
    assert done.directory.is_relative_to(tmp_path / "runs" / "ranker")


def test_errors_are_told_without_our_own_lines() -> None:
    """The traceback of a test begins where they are raised again."""

    @plainly
    def deep() -> None:
        raise ScenarioError("Scenario 'x': no") from ValueError("inside")

    with pytest.raises(ScenarioError) as caught:
        deep()
    assert caught.value.__suppress_context__
    assert [one.name for one in caught.traceback] == [
        "test_errors_are_told_without_our_own_lines",
        "called",
    ]
