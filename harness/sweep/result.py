"""What a sweep found: every policy with its figures and price, the fronts, the cheapest that is good enough.

A function of rows alone: the same rows give the same result and the same bytes, whoever worked them out.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.sweep.figures import Figures
from harness.sweep.grid import Candidate
from harness.sweep.pareto import Point, front
from harness.sweep.thresholds import Threshold, distance, misses

COLUMNS = (
    *("instance_type", "target", "scale_out_cooldown_s", "scale_in_cooldown_s", "min", "max", "engine"),
    *("cost_usd", "instance_hours", "p99_s", "breach_minutes", "failed_ratio", "peak_instances"),
    *("activities", "on_front_p99", "on_front_breach", "meets", "fluid_p99_s", "fluid_breach_minutes"),
    "fluid_cost_usd",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One policy: its figures by the fluid model, and by the exact one where it was run."""

    candidate: Candidate
    fluid: Figures
    exact: Figures | None
    usd_per_instance_s: float

    @property
    def best(self) -> Figures:
        """Return the exact figures, or the fluid ones where there are no others."""
        return self.exact or self.fluid

    @property
    def cost_usd(self) -> float:
        """Return what the instances cost over the trace."""
        return self.best.instance_s * self.usd_per_instance_s

    @property
    def fluid_usd(self) -> float:
        """Return the cost by the fluid model."""
        return self.fluid.instance_s * self.usd_per_instance_s

    @property
    def kind(self) -> tuple[str, Figures]:
        """Return what policies share that come to the same: the instance type and the fluid figures."""
        return self.candidate.instance_type, self.fluid

    def values(self) -> dict[str, float]:
        """Return the figures by the names of thresholds."""
        return self.best.values(self.cost_usd)


@dataclass(frozen=True, slots=True)
class FluidError:
    """How far the fluid model was from the exact one, over the policies run by both (median and largest)."""

    policies: int
    cost_ratio_median: float
    cost_ratio_max: float
    p99_s_median: float
    p99_s_max: float
    breach_minutes_median: float
    breach_minutes_max: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fronts (indexes of rows by rising cost) and the policy chosen.

    `cheapest` is the index of the cheapest row that meets all thresholds, None without thresholds or when
    none does; `nearest` is then the row that misses them least. `unproven` counts the policies that are
    cheaper and good enough by the fluid model, but neither they nor any that comes to the same were run.
    """

    thresholds: tuple[Threshold, ...]
    front_p99: tuple[int, ...]
    front_breach: tuple[int, ...]
    cheapest: int | None
    nearest: int | None
    unproven: int

    @property
    def ok(self) -> bool:
        """True when no thresholds were given, or a policy meets them."""
        return not self.thresholds or self.cheapest is not None


def judge(rows: Sequence[Row], thresholds: Sequence[Threshold]) -> Verdict:
    """Return the verdict over *rows*; where some were run exactly, over those alone."""
    proven = [i for i, row in enumerate(rows) if row.exact] or list(range(len(rows)))
    p99: list[Point] = [(rows[i].cost_usd, rows[i].best.p99_s) for i in proven]
    breach: list[Point] = [(rows[i].cost_usd, float(rows[i].best.breach_minutes)) for i in proven]
    by_cost = sorted(proven, key=lambda i: (rows[i].cost_usd, rows[i].best.p99_s, i))
    cheapest = nearest = None
    if thresholds:
        cheapest = next((i for i in by_cost if not misses(thresholds, rows[i].values())), None)
        if cheapest is None:
            nearest = min(by_cost, key=lambda i: distance(thresholds, rows[i].values()))
    return Verdict(
        tuple(thresholds),
        tuple(proven[i] for i in front(p99)),
        tuple(proven[i] for i in front(breach)),
        cheapest,
        nearest,
        _unproven(rows, thresholds, cheapest) if len(proven) < len(rows) else 0,
    )


def fluid_error(rows: Sequence[Row]) -> FluidError | None:
    """Return the fluid model's error over the rows that were run exactly; None where none was."""
    both = [(row.fluid, row.exact) for row in rows if row.exact]
    if not both:
        return None
    cost = [abs(f.instance_s / e.instance_s - 1.0) if e.instance_s else 0.0 for f, e in both]
    p99 = [abs(f.p99_s - e.p99_s) for f, e in both]
    breach = [float(abs(f.breach_minutes - e.breach_minutes)) for f, e in both]
    return FluidError(
        len(both), median(cost), max(cost), median(p99), max(p99), median(breach), max(breach)
    )  # fmt: skip


def as_csv(rows: Sequence[Row], verdict: Verdict) -> str:
    """Return every row in the order of the grid, one line each; empty cells where nothing was asked."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    on_p99, on_breach = set(verdict.front_p99), set(verdict.front_breach)
    for index, row in enumerate(rows):
        record = row_json(row, verdict.thresholds)
        record |= {"on_front_p99": int(index in on_p99), "on_front_breach": int(index in on_breach)}
        writer.writerow([_cell(record.get(name)) for name in COLUMNS])
    return out.getvalue()


def row_json(row: Row, thresholds: Sequence[Threshold]) -> dict[str, Any]:
    """Return *row* as plain values; the `fluid_` ones only where it was run exactly as well."""
    candidate, best = row.candidate, row.best
    record: dict[str, Any] = {
        "instance_type": candidate.instance_type,
        "target": candidate.target,
        "scale_out_cooldown_s": candidate.scale_out_cooldown_s,
        "scale_in_cooldown_s": candidate.scale_in_cooldown_s,
        "min": candidate.min_capacity,
        "max": candidate.max_capacity,
        "engine": "exact" if row.exact else "fluid",
        "cost_usd": round(row.cost_usd, 6),
        "instance_hours": round(best.instance_s / 3_600.0, 6),
        "p99_s": round(best.p99_s, 6),
        "breach_minutes": best.breach_minutes,
        "failed_ratio": round(best.failed_ratio, 9),
        "peak_instances": best.peak_instances,
        "activities": best.activities,
    }
    if thresholds:
        record["meets"] = not misses(thresholds, row.values())
    if row.exact:
        record["fluid_p99_s"] = round(row.fluid.p99_s, 6)
        record["fluid_breach_minutes"] = row.fluid.breach_minutes
        record["fluid_cost_usd"] = round(row.fluid_usd, 6)
    return record


def alike(rows: Sequence[Row], index: int) -> int:
    """Return how many other rows come to the very same figures by the fluid model as row *index*."""
    return sum(1 for row in rows if row.kind == rows[index].kind) - 1


def _unproven(rows: Sequence[Row], thresholds: Sequence[Threshold], cheapest: int | None) -> int:
    if not thresholds:
        return 0
    proven = {row.kind for row in rows if row.exact}
    # Fluid against fluid: a policy that comes to the same as the chosen one is no cheaper.
    limit = rows[cheapest].fluid_usd if cheapest is not None else math.inf
    return sum(
        1
        for row in rows
        if row.kind not in proven and row.fluid_usd < limit and not misses(thresholds, row.values())
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
