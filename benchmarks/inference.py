"""How long one call of 100 CSV rows takes in the model container, and how good the model is.

    python -m benchmarks.inference [--json] [--quick] [--data DIR] [--rounds 5]

Without --data the turbofan runs are our own. Every figure is the median of --rounds rounds, and the
alternatives are timed in turn in each round, so that a busy neighbour hurts them alike: compare figures of
one run only.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.results import Figure, Report, main, median_of, ratios, rounded
from harness.inference import OnnxModel, invoke, load_artefact, pack
from harness.inference.payload import CSV, CsvAnswer, decode_csv, encode
from scenarios._turbofan import data, scoring, synthetic
from scenarios._turbofan.data import FEATURES, Turbofan
from scenarios._turbofan.training import EPOCHS, TrainedModel, train

CALLS = 200
ROWS = 100


def measure(options: argparse.Namespace) -> Report:
    """Return the microseconds of each way, and how good the model is."""
    given = options.data
    turbofan = (
        data.load(given) if given else synthetic.generate(units=8 if options.quick else synthetic.UNITS)
    )
    trained = train([subset.train for subset in turbofan.subsets], epochs=2 if options.quick else EPOCHS)
    model = load_artefact(pack(trained.onnx, trained.metadata()))
    assert isinstance(model, OnnxModel)
    ways = alternatives(model, trained, turbofan)
    seen = times(ways, 2 if options.quick else options.rounds)
    used = {name: label for name, (label, _) in ways.items()}
    figures = [median_of(name, used[name], spans, "us", better="less") for name, spans in seen.items()]
    difference = Figure(
        "onnx_difference",
        "ONNX beside scikit-learn, the largest difference",
        rounded(trained.onnx_max_difference),
        "cycles",
        goal=1e-3,
        better="less",
        against="scikit-learn",
    )
    error = Figure(
        "rmse",
        f"RMSE on the test rows of the {turbofan.source} data",
        rounded(score(model, turbofan)),
        "cycles",
    )
    speed = median_of(
        "onnx_times_sklearn",
        "predictions by onnxruntime",
        ratios(seen["predict_sklearn"], seen["predict"]),
        "times",
        goal=1.6,
        against="scikit-learn",
    )
    return Report("inference", (speed, difference, *figures, error), notes=NOTES)


NOTES = (
    f"{ROWS} rows a call, wall time, the median of {CALLS} calls a round; the ways take turns in each round.",
)


def alternatives(
    model: OnnxModel, trained: TrainedModel, turbofan: Turbofan
) -> dict[str, tuple[str, Callable[[], object]]]:
    """Return what is timed, by name, each with a label: the steps of a call, and what they replace."""
    lines = data.batch_rows(turbofan.subsets[-1])[:ROWS]
    body = "\n".join(lines).encode()
    rows = decode_csv(body, FEATURES)
    answers = model.predict(rows)
    return {
        "parse": ("parse: as JSON, by orjson (used)", lambda: decode_csv(body, FEATURES)),
        "parse_loadtxt": (
            "parse: numpy.loadtxt",
            lambda: np.loadtxt(io.BytesIO(body), delimiter=",", dtype=np.float32),
        ),
        "parse_split": (
            "parse: split and numpy.array",
            lambda: np.array(body.replace(b"\n", b",").split(b","), np.float32),
        ),
        "predict": ("predict: onnxruntime (used)", lambda: model.predict(rows)),
        "predict_sklearn": ("predict: scikit-learn", lambda: trained.pipeline.predict(rows)),
        "format": ("format: orjson (used)", lambda: encode(answers, CSV, CsvAnswer.ONE_LINE)),
        "format_str": ("format: join of str", lambda: ",".join(map(str, answers.tolist())).encode()),
        "whole": ("whole call, CSV in, CSV out", lambda: invoke(model, CSV, None, body)),
    }


def times(ways: dict[str, tuple[str, Callable[[], object]]], rounds: int) -> dict[str, list[float]]:
    """Return the median microseconds of each way in each of *rounds*."""
    seen: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (_, call) in ways.items():
            seen[name].append(statistics.median(_seconds(call) for _ in range(CALLS)) * 1e6)
    return seen


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


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="folder with NASA's files; runs of our own without it")
    parser.add_argument("--rounds", type=int, default=5, help="runs that the medians are taken of")


if __name__ == "__main__":
    sys.exit(main("inference", __doc__, measure, _options))
