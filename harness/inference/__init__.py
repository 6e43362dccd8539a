"""Real predictions behind the endpoints: artefacts, models, payloads and one invocation.

Importing this package loads neither numpy nor onnxruntime.
"""

from harness.inference.artefact import ArtefactError, load_artefact, pack
from harness.inference.invocation import Inference, Model, ModelFailure, invoke
from harness.inference.models import (
    MODEL_VARIABLE,
    EchoModel,
    OnnxModel,
    Predictor,
    model_from_environment,
)
from harness.inference.payload import CsvAnswer
from harness.inference.text import TextModel

__all__ = [
    "MODEL_VARIABLE",
    "ArtefactError",
    "CsvAnswer",
    "EchoModel",
    "Inference",
    "Model",
    "ModelFailure",
    "OnnxModel",
    "Predictor",
    "TextModel",
    "invoke",
    "load_artefact",
    "model_from_environment",
    "pack",
]
