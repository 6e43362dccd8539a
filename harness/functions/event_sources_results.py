"""What a function's answer to a batch says of its records: ReportBatchItemFailures."""

import json
from collections.abc import Collection
from typing import Any


def failed_items(payload: bytes, ids: Collection[str], *, reports: bool) -> frozenset[str] | None:
    """Return which of the message *ids* failed by the *payload* that the function answered, None for all.

    Without *reports* whatever was answered is a success. Lambda developer guide, "Handling errors for an SQS
    event source in Lambda", success and failure conditions: an empty or null answer or list of failures is
    a complete success; an answer that is no JSON object, an identifier that is empty, null, of another key
    or of no message of the batch a complete failure.
    """
    if not reports:
        return frozenset()
    answer = _read(payload)
    if answer is None:
        return frozenset()
    items = answer.get("batchItemFailures") if isinstance(answer, dict) else ...
    if items is None:
        return frozenset()
    if not isinstance(items, list):
        return None
    found = frozenset(_identifier(each) for each in items)
    return found if found <= set(ids) else None


def _read(payload: bytes) -> Any:
    """Return the JSON value, None for an empty one, `...` for what is none."""
    if not payload.strip():
        return None
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return ...


def _identifier(item: Any) -> str:
    """Return the identifier of one failure, "" (no message's) where it has none."""
    found = item.get("itemIdentifier") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""
