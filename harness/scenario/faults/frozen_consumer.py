"""Processes that stand still for a while."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.errors import ScenarioError
from harness.scenario.checks import check_positive
from harness.scenario.faults.windows import check_window, window
from harness.scenario.faults.words import Words
from harness.scenario.programs import Program


@dataclass(frozen=True, slots=True)
class FrozenConsumer:
    """*after_s* seconds after the load began one process of *program* stands still for *for_s* seconds
    (SIGSTOP, SIGCONT), as one that is paged out or collects garbage; then again every *every_s* seconds.

    It does not know it: a message whose visibility ended meanwhile is somebody else's when it goes on.
    """

    KIND: ClassVar[str] = "frozen consumer"
    FORM: ClassVar[str] = "freeze:PROGRAM:for=SECONDS[:every=SECONDS]"

    program: Program | str
    after_s: float
    for_s: float
    every_s: float | None = None
    until_s: float = math.inf

    def __post_init__(self) -> None:
        who = f"FrozenConsumer of {self.program_name!r}"
        check_positive(f"{who}: for_s", self.for_s)
        check_window(who, self.after_s, self.until_s)
        if self.every_s is not None and not self.for_s < self.every_s < math.inf:
            raise ScenarioError(
                f"{who}: every_s is {self.every_s:g}; it must be above for_s ({self.for_s:g})"
            )

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        program, (after_s, until_s) = words.name("program"), words.window()
        every_s = words.seconds("every") if words.has("every") else None
        return cls(program, after_s, words.seconds("for"), every_s, until_s)

    @property
    def program_name(self) -> str:
        """The name of the program."""
        return self.program.name if isinstance(self.program, Program) else self.program

    def moments(self) -> Iterator[tuple[float, float]]:
        """Yield from when to when a process stands still, in order."""
        count = 0
        while (at := self.after_s + count * (self.every_s or 0.0)) < self.until_s:
            yield at, at + self.for_s
            if self.every_s is None:
                return
            count += 1

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {self.program_name}"

    @property
    def detail(self) -> str:
        """What happens, for people."""
        again = "" if self.every_s is None else f", every {self.every_s:g} s"
        hit = f"a process of {self.program_name} stands still for {self.for_s:g} s{again}"
        return hit + window(self.after_s, self.until_s)
