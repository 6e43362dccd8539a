"""Hyperparameters, as SageMaker stores them (text) and as script mode hands them on to a program.

Rules of sagemaker-training-toolkit (mapping.py, params.py), which AWS's framework images run: a value is read
as JSON where it is JSON; those that begin with "sagemaker_" are the platform's own; the rest become
arguments in the order of their names, `-x VALUE` for a name of one letter and `--name VALUE` else.
"""

import json
from collections.abc import Mapping
from typing import Any

PROGRAM = "sagemaker_program"
SUBMIT_DIRECTORY = "sagemaker_submit_directory"
OWN = "sagemaker_"
# What a tuning job adds to the hyperparameters of each of its trainings (params.py of the toolkit).
TUNING_METRIC = "_tuning_objective_metric"


def decoded(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values read as JSON, and as they are where they are none."""
    return {name: _value(text) for name, text in given.items()}


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the program's own hyperparameters and the platform's, of decoded *values*."""
    platform = {
        name: value for name, value in values.items() if name.startswith(OWN) or name == TUNING_METRIC
    }
    return {name: value for name, value in values.items() if name not in platform}, platform


def as_arguments(values: Mapping[str, Any]) -> list[str]:
    """Return *values* as command-line arguments."""
    found: list[str] = []
    for name in sorted(values):
        dash = "-" if len(name) == 1 else "--"
        found += [f"{dash}{name}", text_of(values[name])]
    return found


def text_of(value: Any) -> str:
    """Return *value* as an argument or a variable carries it: text as it is, anything else as Python's str
    or, of lists and mappings, JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
