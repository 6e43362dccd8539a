"""How many messages each queue got and gave, to be shown by CloudWatch once a minute."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """What happened at one queue since it was last taken; sizes in bytes."""

    sent: int = 0
    received: int = 0
    deleted: int = 0
    empty_receives: int = 0
    bytes_sum: int = 0
    bytes_least: int = 0
    bytes_most: int = 0

    def add_sent(self, size: int) -> None:
        """Count a message that was added to the queue."""
        self.bytes_least = min(self.bytes_least, size) if self.sent else size
        self.bytes_most = max(self.bytes_most, size)
        self.bytes_sum += size
        self.sent += 1


class Tallies:
    """The tally of each queue."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def of(self, queue: str) -> Tally:
        """Return the tally to count in for *queue*."""
        tally = self._tallies.get(queue)
        if tally is None:
            tally = self._tallies[queue] = Tally()
        return tally

    def take(self, queue: str) -> Tally:
        """Return the tally of *queue* and begin a new one."""
        return self._tallies.pop(queue, Tally())
