"""One call of a container: an answer or a refusal, never an exception."""

import json

import numpy as np
import pytest

from harness.inference import CsvAnswer, EchoModel, Inference, ModelFailure, OnnxModel, invoke


@pytest.fixture(scope="module")
def adder(sum_onnx):
    """A model that adds up each row."""
    return OnnxModel(sum_onnx, name="adder")


class Broken:
    """A model that answers with what it was made with, or raises it."""

    name, features = "broken", 1

    def __init__(self, outcome):
        self.outcome = outcome

    def predict(self, rows):
        """Return or raise the outcome."""
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return np.full(len(rows), self.outcome, np.float32)


def test_csv_in_csv_out(adder):
    """As many answers as rows, on one line."""
    assert invoke(adder, "text/csv", None, b"1,2,3\n4,5,6") == Inference(b"6.0,15.0", "text/csv", 2)


def test_the_line_each_variant_is_a_setting(adder):
    """Batch transform writes one answer a line."""
    answer = invoke(adder, "text/csv", "text/csv", b"1,2,3\n4,5,6", csv_answer=CsvAnswer.A_LINE_EACH)
    assert answer == Inference(b"6.0\n15.0\n", "text/csv", 2)


def test_json_in_json_out(adder):
    """The answer comes in the type of the question."""
    answer = invoke(adder, "application/json", "*/*", b'{"instances":[{"features":[1,2,3]}]}')
    assert (answer.content_type, json.loads(answer.body)) == (
        "application/json",
        {"predictions": [{"score": 6.0}]},
    )


@pytest.mark.parametrize(
    ("content_type", "accept", "body", "status"),
    [
        ("text/libsvm", None, b"1 1:2", 415),
        ("text/csv", "image/png", b"1,2,3", 406),
        ("text/csv", None, b"1,2", 400),
        ("text/csv", None, b"", 400),
        ("application/json", None, b"1,2,3", 400),
    ],
)
def test_refusals_are_values_with_the_containers_status(adder, content_type, accept, body, status):
    """415 unknown type, 406 cannot write it, 400 cannot use the body."""
    answer = invoke(adder, content_type, accept, body)
    assert isinstance(answer, ModelFailure)
    assert answer.status == status


def test_a_model_that_raises_is_a_500():
    """The run goes on: on AWS too, only this call fails."""
    answer = invoke(Broken(RuntimeError("no")), "text/csv", None, b"1")
    assert answer == ModelFailure(500, "Model 'broken' failed: RuntimeError: no")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_answer_that_is_no_number_is_a_500(value):
    """NaN and infinity are not valid JSON and no client could use them."""
    answer = invoke(Broken(value), "text/csv", None, b"1\n2")
    assert answer == ModelFailure(500, "Model 'broken' gave an answer that is not a finite number")


def test_the_echo_gives_back_what_it_got():
    """Body and content type, whatever they are."""
    assert invoke(EchoModel(), "image/png", None, b"\x89PNG") == Inference(b"\x89PNG", "image/png", 1)
