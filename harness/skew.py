"""A wrong clock for whatever boto3 signs in this process: the fault ClockSkew."""

from datetime import timedelta
from typing import Any


def install(seconds: float) -> None:
    """Let every signature made in this process from now on be dated *seconds* later, or earlier below 0.

    Only the dates of signatures: time-outs, retries and the program's own clock are as they were. A second
    call replaces the first; 0 takes it back.
    """
    from botocore import auth, compat, signers

    shift = timedelta(seconds=seconds)

    def shifted(*arguments: Any, **options: Any) -> Any:
        return compat.get_current_datetime(*arguments, **options) + shift

    for module in (auth, signers):  # both have it under a name of their own
        vars(module)["get_current_datetime"] = shifted if seconds else compat.get_current_datetime
