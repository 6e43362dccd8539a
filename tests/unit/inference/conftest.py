"""A small linear model in ONNX, made without training: answer = sum of the row."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

WIDTH = 3


@pytest.fixture(scope="session")
def sum_onnx() -> bytes:
    """A graph that takes rows of three numbers and answers with their sum."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    model = LinearRegression()
    model.coef_, model.intercept_, model.n_features_in_ = np.ones(WIDTH), 0.0, WIDTH
    converted = convert_sklearn(model, initial_types=[("rows", FloatTensorType([None, WIDTH]))])
    return converted.SerializeToString()
