"""How old the oldest message of each queue is, from what is known of every copy in it."""

from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar

# How many copies of a queue there may be before those that are gone are looked for.
_LEAST = 1024


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
        self._most: dict[str, int] = {}
        self._number = count()

    def add(self, copy: C) -> None:
        """Take in a copy of the queue that it names."""
        heap = self._heaps.setdefault(copy.queue, [])
        if len(heap) >= self._most.get(
            copy.queue, _LEAST
        ):  # one that stays holds up those that went behind it
            heap[:] = [one for one in heap if not one[2].gone]
            heapify(heap)
            self._most[copy.queue] = max(_LEAST, 2 * len(heap))
        heappush(heap, (copy.sent_at, next(self._number), copy))

    def oldest(self, queue: str) -> C | None:
        """Return the copy that has been in *queue* for longest, None where it has none."""
        heap = self._heaps.get(queue, [])
        while heap and heap[0][2].gone:
            heappop(heap)
        return heap[0][2] if heap else None
