"""Models that read the request itself: text in, the scores of every class out."""

import json

import pytest
from onnx import TensorProto, helper

from harness.inference import ArtefactError, Inference, ModelFailure, TextModel, invoke, load_artefact, pack

SCORES = [0.25, 0.5, -1.0]


def graph(source: int, value: list[float]) -> bytes:
    """Return a graph that answers *value* to whatever text it is given."""
    texts = helper.make_tensor_value_info("texts", source, ["n"])
    kept = helper.make_tensor_value_info("kept", source, ["n"])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, len(value)])
    constant = helper.make_tensor("value", TensorProto.FLOAT, [1, len(value)], value)
    nodes = [
        helper.make_node("Identity", ["texts"], ["kept"]),
        helper.make_node("Constant", [], ["scores"], value=constant),
    ]
    made = helper.make_graph(nodes, "g", [texts], [kept, scores])
    return bytes(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )


def test_a_request_is_answered_with_the_scores_of_all_classes() -> None:
    """As JSON: a list with one row, which is what a container of PyTorch makes of its tensor."""
    model = load_artefact(pack(graph(TensorProto.STRING, SCORES), {"reads": "text", "name": "dogs"}))
    answer = invoke(model, "application/json", None, b'{"url": "x"}')
    assert isinstance(model, TextModel)
    assert model.name == "dogs"
    assert isinstance(answer, Inference)
    assert (json.loads(answer.body), answer.content_type, answer.rows) == ([SCORES], "application/json", 1)


def test_what_is_no_text_is_the_clients_fault() -> None:
    """400, as for any body that cannot be read."""
    model = TextModel(graph(TensorProto.STRING, SCORES))
    answer = invoke(model, "application/json", None, b"\xff")
    assert isinstance(answer, ModelFailure)
    assert answer.status == 400


def test_a_model_that_fails_is_the_containers_fault() -> None:
    """500 with the reason."""

    class Broken(TextModel):
        def scores(self, text: str) -> list[list[float]]:
            raise RuntimeError("no memory")

    answer = invoke(Broken(graph(TensorProto.STRING, SCORES)), None, None, b"x")
    assert answer == ModelFailure(500, "Model 'onnx' failed: RuntimeError: no memory")


def test_a_graph_of_numbers_reads_no_text() -> None:
    """What model.json says must be so."""
    with pytest.raises(ArtefactError, match=r"one input of texts, it has \(texts: tensor\(float\)\)"):
        load_artefact(pack(graph(TensorProto.FLOAT, SCORES), {"reads": "text"}))
