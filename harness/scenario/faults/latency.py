"""Calls that take longer."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.checks import check_positive
from harness.scenario.faults.services import check_calls
from harness.scenario.faults.windows import percent, window
from harness.scenario.faults.words import Words


@dataclass(frozen=True, slots=True)
class Latency:
    """A *share* of the calls of *service*, or of these *operations* of it, arrives *delay_s* model seconds
    later than it was sent. Delays of several such faults add up."""

    KIND: ClassVar[str] = "latency"
    FORM: ClassVar[str] = "latency:SERVICE:SHARE:by=SECONDS[:operations=NAME,NAME]"

    service: str
    share: float
    delay_s: float
    operations: tuple[str, ...] = ()
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_calls(self)
        check_positive(f"Latency of {self.service!r}: delay_s", self.delay_s)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        service, share = words.name("service"), words.share()
        return cls(service, share, words.seconds("by"), words.names("operations"), *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return " ".join([self.KIND, self.service, *self.operations])

    @property
    def detail(self) -> str:
        """What happens, for people."""
        what = ", ".join(self.operations) or "all operations"
        hit = f"{percent(self.share)} of the calls of {self.service} ({what}) take {self.delay_s:g} s longer"
        return hit + window(self.after_s, self.until_s)
