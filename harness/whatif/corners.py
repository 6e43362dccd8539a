"""The corners of what nobody documents: the settings a simulation is repeated with to see how far it moves.

Every unknown carries its range in its own metadata (`harness.scaling.unknowns`), so that one that is added is
varied without a line here. Three kinds are told apart. *Delays* only move moments: they are set to their
early and late ends together. *Rules* change what is decided: each is moved by itself under late delays, and
all together under both. *Launches* say how long a change takes. What the user has set is known, and
stays as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.endpoint.settings import EndpointSettings
from harness.functions.settings import FunctionSettings
from harness.scaling.settings import CapacityBasis, CooldownStart, Datapoint, ScaleInMode, ScalingSettings
from harness.stats import percentile

# Where in a minute of CloudWatch the traffic's own minutes begin, when nothing says so.
SHIFTS_S = (0.0, 20.0, 40.0, 59.0)
MIDDLE_S = 40.0
# Endings of the names of those settings that only move moments.
_DELAYS = ("_delay_s", "_offset_s", "_retry_s")
_LAUNCH = ("launch_time", "joins", "join_stagger", "settle_s", "scale_in_s")
_ALLOCATION = ("allocation_time", "allocation_per_minute", "release_time", "changeable_while_allocating")
_QUICK_IS_HIGH = ("allocation_per_minute", "changeable_while_allocating")
# Which end of a rule makes a change come sooner, where it is not the low one of its range.
_SOONER: Mapping[str, Any] = {
    "low_threshold_ratio": 0.9,
    "datapoint": Datapoint.MAXIMUM,
    "capacity_basis": CapacityBasis.CURRENT,
    "scale_in_mode": ScaleInMode.PROPORTIONAL,
    "cooldown_start": CooldownStart.DECISION,
    "scale_out_cooldown_blocks_scale_in": False,
}
_LATER: Mapping[str, Any] = {
    "low_threshold_ratio": 0.7,
    "datapoint": Datapoint.MEAN,
    "capacity_basis": CapacityBasis.AT_DATAPOINT,
    "scale_in_mode": ScaleInMode.ONE_STEP,
    "cooldown_start": CooldownStart.COMPLETION,
    "scale_out_cooldown_blocks_scale_in": True,
}


class Depth(Enum):
    """How many corners are played."""

    ALL = "all"
    MOST = "most"
    """The traffic's place in the minute is moved by itself only, not in combination with rules."""
    EXTREMES = "extremes"
    """Delays alone, and everything together, early and late: where a corner takes seconds."""


@dataclass(frozen=True, slots=True)
class Corner:
    """One way the unknowns may be: the settings, and how far into a minute the traffic begins."""

    scaling: ScalingSettings
    endpoint: EndpointSettings
    function: FunctionSettings
    shift_s: float


