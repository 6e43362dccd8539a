"""How old the oldest message of each queue is, from what is known of every copy in it."""

from heapq import heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar


class Living(Protocol):
    """A copy in a queue, as its age needs it. `sent_at`: when the queue got it, in model seconds."""

    queue: str
    sent_at: float
    gone: bool


C = TypeVar("C", bound=Living)


class Ages(Generic[C]):
    """The copies of every queue, oldest first; those that are `gone` are passed over."""

    def __init__(self) -> None:
        self._heaps: dict[str, list[tuple[float, int, C]]] = {}
        self._number = count()

    def add(self, copy: C) -> None:
        """Take in a copy of the queue that it names."""
        heappush(self._heaps.setdefault(copy.queue, []), (copy.sent_at, next(self._number), copy))

    def oldest(self, queue: str) -> C | None:
        """Return the copy that has been in *queue* for longest, None where it has none."""
        heap = self._heaps.get(queue, [])
        while heap and heap[0][2].gone:
            heappop(heap)
        return heap[0][2] if heap else None
