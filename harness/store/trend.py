"""How the figures of a scenario went over its last runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.compare.metrics import METRICS, Better, Metric
from harness.errors import ScenarioError
from harness.stats import percentile
from harness.store.listing import like, rows
from harness.store.row import Row

LAST = 20


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over the runs of a trend, oldest first; None where a run does not have it.

    `median`, `low` and `high` (quartiles) are of the runs before the newest one, and `place` says where the
    newest is among them: below, within or above all of them; "" where there is nothing to place.
    """

    metric: Metric
    values: tuple[float | None, ...]
    median: float | None
    low: float | None
    high: float | None
    place: str

    @property
    def newest(self) -> float | None:
        """Return the figure of the newest run."""
        return self.values[-1]

    @property
    def is_worse(self) -> bool:
        """Return whether the newest run is worse than every one before it."""
        return self.place == "above" and self.metric.better is Better.LOWER

    @property
    def is_better(self) -> bool:
        """Return whether the newest run is better than every one before it."""
        return self.place == "below" and self.metric.better is Better.LOWER

    def as_json(self) -> dict[str, Any]:
        """Return the series as plain JSON values."""
        one = self.metric
        return {
            "metric": one.name,
            "title": one.title,
            "unit": one.unit,
            "values": list(self.values),
            "median": self.median,
            "low": self.low,
            "high": self.high,
            "newest": self.newest,
            "place": self.place,
        }


@dataclass(frozen=True, slots=True)
class Trend:
    """The last runs of one scenario, oldest first, and each figure that any of them has."""

    scenario: str
    runs: tuple[Row, ...]
    series: tuple[Series, ...]

    def of(self, metric: str) -> Series | None:
        """Return the series of the metric of that name, None where no run has it."""
        return next((one for one in self.series if one.metric.name == metric), None)

    def as_json(self) -> dict[str, Any]:
        """Return the trend as plain JSON values."""
        return {
            "scenario": self.scenario,
            "runs": [row.as_json() for row in self.runs],
            "series": [one.as_json() for one in self.series],
        }


def trend(scenario: str, last: int = LAST, *, runs: Path, found: Sequence[Row] | None = None) -> Trend:
    """Return the last *last* finished runs of *scenario* below *runs* that are like the newest of them.

    Like it means: of the same variant, clock and client. *found* are the store's rows, newest first, where
    they were read already. Raises ScenarioError where there is no finished run.
    """
    of_scenario = [row for row in (rows(runs) if found is None else found) if row.scenario == scenario]
    good = [row for row in of_scenario if row.verdict in ("pass", "fail")]
    if not good:
        raise ScenarioError(
            f"Scenario {scenario!r} has no finished run below {runs}; make one with 'harness run {scenario}'"
        )
    shown = tuple(reversed([good[0], *like(good[0], good)][: max(last, 1)]))
    series = (_series(metric, [row.figures.get(metric.name) for row in shown]) for metric in METRICS)
    return Trend(scenario, shown, tuple(one for one in series if any(v is not None for v in one.values)))


def _series(metric: Metric, values: Sequence[float | None]) -> Series:
    before = sorted(value for value in values[:-1] if value is not None)
    if not before:
        return Series(metric, tuple(values), None, None, None, "")
    low, middle, high = (percentile(before, q) for q in (0.25, 0.5, 0.75))
    return Series(metric, tuple(values), middle, low, high, _place(values[-1], before))


def _place(newest: float | None, before: Sequence[float]) -> str:
    if newest is None:
        return ""
    if newest > before[-1]:
        return "above"
    return "below" if newest < before[0] else "within"
