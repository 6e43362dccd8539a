"""Training the turbofan model and writing it as ONNX.

The model answers one row at a time: 25 numbers in (cycle, 3 settings, 21 sensors), remaining life out. It
is the mean of FOLDS small neural networks over RegimeScaler's features; each network leaves out another
fifth of the engines, and its error on those is the honest estimate that `rmse_holdout` reports. Only train
files are read: `train` is given nothing else.

Two choices that matter, both from the train files and the task alone:

Weights. Engines of the train files run to failure, engines in service are seen up to some moment of their
life. If that moment is uniform over the life T, cycle c is seen with probability 1 - c/T, so a row weighs
that much. Without it the model answers too low, because rows near failure are more frequent in training
than they will ever be again.

Averaging. One row says little about a life of 128 to 543 cycles (a constant answer has an RMSE of 90), and
one network fits that noise in its own way; five differ enough that their mean is better than any of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ScenarioError
from scenarios._turbofan.data import CYCLE, FEATURES, UNIT, Table, life_length

FOLDS = 5
HIDDEN = (32, 16)
EPOCHS = 8
BATCH = 512
LEARNING_RATE = 0.002
ALPHA = 0.001

# Targets are divided by this, so that the network starts near its answer; the last layer multiplies it back.
TARGET_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model and what is known of it. Errors are in cycles, over rows weighted as in service."""

    onnx: bytes
    features: int
    rows: int
    units: int
    rmse_holdout: float
    rmse_mean_answer: float
    onnx_max_difference: float
    pipeline: Any = field(repr=False)  # the scikit-learn model that the graph was made from

    def metadata(self) -> dict[str, Any]:
        """Return what belongs into model.json."""
        return {
            "name": "turbofan-remaining-life",
            "format": "onnx",
            "features": self.features,
            "content_types": ["text/csv", "application/json"],
            "training": {
                "rows": self.rows,
                "units": self.units,
                "rmse_holdout": round(self.rmse_holdout, 3),
                "rmse_mean_answer": round(self.rmse_mean_answer, 3),
            },
        }


def train(tables: Sequence[Table], seed: int = 0, *, epochs: int = EPOCHS) -> TrainedModel:
    """Return a model of the remaining life, trained on *tables* (26 columns, engines run to failure).

    The same tables and *seed* give the same model on the same machine. It takes about 8 s for NASA's
    160,359 rows, on one core. Raises ScenarioError when there are fewer engines than FOLDS.
    """
    from sklearn.pipeline import Pipeline

    from scenarios._turbofan.regimes import RegimeScaler

    rows, target, weight, unit = _examples(tables)
    scaler = RegimeScaler(seed=seed).fit(rows)
    networks, held_out = _cross_fit(scaler.transform(rows), target, weight, unit, seed, epochs)
    model = Pipeline([("regimes", scaler), ("networks", _mean_of(networks))])
    onnx = to_onnx(model)
    difference = _largest_difference(model, onnx, rows[:: max(1, len(rows) // 5_000)])
    return TrainedModel(
        onnx=onnx,
        features=FEATURES,
        rows=len(rows),
        units=int(unit.max()) + 1,
        rmse_holdout=_weighted_rmse(target, np.ceil(held_out), weight),
        rmse_mean_answer=_weighted_rmse(target, np.average(target, weights=weight), weight),
        onnx_max_difference=difference,
        pipeline=model,
    )


def to_onnx(model: Any) -> bytes:
    """Return the fitted scikit-learn *model* as an ONNX graph: float32 [rows, FEATURES] to [rows, 1]."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    from scenarios._turbofan.regimes import register_converter

    register_converter()
    converted = convert_sklearn(
        model, name="turbofan", initial_types=[("rows", FloatTensorType([None, FEATURES]))]
    )
    onnx: bytes = converted.SerializeToString(deterministic=True)
    return onnx


def _examples(
    tables: Sequence[Table],
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return rows without the unit, remaining life, weight, and a number for each engine."""
    life = np.concatenate([life_length(table) for table in tables])
    cycle = np.concatenate([table[:, CYCLE] for table in tables])
    rows = np.vstack([table[:, UNIT + 1 :] for table in tables]).astype(np.float32)
    before = np.cumsum([0, *(table[-1, UNIT] for table in tables)])
    unit = np.concatenate([table[:, UNIT] - 1 + start for table, start in zip(tables, before, strict=False)])
    if before[-1] < FOLDS:
        raise ScenarioError(f"The train files hold {before[-1]:g} engines: at least {FOLDS} are needed")
    return rows, life - cycle, 1.0 - cycle / life, unit.astype(np.int64)


def _cross_fit(
    features: NDArray[np.float32],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    unit: NDArray[np.int64],
    seed: int,
    epochs: int,
) -> tuple[list[Any], NDArray[np.float64]]:
    """Return one network a fold, and for each row the answer of the network that never saw its engine."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    fold = np.random.default_rng(seed).permutation(unit.max() + 1)[unit] % FOLDS
    answers = np.zeros(len(target))
    networks = []
    # The matrices are too small for two threads, and one thread adds in one order: the result repeats.
    with threadpool_limits(1):
        for number in range(FOLDS):
            seen = fold != number
            network = _fit(features[seen], target[seen], weight[seen], seed * FOLDS + number, epochs)
            answers[~seen] = network.predict(features[~seen])
            networks.append(network)
    return networks, answers


def _fit(
    features: NDArray[np.float32],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    seed: int,
    epochs: int,
) -> Any:
    """Return a fitted MLPRegressor that answers in cycles."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    network = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        batch_size=min(BATCH, len(features)),
        learning_rate_init=LEARNING_RATE,
        alpha=ALPHA,
        max_iter=epochs,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # The number of passes is chosen, not a bound that was hit.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(features, (target / TARGET_SCALE).astype(np.float32), sample_weight=weight)
    network.coefs_[-1] *= np.float32(TARGET_SCALE)
    network.intercepts_[-1] *= np.float32(TARGET_SCALE)
    return network


def _mean_of(networks: list[Any]) -> Any:
    """Return a VotingRegressor over *networks* as they are: its own fit would train each again."""
    from sklearn.ensemble import VotingRegressor

    voting = VotingRegressor([(f"fold{number}", network) for number, network in enumerate(networks)])
    voting.estimators_ = networks
    return voting


def _largest_difference(model: Any, onnx: bytes, rows: NDArray[np.float32]) -> float:
    """Return by how many cycles the ONNX graph differs from scikit-learn at most, over *rows*."""
    from harness.inference import OnnxModel

    return float(np.abs(model.predict(rows) - OnnxModel(onnx).predict(rows)).max())


def _weighted_rmse(target: NDArray[np.float64], answer: Any, weight: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.average((answer - target) ** 2, weights=weight)))
