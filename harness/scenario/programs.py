"""Programs: plain functions that the runner starts as processes with a boto3 session (see `harness.program`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.scenario.resources import check_positive

Moment = Literal["before_load", "after_load"]


@dataclass(frozen=True)
class Program:
    """`function(context)` run in a process of its own, at the *moment* named, in the order declared.

    It returns a flat mapping of results for the summary and the expectations; an exception is a result too
    (exit code 1), never a crash of the run. `at_most_real_s` ends it, in seconds of this machine.
    """

    name: str
    function: Callable[[Any], Mapping[str, Any] | None]
    moment: Moment = "before_load"
    at_most_real_s: float = 300.0

    def __post_init__(self) -> None:
        check_positive(f"Program {self.name!r}: at_most_real_s", self.at_most_real_s)
