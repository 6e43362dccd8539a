"""Connections that break."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.scenario.faults.services import check_calls
from harness.scenario.faults.windows import percent, window
from harness.scenario.faults.words import Words


@dataclass(frozen=True, slots=True)
class ConnectionReset:
    """The connection of a *share* of the calls of *service*, or of these *operations* of it, is reset.

    By default the call never arrives. With *after_answer* it was carried out and only its answer is lost:
    the client cannot tell the two apart, and an SDK that tries again has done it twice.
    """

    KIND: ClassVar[str] = "connection reset"
    FORM: ClassVar[str] = "reset:SERVICE:SHARE[:after_answer=yes][:operations=NAME,NAME]"

    service: str
    share: float
    after_answer: bool = False
    operations: tuple[str, ...] = ()
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_calls(self)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        service, share = words.name("service"), words.share()
        return cls(service, share, words.yes("after_answer"), words.names("operations"), *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        when = ["after"] if self.after_answer else []
        return " ".join([self.KIND, self.service, *when, *self.operations])

    @property
    def detail(self) -> str:
        """What happens, for people."""
        what = ", ".join(self.operations) or "all operations"
        when = "after the call was carried out" if self.after_answer else "before the call arrives"
        hit = f"{percent(self.share)} of the connections of {self.service} ({what}) are reset {when}"
        return hit + window(self.after_s, self.until_s)
