"""Which policies are worth an exact run: those near the fluid fronts, and the cheap that look good enough."""

from collections.abc import Sequence

from harness.sweep.figures import Figures
from harness.sweep.pareto import nearest_first
from harness.sweep.thresholds import Threshold, distance


def shortlist(
    figures: Sequence[Figures], costs: Sequence[float], thresholds: Sequence[Threshold], wanted: int | None
) -> list[int]:
    """Return the indexes of at most *wanted* policies (None: all), ascending.

    With thresholds a third of the places go to the cheapest policies that meet them by the fluid model, and a
    sixth to those that just miss them, because the model may be wrong either way; the rest to those nearest
    to the fronts of cost against p99 and against minutes in breach. Policies whose fluid figures are the same
    in every digit (a maximum that is never reached) take one place between them, as long as there are others.
    """
    if wanted is None or wanted >= len(figures):
        return list(range(len(figures)))
    firsts, others = _alike(figures, costs)
    chosen: dict[int, None] = {}
    if thresholds:
        far = {i: distance(thresholds, figures[i].values(costs[i])) for i in firsts}
        enough = sorted((i for i in firsts if far[i] == 0.0), key=lambda i: (costs[i], figures[i].p99_s, i))
        nearly = sorted((i for i in firsts if far[i] > 0.0), key=lambda i: (far[i], costs[i], i))
        chosen.update(dict.fromkeys([*enough[: wanted // 3], *nearly[: wanted // 6]]))
    for group in (firsts, others):
        p99 = [(costs[i], figures[i].p99_s) for i in group]
        breach = [(costs[i], float(figures[i].breach_minutes)) for i in group]
        for place in nearest_first([p99, breach], min(wanted, len(group))):
            if len(chosen) == wanted:
                return sorted(chosen)
            chosen[group[place]] = None
    return sorted(chosen)


def _alike(figures: Sequence[Figures], costs: Sequence[float]) -> tuple[list[int], list[int]]:
    """Return the indexes of the first of each kind, and all the others."""
    seen: set[tuple[Figures, float]] = set()
    firsts: list[int] = []
    others: list[int] = []
    for index, kind in enumerate(zip(figures, costs, strict=True)):
        (others if kind in seen else firsts).append(index)
        seen.add(kind)
    return firsts, others
