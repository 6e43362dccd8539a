"""What the tap asks of others: where a publication must go, and which deliveries a fault changes."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from harness.messaging.attributes import Attribute


class Target(Protocol):
    """A queue or webhook that gets a copy; `raw`: without the envelope of SNS."""

    @property
    def target(self) -> str: ...
    @property
    def raw(self) -> bool: ...


class Spread(Protocol):
    """Where a publication goes by AWS's rules, and where not (`harness.messaging.topology.FanOut`)."""

    @property
    def copies(self) -> Sequence[Target]: ...
    @property
    def filtered(self) -> Sequence[str]: ...
    @property
    def refused(self) -> Sequence[str]: ...
    @property
    def others(self) -> Sequence[str]: ...


class Wiring(Protocol):
    """Who is subscribed to what, with which filters, and whose policy lets whom in."""

    def fan_out(self, topic_arn: str, attributes: Mapping[str, Attribute], body: str) -> Spread: ...


class Arrangement(Protocol):
    """Which of the messages of one receive are handed out (indexes, in `order`), and how many seconds others
    are hidden for."""

    @property
    def order(self) -> Sequence[int]: ...
    @property
    def held(self) -> Mapping[int, float]: ...


class DeliveryFaults(Protocol):
    """The faults of delivery that a scenario declares; queues by their AWS names, messages by MessageId."""

    def keeps(self, queue: str, message: str, at: float) -> bool:
        """Return whether the deletion of *message* is answered and not made; at most once a message."""

    def arrange(self, queue: str, messages: Sequence[str], at: float) -> Arrangement:
        """Return what becomes of *messages*, received together."""
