"""What a policy must keep to: `p99<0.8`, `breach_minutes<=2`, and how far one is from it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from harness.errors import ScenarioError

UNITS: Mapping[str, str] = {
    "p99": "s",
    "breach_minutes": "minutes",
    "failed_ratio": "",
    "cost_usd": "USD",
}
"""The figures of a policy that a threshold may speak of, and their units."""

_FORM = re.compile(r"\s*([A-Za-z0-9_]+)\s*(<=|<)\s*([-+.0-9eE]+)\s*(ms|s|%)?\s*")
_ANY_SIGN = re.compile(r"\s*([A-Za-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Threshold:
    """`metric` must be below `limit`, or at most that where not `strict`."""

    metric: str
    limit: float
    strict: bool

    def __str__(self) -> str:
        return f"{self.metric}{'<' if self.strict else '<='}{self.limit:g}"

    def met(self, value: float) -> bool:
        """Return whether *value* keeps to it; NaN never does."""
        return value < self.limit if self.strict else value <= self.limit

    def excess(self, value: float) -> float:
        """Return how far *value* misses, in parts of the limit (of 1 where the limit is 0); 0 when met."""
        if self.met(value):
            return 0.0
        if not math.isfinite(value):
            return math.inf
        # One that is missed by nothing at all (0.8 for "<0.8") is still farther than one that is met.
        return max((value - self.limit) / (abs(self.limit) or 1.0), 1e-12)


def parse_threshold(text: str) -> Threshold:
    """Return the threshold that *text* writes; ScenarioError says what is wrong and what was likely meant."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ScenarioError(_misformed(text))
    metric, sign, number, unit = form.groups()
    if metric not in UNITS:
        raise ScenarioError(_unknown(metric, text))
    try:
        limit = float(number)
    except ValueError:
        raise ScenarioError(f"--threshold {text!r}: {number!r} is no number") from None
    if unit and unit not in _units(metric):
        allowed = " or ".join(_units(metric)) or "none"
        raise ScenarioError(f"--threshold {text!r}: {metric} has no unit {unit!r}; it has {allowed}")
    if not math.isfinite(limit) or limit < 0:
        raise ScenarioError(f"--threshold {text!r}: the limit must be finite and not negative")
    return Threshold(metric, limit * {"ms": 1e-3, "%": 1e-2}.get(unit or "", 1.0), sign == "<")


def misses(thresholds: Sequence[Threshold], values: Mapping[str, float]) -> list[Threshold]:
    """Return those of *thresholds* that *values* do not keep to."""
    return [each for each in thresholds if not each.met(values[each.metric])]


def distance(thresholds: Sequence[Threshold], values: Mapping[str, float]) -> float:
    """Return how far *values* are from meeting all *thresholds* (sum of the excesses); 0 when they do."""
    return math.fsum(each.excess(values[each.metric]) for each in thresholds)


def _units(metric: str) -> tuple[str, ...]:
    return {"s": ("s", "ms"), "": ("%",)}.get(UNITS[metric], ())


def _misformed(text: str) -> str:
    name = _ANY_SIGN.match(text)
    known = bool(name and name[1] in UNITS)
    if known and re.search(r">", text):
        return f"--threshold {text!r}: all figures are the smaller the better; write < or <= and a limit"
    if name and not known and re.search(r"[<=>]", text):
        return _unknown(name[1], text)
    return f"--threshold {text!r} is none; write it like 'p99<0.8' or 'breach_minutes<=2', in quotes"


def _unknown(metric: str, text: str) -> str:
    close = get_close_matches(metric.lower(), UNITS, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"--threshold {text!r}: there is no figure {metric!r}; {hint}There are {', '.join(UNITS)}"
