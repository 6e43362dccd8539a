"""Availability zones that fail: their instances are gone at once."""

from dataclasses import dataclass
from typing import ClassVar, Self

from harness.errors import ScenarioError
from harness.scenario.faults.windows import check_moment
from harness.scenario.faults.words import Words

ZONES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class ZoneFailure:
    """Availability zones *zones* fail *after_s* model seconds after the load began, for every endpoint.

    Every instance there stops answering at once, requests it holds are lost, and replacements are launched in
    the zones that are left.
    """

    KIND: ClassVar[str] = "zone failure"
    FORM: ClassVar[str] = "zone:ZONE[,ZONE]:after=SECONDS"

    zones: tuple[str, ...]
    after_s: float

    def __post_init__(self) -> None:
        if not self.zones or not set(self.zones) < set(ZONES):
            raise ScenarioError(
                f"ZoneFailure: zones is {self.zones!r}; name one or two of {', '.join(ZONES)}"
            )
        check_moment("ZoneFailure", self.after_s)

    @classmethod
    def from_words(cls, words: Words) -> Self:
        """Return the fault that the command line names."""
        return cls(tuple(words.name("zone").split(",")), words.seconds("after"))

    @property
    def name(self) -> str:
        """What tells it from other faults."""
        return f"{self.KIND} {' '.join(self.zones)}"

    @property
    def detail(self) -> str:
        """What happens, for people."""
        return f"zones {', '.join(self.zones)} fail at {self.after_s:g} s"
