"""Requests of SageMaker held against its own model: what is required, patterns, ranges, values of enums."""

from functools import cache
from typing import Any

from harness.aws.aws_json import Arguments, Refused
from harness.jobs.constraints import sentence, violations


def check(operation: str, given: Arguments) -> None:
    """Raise Refused(ValidationException), in AWS's words, where *given* breaks the model."""
    shape = _input(operation)
    found = list(violations(shape, given)) if shape is not None else []
    if found:
        raise Refused("ValidationException", sentence(found))


@cache
def _input(operation: str) -> Any:
    """Return the shape of the input; 20 ms the first time, for the model is large."""
    from harness.aws.permission.reading.models import family

    return family("sagemaker")[0].input_of(operation)
