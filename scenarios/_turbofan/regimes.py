"""The features of the turbofan model: sensors relative to what is normal in the engine's flight condition.

A sensor's level depends far more on altitude, speed and throttle than on wear, so each row is first
compared with the rows of its own flight condition. The step is a scikit-learn transformer with its own ONNX
converter, so that the graph takes the raw 25 columns and the client needs to know nothing of it.

Importing this module imports scikit-learn: do it where training happens.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans

SETTINGS = slice(1, 4)
SENSORS = slice(4, 25)

# C-MAPSS flies six conditions (Saxena and others, "Damage propagation modeling", PHM 2008). Data with fewer
# conditions has its only one divided by its noise, which does no harm.
REGIMES = 6

# The clusters are far apart: this many rows find them as well as all do.
_ROWS_FOR_CLUSTERS = 20_000

# A sensor beyond this many standard deviations is noise or a fault of the sensor; a network must not
# extrapolate it.
_CLIP = 4.0

_CYCLE_CENTRE, _CYCLE_SCALE = 100.0, 80.0


class RegimeScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The 25 columns to 21 sensors scaled within their regime, a flag for each regime, and the cycle.

    Everything is done in float32 in the order of the ONNX graph, so that both give the same bits.
    """

    def __init__(self, regimes: int = REGIMES, seed: int = 0) -> None:
        self.regimes = regimes
        self.seed = seed

    def fit(self, rows: NDArray[np.float32], y: Any = None) -> Self:
        """Find the regimes and the moments of every sensor in each. Sensors that never move become 0."""
        settings = rows[:, SETTINGS].astype(np.float64)
        spread = settings.std(axis=0)
        self.setting_scale_ = (1.0 / np.where(spread > 1e-6, spread, 1.0)).astype(np.float32)
        scaled = settings * self.setting_scale_
        self.centres_ = self._centres(scaled).astype(np.float32)
        regime = self.regime(rows)
        self.mean_, self.inverse_ = _moments(rows[:, SENSORS].astype(np.float64), regime, len(self.centres_))
        self.n_features_in_ = rows.shape[1]
        return self

    def regime(self, rows: NDArray[np.float32]) -> NDArray[np.intp]:
        """Return the number of the nearest regime for each of *rows*."""
        scaled = rows[:, SETTINGS] * self.setting_scale_
        # |s - c|^2 without |s|^2, which is the same for every c.
        nearest: NDArray[np.intp] = np.argmin(scaled @ self.doubled_centres_ + self.centre_norms_, axis=1)
        return nearest

    @property
    def doubled_centres_(self) -> NDArray[np.float32]:
        """The matrix of the distance, shape (3, regimes)."""
        return np.ascontiguousarray(-2.0 * self.centres_.T, dtype=np.float32)

    @property
    def centre_norms_(self) -> NDArray[np.float32]:
        """The squared length of each centre."""
        norms: NDArray[np.float32] = (self.centres_ * self.centres_).sum(axis=1, dtype=np.float32)
        return norms

    def transform(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features of *rows*."""
        rows = np.asarray(rows, np.float32)
        regime = self.regime(rows)
        sensors = (rows[:, SENSORS] - self.mean_[regime]) * self.inverse_[regime]
        flags = np.eye(len(self.centres_), dtype=np.float32)[regime]
        cycle = (rows[:, :1] - np.float32(_CYCLE_CENTRE)) * np.float32(1.0 / _CYCLE_SCALE)
        return np.hstack([np.clip(sensors, -_CLIP, _CLIP), flags, cycle], dtype=np.float32)

    def _centres(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        rng = np.random.default_rng(self.seed)
        some = scaled[rng.permutation(len(scaled))[:_ROWS_FOR_CLUSTERS]]
        count = min(self.regimes, len(np.unique(some.round(6), axis=0)))
        found = KMeans(count, n_init=3, random_state=self.seed).fit(some)
        # Sorted, so that the order does not depend on where the search began.
        order = np.lexsort(found.cluster_centers_.round(3).T)
        centres: NDArray[np.float64] = found.cluster_centers_[order]
        return centres


def _moments(
    sensors: NDArray[np.float64], regime: NDArray[np.intp], regimes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and inverse standard deviation, each of shape (regimes, sensors)."""
    mean = np.zeros((regimes, sensors.shape[1]))
    inverse = np.zeros_like(mean)
    for number in range(regimes):
        own = sensors[regime == number]
        if len(own) > 1:
            mean[number], spread = own.mean(axis=0), own.std(axis=0)
            moves = spread > 1e-6 * np.maximum(1.0, np.abs(mean[number]))
            inverse[number, moves] = 1.0 / spread[moves]
    return mean.astype(np.float32), inverse.astype(np.float32)


def register_converter() -> None:
    """Teach skl2onnx the RegimeScaler. Calling it again changes nothing."""
    from skl2onnx import update_registered_converter

    update_registered_converter(RegimeScaler, "HarnessRegimeScaler", _shape, _convert, overwrite=True)


def _shape(operator: Any) -> None:
    from skl2onnx.common.data_types import FloatTensorType

    scaler = operator.raw_operator
    width = scaler.mean_.shape[1] + len(scaler.centres_) + 1
    operator.outputs[0].type = FloatTensorType([operator.inputs[0].get_first_dimension(), width])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Write RegimeScaler.transform as ONNX operators."""
    scaler = operator.raw_operator
    graph = _Graph(scope, container)
    rows = operator.inputs[0].full_name
    settings = graph.columns(rows, SETTINGS)
    scaled = graph.node("Mul", settings, graph.constant(scaler.setting_scale_))
    distance = graph.node("MatMul", scaled, graph.constant(scaler.doubled_centres_))
    distance = graph.node("Add", distance, graph.constant(scaler.centre_norms_))
    regime = graph.node("ArgMin", distance, axis=1, keepdims=0)
    centred = graph.node("Sub", graph.columns(rows, SENSORS), graph.rows_of(scaler.mean_, regime))
    sensors = graph.node("Mul", centred, graph.rows_of(scaler.inverse_, regime))
    low, high = (graph.constant(np.float32(value)) for value in (-_CLIP, _CLIP))
    sensors = graph.node("Clip", sensors, low, high)
    flags = graph.rows_of(np.eye(len(scaler.centres_), dtype=np.float32), regime)
    cycle = graph.node(
        "Sub", graph.columns(rows, slice(0, 1)), graph.constant(np.array([_CYCLE_CENTRE], np.float32))
    )
    cycle = graph.node("Mul", cycle, graph.constant(np.array([1.0 / _CYCLE_SCALE], np.float32)))
    graph.node("Concat", sensors, flags, cycle, axis=1, output=operator.outputs[0].full_name)


class _Graph:
    """Adds nodes and constants to an skl2onnx container and names them."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name: str = self._scope.get_unique_variable_name("constant")
        self._container.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or self._scope.get_unique_variable_name(kind.lower())
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, list(inputs), output, name=name, **attributes)
        return output

    def columns(self, rows: str, wanted: slice) -> str:
        start, stop, axis = (self.constant(np.array([n], np.int64)) for n in (wanted.start, wanted.stop, 1))
        return self.node("Slice", rows, start, stop, axis)

    def rows_of(self, table: NDArray[np.float32], regime: str) -> str:
        return self.node("Gather", self.constant(table), regime, axis=0)
