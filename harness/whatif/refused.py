"""What AWS refuses ends a simulation."""

from harness.errors import RequestRefused
from harness.refusal import Refusal


def check(refusal: Refusal | None) -> None:
    """Raise RequestRefused with AWS's answer where there is one."""
    if refusal is not None:
        raise RequestRefused(refusal.code, refusal.message)
