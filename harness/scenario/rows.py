"""Rows of a table: from plain Python values to what DynamoDB's API takes, and whether it takes them."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from harness.errors import ScenarioError

# DynamoDB developer guide, "Constraints": an item has 400 KB at most, a partition key 2,048 bytes.
KEY_BYTES = 2_048


def check_rows(who: str, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise ScenarioError unless each row has text for its *key*, once, and values that DynamoDB has."""
    seen: set[str] = set()
    for number, row in enumerate(rows):
        value = row.get(key) if isinstance(row, Mapping) else None
        if not isinstance(value, str) or not 1 <= len(value.encode()) <= KEY_BYTES:
            raise ScenarioError(f"{who}: item {number} has no text for its key {key!r}; give 1 to 2048 bytes")
        if value in seen:
            raise ScenarioError(f"{who}: two items have the key {value!r}, and only one would stay; drop one")
        seen.add(value)
        try:
            attributes(row)
        except TypeError as error:
            raise ScenarioError(f"{who}: item {value!r}: {error}") from error


def attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* as DynamoDB's API writes it; raise TypeError for a value that it has no type for."""
    return {name: _attribute(value) for name, value in row.items()}


def _attribute(value: Any) -> dict[str, Any]:
    """Return one AttributeValue (DynamoDB API reference)."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float | Decimal):
        if not math.isfinite(value):
            raise TypeError(f"{value} is no number to DynamoDB; give a finite one")
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": attributes(value)}
    if isinstance(value, list | tuple):
        return {"L": [_attribute(one) for one in value]}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}; give text, numbers, lists, mappings")
