"""Answers at once: how long it takes on AWS is what the rehearsal says it does."""

from typing import Any


def handler(event: Any, context: Any) -> dict[str, str]:
    """Return which request it was."""
    return {"request": context.aws_request_id}