def corners(
    scaling: ScalingSettings,
    endpoint: EndpointSettings,
    function: FunctionSettings,
    *,
    fixed: frozenset[str] = frozenset(),
    shifts: tuple[float, ...] = SHIFTS_S,
    depth: Depth = Depth.ALL,
) -> list[Corner]:
    """Return the corners around these settings, each once; those of *fixed* stay.

    Of *fixed* are the settings that are known, or that nothing here depends on. *shifts* are the places in a
    minute at which the traffic may begin: one where it is known. *depth* says how many are worth it.
    """
    space = _Space(scaling, endpoint, function, fixed, shifts, depth)
    found: dict[str, Corner] = {}
    for corner in space.all():
        found.setdefault(repr(corner), corner)  # settings may hold mappings, which have no hash
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Space:
    scaling: ScalingSettings
    endpoint: EndpointSettings
    function: FunctionSettings
    fixed: frozenset[str]
    shifts: tuple[float, ...]
    depth: Depth

    def all(self) -> Iterator[Corner]:
        """Yield the corners, some of them more than once."""
        early, late = self._ends()
        fast, slow = self._launches()
        middle = min(self.shifts, key=lambda shift: abs(shift - MIDDLE_S))
        if self.depth is Depth.EXTREMES:
            yield self._corner(early, {}, middle)
            yield self._corner(late, {}, self.shifts[0])
            yield self._corner({**early, **self._all(_SOONER)}, fast, middle)
            yield self._corner({**late, **self._all(_LATER)}, slow, self.shifts[0])
            return
        for delays in ({}, early, late):
            for shift in self.shifts:
                yield self._corner(delays, {}, shift)
        for name, value in self._rules():
            yield self._corner({**late, name: value}, {}, self.shifts[0])
        around = (self.shifts[0], middle) if self.depth is Depth.ALL else self.shifts[:1]
        for delays in (early, late):
            for launch in (fast, slow):
                yield self._corner(delays, launch, self.shifts[0])
                for rules in (self._all(_SOONER), self._all(_LATER)):
                    for shift in dict.fromkeys(around):
                        yield self._corner({**delays, **rules}, launch, shift)

    def _corner(self, scaling: Mapping[str, Any], launch: Mapping[str, Any], shift_s: float) -> Corner:
        return Corner(
            replace(self.scaling, **scaling),
            replace(self.endpoint, **{name: launch[name] for name in _LAUNCH if name in launch}),
            replace(self.function, **{name: launch[name] for name in _ALLOCATION if name in launch}),
            shift_s,
        )

    def _unknown(self) -> Iterator[Any]:
        """Yield the fields of the scaling settings that have a range and are not fixed."""
        for item in fields(self.scaling):
            if item.metadata["low"] != item.metadata["high"] and item.name not in self.fixed:
                yield item

    def _ends(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return all delays at their low and at their high end."""
        found = [item for item in self._unknown() if item.name.endswith(_DELAYS)]
        return (
            {item.name: item.metadata["low"] for item in found},
            {item.name: item.metadata["high"] for item in found},
        )

    def _rules(self) -> Iterator[tuple[str, Any]]:
        """Yield each other value of each rule: the ends of its range."""
        for item in self._unknown():
            if item.name.endswith(_DELAYS):
                continue
            now, low = getattr(self.scaling, item.name), item.metadata["low"]
            for value in (low, item.metadata["high"]):
                if value != now:
                    yield item.name, value

    def _all(self, ends: Mapping[str, Any]) -> dict[str, Any]:
        free = {item.name for item in self._unknown()}
        return {name: value for name, value in ends.items() if name in free}

    def _launches(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the quickest and the slowest that changes may be."""
        fast: dict[str, Any] = {}
        slow: dict[str, Any] = {}
        for item, now in self._spans():
            low, high = item.metadata["low"], item.metadata["high"]
            if item.name in self.fixed:
                low = high = now
            elif item.name in _QUICK_IS_HIGH:
                low, high = high, low
            fast[item.name] = Constant(least(low)) if hasattr(low, "draw") else low
            slow[item.name] = Constant(most(high)) if hasattr(high, "draw") else high
        return fast, slow

    def _spans(self) -> Iterator[tuple[Any, Any]]:
        """Yield the fields that say how long a change takes, with their values."""
        for settings, names in ((self.endpoint, _LAUNCH), (self.function, _ALLOCATION)):
            for item in fields(settings):
                if item.name in names:
                    yield item, getattr(settings, item.name)


def least(span: Distribution) -> float:
    """Return the shortest span to reckon with: the 5th percentile where there is no shortest."""
    match span:
        case Constant():
            return span.seconds
        case Uniform():
            return span.low_s
        case LogNormal():
            return span.median_s**2 / span.p95_s
        case Empirical():
            return percentile(sorted(span.seconds), 0.05)
    raise TypeError(f"{type(span).__name__} has no percentiles")


def most(span: Distribution) -> float:
    """Return the longest span to reckon with: the 95th percentile where there is no longest."""
    match span:
        case Constant():
            return span.seconds
        case Uniform():
            return span.high_s
        case LogNormal():
            return span.p95_s
        case Empirical():
            return percentile(sorted(span.seconds), 0.95)
    raise TypeError(f"{type(span).__name__} has no percentiles")
