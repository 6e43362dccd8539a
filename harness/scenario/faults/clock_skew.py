"""Clients whose clock is wrong."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.errors import ScenarioError
from harness.scenario.faults.words import Words
from harness.scenario.programs import Program

# Signatures hold whole seconds from 0001 to 9999; nobody's clock is wrong by more than this.
MOST_S = 10 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The processes of *program* sign their calls with a clock that is *by_s* seconds ahead, or behind where
    that is below 0, from their start to their end.

    AWS refuses signatures that are more than 5 or 15 minutes off, by service, and takes smaller ones
    (`harness.gateway.signing_time`).
    """

    KIND: ClassVar[str] = "clock skew"
    FORM: ClassVar[str] = "skew:PROGRAM:by=SECONDS"

    program: Program | str
    by_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.by_s) and 0 < abs(self.by_s) <= MOST_S):
            raise ScenarioError(
                f"ClockSkew of {self.program_name!r}: by_s is {self.by_s:g}; give seconds, above 0 for a "
                "clock that is ahead and below 0 for one that is behind"
            )

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        return cls(words.name("program"), words.seconds("by"))

    @property
    def after_s(self) -> float:
        """It is there from the start."""
        return 0.0

    @property
    def program_name(self) -> str:
        """The name of the program."""
        return self.program.name if isinstance(self.program, Program) else self.program

    @property
    def name(self) -> str:
        """What tells it from other faults."""
        return f"{self.KIND} {self.program_name}"

    @property
    def detail(self) -> str:
        """What happens, for people."""
        side = "ahead" if self.by_s > 0 else "behind"
        return f"the clock of {self.program_name} is {abs(self.by_s):g} s {side}"


def skew_of(faults: Sequence[object], program: str) -> float:
    """Return how many seconds the clock of *program* is ahead by *faults*, 0 where it is right."""
    return sum(one.by_s for one in faults if isinstance(one, ClockSkew) and one.program_name == program)
