"""Calls that a service fails to answer."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.errors import ScenarioError
from harness.scenario.faults.services import SERVER_ERRORS, check_calls
from harness.scenario.faults.windows import percent, window
from harness.scenario.faults.words import Words


@dataclass(frozen=True, slots=True)
class ServerError:
    """A *share* of the calls of *service*, or of these *operations* of it, is answered with the service's own
    error of HTTP status *status* (500 or 503), and not carried out."""

    KIND: ClassVar[str] = "server error"
    FORM: ClassVar[str] = "error:SERVICE:SHARE[:status=503][:operations=NAME,NAME]"

    service: str
    share: float
    status: int = 500
    operations: tuple[str, ...] = ()
    after_s: float = 0.0
    until_s: float = math.inf

    def __post_init__(self) -> None:
        check_calls(self)
        if self.status not in SERVER_ERRORS:
            known = " or ".join(map(str, SERVER_ERRORS))
            raise ScenarioError(f"ServerError of {self.service!r}: status is {self.status}; say {known}")

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        service, share = words.name("service"), words.share()
        return cls(service, share, words.whole("status", 500), words.names("operations"), *words.window())

    @property
    def name(self) -> str:
        """What tells it from other faults; its random stream is named by it."""
        return " ".join([self.KIND, self.service, str(self.status), *self.operations])

    @property
    def detail(self) -> str:
        """What happens, for people."""
        what = ", ".join(self.operations) or "all operations"
        hit = f"{percent(self.share)} of the calls of {self.service} ({what}) are answered {self.status}"
        return hit + window(self.after_s, self.until_s)
