"""Series of functions whose invocations were kept by the minute, not one by one. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from harness.journal import FunctionMinute
from harness.stats import nice_step, window_count
from harness.summary import ByType
from harness.summary.concurrency import Points
from reports.figures.minutes import MINUTE_STEPS_S
from reports.figures.series import WINDOWS


@dataclass(frozen=True, slots=True)
class Minutes:
    """Steps of the most at once in each window of `step_s`; windows with cold starts; throttles by reason."""

    step_s: float
    most: Points
    cold: list[float]
    cold_starts: int
    throttled: dict[str, list[int]]


def chosen(seen: ByType, most: int) -> tuple[list[str], int]:
    """Return the *most* functions to draw, by throttles and then by calls, and how many are left out."""
    weight: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in seen.all(FunctionMinute):
        weight[one.function]["throttled"] += sum(one.throttled.values())
        weight[one.function]["ran"] += one.invocations
    best = sorted(weight, key=lambda name: (-weight[name]["throttled"], -weight[name]["ran"]))
    kept = set(best[:most])
    return [name for name in weight if name in kept], len(weight) - len(kept)


def load(seen: ByType, name: str, end: float) -> Minutes:
    """Return what is known of *name* up to *end*, in windows of whole minutes."""
    step = nice_step(max(end, MINUTE_STEPS_S[0]), WINDOWS, MINUTE_STEPS_S)
    size = window_count(0.0, end, step)
    at_once, cold = [0] * size, [0] * size
    throttled: defaultdict[str, list[int]] = defaultdict(lambda: [0] * size)
    for one in seen.all(FunctionMinute):
        if one.function != name:
            continue
        window = min(int(one.at // step), size - 1)
        at_once[window] = max(at_once[window], one.of_function)
        cold[window] += one.cold_starts
        for reason, count in one.throttled.items():
            throttled[reason][window] += count
    steps = [(window * step, count) for window, count in enumerate(at_once)]
    return Minutes(
        step,
        [*steps, (end, at_once[-1])],
        [(window + 0.5) * step for window, count in enumerate(cold) if count],
        sum(cold),
        dict(sorted(throttled.items())),
    )
