"""`harness sweep` from its options to its exit code: the sweep, its files, and what is said of them."""

import argparse
import sys
from collections.abc import Sequence

from harness.commands import emit
from harness.errors import ExitCode
from harness.printable import printable
from harness.sweep.executors import DaskWorkers, Threads, Workers
from harness.sweep.figures import P99_RULE, breach_rule
from harness.sweep.files import document_of, picture_of, write_files
from harness.sweep.options import SweepPlan, plan_of
from harness.sweep.store import Store
from harness.sweep.sweep import Asked, Found, sweep
from harness.sweep.view import (
    conclusion,
    fluid_words,
    price_words,
    print_table,
    recommended_words,
    skipped_words,
)
from harness.view import View

WIDE = 160


def sweep_policies(arguments: argparse.Namespace) -> int:
    """Carry out `harness sweep`; 1 when thresholds were given and no policy meets them."""
    plan = plan_of(arguments)
    asked = Asked(plan.combinations.candidates, plan.prices, plan.thresholds, plan.exact)
    workers: Workers = DaskWorkers(plan.dask) if plan.dask else Threads(plan.jobs)
    # A cluster that is not there is found out before the traffic is read, which may take seconds.
    with View() as view, workers:
        view.phase("loading", f"{plan.traffic}; the first sweep on a machine also compiles the models")
        from harness.sweep.engine import engine_of

        engine = engine_of(plan)
        with Store(plan.out, engine.inputs) as store:
            found = sweep(asked, engine, workers, store, view)
        view.phase("drawing", str(plan.out))
        document = document_of(plan, found, engine.traffic)
        write_files(plan.out, document, found, picture_of(plan, found, engine.traffic))
        view.phases_over()
    notes = [*engine.traffic["notes"], *plan.notes]
    _tell(plan, found, notes, to_stderr=arguments.json)
    if arguments.json:
        emit(document)
    return ExitCode.PASS if found.verdict.ok else ExitCode.FAIL


def _tell(plan: SweepPlan, found: Found, notes: Sequence[str], *, to_stderr: bool) -> None:
    """Print table and sentences for people: on stdout, unless that is for the JSON."""
    from rich.console import Console

    console = Console(file=sys.stderr if to_stderr else sys.stdout, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE  # a file or a pipe has no edge to keep to
    print_table(console, found.rows, found.verdict)
    lines = [
        *conclusion(found.rows, found.verdict),
        *recommended_words(plan.services, plan.safety_factor),
        f"{breach_rule(plan.latency_limit_s)} (The limit: {plan.latency_source}.) {P99_RULE}",
        *fluid_words(found.error),
        *skipped_words(plan.combinations),
        *notes,
        price_words(plan.prices, list(plan.services)),
        f"All policies: {plan.out}/sweep.csv; picture: {plan.out}/sweep.png",
    ]
    for line in lines:
        console.print(printable(line), soft_wrap=True)
