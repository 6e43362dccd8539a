"""What a rehearsal breaks on purpose, and when: seconds from the start of the load."""

import math
from dataclasses import dataclass

from harness.errors import ScenarioError

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
        if not (math.isfinite(self.after_s) and self.after_s >= 0):
            raise ScenarioError(
                f"ZoneFailure: after_s is {self.after_s:g}; give seconds after the load's start, 0 or more"
            )


Fault = ZoneFailure
