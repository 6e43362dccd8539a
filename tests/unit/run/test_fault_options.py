"""`--fault` on the command line: beside a scenario's own faults, checked, recorded, repeated."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.__main__ import main
from harness.clock import Clock
from harness.errors import ScenarioError
from harness.run.command import check_on_virtual_clock, with_faults
from harness.run.context import Options
from harness.run.started import run_started
from harness.scenario import Scenario, ZoneFailure, find
from harness.scenario.faults import Throttle

NAME = "endpoint-autoscaling-5"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return find(NAME)


def test_faults_are_added_to_the_scenario_s_own(scenario: Scenario) -> None:
    """Its own come first; without any it stays as it is."""
    ((name, changed),) = with_faults([(NAME, scenario)], ["throttle:sns:0.1", "zone:c:after=60"])
    assert name == NAME
    assert list(changed.faults) == [*scenario.faults, Throttle("sns", 0.1), ZoneFailure(("c",), 60)]
    assert with_faults([(NAME, scenario)], []) == [(NAME, scenario)]


def test_a_fault_that_has_no_place_in_a_scenario_names_it(scenario: Scenario) -> None:
    """Nothing is started then."""
    with pytest.raises(
        ScenarioError, match=f"Scenario '{NAME}': KilledConsumer: there is no program 'worker'"
    ):
        with_faults([(NAME, scenario)], ["kill:worker:every=5"])


def test_the_virtual_clock_has_nothing_to_hit(scenario: Scenario) -> None:
    """But zones fail there as well."""
    check_on_virtual_clock(with_faults([(NAME, scenario)], ["zone:c:after=60"]), ["zone:c:after=60"])
    texts = ["throttle:sagemaker:0.1"]
    with pytest.raises(ScenarioError, match="has a throttle, and on the virtual clock there are no calls"):
        check_on_virtual_clock(with_faults([(NAME, scenario)], texts), texts)
    with pytest.raises(ScenarioError, match="say --clock wall"):
        check_on_virtual_clock([(NAME, replace(scenario, faults=[Throttle("sns", 0.1)]))], [])


def test_a_run_tells_its_faults_and_how_to_repeat_them(scenario: Scenario) -> None:
    """In its configuration, the scenario's own among them, and in its command, those that were given."""
    given = ("throttle:sns:0.1", "latency:sns:0.2:by=0.5")
    ((_, changed),) = with_faults([(NAME, scenario)], given)
    run: Any = SimpleNamespace(scenario=changed, options=Options(faults=given), clock=Clock())
    started = run_started(run, "embedded", {}, 0.0)
    assert started.command.endswith("--fault throttle:sns:0.1 --fault latency:sns:0.2:by=0.5")
    assert started.configuration["faults"][-2:] == [
        "throttle: 10 % of the calls of sns (all operations) are throttled",
        "latency: 20 % of the calls of sns (all operations) take 0.5 s longer",
    ]
    assert started.configuration["faults"][0].startswith("zone failure: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "throttle:sn:0.1"], "there is no service 'sn' here; did you mean 'sns'?"),
        (["--fault", "throttle:sns:0.1", "--fault", "boom"], "--fault 'boom': there is no fault 'boom'"),
        (
            ["--fault", "reset:sns:0.1", "--clock", "virtual"],
            "has a connection reset, and on the virtual clock",
        ),
    ],
)
def test_a_wrong_fault_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], sentence: str
) -> None:
    """Exit code 2 before anything starts."""
    assert main(["run", NAME, *arguments, "--json"]) == 2
    assert sentence in json.loads(capsys.readouterr().out)["error"]


def test_the_forms_are_shown(capsys: pytest.CaptureFixture[str], monkeypatch: Any, tmp_path: Path) -> None:
    """For people a line each, for machines one document; nothing is run."""
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--fault", "help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["run", "--fault", "help", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"faults": lines}
    assert lines[0].startswith("throttle:SERVICE:SHARE")
    assert list(tmp_path.iterdir()) == []
