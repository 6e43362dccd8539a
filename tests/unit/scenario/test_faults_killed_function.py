"""Environments of a function that are killed again and again."""

from itertools import islice

import pytest
from declared import a_scenario
from lone_handlers import echo

from harness.errors import ScenarioError
from harness.scenario import Function, KilledFunction, OpenModel, Role
from harness.scenario.faults.command_line import parse_fault
from harness.scenario.faults.moments import moments
from harness.scenario.rates import Constant

SCORE = Function("score", echo, Role("runs"))


def test_it_happens_every_so_often() -> None:
    """Until its window closes; each time with a draw of its own."""
    assert list(KilledFunction(SCORE, 5.0, 10.0, 21.0).moments()) == [15.0, 20.0]
    found = list(islice(moments([KilledFunction(SCORE, 5.0)], 1), 3))
    assert [(one.at_s, one.what) for one in found] == [(5.0, "kills"), (10.0, "kills"), (15.0, "kills")]


def test_it_is_named_by_its_function() -> None:
    """For people, and for the stream of chance; by the function or its name."""
    fault = KilledFunction(SCORE, 5.0, until_s=60.0)
    assert fault.name == "killed function score"
    assert fault.detail.startswith("an environment of score is killed every 5 s")
    assert parse_fault("kill-function:score:every=5:until=60") == KilledFunction("score", 5.0, until_s=60.0)


def test_it_must_name_a_function_that_there_is() -> None:
    """With the nearest one; and it must come before the load ends."""
    load = [OpenModel(SCORE, Constant(1, over_s=10))]
    a_scenario(resources=[SCORE], workload=load, faults=[KilledFunction(SCORE, 5.0)])
    with pytest.raises(ScenarioError, match="no function 'scores'; did you mean 'score'"):
        a_scenario(resources=[SCORE], workload=load, faults=[KilledFunction("scores", 5.0)])
    with pytest.raises(ScenarioError, match="comes after the load has ended"):
        a_scenario(resources=[SCORE], workload=load, faults=[KilledFunction(SCORE, 10.0)])
