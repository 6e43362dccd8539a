"""Terraform's own conversions between texts, numbers and booleans.

Source: Terraform language documentation, "Types and Values", Type Conversion.
"""

from typing import Any

_MOST_BITS = 2048  # the largest number of the language, which reckons with 512 bits, needs half as many


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
    except (ValueError, OverflowError):
        raise NotKnown(f"{shown(value)} is no number") from None
    return int(found) if found.is_integer() else found


def text(value: Any) -> str:
    """Return a text; a list or an object is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise NotKnown(f"{shown(value)} is no text")
        return str(value)
    if hasattr(value, "member"):
        raise NotKnown(f"{value} is a whole resource and no text")
    raise NotKnown(f"{value!r:.60} is no text")


def shown(value: Any) -> str:
    """Return what a message shows of *value*: its beginning."""
    try:
        return f"{value!r:.60}"
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of more digits than are written"


MOST_ITEMS = 100_000
"""Values in a list or an object that is worked out, those in it included: a plan has fewer in all."""
MOST_TEXT = 1_000_000
"""Characters of a text that is worked out."""


def bounded(value: Any) -> Any:
    """Return *value*; raise NotKnown where it is larger than a configuration can need.

    Lists of one list, of such lists and so on double at each step: they are counted as often as they stand.
    """
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise NotKnown(f"it is a text of more than {MOST_TEXT} characters")
    elif isinstance(value, list | dict) and _weight(value, {}) > MOST_ITEMS:
        raise NotKnown(f"it holds more than {MOST_ITEMS} values")
    return value


def _weight(value: list[Any] | dict[Any, Any], known: dict[int, int]) -> int:
    """Return how many values *value* holds; *known* are those of lists and objects by their id."""
    found = known.get(id(value))
    if found is None:
        held = value.values() if isinstance(value, dict) else value
        found = 1 + sum(_weight(each, known) if isinstance(each, list | dict) else 1 for each in held)
        known[id(value)] = found
    return found
