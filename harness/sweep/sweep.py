"""`harness sweep`: many policies over one trace, all by the fluid model and the best of them exactly.

What a policy comes to is worked out by an `Engine`; this part decides which are run how, keeps what is done,
and hands the rows to those who judge and draw them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.cost.prices import PriceTable
from harness.errors import Interrupted
from harness.sweep.executors import Workers
from harness.sweep.figures import Figures
from harness.sweep.grid import Candidate
from harness.sweep.result import FluidError, Row, Verdict, fluid_error, judge
from harness.sweep.shortlist import shortlist
from harness.sweep.store import Store
from harness.sweep.thresholds import Threshold
from harness.sweep.view import Progress
from harness.view import View


class Engine(Protocol):
    """Works out what policies come to over one trace.

    `inputs` are plain JSON values that name everything the figures depend on but the policy itself. `exact`
    is a function of a module, so that it can travel; `shared` returns its first argument for one instance
    type (the trace), which travels once.
    """

    @property
    def inputs(self) -> Mapping[str, Any]: ...

    @property
    def exact(self) -> Callable[[Any, Candidate], Figures]: ...

    def fluid(self, candidates: Sequence[Candidate]) -> list[Figures]:
        """Return the figures of each candidate by the fluid model."""

    def shared(self, instance_type: str) -> Any:
        """Return what `exact` needs besides a candidate of *instance_type*."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be found out; `exact` is how many policies are run exactly, None for all."""

    candidates: tuple[Candidate, ...]
    prices: PriceTable
    thresholds: tuple[Threshold, ...]
    exact: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep found: a row per candidate in their order, the verdict, the fluid model's error."""

    rows: tuple[Row, ...]
    verdict: Verdict
    error: FluidError | None


def sweep(asked: Asked, engine: Engine, workers: Workers, store: Store, view: View) -> Found:
    """Return what the policies come to.

    Raises Interrupted on Ctrl-C; what was run exactly by then is in *store*, and the next sweep goes on.
    """
    view.phase("fluid", f"{len(asked.candidates):,} policies")
    fluid = engine.fluid(asked.candidates)
    costs = [
        asked.prices.cost(candidate.instance_type, figures.instance_s)
        for candidate, figures in zip(asked.candidates, fluid, strict=True)
    ]
    chosen = shortlist(fluid, costs, asked.thresholds, asked.exact)
    exact = _run_exactly([asked.candidates[i] for i in chosen], engine, workers, store, view)
    rows = tuple(
        Row(candidate, figures, exact.get(candidate), _usd_per_s(asked.prices, candidate))
        for candidate, figures in zip(asked.candidates, fluid, strict=True)
    )
    return Found(rows, judge(rows, asked.thresholds), fluid_error(rows))


def _run_exactly(
    chosen: Sequence[Candidate], engine: Engine, workers: Workers, store: Store, view: View
) -> dict[Candidate, Figures]:
    """Return the exact figures of *chosen*: those that *store* has, and the others, which it gets now."""
    missing = [each for each in chosen if each not in store.done]
    if len(missing) < len(chosen):
        view.line(f"  {len(chosen) - len(missing):,} of {len(chosen):,} exact runs are in {store.path}")
    progress = Progress(view, "exact", len(missing)) if missing else None
    try:
        # One type at a time: each has a trace of its own, and two at once would take twice the memory.
        for kind in dict.fromkeys(each.instance_type for each in missing):
            mine = [each for each in missing if each.instance_type == kind]
            for index, figures in workers.each(engine.exact, engine.shared(kind), mine):
                store.add(mine[index], figures)
                if progress is not None:
                    progress.step()
    except KeyboardInterrupt:
        done = sum(1 for each in chosen if each in store.done)
        raise Interrupted(
            f"Interrupted with {done:,} of {len(chosen):,} exact runs done; the same command goes on "
            f"from there ({store.path})"
        ) from None
    return {each: store.done[each] for each in chosen}


def _usd_per_s(prices: PriceTable, candidate: Candidate) -> float:
    return prices.cost(candidate.instance_type, 1.0)
