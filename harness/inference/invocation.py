"""One call of a model container: bytes in, bytes or a refusal out. The refusal is a value, no exception."""

import json
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from harness.inference.models import EchoModel, Predictor
from harness.inference.payload import (
    CSV,
    JSON,
    CsvAnswer,
    PayloadError,
    decode,
    encode,
    read_as,
    write_as,
)
from harness.inference.text import TextModel

# What an endpoint can serve.
Model: TypeAlias = Predictor | EchoModel | TextModel


class Inference(NamedTuple):
    """What the container answers with HTTP 200. A tuple: one is made for each request."""

    body: bytes
    content_type: str
    rows: int


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """What the container answers instead; the endpoint wraps it in a ModelError (HTTP 424).

    The codes are those of the built-in XGBoost container: 415 for a content type and 406 for an accept type
    it does not know, 500 when the model fails. A body that cannot be read is 400 here; that container says
    415 to it too.
    """

    status: int
    message: str


def invoke(
    model: Model,
    content_type: str | None,
    accept: str | None,
    body: bytes,
    *,
    csv_answer: CsvAnswer = CsvAnswer.ONE_LINE,
) -> Inference | ModelFailure:
    """Return what *model* answers to *body*; never raises for anything a client can send."""
    if isinstance(model, EchoModel):
        return Inference(body, content_type or CSV, rows=_lines(body))
    if isinstance(model, TextModel):
        return _scores(model, body)
    try:
        read = read_as(content_type)
        written = write_as(accept, read)
        rows = decode(body, read, model.features)
    except PayloadError as error:
        return ModelFailure(error.status, error.message)
    try:
        answers = model.predict(rows)
    except Exception as error:  # whatever a model raises is the container's 500, not the end of the run
        return ModelFailure(500, f"Model '{model.name}' failed: {type(error).__name__}: {error}")
    encoded = encode(answers, written, csv_answer)
    if b"null" in encoded:  # orjson writes NaN and the infinities so
        return ModelFailure(500, f"Model '{model.name}' gave an answer that is not a finite number")
    return Inference(encoded, written, len(rows))


def _scores(model: TextModel, body: bytes) -> Inference | ModelFailure:
    """Return the scores of *body* as the JSON list that PyTorch's container makes of a tensor."""
    try:
        scores = model.scores(body.decode())
    except UnicodeDecodeError as error:
        return ModelFailure(400, f"The body is no UTF-8 text: {error}")
    except Exception as error:
        return ModelFailure(500, f"Model '{model.name}' failed: {type(error).__name__}: {error}")
    return Inference(json.dumps(scores).encode(), JSON, rows=1)


def _lines(body: bytes) -> int:
    return len(body.splitlines())
