"""AWS's no to a call, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """AWS turned the call down and nothing changed: error code and message as AWS gives them."""

    code: str
    message: str
