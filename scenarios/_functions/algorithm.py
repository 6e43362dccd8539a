"""What stands for the algorithm's container in workflow-trigger: the first column from the others, linearly.

As SageMaker's own algorithms take CSV: no header, what is to be predicted in the first column.
"""

import json
import os
from pathlib import Path

import numpy as np


def fit() -> None:
    """Fit the rows of the channel `train` and leave the coefficients as the model."""
    files = sorted(Path(os.environ["SM_CHANNEL_TRAIN"]).rglob("*.csv"))
    rows = np.concatenate([np.loadtxt(path, delimiter=",", ndmin=2) for path in files])
    inputs = np.column_stack([rows[:, 1:], np.ones(len(rows))])
    found, *_ = np.linalg.lstsq(inputs, rows[:, 0], rcond=None)
    rmse = float(np.sqrt(np.mean((inputs @ found - rows[:, 0]) ** 2)))
    print(f"rows={len(rows)} train:rmse={rmse:.4f}")
    model = {"coefficients": found.tolist(), "rows": len(rows), "rmse": rmse}
    Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps(model))
