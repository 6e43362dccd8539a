"""What a sweep tells people: how far it is, and in the end one table and a few sentences."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.cost.prices import PriceTable
from harness.sweep.grid import Combinations
from harness.sweep.result import FluidError, Row, Verdict, alike
from harness.sweep.thresholds import UNITS, Threshold, misses
from harness.view import View

if TYPE_CHECKING:
    from rich.console import Console

    from harness.sweep.services import Service

MOST_ROWS = 24


class Progress:
    """Says on stderr how many policies are done; the view tells by their pace when the rest will be."""

    def __init__(self, view: View, name: str, total: int) -> None:
        self._view = view
        self._total = total
        self._done = 0
        view.phase(name, f"{total:,} policies")

    def step(self) -> None:
        """Count one policy more."""
        self._done += 1
        self._view.progress(self._done, self._total, f"{self._done:,} of {self._total:,} policies")


def print_table(console: "Console", rows: Sequence[Row], verdict: Verdict) -> None:
    """Print the policies on either front, by rising cost; those that meet the thresholds are marked."""
    from rich.table import Table
    from rich.text import Text

    fronts = {"p99": verdict.front_p99, "breach": verdict.front_breach}
    shown = sorted(
        {*verdict.front_p99, *verdict.front_breach}, key=lambda i: (rows[i].cost_usd, rows[i].best.p99_s, i)
    )
    exact = sum(1 for row in rows if row.exact)
    engine = f"exact model, {exact:,}" if exact else f"fluid model, {len(rows):,}"
    table = Table(
        title=f"Pareto fronts of cost ({engine} policies)",
        title_justify="left",
        header_style="bold",
    )
    for name in ("cost", "p99", "in breach", "failed", "target", "cooldown out/in", "min-max", "peak"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("instance type", no_wrap=True)
    table.add_column("front", no_wrap=True)
    for index in shown[:MOST_ROWS]:
        ok = bool(verdict.thresholds) and not misses(verdict.thresholds, rows[index].values())
        style = "bold green" if index == verdict.cheapest else "green" if ok else ""
        marks = [name for name, members in fronts.items() if index in members]
        table.add_row(*_cells(rows[index]), Text(" ".join(marks)), style=style)
    console.print(table)
    if len(shown) > MOST_ROWS:
        console.print(f"and {len(shown) - MOST_ROWS} more on the fronts, in sweep.csv")


def conclusion(rows: Sequence[Row], verdict: Verdict) -> list[str]:
    """Return the sentences about the thresholds: the cheapest that meets them, or the nearest."""
    if not verdict.thresholds:
        return []
    asked = " and ".join(map(str, verdict.thresholds))
    if verdict.cheapest is not None:
        row = rows[verdict.cheapest]
        told = [f"Cheapest that meets {asked}: {row.candidate.words()}: {figures_words(row)}."]
        if others := alike(rows, verdict.cheapest):
            told.append(
                f"{others:,} other policies come to the same by the fluid model: what they differ in never "
                "matters over this traffic."
            )
    else:
        row = rows[verdict.nearest or 0]
        missed = "; ".join(_missed(each, row) for each in misses(verdict.thresholds, row.values()))
        near = f"{row.candidate.words()}: {figures_words(row)}"
        told = [f"No policy meets {asked}. Nearest: {near}. It misses: {missed}."]
    if verdict.unproven:
        told.append(
            f"{verdict.unproven:,} cheaper policies meet them by the fluid model but were not run exactly; "
            "raise --exact to be sure."
        )
    return told


def recommended_words(services: "Mapping[str, Service]", safety_factor: float) -> list[str]:
    """Return AWS's own target of each instance type."""
    return [
        f"AWS's formula for {kind}: {each.max_rps:.4g} requests/s at most ({each.max_rps_how}) x "
        f"{safety_factor:g} x 60 = target {each.recommended_target(safety_factor):.4g}."
        for kind, each in services.items()
    ]


def fluid_words(error: FluidError | None) -> list[str]:
    """Return how far the fluid model was from the exact one."""
    if error is None:
        return ["No policy was run exactly: all figures are the fluid model's."]
    return [
        f"Fluid against exact over {error.policies:,} policies, median and largest difference: cost "
        f"{error.cost_ratio_median:.2%} and {error.cost_ratio_max:.2%}, p99 {error.p99_s_median:.3g} s and "
        f"{error.p99_s_max:.3g} s, minutes in breach {error.breach_minutes_median:g} and "
        f"{error.breach_minutes_max:g}."
    ]


def price_words(prices: PriceTable, kinds: Sequence[str]) -> str:
    """Return where the prices are from, with what is doubtful about those used."""
    notes = {kind: f" ({prices.notes[kind]})" if kind in prices.notes else "" for kind in kinds}
    used = ", ".join(f"{kind} {prices.usd_per_hour[kind]:g} USD/h{notes[kind]}" for kind in kinds)
    where = f"{prices.region}, " if prices.region else ""
    source = f"; {prices.source}" if prices.source else ""
    return f"Prices as of {prices.as_of} ({where}{prices.file}{source}): {used}."


def skipped_words(found: Combinations) -> list[str]:
    """Return which combinations were left out, and how many."""
    if not found.skipped:
        return []
    named = ", ".join(why for why, _ in found.skipped[:5])
    more = f" and {len(found.skipped) - 5} more pairs" if len(found.skipped) > 5 else ""
    return [f"Left out: {found.skipped_count:,} combinations with {named}{more}."]


def figures_words(row: Row) -> str:
    """Return the figures of *row* as people read them."""
    best = row.best
    return (
        f"{row.cost_usd:.2f} USD, p99 {best.p99_s:.3g} s, {best.breach_minutes} minutes in breach, "
        f"{best.failed_ratio:.3%} failed"
    )


def _cells(row: Row) -> list[str]:
    candidate, best = row.candidate, row.best
    return [
        f"{row.cost_usd:.2f} USD",
        f"{best.p99_s:.3g} s",
        f"{best.breach_minutes} min",
        f"{best.failed_ratio:.3%}",
        f"{candidate.target:g}",
        f"{candidate.scale_out_cooldown_s:g}/{candidate.scale_in_cooldown_s:g} s",
        f"{candidate.min_capacity}-{candidate.max_capacity}",
        "" if best.peak_instances is None else str(best.peak_instances),
        candidate.instance_type,
    ]


def _missed(threshold: Threshold, row: Row) -> str:
    value = row.values()[threshold.metric]
    return f"{threshold.metric} is {value:.4g} {UNITS[threshold.metric]}".rstrip() + f", not {threshold}"
