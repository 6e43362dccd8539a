"""What instances cost in an hour: on demand always the same, on the spot market by a path of prices.

The path is a function of the seed: whoever asks, in whatever order, for the past or for the future, gets the
same prices. EC2 user guide, "Spot Instance pricing history": a price for each type, product and zone.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from random import Random

from harness.compute.settings import ComputeSettings

# Between two draws the path goes straight: a price of the spot market moves for days, not from hour to hour.
STEPS_A_DRAW = 24
DIGITS = 4  # of a price in USD
Steps = Sequence[tuple[float, float]]  # from this moment on, this price


class Market:
    """The prices of instance types, USD an hour; moments are model seconds, before 0 as well.

    *on_demand* gives the price of a type, None where it is not known. *declared* are types whose spot price
    the user gives, the first step from the beginning of time on.
    """

    def __init__(
        self,
        on_demand: Callable[[str], float | None],
        settings: ComputeSettings | None = None,
        *,
        seed: int | str = 1,
        declared: Mapping[str, Steps] | None = None,
    ) -> None:
        self._on_demand = on_demand
        self._settings = settings or ComputeSettings()
        self._seed = seed
        self._declared = {kind: tuple(steps) for kind, steps in (declared or {}).items()}

    def on_demand(self, instance_type: str) -> float | None:
        """Return the on-demand price, None where it is not known."""
        return self._on_demand(instance_type)

    def spot(self, instance_type: str, zone: str, at: float) -> float | None:
        """Return the spot price in effect at *at*, None for a type without a price."""
        steps = self._declared.get(instance_type)
        if steps is not None:
            return steps[max(0, bisect_right(steps, at, key=lambda step: step[0]) - 1)][1]
        full = self._on_demand(instance_type)
        if full is None:
            return None
        settings = self._settings
        moved = 1.0 + settings.spot_price_spread * self._drift(instance_type, zone, self._step(at))
        return round(full * settings.spot_price_share * moved, DIGITS)

    def next_change(self, instance_type: str, at: float) -> float:
        """Return the first moment after *at* at which the spot price may be another; infinite for never."""
        steps = self._declared.get(instance_type)
        if steps is not None:
            number = bisect_right(steps, at, key=lambda step: step[0])
            return steps[number][0] if number < len(steps) else math.inf
        return (self._step(at) + 1) * self._settings.spot_price_every_s

    def history(self, instance_type: str, zone: str, start: float, end: float) -> list[tuple[float, float]]:
        """Return the changes of the spot price up to *end*, newest first, and the price that held at *start*.

        EC2 API reference, DescribeSpotPriceHistory: the last price before the start time is among them.
        """
        first = self.spot(instance_type, zone, start)
        if first is None or end < start:
            return []
        found = [(self._since(instance_type, start), first)]
        at = self.next_change(instance_type, start)
        while at <= end:
            price = self.spot(instance_type, zone, at)
            if price is not None and price != found[-1][1]:
                found.append((at, price))
            at = self.next_change(instance_type, at)
        return found[::-1]

    def _since(self, instance_type: str, at: float) -> float:
        """Return since when the price at *at* may hold."""
        steps = self._declared.get(instance_type)
        if steps is None:
            return self._step(at) * self._settings.spot_price_every_s
        began = [moment for moment, _ in steps[1:] if moment <= at]
        return began[-1] if began else min(at, steps[0][0])

    def _step(self, at: float) -> int:
        return math.floor(at / self._settings.spot_price_every_s)

    def _drift(self, instance_type: str, zone: str, step: int) -> float:
        """Return where between -1 and 1 the price of *step* is."""
        draw, part = divmod(step, STEPS_A_DRAW)
        here, there = (self._draw(instance_type, zone, number) for number in (draw, draw + 1))
        return here + (there - here) * part / STEPS_A_DRAW

    def _draw(self, instance_type: str, zone: str, number: int) -> float:
        return Random(f"{self._seed}/spot/{instance_type}/{zone}/{number}").uniform(-1.0, 1.0)
