"""Two training programs as a container runs them: remaining life, and worn or not. Both are linear, in numpy.

Hyperparameters: `l2` weighs down large weights; `degree` 2 looks at squares beside the values themselves.
"""

import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
STEPS, RATE = 400, 0.5
# A weight of the sensors that say nothing would be noise alone.
LEAST_DEVIATION = 1e-9


def life() -> None:
    """Learn the remaining life, and tell the error on engines that were not learnt from."""
    told = hyperparameters()
    target, features = read("train")
    scale = Scale(features)
    seen = scale.features(features, told.degree)
    ridge = told.l2 * np.eye(seen.shape[1])
    weights = np.linalg.solve(seen.T @ seen + ridge, seen.T @ (target - target.mean()))
    held_target, held = read("validation")
    wrong = scale.features(held, told.degree) @ weights + target.mean() - held_target
    print(f"validation:rmse={np.sqrt(np.mean(wrong**2)):.4f};", flush=True)
    save(scale, weights, float(target.mean()), told.degree, gated=False)


def wear() -> None:
    """Learn whether an engine is worn, and tell after each quarter how often it is right."""
    told = hyperparameters()
    target, features = read("train")
    scale = Scale(features)
    seen = scale.features(features, told.degree)
    held_target, held = read("validation")
    checked = scale.features(held, told.degree)
    weights, bias = np.zeros(seen.shape[1]), 0.0
    for step in range(1, STEPS + 1):
        wrong = gate(seen @ weights + bias) - target
        weights -= RATE * (seen.T @ wrong + told.l2 * weights) / len(target)
        bias -= RATE * float(wrong.mean())
        if step % (STEPS // 4) == 0:
            right = np.mean((checked @ weights + bias > 0.0) == (held_target > 0.5))
            print(f"step={step}; validation:accuracy={right:.4f};", flush=True)
    save(scale, weights, bias, told.degree, gated=True)


class Hyperparameters:
    """What the job was given: numbers as texts, with defaults."""

    def __init__(self, given: dict[str, object]) -> None:
        self.l2 = float(str(given.get("l2", 1.0)))
        self.degree = int(str(given.get("degree", 1)))


def hyperparameters() -> Hyperparameters:
    """Return the hyperparameters of this job."""
    return Hyperparameters(json.loads(os.environ["SM_HPS"]))


def read(channel: str) -> tuple[Numbers, Numbers]:
    """Return target and features of all files of *channel*."""
    folder = Path(os.environ[f"SM_CHANNEL_{channel.upper()}"])
    table = np.vstack([np.loadtxt(path, delimiter=",", ndmin=2) for path in sorted(folder.rglob("*.csv"))])
    return table[:, 0], table[:, 1:]


class Scale:
    """Means and deviations of the features, so that each weighs alike."""

    def __init__(self, features: Numbers) -> None:
        self.mean = features.mean(axis=0)
        deviation = features.std(axis=0)
        self.deviation = np.where(deviation > LEAST_DEVIATION, deviation, 1.0)

    def features(self, given: Numbers, degree: int) -> Numbers:
        """Return *given* scaled, and its squares for a *degree* of 2."""
        scaled = (given - self.mean) / self.deviation
        return np.hstack([scaled, scaled**2]) if degree == 2 else scaled


def gate(value: Numbers) -> Numbers:
    """Return the logistic function of each value."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0))))


def save(scale: Scale, weights: Numbers, bias: float, degree: int, *, gated: bool) -> None:
    """Write the model as an ONNX graph from raw rows to one number each."""
    from onnx import TensorProto, helper, numpy_helper

    def constant(name: str, value: object) -> TensorProto:
        return numpy_helper.from_array(np.asarray(value, np.float32), name)

    nodes = [
        helper.make_node("Sub", ["rows", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "deviation"], ["scaled"]),
        helper.make_node("Mul", ["scaled", "scaled"], ["squares"]),
        helper.make_node("Concat", ["scaled", "squares"] if degree == 2 else ["scaled"], ["seen"], axis=1),
        helper.make_node("MatMul", ["seen", "weights"], ["weighed"]),
        helper.make_node("Add", ["weighed", "bias"], ["sum" if gated else "answers"]),
        *([helper.make_node("Sigmoid", ["sum"], ["answers"])] if gated else []),
    ]
    width = len(scale.mean)
    graph = helper.make_graph(
        nodes,
        "engines",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["n", 1])],
        [
            constant("mean", scale.mean),
            constant("deviation", scale.deviation),
            constant("weights", weights.reshape(-1, 1)),
            constant("bias", [bias]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    Path(os.environ["SM_MODEL_DIR"], "model.onnx").write_bytes(model.SerializeToString())
