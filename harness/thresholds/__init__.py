"""What a run must keep to, in k6's grammar: `response_time{endpoint:ranker}: p(99)<800ms`.

`parse` reads one, `catalogue` tells every metric there is, `judge` holds thresholds against what a run left,
and `Watch` against what is known while it goes on. Pure: values in, values out. Nothing is imported before it
is asked for, since every command line names this room.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.thresholds.judging import judge
    from harness.thresholds.metrics import catalogue
    from harness.thresholds.threshold import Threshold, parse
    from harness.thresholds.watch import Crossing, Watch

__all__ = ["Crossing", "Threshold", "Watch", "catalogue", "judge", "parse"]

_HOMES = {
    "Crossing": "watch",
    "Threshold": "threshold",
    "Watch": "watch",
    "catalogue": "metrics",
    "judge": "judging",
    "parse": "threshold",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
