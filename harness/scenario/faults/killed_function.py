"""Execution environments that are killed again and again."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.checks import check_positive
from harness.scenario.faults.windows import check_window, window
from harness.scenario.faults.words import Words
from harness.scenario.functions import Function


@dataclass(frozen=True, slots=True)
class KilledFunction:
    """Every *every_s* seconds after *after_s*, the process of one execution environment of *function* is
    killed (SIGKILL), one that is at work where there is one: its invocation ends with Runtime.ExitError."""

    KIND: ClassVar[str] = "killed function"
    FORM: ClassVar[str] = "kill-function:FUNCTION:every=SECONDS"

    function: Function | str
    every_s: float
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        who = f"KilledFunction of {self.function_name!r}"
        check_positive(f"{who}: every_s", self.every_s)
        check_window(who, self.after_s, self.until_s)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        return cls(words.name("function"), words.seconds("every"), *words.window())

    @property
    def function_name(self) -> str:
        """The name of the function."""
        return self.function.name if isinstance(self.function, Function) else self.function

    def moments(self) -> Iterator[float]:
        """Yield when a process is killed, in order, without end where `until_s` has none."""
        count = 1
        while (at := self.after_s + count * self.every_s) < self.until_s:
            yield at
            count += 1

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return f"{self.KIND} {self.function_name}"

    @property
    def detail(self) -> str:
        """What happens, for people."""
        hit = f"an environment of {self.function_name} is killed every {self.every_s:g} s"
        return hit + window(self.after_s, self.until_s)
