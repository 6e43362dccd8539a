"""Real predictions behind the endpoints: artefacts, models, payloads and one invocation.

Importing this package loads neither numpy nor onnxruntime.
"""

from harness.inference.artefact import ArtefactError, load_artefact, pack
from harness.inference.invocation import Inference, ModelFailure, invoke
from harness.inference.models import (
    MODEL_VARIABLE,
    EchoModel,
    Model,
    OnnxModel,
    Predictor,
    model_from_environment,
)
from harness.inference.payload import CsvAnswer

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
    "invoke",
    "load_artefact",
    "model_from_environment",
    "pack",
]
