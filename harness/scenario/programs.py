"""Programs: plain functions that the runner starts as processes (see `harness.program`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.errors import ScenarioError
from harness.scenario.checks import check_name, check_positive

Moment = Literal["before_load", "after_load"]
MOMENTS = ("before_load", "after_load")


@dataclass(frozen=True, slots=True)
class Program:
    """`function(context)` run in a process of its own, at the *moment* named, in the order declared.

    It returns a flat mapping of results for the summary and the expectations, or nothing. An exception, or
    more than `at_most_real_s` seconds of this machine, makes the verdict "fail" with the reason; the run goes
    on.
    """

    name: str
    function: Callable[[Any], Mapping[str, Any] | None]
    moment: Moment = "before_load"
    at_most_real_s: float = 300.0

    def __post_init__(self) -> None:
        check_name("Program", self.name)
        check_positive(f"Program {self.name!r}: at_most_real_s", self.at_most_real_s)
        if self.moment not in MOMENTS:
            raise ScenarioError(
                f"Program {self.name!r}: moment is {self.moment!r}; say {' or '.join(map(repr, MOMENTS))}"
            )
