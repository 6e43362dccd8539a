"""Models: ONNX graphs and the echo."""

import subprocess
import sys

import numpy as np
import pytest

from harness.errors import ScenarioError
from harness.inference import EchoModel, OnnxModel, model_from_environment


def test_a_graph_answers_each_row(sum_onnx):
    """One answer a row, in order, as a flat float32 vector."""
    answers = OnnxModel(sum_onnx).predict(np.array([[1, 1, 1], [2, 2, 2]], np.float32))
    assert (answers.tolist(), answers.dtype, answers.shape) == ([3.0, 6.0], np.float32, (2,))


def test_a_graph_with_another_input_is_refused():
    """A graph that does not take float rows cannot be served."""
    from onnx import TensorProto, helper

    texts = helper.make_tensor_value_info("texts", TensorProto.STRING, ["n"])
    result = helper.make_tensor_value_info("result", TensorProto.STRING, ["n"])
    graph = helper.make_graph([helper.make_node("Identity", ["texts"], ["result"])], "g", [texts], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(ValueError, match=r"one input of float32 rows, it has \(texts: tensor\(string\)\)"):
        OnnxModel(model.SerializeToString())


def test_a_graph_of_unknown_width_is_refused():
    """Without a width the payload cannot be checked."""
    from onnx import TensorProto, helper

    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", "m"])
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, ["n", "m"])
    graph = helper.make_graph([helper.make_node("Identity", ["rows"], ["result"])], "g", [rows], [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(ValueError, match=r"shape \[rows, features\]"):
        OnnxModel(model.SerializeToString())


@pytest.mark.parametrize(("environment", "model"), [({"HARNESS_MODEL": "echo"}, EchoModel()), ({}, None)])
def test_the_environment_may_ask_for_the_echo(environment, model):
    """Without the variable the artefact decides."""
    assert model_from_environment(environment) == model


def test_an_unknown_model_is_a_scenario_error():
    """A misspelt model is said, not ignored."""
    with pytest.raises(ScenarioError, match="HARNESS_MODEL='ecko' is unknown: use 'echo'"):
        model_from_environment({"HARNESS_MODEL": "ecko"})


def test_importing_the_package_loads_nothing_heavy():
    """The command line reaches this package; numpy and onnxruntime wait for the first payload."""
    heavy = "numpy", "onnxruntime", "orjson", "sklearn"
    code = f"import sys, harness.inference; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
