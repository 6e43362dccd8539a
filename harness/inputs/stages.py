"""Traffic as text: `50rps:10m,50-400rps:5m,0:10m` is 10 minutes at 50/s, a ramp to 400/s, 10 minutes idle.

stages   = stage ("," stage)*
stage    = rate ":" span
rate     = "0" | number unit | number "-" number unit        unit: rps (a second) or rpm (a minute)
span     = number ("s" | "m" | "h" | "d")
"""

import math
import re

import numpy as np

from harness.errors import ScenarioError
from harness.inputs.traffic_value import MINUTE_S, Traffic, whole_counts
from harness.scenario.rates import Constant, Idle, Ramp, Stages

_NUMBER = r"\d+(?:\.\d+)?"
_STAGE = re.compile(
    rf"(?P<start>{_NUMBER})(?:-(?P<end>{_NUMBER}))?(?P<unit>rps|rpm)?:(?P<span>{_NUMBER})(?P<span_unit>[smhd])",
    re.ASCII,
)
_UNITS = {"rps": 1.0, "rpm": 1.0 / 60.0}
_SPANS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
MOST_S = 366 * 86400.0
"""A year: longer stages are a slip of the pen, and each minute of them is a number in memory."""


def looks_like_stages(text: str) -> bool:
    """Return whether *text* is meant as stages: what it has before its first colon begins with a digit."""
    return re.match(r"\s*\d[^:/\\]*:", text) is not None


def parse_stages(text: str) -> Traffic:
    """Return the traffic of the stages in *text*; ScenarioError names the stage that is none."""
    rates = [_stage(part.strip(), number) for number, part in enumerate(text.split(","), 1)]
    rate = Stages(rates)
    if rate.duration_s > MOST_S:
        raise ScenarioError(
            f"--traffic {text}: the stages last {rate.duration_s / 86400:g} days; the most is 366"
        )
    ends = [
        min(MINUTE_S * minute, rate.duration_s) for minute in range(math.ceil(rate.duration_s / MINUTE_S) + 1)
    ]
    expected = np.diff(np.array([rate.integral(end) for end in ends]))
    return Traffic(source=text, counts=whole_counts(expected), rate=rate)


def _stage(text: str, number: int) -> Constant | Idle | Ramp:
    found = _STAGE.fullmatch(text)
    if found is None or (found["unit"] is None and (found["end"] or float(found["start"]))):
        raise ScenarioError(
            f"--traffic, stage {number}: {text!r} is not of the form RATE:SPAN, such as 50rps:10m, "
            "50-400rps:5m, 600rpm:1h or 0:10m"
        )
    factor = _UNITS[found["unit"] or "rps"]
    start, end = float(found["start"]) * factor, float(found["end"] or found["start"]) * factor
    span_s = float(found["span"]) * _SPANS_S[found["span_unit"]]
    if not span_s:
        raise ScenarioError(f"--traffic, stage {number}: {text!r} lasts no time; give it a span above 0")
    if start == end:
        return Constant(start, over_s=span_s) if start else Idle(over_s=span_s)
    return Ramp(start, end, over_s=span_s)
