"""Small things for the tests of sweeps: candidates, figures, rows, and an engine that needs no kernel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.cost.prices import HOSTING, Price, PriceTable
from harness.sweep.figures import Figures
from harness.sweep.grid import Candidate
from harness.sweep.result import Row

PRICES = PriceTable(
    "2026-01-31",
    "us-east-1",
    "a test",
    {one.item: one for one in (Price(f"{HOSTING}a", 3_600.0), Price(f"{HOSTING}b", 7_200.0, note="dear"))},
    "t.json",
)


def candidate(target: float = 600.0, kind: str = "a", most: int = 4) -> Candidate:
    """Return a policy."""
    return Candidate(kind, target, 300.0, 300.0, 1, most)


def figures(cost: float = 10.0, p99: float = 0.5, breach: int = 0, failed: int = 0) -> Figures:
    """Return figures of a thousand requests; *cost* in seconds of instances."""
    return Figures(cost, p99, breach, 1_000, failed, 2, 1)


def row(
    cost: float = 10.0, p99: float = 0.5, breach: int = 0, *, exact: bool = True, target: float = 600.0
) -> Row:
    """Return a row whose instance costs a dollar a second; the fluid model is a tenth too fast."""
    found = figures(cost, p99, breach)
    return Row(
        candidate(target), replace(found, p99_s=p99 * 0.9) if exact else found, found if exact else None, 1.0
    )


def exactly(shared: Any, each: Candidate) -> Figures:
    """Return figures by a formula: a higher target is cheaper and slower."""
    load = float(shared)
    return Figures(load / each.target, each.target / 1_000.0, int(each.target // 500), 1_000, 0, 2, 1)


class ToyEngine:
    """An engine by a formula; its fluid model is a tenth too fast. `asked` counts the exact runs."""

    def __init__(self, load: float = 36_000.0, exact: Callable[[Any, Candidate], Figures] = exactly) -> None:
        self.load = load
        self.asked: list[Candidate] = []
        self._exact = exact

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Return what the figures depend on."""
        return {"load": self.load}

    @property
    def exact(self) -> Callable[[Any, Candidate], Figures]:
        """Return the formula, which notes what it was asked."""

        def noted(shared: Any, each: Candidate) -> Figures:
            self.asked.append(each)
            return self._exact(shared, each)

        return noted

    def fluid(self, candidates: Sequence[Candidate]) -> list[Figures]:
        """Return the formula's figures, a tenth faster."""
        found = [exactly(self.load, each) for each in candidates]
        return [replace(each, p99_s=each.p99_s * 0.9) for each in found]

    def shared(self, instance_type: str) -> Any:
        """Return the load; type b does twice as much."""
        return self.load / (2.0 if instance_type == "b" else 1.0)
