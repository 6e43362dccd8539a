"""Work teams as a scenario declares them: who answers the tasks of labelling jobs."""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.errors import ScenarioError
from harness.jobs.workteam import Answers, Team
from harness.scenario.checks import check_name, check_positive


@dataclass(frozen=True, slots=True)
class Workteam:
    """A private work team; `arn` with the account's number is what CreateLabelingJob takes.

    *answer* is a function at the top level of a file, called with the worker's number (from 0 on), what the
    worker is shown and the categories; it returns the worker's answer, None for no answer. Of a
    classification that is one of the categories. Each of *workers* needs `seconds_s` model seconds a task.
    """

    name: str
    answer: Answers = field(hash=False)
    workers: int = 3
    seconds_s: float = 30.0

    def __post_init__(self) -> None:
        who = f"Workteam {self.name!r}"
        check_name("Workteam", self.name)
        if not inspect.isfunction(self.answer):
            raise ScenarioError(f"{who}: answer is {self.answer!r}; give a function of three arguments")
        if self.workers < 1:
            raise ScenarioError(f"{who}: workers is {self.workers}; it must be at least 1")
        check_positive(f"{who}: seconds_s", self.seconds_s)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:sagemaker:{region}:{account}:workteam/private-crowd/{self.name}"


def teams_of(declared: Iterable[Workteam]) -> dict[str, Team]:
    """Return what answers for each of *declared*, by its name."""
    return {one.name: Team(one.name, one.answer, one.workers, one.seconds_s) for one in declared}
