"""What earlier scaling activities still hold back."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cooldowns:
    """What earlier activities still hold back. `out_capacity` is what the last scale-out set.

    `out_from` is the capacity before the first scale-out of a row inside each other's cooldowns. The
    cooldowns of both directions are kept apart: a scale-in must not overwrite the capacity that a later
    scale-out is measured against.
    """

    out_until: float = -math.inf
    out_capacity: int = 0
    in_until: float = -math.inf
    out_from: int = 0

    def after_scale_out(
        self, until: float, capacity: int, previous: int = 0, now: float = 0.0
    ) -> "Cooldowns":
        """Return the state after a scale-out from *previous* to *capacity* that was decided at *now*.

        AAS guide: a scale-out during the scale-in cooldown happens at once "and the cooldown period for
        the scale-in activity stops and doesn't complete".
        """
        inside = now < self.out_until
        return Cooldowns(until, capacity, -math.inf, self.out_from if inside else previous)

    def after_scale_in(self, until: float) -> "Cooldowns":
        """Return the state after a scale-in."""
        return replace(self, in_until=until)

    def base(self, capacity: int, now: float) -> int:
        """Return the capacity that a step adjustment counts from at *now*, where *capacity* is desired.

        AAS guide, step scaling cooldown: capacity that the initiating activity has added is part of the next
        (+2, then +3 inside the cooldown: 1 is added), so a scale-out counts from what was before.
        """
        return min(self.out_from, capacity) if now < self.out_until else capacity

    def blocks_scale_out(self, desired: int, now: float) -> bool:
        """Return whether *desired* is no larger than what the running scale-out cooldown has credited.

        AAS guide: the policy "won't increase the desired capacity again unless either a larger scale out
        is triggered or the cooldown period ends"; what the initiating activity added counts.
        """
        return now < self.out_until and desired <= self.out_capacity

    def blocks_scale_in(self, now: float, *, also_scale_out: bool) -> bool:
        """Return whether a scale-in must wait at *now*."""
        return now < self.in_until or (also_scale_out and now < self.out_until)
