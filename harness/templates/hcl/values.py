"""Terraform's own conversions between texts, numbers and booleans.

Source: Terraform language documentation, "Types and Values", Type Conversion.
"""

from typing import Any


class NotKnown(Exception):
    """A value that cannot be worked out from the files alone; the message says which and why."""


def truth(value: Any) -> bool:
    """Return a boolean; "true" and "false" count as such."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise NotKnown(f"{value!r:.60} is neither true nor false")


def number(value: Any) -> int | float:
    """Return a number, whole where it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotKnown(f"{value!r:.60} is no number")
    try:
        found = float(value)
    except ValueError:
        raise NotKnown(f"{value!r:.60} is no number") from None
    return int(found) if found.is_integer() else found


def text(value: Any) -> str:
    """Return a text; a list or an object is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    if hasattr(value, "member"):
        raise NotKnown(f"{value} is a whole resource and no text")
    raise NotKnown(f"{value!r:.60} is no text")
