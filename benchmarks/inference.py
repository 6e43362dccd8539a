"""How long one call of 100 CSV rows takes in the model container, and how good the model is.

    python -m benchmarks.inference [--data DIR] [--rounds 5]

Without --data the turbofan runs are our own. Every figure is the median of --rounds rounds, and the
alternatives are timed in turn in each round, so that a busy neighbour hurts them alike: compare figures of
one run only.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from harness.inference import OnnxModel, invoke, load_artefact, pack
from harness.inference.payload import CSV, CsvAnswer, decode_csv, encode
from scenarios._turbofan import data, scoring, synthetic
from scenarios._turbofan.data import FEATURES, Turbofan
from scenarios._turbofan.training import TrainedModel, train

T = TypeVar("T")

CALLS = 200
ROWS = 100


def main() -> None:
    """Print one table of microseconds and one of the model."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", help="folder with NASA's files; runs of our own without it")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    turbofan, loading = timed(lambda: data.load(given.data) if given.data else synthetic.generate())
    tables = [subset.train for subset in turbofan.subsets]
    trained, training = timed(lambda: train(tables))
    artefact = pack(trained.onnx, trained.metadata())
    model, opening = timed(lambda: load_artefact(artefact))

    print(f"data       {turbofan.source}: read in {loading:.2f} s, {turbofan.test_rows:,} test rows")
    print(
        f"model      trained in {training:.1f} s on {trained.rows:,} rows; ONNX: {len(trained.onnx):,} bytes"
    )
    difference = trained.onnx_max_difference
    print(
        f"           opened in {opening * 1e3:.1f} ms; differs from scikit-learn by {difference:.1e} cycles"
    )
    print(f"RMSE       {score(model, turbofan):.3f} on test rows, {trained.rmse_holdout:.3f} held out")
    print_table(measure(alternatives(model, trained, turbofan), given.rounds))


def alternatives(
    model: OnnxModel, trained: TrainedModel, turbofan: Turbofan
) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name: the steps of a call, and what they replace."""
    lines = data.batch_rows(turbofan.subsets[-1])[:ROWS]
    body = "\n".join(lines).encode()
    rows = decode_csv(body, FEATURES)
    answers = model.predict(rows)
    return {
        "parse: as JSON, by orjson (used)": lambda: decode_csv(body, FEATURES),
        "parse: numpy.loadtxt": lambda: np.loadtxt(io.BytesIO(body), delimiter=",", dtype=np.float32),
        "parse: split and numpy.array": lambda: np.array(body.replace(b"\n", b",").split(b","), np.float32),
        "predict: onnxruntime (used)": lambda: model.predict(rows),
        "predict: scikit-learn": lambda: trained.pipeline.predict(rows),
        "format: orjson (used)": lambda: encode(answers, CSV, CsvAnswer.ONE_LINE),
        "format: join of str": lambda: ",".join(map(str, answers.tolist())).encode(),
        "whole call, CSV in, CSV out": lambda: invoke(model, CSV, None, body),
    }


def measure(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median over *rounds* of each call's median time, in seconds."""
    seen: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seen[name].append(statistics.median(timed(call)[1] for _ in range(CALLS)))
    return {name: statistics.median(times) for name, times in seen.items()}


def score(model: OnnxModel, turbofan: Turbofan) -> float:
    """Return the RMSE of the whole batch job, through CSV, 100 rows a call."""
    truth: list[float] = []
    predictions: list[int] = []
    for subset in turbofan.subsets:
        truth += data.remaining_life(subset).tolist()
        predictions += scoring.predict_in_batches(
            lambda body: invoke(model, CSV, None, body.encode()).body.decode(),  # type: ignore[union-attr]
            data.batch_rows(subset),
        )
    return scoring.rmse(truth, predictions)


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return what *call* returns and the seconds it took."""
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def print_table(figures: dict[str, float]) -> None:
    """Print microseconds for ROWS rows."""
    print(f"\nmicroseconds for {ROWS} rows of {FEATURES} numbers")
    for name, seconds in figures.items():
        print(f"  {name:36s} {seconds * 1e6:8.1f}")


if __name__ == "__main__":
    main()
