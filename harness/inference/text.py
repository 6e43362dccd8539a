"""A classifier that reads the request itself: for containers whose own code turns it into numbers.

The container of a framework parses what it is sent (a JSON document that names an image, say) with code that
no graph of numbers holds. Such a model is one graph from the request's text to the score of each class; its
`model.json` says so: `{"reads": "text"}`.
"""

from collections.abc import Mapping
from typing import Any

from harness.inference.models import onnx_session

READS, TEXT = "reads", "text"


class TextModel:
    """A graph with one input of strings [n, 1] or [n], whose last output has the scores of each text."""

    def __init__(self, onnx: bytes, *, name: str = "onnx", metadata: Mapping[str, Any] | None = None) -> None:
        """Load *onnx*. Raises ValueError, in one sentence, when it is no such model."""
        self.name = name
        self.metadata: Mapping[str, Any] = dict(metadata or {})
        self._session = onnx_session(onnx)
        inputs = self._session.get_inputs()
        if [one.type for one in inputs] != ["tensor(string)"]:
            found = ", ".join(f"{one.name}: {one.type}" for one in inputs)
            raise ValueError(f"it must have one input of texts, it has ({found})")
        self._input, self._shape = inputs[0].name, (1,) * len(inputs[0].shape)
        self._output = [self._session.get_outputs()[-1].name]

    def scores(self, text: str) -> list[list[float]]:
        """Return the scores of *text*: one row, one number for each class."""
        import numpy as np

        found = self._session.run(self._output, {self._input: np.array([text], object).reshape(self._shape)})
        rows: list[list[float]] = np.asarray(found[0], np.float64).reshape(1, -1).tolist()
        return rows


def is_text(metadata: Mapping[str, Any]) -> bool:
    """Return whether the model that *metadata* describes reads the request itself."""
    return metadata.get(READS) == TEXT
