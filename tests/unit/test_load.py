"""Starting a load: the command it runs and what it refuses before anything runs."""

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.load import LoadPlan, LoadProgress, command, run_load
from harness.scenario.workload import Constant, OpenModel


class Ranker:
    """An endpoint that has nothing but its name."""

    name = "ranker"


def plan(directory: Path) -> LoadPlan:
    model = OpenModel(Ranker(), Constant(1, 1))
    return LoadPlan("http://127.0.0.1:9", (model,), directory, clock_zero=0.0)


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def test_the_command_runs_our_locustfile(tmp_path: Path) -> None:
    """One process is a local runner, without a port; the slowest requests are not cut off at its end."""
    arguments = command(plan(tmp_path), 1)
    assert Path(option(arguments, "-f")).name == "scenario.py"
    assert Path(option(arguments, "-f")).is_file()
    assert option(arguments, "--host") == "http://127.0.0.1:9"
    assert "--processes" not in arguments
    assert float(option(arguments, "--stop-timeout")) > 0


def test_several_processes_meet_on_a_port_of_their_own(tmp_path: Path) -> None:
    """Two loads on one machine do not take each other's workers: 5557 is not used by default."""
    arguments = command(plan(tmp_path), 3)
    assert (option(arguments, "--processes"), option(arguments, "--users")) == ("3", "3")
    assert option(arguments, "--master-port") == option(arguments, "--master-bind-port") != "5557"
    assert option(arguments, "--master-bind-host") == "127.0.0.1"


def test_no_process_is_no_load(tmp_path: Path) -> None:
    """Zero processes are refused."""
    with pytest.raises(ScenarioError, match="at least 1 client process"):
        run_load(plan(tmp_path), tmp_path, processes=0)


def test_results_are_never_mixed(tmp_path: Path) -> None:
    """A directory that holds another load's plan is refused, not overwritten."""
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(ScenarioError, match="already holds a load"):
        run_load(plan(tmp_path), tmp_path)
    assert (tmp_path / "plan.json").read_text() == "{}"


def test_progress_knows_what_is_under_way() -> None:
    """In flight is what was sent and is not answered."""
    assert LoadProgress(1.0, 2.0, due=10, sent=9, completed=5, failed=1, dropped=1).in_flight == 3
