"""Processes that are killed again and again."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.checks import check_positive
from harness.scenario.faults.windows import check_window, window
from harness.scenario.faults.words import Words
from harness.scenario.programs import Program


@dataclass(frozen=True, slots=True)
class KilledConsumer:
    """Every *every_s* seconds after *after_s*, one process of *program* is killed (SIGKILL): it finishes
    nothing, and what it had received becomes visible again when its time is up."""

    KIND: ClassVar[str] = "killed consumer"
    FORM: ClassVar[str] = "kill:PROGRAM:every=SECONDS"

    program: Program | str
    every_s: float
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        who = f"KilledConsumer of {self.program_name!r}"
        check_positive(f"{who}: every_s", self.every_s)
        check_window(who, self.after_s, self.until_s)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        return cls(words.name("program"), words.seconds("every"), *words.window())

    @property
    def program_name(self) -> str:
        """The name of the program."""
        return self.program.name if isinstance(self.program, Program) else self.program

    def moments(self) -> Iterator[float]:
        """Yield when a process is killed, in order, without end where `until_s` has none."""
        count = 1
        while (at := self.after_s + count * self.every_s) < self.until_s:
            yield at
            count += 1

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {self.program_name}"

    @property
    def detail(self) -> str:
        """What happens, for people."""
        hit = f"a process of {self.program_name} is killed every {self.every_s:g} s"
        return hit + window(self.after_s, self.until_s)
