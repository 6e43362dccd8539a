"""Which spot instances are taken back on purpose, and when: the declared interruptions of a run."""

from dataclasses import dataclass

from harness.compute.instances import Instance


@dataclass(frozen=True, slots=True)
class InterruptionPlan:
    """Take back `times` spot instances of `image` ("" for any), each `running_s` after it was ready.

    `rebalance_s` is how long before its notice an instance is recommended to be rebalanced. `by_price` says
    whether the price is the reason, or the capacity.
    """

    key: str
    image: str = ""
    running_s: float = 0.0
    rebalance_s: float = 0.0
    times: int = 1
    by_price: bool = False


class Plans:
    """The plans of a run, each from the moment on at which it was added."""

    def __init__(self) -> None:
        self._plans: list[tuple[InterruptionPlan, float]] = []
        self._hits: dict[str, int] = {}

    def add(self, plan: InterruptionPlan, now: float) -> None:
        """Let *plan* hold from *now* on."""
        self._plans.append((plan, now))

    def hits(self, key: str) -> int:
        """Return how often the plan *key* was carried out."""
        return self._hits.get(key, 0)

    def next_at(self, one: Instance) -> float | None:
        """Return when *one*, which runs, is taken back; None for not at all."""
        found = self._first(one)
        return None if found is None else found[0]

    def use(self, one: Instance) -> InterruptionPlan:
        """Return the plan by which *one* is taken back now, and count it."""
        found = self._first(one)
        if found is None:
            raise ValueError(f"no plan takes {one.launch.instance} back")
        self._hits[found[1].key] = self.hits(found[1].key) + 1
        return found[1]

    def _first(self, one: Instance) -> tuple[float, InterruptionPlan] | None:
        ready_at = one.ready_at
        if ready_at is None:
            return None
        due = [
            (max(since, ready_at + plan.running_s), plan)
            for plan, since in self._plans
            if plan.image in ("", one.launch.image) and self.hits(plan.key) < plan.times
        ]
        return min(due, key=lambda each: each[0], default=None)
