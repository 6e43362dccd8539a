"""From thresholds and what a run left to `journal.Expectation` records with the source "threshold".

What cannot be measured is never met (DESIGN, promise 2), and neither is what was crossed on the way.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness import journal
from harness.journal import Record
from harness.thresholds.found import Measured, summed_up
from harness.thresholds.measures import Run, measure
from harness.thresholds.threshold import Threshold
from harness.thresholds.watch import Crossing

SOURCE = "threshold"


def judge(
    thresholds: Iterable[Threshold],
    records: Sequence[Record],
    summary: Mapping[str, Any] | None,
    at: float,
    *,
    wall_s: float | None = None,
    crossing: Crossing | None = None,
) -> Iterator[journal.Expectation]:
    """Yield each of *thresholds* judged over the *records* of a run, in order.

    *summary* is made from the records where it is None and one asks for it. *wall_s* are the real seconds of
    the run; *crossing* is what ended its load, and is not met whatever came after.
    """
    run = Run(records, at, summary=summary, wall_s=wall_s)
    for one in thresholds:
        value, reason = _measured(one, run)
        ok = value is not None and one.holds(value)
        if crossing is not None and crossing.threshold == one:
            ok, reason = False, f"{crossing.sentence}; {reason}"
        limit = f"{one.sign} {one.limit:g}"
        yield journal.Expectation(at, one.text, limit, value, one.unit, ok, reason, SOURCE)


def _measured(one: Threshold, run: Run) -> Measured:
    """Return what there is of the metric of *one*: nothing, where a figure is none to compare."""
    value, said = summed_up(measure(one.metric, run, one.tags), one.aggregation, one.percent, one.sign)
    if value is not None and not math.isfinite(value):
        return None, f"It came to {value}, which is no number to compare: {said}"
    return value, said
