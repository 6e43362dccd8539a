"""How the parts of SageMaker that are ours answer operations: checked against the service's own model."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from harness.aws.aws_json import Arguments, JsonOperations, Refused
from harness.aws.jobs.shapes import check
from harness.gateway.chain import Exchange
from harness.jobs.unacceptable import Unacceptable

# What an operation is: its arguments in, the answer's value out, None for an empty body.
Answers = Callable[[Exchange, Arguments], Awaitable[Any]]


def not_found(what: str) -> Refused:
    """Return SageMaker's answer for a job that there is not, as users quote it."""
    return Refused("ResourceNotFound", f"Requested resource not found: {what}.")


def answering(
    operations: Mapping[str, Answers], *, ours: Callable[[Arguments], bool] = lambda _given: True
) -> JsonOperations:
    """Return what answers *operations*, each given only arguments that SageMaker's model allows."""
    return JsonOperations(
        "sagemaker", {name: _checked(name, answer) for name, answer in operations.items()}, ours=ours
    )


def _checked(name: str, answer: Answers) -> Answers:
    async def carry_out(exchange: Exchange, given: Arguments) -> Any:
        check(name, given)
        try:
            return await answer(exchange, given)
        except Unacceptable as error:
            raise Refused(error.code, error.message) from error

    return carry_out
