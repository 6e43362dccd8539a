"""What a data plane is: the rules of a fleet, and the calls a bulk fleet makes on it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from harness.virtual.ledger import Ledger


class Rules(NamedTuple):
    """What holds for every request of a fleet; `endpoint.fleet.Fleet` has the same names."""

    concurrency: int
    queue_limit: int
    timeout_s: float
    finish_timed_out: bool
    least: bool


class Plane(Protocol):
    """The serving instances of one fleet, by their place in the order of joining, and what they do."""

    def join(self, number: int, since: float) -> None:
        """Put instance *number*, free since *since*, behind those that serve already."""

    def leave(self, place: int) -> None:
        """Take the instance at *place* out; those behind it move up."""

    def slots(self, place: int) -> Sequence[float]:
        """Return when each slot of the instance at *place* is free."""

    def serve(self, ledger: Ledger, first: int, last: int) -> None:
        """Write the fates of the requests *first* up to *last* (not included); somebody serves."""


class MakePlane(Protocol):
    """Makes the data plane of one fleet."""

    def __call__(self, rules: Rules) -> Plane:
        """Return a plane on which nobody serves."""
