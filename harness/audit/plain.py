"""Values of a template as they are meant: numbers and switches that may be text, one thing or several."""

import json
from collections.abc import Mapping
from typing import Any


def number(value: Any) -> float | None:
    """Return *value* as a number, None where it is none or not known."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def switch(value: Any) -> bool | None:
    """Return *value* as true or false, None where it is neither or not known."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


def text(value: Any) -> str:
    """Return *value* where it is text, "" otherwise."""
    return value if isinstance(value, str) else ""


def listed(value: Any) -> list[Any]:
    """Return *value*, one or several or none, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def members(value: Any) -> Mapping[str, Any]:
    """Return *value* where it is an object, given as such or as JSON text; an empty one otherwise."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}


def inside(value: Any, path: str) -> Any:
    """Return what stands at *path* ("RedrivePolicy.maxReceiveCount") in *value*, None without."""
    for name in path.split("."):
        value = members(value).get(name)
    return value


def counted(amount: float, word: str) -> str:
    """Return "1 queue" or "2 queues"."""
    return f"{amount:g} {word}" + ("" if amount == 1 else "s")
