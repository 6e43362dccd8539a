"""Engines as trainings and workers see them: rows of 25 numbers, and how long each engine had yet to live."""

import numpy as np
from numpy.typing import NDArray

from scenarios._turbofan.data import CYCLE, UNIT, Subset, Table, life_length
from scenarios._turbofan.synthetic import generate

Rows = NDArray[np.float64]
UNITS = 24
# Within so many cycles of its failure an engine counts as worn.
WORN_WITHIN = 40


def subset(seed: int) -> Subset:
    """Return engines of our own degradation model, run to failure: one flight condition, one fault."""
    return generate(seed, units=UNITS).subsets[0]


def rows_of(table: Table) -> tuple[Rows, Rows]:
    """Return what an engine's computer knows of each row (cycle, settings, sensors), and the life left."""
    return table[:, UNIT + 1 :], life_length(table) - table[:, CYCLE]


def as_csv(rows: Rows, targets: Rows | None = None) -> bytes:
    """Return *rows* as CSV, the target of each before it where it is known, as XGBoost's container reads."""
    whole = rows if targets is None else np.column_stack([targets, rows])
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in whole).encode()
