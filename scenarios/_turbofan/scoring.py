"""The batch job of the turbofan pipeline: rows in calls of 100, each answer rounded up, the error."""

import math
from collections.abc import Callable, Iterator, Sequence

from harness.errors import InvalidRun

BATCH_ROWS = 100


def batches(rows: Sequence[str], batch: int = BATCH_ROWS) -> Iterator[str]:
    """Yield the request bodies: *batch* rows each, the last one what is left, no newline at the end."""
    for start in range(0, len(rows), batch):
        yield "\n".join(rows[start : start + batch])


def read_answer(answer: str, rows: int) -> list[int]:
    """Return the ceiling of each number in *answer*, a line of numbers separated by commas.

    Raises InvalidRun when there are not exactly *rows* finite numbers.
    """
    try:
        predictions = [math.ceil(float(number)) for number in answer.split(",")]
    except (ValueError, OverflowError) as error:
        raise InvalidRun(
            f"The endpoint answered '{answer:.60}', which is not numbers separated by commas"
        ) from error
    if len(predictions) != rows:
        raise InvalidRun(
            f"The endpoint gave {len(predictions)} answers to {rows} rows: one answer a row is expected"
        )
    return predictions


def predict_in_batches(
    invoke: Callable[[str], str], rows: Sequence[str], batch: int = BATCH_ROWS
) -> list[int]:
    """Return a prediction for each of *rows*: *invoke* gets *batch* rows at a time, one after another."""
    predictions: list[int] = []
    for body in batches(rows, batch):
        predictions.extend(read_answer(invoke(body), rows=body.count("\n") + 1))
    return predictions


def rmse(truth: Sequence[float], predictions: Sequence[float]) -> float:
    """Return the root of the mean squared error. Raises InvalidRun without data or with unequal lengths."""
    if len(truth) != len(predictions) or len(truth) == 0:
        raise InvalidRun(f"{len(predictions)} predictions cannot be held against {len(truth)} true values")
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(truth, predictions, strict=True)) / len(truth))
