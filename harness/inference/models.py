"""The models behind the endpoints: ONNX graphs run by onnxruntime, and an echo for who asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from harness.config import tell_nobody
from harness.errors import ScenarioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The container's Environment variable that asks for a model of ours instead of the artefact's.
MODEL_VARIABLE = "HARNESS_MODEL"
# onnxruntime_session_options_config_keys.h: the folder of external initializers; there is none to be found.
NO_FILES_BESIDE_IT = ("session.model_external_initializers_file_folder_path", "/dev/null/none")


class Predictor(Protocol):
    """What predicts: rows in, one answer a row out."""

    @property
    def name(self) -> str:
        """What the model is called in journals and messages."""

    @property
    def features(self) -> int:
        """How many numbers one row has."""

    def predict(self, rows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return one answer for each of *rows* (shape (n, features)) as a float32 vector."""


@dataclass(frozen=True, slots=True)
class EchoModel:
    """Answers every request with its own body and content type: for endpoints whose model does not matter."""

    name: str = "echo"


class OnnxModel:
    """A regression model in ONNX: one input of float32 [n, features], one answer a row.

    One thread a session: an endpoint serves many requests side by side, and one row batch is too small to
    share. A session may be called from several threads at once (onnxruntime's own promise for
    InferenceSession.Run).
    """

    def __init__(self, onnx: bytes, *, name: str = "onnx", metadata: Mapping[str, Any] | None = None) -> None:
        """Load *onnx*. Raises ValueError, in one sentence, when it is no such model."""
        self.name = name
        self.metadata: Mapping[str, Any] = dict(metadata or {})
        self._session = onnx_session(onnx)
        self._input, self.features = _only_input(self._session)
        self._output = [self._session.get_outputs()[0].name]

    def predict(self, rows: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Return the answers for *rows*. Raises ValueError when the graph gives another number of answers."""
        answers: NDArray[np.float32] = self._session.run(self._output, {self._input: rows})[0].reshape(-1)
        if len(answers) != len(rows):
            raise ValueError(f"Model '{self.name}' gave {len(answers)} answers for {len(rows)} rows")
        return answers


def model_from_environment(environment: Mapping[str, str]) -> EchoModel | None:
    """Return the model that a container's *environment* asks for by HARNESS_MODEL, None without it.

    Raises ScenarioError for a value other than ``echo``.
    """
    wanted = environment.get(MODEL_VARIABLE)
    if wanted is None:
        return None
    if wanted != "echo":
        raise ScenarioError(f"Environment {MODEL_VARIABLE}='{wanted}' is unknown: use 'echo' or leave it out")
    return EchoModel()


def onnx_session(onnx: bytes) -> Any:
    """Return an onnxruntime session over *onnx*. Any refusal of the loader becomes a ValueError."""
    tell_nobody()  # before it is loaded: it decides then, once, whether it reports to its makers
    import onnxruntime  # 120 ms: only when a model is loaded

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Only fatal messages: whatever the loader refuses comes back as an exception with the reason.
    options.log_severity_level = 4
    # A graph may name files that hold its weights, which would be looked for where the harness stands.
    options.add_session_config_entry(*NO_FILES_BESIDE_IT)
    try:
        return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    # onnxruntime raises a dozen unrelated classes: Fail, InvalidProtobuf, InvalidGraph ...
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"onnxruntime cannot load it ({reason:.200})") from error


def _only_input(session: Any) -> tuple[str, int]:
    """Return name and width of the only input of *session*."""
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)":
        found = ", ".join(f"{one.name}: {one.type}" for one in inputs)
        raise ValueError(f"it must have one input of float32 rows, it has ({found})")
    shape = inputs[0].shape
    if len(shape) != 2 or not isinstance(shape[1], int) or shape[1] < 1:
        raise ValueError(f"its input must have the shape [rows, features], it has {shape}")
    return inputs[0].name, shape[1]
