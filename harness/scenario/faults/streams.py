"""A random stream for each fault, so that a new one shifts nobody else's draws."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol


class Named(Protocol):
    """A fault with a name. The share it hits is no part of it: a larger share hits the same and more."""

    @property
    def name(self) -> str: ...


def stream_names(faults: Sequence[Named], seed: int) -> list[str]:
    """Return what to seed the stream of each of *faults* with: its name, and a number where it has a twin."""
    seen: Counter[str] = Counter()
    names = []
    for fault in faults:
        seen[fault.name] += 1
        count = seen[fault.name]
        names.append(f"{seed}/faults/{fault.name}{f' {count}' if count > 1 else ''}")
    return names
