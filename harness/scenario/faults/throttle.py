"""Calls refused because there are too many of them."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.faults.services import check_calls
from harness.scenario.faults.windows import percent, window
from harness.scenario.faults.words import Words


@dataclass(frozen=True, slots=True)
class Throttle:
    """A *share* of the calls of *service*, or of these *operations* of it, is throttled: answered with the
    error that the service gives a caller who is too fast, and not carried out."""

    KIND: ClassVar[str] = "throttle"
    FORM: ClassVar[str] = "throttle:SERVICE:SHARE[:operations=NAME,NAME]"

    service: str
    share: float
    operations: tuple[str, ...] = ()
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_calls(self)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        service, share = words.name("service"), words.share()
        return cls(service, share, words.names("operations"), *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return " ".join([self.KIND, self.service, *self.operations])

    @property
    def detail(self) -> str:
        """What happens, for people."""
        what = ", ".join(self.operations) or "all operations"
        hit = f"{percent(self.share)} of the calls of {self.service} ({what}) are throttled"
        return hit + window(self.after_s, self.until_s)
