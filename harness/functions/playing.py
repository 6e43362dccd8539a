"""Plays invocations of aliases in virtual time: a change in the world first, then who arrives after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from harness.functions.provisioned import ProvisionedConcurrency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Clocked(Protocol):
    """A `World`: what is due next, and what happened up to a moment."""

    def next_deadline(self) -> float | None: ...

    def advance(self, now: float) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Invocations:
    """The invocations of one alias: moments, ascending, and how long each takes, in seconds."""

    at: "NDArray[np.float64]"
    duration_s: "NDArray[np.float64]"


def play(
    world: Clocked,
    traffic: Mapping[ProvisionedConcurrency, Invocations],
    *,
    until_s: float,
    tell: Callable[[Any], None] = lambda _event: None,
) -> "dict[str, NDArray[np.bool_]]":
    """Let *traffic* arrive and the world go on until *until_s*, each event told.

    Return by resource id which invocations ran on provisioned environments; those after *until_s* did not
    arrive and are False. The aliases must be resources of *world*.
    """
    import numpy as np

    ran = {alias.resource_id: np.zeros(len(one.at), dtype=np.bool_) for alias, one in traffic.items()}
    arrived = dict.fromkeys(ran, 0)
    now = -1.0
    while now < until_s:
        due_at = world.next_deadline()
        now = until_s if due_at is None else min(due_at, until_s)
        for alias, one in traffic.items():
            # What is due at a moment comes before who arrives at it.
            start, end = arrived[alias.resource_id], int(np.searchsorted(one.at, now))
            if end > start:
                part = slice(start, end)
                ran[alias.resource_id][part] = alias.arrive_all(one.at[part], one.duration_s[part])
                arrived[alias.resource_id] = end
        for event in world.advance(now):
            tell(event)
    return ran
