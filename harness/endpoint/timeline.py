"""A list of things that will happen, each at its moment; the same moment keeps the order of planning."""

from collections.abc import Callable
from heapq import heappop, heappush

Action = Callable[[float], None]
"""What happens; it is given the moment it was planned for."""


class Timeline:
    """Planned actions by moment. A planned action can be taken back until it has happened."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._actions: dict[int, Action] = {}
        self._next_ticket = 0

    def plan(self, at: float, action: Action) -> int:
        """Plan *action* for *at* and return a ticket to take it back with."""
        ticket = self._next_ticket
        self._next_ticket += 1
        self._actions[ticket] = action
        heappush(self._heap, (at, ticket))
        return ticket

    def cancel(self, ticket: int) -> None:
        """Take a planned action back; one that has happened or was taken back before is no error."""
        self._actions.pop(ticket, None)
        self._drop_cancelled()

    def next_at(self) -> float | None:
        """Return the moment of the next action, or None when nothing is planned."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[float, Action]:
        """Take the next action off the list and return it with its moment."""
        at, ticket = heappop(self._heap)
        action = self._actions.pop(ticket)
        self._drop_cancelled()
        return at, action

    def _drop_cancelled(self) -> None:
        while self._heap and self._heap[0][1] not in self._actions:
            heappop(self._heap)
