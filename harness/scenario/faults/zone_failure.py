"""Availability zones that fail: their instances are gone at once."""

from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.scenario.faults.windows import check_moment

ZONES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class ZoneFailure:
    """Availability zones *zones* fail *after_s* model seconds after the load began, for every endpoint.

    Every instance there stops answering at once, requests it holds are lost, and replacements are launched in
    the zones that are left.
    """

    zones: tuple[str, ...]
    after_s: float

    def __post_init__(self) -> None:
        if not self.zones or not set(self.zones) < set(ZONES):
            raise ScenarioError(
                f"ZoneFailure: zones is {self.zones!r}; name one or two of {', '.join(ZONES)}"
            )
        check_moment("ZoneFailure", self.after_s)
