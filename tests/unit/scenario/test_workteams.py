"""A work team says who answers, how many they are and how long they take."""

from collections.abc import Sequence
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.jobs.workteam import Team
from harness.scenario import Program, Scenario, Workteam, result
from harness.scenario.labelling import teams_of


def first_of(worker: int, shown: Any, categories: Sequence[str]) -> str:
    """Answer with the first category."""
    return categories[0]


def scenario(*teams: Workteam) -> Scenario:
    program = Program("p", lambda _context: None)
    return Scenario("s", "d", [*teams], [result("p", "done").at_least(0)], programs=[program])


def test_a_team_is_known_by_its_name() -> None:
    """Its ARN is what a labelling job names."""
    vets = Workteam("vets", first_of, workers=2, seconds_s=5.0)
    assert teams_of([vets]) == {"vets": Team("vets", first_of, 2, 5.0)}
    assert vets.arn("eu-west-1", "123456789012").endswith("123456789012:workteam/private-crowd/vets")
    assert first_of(0, "picture", ["cat", "dog"]) == "cat"


def test_a_scenario_has_the_teams_that_it_declares() -> None:
    """Each name once."""
    vets = Workteam("vets", first_of)
    assert scenario(vets).workteams == [vets]
    with pytest.raises(ScenarioError, match="vets"):
        scenario(vets, Workteam("vets", first_of, workers=9))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"answer": "cat"}, "give a function"),
        ({"workers": 0}, "at least 1"),
        ({"seconds_s": 0.0}, "seconds_s"),
        ({"name": "two words"}, "Workteam"),
    ],
)
def test_what_is_no_team(wrong: dict[str, Any], words: str) -> None:
    """The message names the field."""
    with pytest.raises(ScenarioError, match=words):
        Workteam(**{"name": "vets", "answer": first_of, **wrong})
